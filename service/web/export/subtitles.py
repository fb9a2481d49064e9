"""What can be read, as subtitles (https://www.w3.org/TR/webvtt1/)."""

import html
import re
from collections.abc import Iterator

from service.web.export.frames import Frames

# Of a video of which one frame was analysed.
LONE_FRAME_MS = 40
_LINE_END = re.compile(r"[\r\n]+")


def subtitles(frames: Frames) -> Iterator[bytes]:
    """A cue for each stretch of sampled frames with the same text, until another begins."""
    yield b"WEBVTT\n"
    for text, first_ms, end_ms in _stretches(frames):
        payload = _payload(text)
        if payload:
            times = f"{_time(first_ms)} --> {_time(max(end_ms, first_ms + 1))}"
            yield f"\n{times}\n{payload}\n".encode()


def _stretches(frames: Frames) -> Iterator[tuple[str, int, int]]:
    """Each text, its first moment, and its end: when another follows.

    The last frame of all is shown as long as the one before it.
    """
    shown: tuple[str, int] | None = None
    last_ms, lasted_ms = 0, LONE_FRAME_MS
    for text, at_ms in _read(frames):
        if shown is not None:
            lasted_ms = at_ms - last_ms
        if shown is None or text != shown[0]:
            if shown is not None:
                yield *shown, at_ms
            shown = text, at_ms
        last_ms = at_ms
    if shown is not None:
        yield *shown, last_ms + lasted_ms


def _read(frames: Frames) -> Iterator[tuple[str, int]]:
    for record in frames.records():
        yield record["result"]["text"], record["result"]["timestamp_ms"]


def _payload(text: str) -> str:
    """The text without empty lines, which end a cue, and without anything that is markup.

    Escaping > also takes the arrow of the times out of it.
    """
    lines = (line.strip() for line in _LINE_END.split(text))
    return html.escape("\n".join(filter(None, lines)), quote=False)


def _time(milliseconds: int) -> str:
    seconds, milliseconds = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}"
