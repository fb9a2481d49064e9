"""The stage that reads the boxes a detector found."""

from collections import ChainMap, Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from config.regions import ANYWHERE
from worker.pipeline.boxes import may_run_up
from worker.pipeline.frame import Detection, Frame, Grey, Provenance, Reading
from worker.pipeline.ocr.crops import whole_words
from worker.pipeline.ocr.engines.base import ONE_LINE, SCATTERED, UNREAD, Page, Reader
from worker.pipeline.ocr.lines.rectify import read_rectified
from worker.pipeline.ocr.numbers import with_numbers, with_words
from worker.pipeline.ocr.plates.agree import agreed
from worker.pipeline.ocr.ranking import SURE_CONFIDENCE, ranked, with_opinion
from worker.pipeline.ocr.readers import ASK_BELOW_CONFIDENCE, Lines, Plates
from worker.pipeline.ocr.regions import Read, Region, places_of, regions_of
from worker.pipeline.ocr.reuse import ReadCrops
from worker.pipeline.stage import Step

READ_AGAIN_BELOW_CONFIDENCE = 0.9
# Where the line reader sees no text with this confidence there is none.
NOTHING_FROM_CONFIDENCE = 0.97


class BoxReader:
    """Reads every detection of every frame, each in crops of its own.

    Plates with `plates` too, and with `lines` what the engine reads with little confidence.
    """

    def __init__(
        self,
        reader: Reader,
        plates: Plates | None = None,
        lines: Lines | None = None,
        *,
        reuse: bool = True,
    ) -> None:
        self._reader = reader
        self._plates = plates
        self._lines = lines
        self._reuse = reuse

    def start(
        self, counts: Counter[str], memory: bytes | None = None, *, region: str = ANYWHERE
    ) -> Step:
        """The reading of one video: its frames with a text in each detection.

        A frame of which something could not be read carries UNREAD.
        """
        if not self._reuse:
            return Step(partial(self._run, None, counts, region))
        known = ReadCrops(memory)
        return Step(partial(self._run, known, counts, region), known.memory)

    def read(self, regions: Sequence[Region], issued_in: str = ANYWHERE) -> list[Read]:
        """What each region says; None for one that could not be read.

        issued_in: whose formats count on plates, see Stage.start.
        """
        pages = [[page] for page in self._read([region.crop() for region in regions])]
        opinions = self._opinions(regions, [group[0] for group in pages])
        again = [
            (number, crop)
            for number, region in enumerate(regions)
            if _is_doubtful(pages[number][0], opinions.get(number))
            for crop in region.further_crops()
        ]
        for (number, _), page in zip(again, self._read([crop for _, crop in again]), strict=True):
            pages[number].append(page)
        opinions |= self._rectified(regions, opinions)
        lines = [_line(group, opinions.get(number)) for number, group in enumerate(pages)]
        if self._plates:
            lines = with_numbers(self._plates, regions, lines, issued_in)
        if self._lines:
            lines = with_words(self._lines, regions, [group[0] for group in pages], lines)
        return [
            None if any(page.failed for page in group) else found
            for group, found in zip(pages, lines, strict=True)
        ]

    def provenance(self) -> Provenance:
        """The engine's and the other readers'."""
        others = [other.provenance() for other in (self._plates, self._lines) if other]
        return {**self._reader.provenance(), **ChainMap(*map(dict, others)), "reuse": self._reuse}

    def _run(
        self,
        known: ReadCrops | None,
        counts: Counter[str],
        issued_in: str,
        frames: Sequence[Frame],
    ) -> list[Frame]:
        regions = [region for frame in frames for region in regions_of(frame)]
        before = counts["crops_read"]
        reader = partial(self._counted, counts, issued_in)
        read = iter(known.read(regions, reader) if known else reader(regions))
        counts["crops_reused"] += len(regions) - (counts["crops_read"] - before)
        return [_with_texts(frame, list(islice(read, len(frame.detections)))) for frame in frames]

    def _counted(
        self, counts: Counter[str], issued_in: str, regions: Sequence[Region]
    ) -> list[Read]:
        counts["crops_read"] += len(regions)
        return self.read(regions, issued_in)

    def _opinions(self, regions: Sequence[Region], pages: Sequence[Page]) -> dict[int, Reading]:
        """What the line reader makes of what the engine reads with little confidence."""
        if self._lines is None:
            return {}
        asked = {
            number: whole_words(region.picture, region.found.bbox)
            for number, (region, page) in enumerate(zip(regions, pages, strict=True))
            if region.is_line and page.confidence < ASK_BELOW_CONFIDENCE
        }
        places = {n: (regions[n].picture, box) for n, box in asked.items() if box is not None}
        return dict(zip(places, self._lines.read(list(places.values())), strict=True))

    def _rectified(
        self, regions: Sequence[Region], opinions: Mapping[int, Reading]
    ) -> dict[int, Reading]:
        """What the line reader is sure of once it takes a line as no level one."""
        if self._lines is None:
            return {}
        asked = [
            number
            for number, opinion in opinions.items()
            if _may_run_otherwise(regions[number], opinion)
        ]
        read = zip(asked, read_rectified(places_of(regions, asked), self._lines.read), strict=True)
        return {number: found for number, found in read if found.confidence >= SURE_CONFIDENCE}

    def _read(self, crops: Sequence[tuple[Grey | None, int]]) -> list[Page]:
        pages = [Page()] * len(crops)
        for psm in (ONE_LINE, SCATTERED):
            images = {
                number: image
                for number, (image, wanted) in enumerate(crops)
                if wanted == psm and image is not None
            }
            read = self._reader.read(list(images.values()), psm=psm) if images else []
            for number, page in zip(images, read, strict=True):
                pages[number] = page
        return pages


def _is_doubtful(page: Page, opinion: Reading | None) -> bool:
    """Whether further crops are worth reading, after the first one and the line reader."""
    highest = max(page.confidence, opinion.confidence if opinion else 0.0)
    return highest < READ_AGAIN_BELOW_CONFIDENCE


def _may_run_otherwise(region: Region, opinion: Reading) -> bool:
    """Whether a line is worth reading as no level one: the line reader is not sure of it as it is.

    The engine may be sure of it all the same, and reads a slanted panel's edge with it.
    """
    if opinion.text and opinion.confidence >= SURE_CONFIDENCE:
        return False
    if region.found.is_doubtful and not opinion.text:
        return False
    return may_run_up(region.found.bbox) or not _says_nothing(opinion)


def _says_nothing(reading: Reading) -> bool:
    return not reading.text and reading.confidence >= NOTHING_FROM_CONFIDENCE


def _line(pages: Sequence[Page], opinion: Reading | None) -> tuple[Reading, ...]:
    readings = [Reading(page.text, page.confidence) for page in pages]
    if opinion is None:
        return ranked(readings)
    if _says_nothing(opinion):
        return (opinion,)
    return ranked(with_opinion(readings, opinion))


def _with_texts(frame: Frame, read: Sequence[Read]) -> Frame:
    detections = tuple(_with_text(*answer) for answer in agreed(frame.detections, read))
    return replace(frame, detections=detections, error=UNREAD if None in read else frame.error)


def _with_text(found: Detection, read: Read) -> Detection:
    best, *others = read or (Reading("", 0.0),)
    return replace(
        found,
        text=best.text,
        text_confidence=best.confidence,
        alternatives=tuple(others),
        is_doubtful=found.is_doubtful or _says_nothing(best),
    )
