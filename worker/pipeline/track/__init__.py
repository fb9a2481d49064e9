"""Follows things from frame to frame, and votes on what a text says over its whole track.

The trackers of ultralytics and of supervision were looked at and not taken. Theirs give no number
to a detection until a second frame has confirmed it, carry a motion model from the first frame to
the last, which a job that goes on in the middle of a film cannot have, count a lost track's life
in frames whatever lies between two sampled ones, and know nothing of text, which is what tells a
caption from the next one in the same place. supervision's is deprecated besides, and ultralytics'
needs a solver that it would install by itself.
"""
