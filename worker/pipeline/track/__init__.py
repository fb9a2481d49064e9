"""Follows things from frame to frame, and votes on what a text says over its whole track.

The trackers of ultralytics and of supervision were looked at and not taken. ultralytics' number a
new thing only when a second frame has confirmed it, and need a solver that they would install by
themselves; supervision's is deprecated and drops what it gave no number. Both carry a motion model
from the first frame to the last, which a job that goes on in the middle of a video does not have,
count the life of a lost track in frames whatever time lies between two sampled ones, and know
nothing of text, which is what tells a caption from the next one in the same place.
"""
