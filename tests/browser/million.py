"""How the page takes a result of a million detections: `python -m tests.browser.million`.

Ten hours of video, 36,000 analysed frames with 28 boxes each, 10,000 texts. Prints milliseconds,
as the page itself counts them, from the request of a view or the key to what it draws.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np

from tests.browser.browser import Browser
from tests.browser.library import Library, Result, found
from tests.browser.standing import standing
from tests.data.videos import write_video
from worker.pipeline.frame import FrameResult
from worker.pipeline.track.tracker import TrackText

FRAMES, BOXES, TEXTS = 36_000, 28, 10_000
WIDTH, HEIGHT = 1280, 720
ROUNDS = 7
# Each resolves to milliseconds; two frames painted mean that what changed is to be seen.
PAINTED = "const painted = () => new Promise((r) => requestAnimationFrame(() => setTimeout(r)));"
FIRST_VIEW = """
    return performance.getEntriesByType("resource").find((each) => each.name.includes("/v1/jobs"))
        .responseEnd"""
OPEN = """
    location.hash = arguments[0];
    while (!document.querySelector(".overlay .mark:not([visibility=hidden])")) await painted();
"""
JUMP = """
    const number = () => document.querySelector(".frame-number").textContent;
    const seek = document.querySelector(".seek");
    const before = number();
    seek.value = arguments[0];
    seek.dispatchEvent(new Event("input"));
    while (number() === before) await painted();
"""
FILTER = """
    const filter = document.getElementById("filter");
    const head = () => document.querySelector(".texts .head").textContent;
    const before = head();
    filter.value = arguments[0];
    filter.dispatchEvent(new Event("input"));
    while (head() === before) await painted();
"""
SEARCH = """
    location.hash = `#/search?q=${arguments[0]}`;
    while (!document.querySelector(".hit")) await painted();
"""


def main() -> None:
    """Print what each of them takes."""
    with standing() as (system, browser):
        library = Library(system.environ)
        _measure(browser, library.completed(_video(system.folder), "ten hours.mp4", _result()))


def _measure(browser: Browser, job_id: str) -> None:
    duration_ms = FRAMES * 1000
    browser.open()
    browser.see(".jobs tr")
    sys.stdout.write(f"the list of videos is there after {browser.ask(FIRST_VIEW):.0f} ms\n")
    for number in range(ROUNDS + 1):
        browser.ask("location.hash = '#/'")
        browser.see(".jobs tr")
        # The first is warming up: programs, caches and the check of the stored bytes.
        _say(number, "open", _timed(browser, OPEN, f"#/jobs/{job_id}?t={number * 4_000_000}"))
        _say(number, "jump", _timed(browser, JUMP, duration_ms * (number + 0.37) / (ROUNDS + 1)))
        _say(number, "filter", _timed(browser, FILTER, f"text {number}1"))
        _say(number, "search", _timed(browser, SEARCH, f"text+{1000 + number}"))
    for name, taken in FIGURES.items():
        line = f"{name:<7} median {median(taken):5.0f} ms   most {max(taken):5.0f} ms\n"
        sys.stdout.write(line)
    heap = browser.driver.execute_cdp_cmd("Runtime.getHeapUsage", {})["usedSize"]
    sys.stdout.write(f"memory of the page {heap / 1e6:.0f} MB\n")


FIGURES: dict[str, list[float]] = {}


def _say(number: int, name: str, milliseconds: float) -> None:
    if number:
        FIGURES.setdefault(name, []).append(milliseconds)


def _timed(browser: Browser, script: str, value: object) -> float:
    program = f"""
        const done = arguments[arguments.length - 1];
        {PAINTED}
        (async (...arguments) => {{
            const from = performance.now();
            {script}
            await painted();
            done(performance.now() - from);
        }})(arguments[0]);
    """
    return float(browser.driver.execute_async_script(program, value))


def _video(folder: Path) -> Path:
    pictures = [np.full((36, 64, 3), 16 + n % 200, dtype=np.uint8) for n in range(600)]
    times = range(0, FRAMES * 1000, FRAMES * 1000 // 600)
    return write_video(folder / "long.mp4", pictures, times=times)


def _result() -> Result:
    tracks = [
        TrackText(
            n, f"TEXT {n}", "plate" if n % 5 == 0 else "text", n * 3600, n * 3600 + 9000, 0.9, 9
        )
        for n in range(TEXTS)
    ]
    return Result(list(_frames()), tracks, WIDTH, HEIGHT, FRAMES * 1000, FRAMES)


def _frames() -> Iterator[FrameResult]:
    boxes = tuple(
        found(
            "plate" if n % 5 == 0 else "text",
            (40.0 + n % 4 * 300, 20.0 + n // 4 * 95, 240.0 + n % 4 * 300, 60.0 + n // 4 * 95),
            f"BOX {n}",
            track_id=n,
        )
        for n in range(BOXES)
    )
    return (FrameResult(index, index * 1000, boxes, "") for index in range(FRAMES))


if __name__ == "__main__":
    main()
