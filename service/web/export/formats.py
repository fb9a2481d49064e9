"""What results can be asked for as, and how each is written."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from service.errors import BadOption
from service.jobs.model import Job
from service.storage.base import StoredFile
from service.web.catalog.query import number_in
from service.web.export.coco import coco
from service.web.export.frames import Frames
from service.web.export.plain import json_lines, part_of_document, whole_document
from service.web.export.subtitles import subtitles
from service.web.export.table import table

JSON = "json"


@dataclass(frozen=True, slots=True)
class Results:
    """What a format is written from; video is the summary's, where the format takes it."""

    job: Job
    stored: StoredFile
    frames: Frames
    video: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write results, in pieces of any length.

    extension: of the file that a client is to save them as; None where it is to show them.
    """

    media_type: str
    write: Callable[[Results], Iterator[bytes]]
    extension: str | None = None
    takes_video: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client asks for: a format by name, and the first and last frame, both included."""

    name: str
    first: int | None
    last: int | None

    @property
    def format(self) -> Format:
        """How it is written."""
        if self.name == JSON and (self.first, self.last) != (None, None):
            return PART_OF_JSON
        return FORMATS[self.name]


def wanted_in(query: Mapping[str, str]) -> Wanted:
    """What a query asks for; raises BadOption."""
    name = query.get("format", JSON)
    if name not in FORMATS:
        raise BadOption(f"format takes {', '.join(FORMATS)}")
    first, last = number_in(query, "from_frame"), number_in(query, "to_frame")
    if first is not None and last is not None and first > last:
        raise BadOption("from_frame is the first frame, and to_frame the last")
    return Wanted(name, first, last)


PART_OF_JSON = Format("application/json", lambda it: part_of_document(it.job, it.frames))
FORMATS: Mapping[str, Format] = {
    JSON: Format("application/json", lambda it: whole_document(it.job, it.frames, it.stored.size)),
    "jsonl": Format("application/x-ndjson", lambda it: json_lines(it.frames), "jsonl"),
    "csv": Format("text/csv", lambda it: table(it.frames), "csv"),
    "vtt": Format("text/vtt", lambda it: subtitles(it.frames), "vtt"),
    "coco": Format(
        "application/json", lambda it: coco(it.job, it.frames, it.video), "json", takes_video=True
    ),
}
