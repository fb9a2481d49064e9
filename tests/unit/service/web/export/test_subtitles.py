import html
import re

import pytest

from tests.unit.service.web.export.samples import HOSTILE, frame, texts_as_frames, written

# https://www.w3.org/TR/webvtt1/#syntax, as far as cues without settings go.
TIME = r"(\d{2,}):([0-5]\d):([0-5]\d)\.(\d{3})"
CUE = re.compile(rf"{TIME} --> {TIME}\n((?:[^\n<>&]|&(?:amp|lt|gt);|\n(?!\n))+)")


def cues_of(content: bytes) -> list[tuple[int, int, str]]:
    """First millisecond, end and text of each cue; a file that is no WebVTT fails the test."""
    head, *blocks = content.decode().removesuffix("\n").split("\n\n")
    assert head == "WEBVTT", head
    cues = []
    for block in blocks:
        found = CUE.fullmatch(block)
        assert found, block
        *times, payload = found.groups()
        assert "-->" not in payload
        assert all(line.strip() for line in payload.split("\n"))
        numbers = list(map(int, times))
        cues.append((_ms(*numbers[:4]), _ms(*numbers[4:]), html.unescape(payload)))
    return cues


def _ms(hours: int, minutes: int, seconds: int, milliseconds: int) -> int:
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds


def shown(*texts: str, ms: int = 40) -> list[tuple[int, int, str]]:
    frames = (frame(index, text=text, ms=ms) for index, text in enumerate(texts))
    return cues_of(written("vtt", *frames))


def test_a_stretch_of_frames_with_one_text_is_one_cue() -> None:
    assert shown("", "A", "A", "B", "", "A", "A") == [
        (40, 120, "A"),
        (120, 160, "B"),
        (200, 280, "A"),
    ]


def test_the_last_frame_is_shown_as_long_as_the_one_before_it() -> None:
    assert shown("A", "B", ms=500) == [(0, 500, "A"), (500, 1000, "B")]


@pytest.mark.parametrize("texts", [(), ("",), ("", " ", "\n")])
def test_nothing_read_is_no_cue(texts: tuple[str, ...]) -> None:
    assert shown(*texts) == []


def test_a_single_frame_is_shown_for_a_moment() -> None:
    assert shown("A") == [(0, 40, "A")]


def test_times_of_a_long_video_have_hours() -> None:
    content = written("vtt", frame(0), frame(1, text="A", ms=360_000_000 - 1))

    assert b"99:59:59.999 --> 199:59:59.998" in content


def test_frames_of_one_moment_make_cues_that_rise() -> None:
    assert shown("A", "B", "C", ms=0) == [(0, 1, "A"), (0, 1, "B"), (0, 1, "C")]


def test_every_text_is_read_as_text_and_never_as_markup() -> None:
    texts = [text for _, _, text in cues_of(written("vtt", *texts_as_frames()))]

    lines = [[line.strip() for line in re.split(r"[\r\n]+", text)] for text in HOSTILE]
    assert texts == ["\n".join(filter(None, each)) for each in lines if any(each)]
