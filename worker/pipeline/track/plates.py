"""Tells O from 0 and I from 1 on a video's plates by where its other plates were issued."""

from collections.abc import Sequence
from dataclasses import replace

from config.regions import ANYWHERE
from worker.pipeline.frame import PLATE_CLASS
from worker.pipeline.ocr.plates.origin import as_issued, origin
from worker.pipeline.ocr.ranking import SURE_CONFIDENCE, letters
from worker.pipeline.track.tracker import TrackText


def told_apart(tracks: Sequence[TrackText], region: str = ANYWHERE) -> list[TrackText]:
    """The tracks, with the numbers of plates as their country issues them, gaps as they were.

    region: the country where it is known; otherwise the plates read with confidence tell.
    """
    plates = [track for track in tracks if track.class_name == PLATE_CLASS]
    if region == ANYWHERE:
        region = origin(letters(one.text) for one in plates if one.confidence >= SURE_CONFIDENCE)
    if region == ANYWHERE:
        return list(tracks)
    # The line that is a plate's number has a track of its own, and says the same.
    numbers = {letters(plate.text) for plate in plates}
    issued = {number: as_issued(number, region) for number in numbers}
    return [
        replace(track, text=_rewritten(track.text, issued[number]))
        if issued.get(number := letters(track.text), number) != number
        else track
        for track in tracks
    ]


def _rewritten(text: str, number: str) -> str:
    characters = iter(number)
    return "".join(next(characters) if one.isalnum() else one for one in text.upper())
