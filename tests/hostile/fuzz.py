"""Mutated videos and forms, for as long as is asked: `python -m tests.hostile.fuzz --seconds 600`.

Videos are changed box by box and read as the pipeline reads them, forms are put together from
pieces and sent to web's own port. Every example is written down before it is tried, so that what
ends the process can be found. Exit status 0 when each had an answer of ours.
"""

import argparse
import http.client
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from tests.data.videos import page, write_video
from tests.hostile.port import web_port
from worker.pipeline.errors import PipelineError
from worker.pipeline.video.decode import open_for_decoding
from worker.pipeline.video.header import Limits

LIMITS = Limits(max_frame_pixels=640 * 360, max_video_seconds=3600, max_video_frames=10**6)
# One run of hypothesis; the next has the next seed.
EXAMPLES = 25
# A video of three pictures whose header lies decodes to few frames, or is an answer by itself.
MOST_FRAMES = 200
NUMBERS = (0, 1, 7, 8, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
CONTAINERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf", b"edts", b"udta")
FORM_ANSWERS = {202, 400, 408, 413, 415, 422}


@cache
def original() -> bytes:
    """A small video."""
    with tempfile.TemporaryDirectory() as folder:
        pictures = [page([f"FUZZ {number}"], size=(160, 96), height=20) for number in range(3)]
        return write_video(Path(folder) / "video.mp4", pictures).read_bytes()


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Where each box begins and ends, and those within it."""
    at, end = start, len(data) if end is None else end
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        if not 8 <= size <= end - at:
            return
        yield at, at + size
        if kind in CONTAINERS:
            yield from boxes(data, at + 8, at + size)
        at += size


@st.composite
def videos(draw: st.DrawFn) -> bytes:
    """The original with some of its boxes changed, doubled, dropped, swapped or cut."""
    data = bytearray(original())
    for _ in range(draw(st.integers(1, 4))):
        found = list(boxes(bytes(data)))
        if not found:
            break
        start, end = draw(st.sampled_from(found))
        match draw(st.sampled_from(("number", "bytes", "double", "drop", "rename", "cut"))):
            case "number":
                place = draw(st.integers(start, max(start, min(end, len(data)) - 4)))
                struct.pack_into(">I", data, min(place, len(data) - 4), draw(_numbers()))
            case "bytes":
                changed = draw(st.binary(min_size=1, max_size=16))
                place = draw(st.integers(start, end - 1))
                data[place : place + len(changed)] = changed
            case "double":
                data[end:end] = data[start:end]
            case "drop":
                del data[start:end]
            case "rename":
                data[start + 4 : start + 8] = draw(st.sampled_from(CONTAINERS))
            case "cut":
                del data[draw(st.integers(start, end)) :]
    return bytes(data)


def _numbers() -> st.SearchStrategy[int]:
    return st.one_of(st.sampled_from(NUMBERS), st.integers(0, 0xFFFFFFFF))


def read(video: bytes, path: Path) -> None:
    """Raise nothing but what a pipeline may: a PipelineError is an answer."""
    path.write_bytes(video)
    try:
        with open_for_decoding(path, LIMITS) as opened:
            for count, _ in enumerate(opened.frames()):
                assert count < MOST_FRAMES, "more frames than the video has samples"
    except PipelineError:
        pass


PIECES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        (
            b"--b\r\n",
            b"--b--\r\n",
            b"--b",
            b"\r\n\r\n",
            b"\r\n",
            b'Content-Disposition: form-data; name="file"; filename="../x"\r\n',
            b'Content-Disposition: form-data; name="max_frames"\r\n',
            b"Content-Disposition: form-data\r\n",
            b"Content-Type: multipart/mixed; boundary=c\r\n",
            b"Content-Length: -1\r\n",
            b"Content-Transfer-Encoding: base64\r\n",
            b"Content-Encoding: gzip\r\n",
            b"X: " + b"a" * 9000,
            b"\0\0\0\x18ftypisom\0\0\2\0isomiso2\0\0\0\x08mdat",
        )
    ),
)
FORMS = st.lists(PIECES, max_size=14).map(b"".join)
TYPES = st.sampled_from(
    ("multipart/form-data; boundary=b", "multipart/form-data", "multipart/form-data; boundary=")
)


def send(body: bytes, content_type: str, port: int) -> None:
    """Raise where web answers with what it must not."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        headers = {"Content-Type": content_type}
        connection.request("POST", "/v1/video/submit", body=body, headers=headers)
        answer = connection.getresponse()
        told = answer.read()
    finally:
        connection.close()
    assert answer.status in FORM_ANSWERS, (answer.status, told)


def fuzz(seconds: float, folder: Path) -> dict[str, int]:
    """How many of each were tried; raises what one of them raised."""
    tried = {"videos": 0, "forms": 0}
    video_path, form_path = folder / "video.mp4", folder / "form"

    def try_video(video: bytes) -> None:
        tried["videos"] += 1
        read(video, video_path)

    def try_form(body: bytes, content_type: str, port: int) -> None:
        tried["forms"] += 1
        form_path.write_bytes(body)
        send(body, content_type, port)

    until, number = time.monotonic() + seconds, 0
    with web_port(folder / "storage") as port:
        while time.monotonic() < until:
            number += 1
            _each(number, given(videos())(try_video))
            _each(number, given(FORMS, TYPES)(lambda body, kind: try_form(body, kind, port)))
            sys.stderr.write(f"\r{tried['videos']} videos, {tried['forms']} forms ")
    return tried


def _each(number: int, examples: Callable[[], None]) -> None:
    asked = settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        # What is found is shown as it was met: shrinking would take the time of other examples.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    seeded(number)(asked(examples))()


def main() -> int:
    """Fuzz, and print how much was tried."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--folder", type=Path, help="where the example under way lies")
    asked = parser.parse_args()
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="fuzz-"))
    tried = fuzz(asked.seconds, folder)
    sys.stdout.write(f"\n{tried['videos']} videos, {tried['forms']} forms, each answered\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
