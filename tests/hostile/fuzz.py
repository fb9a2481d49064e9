"""Mutated videos and forms, for as long as is asked: `python -m tests.hostile.fuzz --seconds 600`.

Videos are changed box by box and read as the pipeline reads them, forms are put together from
pieces and sent to web's own port. Every example is written down before it is tried, by a process
of its own: one that had no answer of ours, took too much or ended the process is kept as a file,
and its name is printed. Exit status 0 when each had an answer. `--again FILE` tries what was kept,
until that is mended and a row of tests/hostile/test_files.py or test_hostile_requests.py holds it.
"""

import argparse
import hashlib
import http.client
import multiprocessing
import signal
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from tests.data.videos import page, write_video
from tests.hostile.pipeline import forget_peak, peak_bytes
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
# Of one example: a process that hangs is ended by the alarm, as one that crashes ends by itself.
EXAMPLE_SECONDS = 60
# Thirty such videos at once would take less.
GROWS_BYTES = 256 * 2**20
VIDEO, FORM = "video.mp4", "form.txt"


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


def read(video: Path) -> None:
    """Raise nothing but what a pipeline may: a PipelineError is an answer."""
    before = forget_peak("self")
    try:
        with open_for_decoding(video, LIMITS) as opened:
            for count, _ in enumerate(opened.frames()):
                assert count < MOST_FRAMES, "more frames than the video has samples"
    except PipelineError:
        pass
    grew = peak_bytes("self") - before
    assert grew < GROWS_BYTES, f"{grew} bytes more than before it"


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


def send(form: Path, port: int) -> None:
    """Raise where web answers with what it must not; the first line is the form's Content-Type."""
    content_type, _, body = form.read_bytes().partition(b"\n")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=EXAMPLE_SECONDS / 2)
    try:
        headers = {"Content-Type": content_type.decode()}
        connection.request("POST", "/v1/video/submit", body=body, headers=headers)
        answer = connection.getresponse()
        told = answer.read()
    finally:
        connection.close()
    assert answer.status in FORM_ANSWERS, (answer.status, told)


def again(example: Path, folder: Path) -> None:
    """Try one that was kept; raises what it raises."""
    signal.alarm(EXAMPLE_SECONDS)
    if example.suffix == Path(VIDEO).suffix:
        read(example)
    else:
        with web_port(folder / "storage") as port:
            send(example, port)
    signal.alarm(0)


def fuzz(seconds: float, seed: int, folder: Path) -> None:
    """Print how many of each were tried; raises what one of them raised, and leaves it there."""
    tried = {VIDEO: 0, FORM: 0}

    def attempt(name: str, content: bytes, call: Callable[[Path], None]) -> None:
        tried[name] += 1
        example = folder / name
        example.write_bytes(content)
        signal.alarm(EXAMPLE_SECONDS)
        call(example)
        signal.alarm(0)
        example.unlink()

    until = time.monotonic() + seconds
    with web_port(folder / "storage") as port:

        def try_video(video: bytes) -> None:
            attempt(VIDEO, video, read)

        def try_form(body: bytes, content_type: str) -> None:
            content = content_type.encode() + b"\n" + body
            attempt(FORM, content, lambda form: send(form, port))

        while time.monotonic() < until:
            _each(seed, given(videos())(try_video))
            _each(seed, given(FORMS, TYPES)(try_form))
            seed += 1
            sys.stderr.write(f"\r{tried[VIDEO]} videos, {tried[FORM]} forms ")
    sys.stdout.write(f"\n{tried[VIDEO]} videos, {tried[FORM]} forms, each answered\n")


def _each(seed: int, examples: Callable[[], None]) -> None:
    asked = settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        # What is found is shown as it was met: shrinking would take the time of other examples.
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    seeded(seed)(asked(examples))()


def keep(folder: Path, kept: Path) -> list[Path]:
    """Copy the example that was under way to where nobody deletes it; its name is its content's."""
    found = []
    for example in (folder / name for name in (VIDEO, FORM)):
        if example.exists():
            content = example.read_bytes()
            name = f"{hashlib.sha256(content).hexdigest()[:16]}{example.suffix}"
            kept.mkdir(parents=True, exist_ok=True)
            found.append(kept / name)
            found[-1].write_bytes(content)
    return found


def main() -> int:
    """Fuzz, or try again, in a process of its own; keep what ended it."""
    asked = _asked()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name)
        work = (
            partial(again, asked.again, folder)
            if asked.again
            else partial(fuzz, asked.seconds, asked.seed, folder)
        )
        process = multiprocessing.get_context("fork").Process(target=work)
        process.start()
        process.join()
        for found in keep(folder, asked.kept):
            sys.stdout.write(f"no answer to {found}, exit status {process.exitcode}\n")
    return int(process.exitcode != 0)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=1, help="of the first examples; then the next")
    parser.add_argument("--kept", type=Path, default=Path("fuzz-kept"), help="a folder for finds")
    parser.add_argument("--again", type=Path, help="an example that was kept")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
