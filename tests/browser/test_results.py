from itertools import combinations
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.browser import Browser
from tests.browser.library import Library, Result
from tests.browser.street import CAPTION, HOSTILE, PLATE, SIGN, STRIDE, WIDTH
from tests.system.harness import System
from worker.pipeline.frame import FrameResult

FORMATS = {"JSON": "json", "JSONL": "jsonl", "CSV": "csv", "VTT": "vtt", "COCO": "coco"}
SHOWN = ".overlay .mark:not([visibility=hidden])"


@pytest.fixture
def job_id(browser: Browser, library: Library, street: Path, result: Result) -> str:
    """A completed job, opened, with the boxes of its first frame."""
    job_id = library.completed(street, "street.mp4", result)
    browser.open(f"#/jobs/{job_id}")
    browser.see(".frame-number", "frame 0")
    browser.until(lambda: browser.ask("return document.querySelector('video').readyState >= 2"))
    return job_id


def shown_boxes(browser: Browser) -> list[tuple[float, ...]]:
    """The boxes drawn, in pixels of the video."""
    stage = browser.box("video")
    scale = WIDTH / stage["width"]
    script = f"""return [...document.querySelectorAll("{SHOWN} .box")].map((box) =>
        ["x", "y", "width", "height"].map((name) => Number(box.getAttribute(name))))"""
    overlay = browser.box(".overlay")
    assert [overlay[side] for side in ("x", "y", "width", "height")] == [
        stage[side] for side in ("x", "y", "width", "height")
    ]
    return [
        tuple(round(value * scale, 1) for value in (x, y, x + width, y + height))
        for x, y, width, height in browser.ask(script)
    ]


def frame_at(result: Result, index: int) -> FrameResult:
    return next(frame for frame in result.frames if frame.frame_index == index)


def is_shown(browser: Browser, frame: FrameResult) -> bool:
    wanted = [found.bbox for found in frame.detections]
    drawn = shown_boxes(browser)
    return len(drawn) == len(wanted) and all(
        abs(a - b) < 1
        for one, other in zip(drawn, wanted, strict=True)
        for a, b in zip(one, other, strict=True)
    )


def test_boxes_are_where_the_results_say_frame_after_frame(
    browser: Browser, job_id: str, result: Result
) -> None:
    browser.until(lambda: is_shown(browser, frame_at(result, 0)))
    for step in range(1, 4):
        browser.press(".")
        browser.see(".frame-number", f"frame {step * STRIDE} ")
        browser.until(lambda: is_shown(browser, frame_at(result, step * STRIDE)))  # noqa: B023

    browser.press(",")

    browser.until(lambda: is_shown(browser, frame_at(result, 2 * STRIDE)))
    assert browser.ask("return document.querySelector('video').currentTime") == pytest.approx(
        0.4, abs=0.01
    )


def test_the_last_frame_has_none_after_it(browser: Browser, job_id: str, result: Result) -> None:
    browser.press(Keys.END)
    last = result.frames[-1].frame_index
    browser.see(".frame-number", f"frame {last}")

    browser.press(".")

    browser.see(".frame-number", f"frame {last}")


def test_no_label_covers_another_and_a_plate_is_named_once(browser: Browser, job_id: str) -> None:
    browser.click(".row", CAPTION)
    browser.see(".frame-number", "frame 20")
    script = """return [...document.querySelectorAll(".overlay .label:not([display=none])")]
        .filter((label) => label.parentNode.getAttribute("visibility") === "visible")
        .map((label) => [label.textContent, label.getBoundingClientRect().toJSON()])"""
    labels = browser.until(lambda: browser.ask(script))

    assert sorted(text for text, _ in labels) == sorted([SIGN, PLATE, CAPTION])
    for (_, a), (_, b) in combinations(labels, 2):
        apart = (
            a["right"] <= b["left"]
            or b["right"] <= a["left"]
            or a["bottom"] <= b["top"]
            or b["bottom"] <= a["top"]
        )
        assert apart


def test_a_text_is_a_jump(browser: Browser, job_id: str) -> None:
    browser.click(".row", CAPTION)

    browser.see(".clock", "0:02.0 / 0:04")
    browser.see(".frame-number", "frame 20")
    browser.see(".row.current", CAPTION)
    assert browser.driver.current_url.endswith(f"#/jobs/{job_id}?t=2000")
    browser.screenshot("job")


def test_a_bar_of_the_timeline_is_a_jump(browser: Browser, job_id: str) -> None:
    script = """
        const track = document.querySelector(".track");
        const { left, top, width } = track.getBoundingClientRect();
        // Three quarters of the video, in the first row of the first lane: the plate's.
        const event = new MouseEvent("click", {
            bubbles: true, clientX: left + width * 0.75, clientY: top + arguments[0],
        });
        track.querySelector("canvas").dispatchEvent(event);
    """
    browser.ask(script, 10)
    browser.see(".clock", "0:03.0")

    browser.ask(script, 28)

    browser.see(".clock", "0:00.0")
    browser.see(".frame-number", "frame 0")


def test_the_list_of_texts_is_filtered_and_ordered(browser: Browser, job_id: str) -> None:
    browser.press("f")
    assert browser.focused() == "input#filter"
    browser.press("tonight ferry")
    browser.until(lambda: browser.texts(".row .text") == [CAPTION])
    browser.see(".texts .head", "1 of 5 texts")
    browser.fill("#filter", "zeppelin")
    browser.see(".texts .none", "No text fits the filter")

    browser.fill("#filter", "")

    browser.until(lambda: len(browser.texts(".row .text")) == 5)


def test_a_hidden_class_is_hidden_everywhere(browser: Browser, job_id: str) -> None:
    browser.until(lambda: len(shown_boxes(browser)) == 3)

    browser.click(".chip", "plate")

    browser.until(lambda: len(shown_boxes(browser)) == 2)
    assert browser.texts(".lane") == ["text"]
    assert "plate" not in "".join(browser.texts(".row"))
    browser.press("b")
    browser.until(lambda: shown_boxes(browser) == [])


def test_what_a_video_says_is_never_html(browser: Browser, job_id: str) -> None:
    browser.click(".row", HOSTILE[:20])
    browser.see(".clock", "0:01.0")
    browser.until(lambda: len(shown_boxes(browser)) == 4)

    assert HOSTILE in browser.texts(".row .text")
    assert browser.all("main img, main script") == []
    assert browser.driver.title == "street.mp4 · ForgeSyte"


def test_the_video_plays_and_the_boxes_go_with_it(browser: Browser, job_id: str) -> None:
    browser.press(" ")
    browser.see(".play[aria-label=Pause]")
    browser.until(lambda: not browser.texts(".frame-number")[0].startswith("frame 0 "))
    browser.press(" ")
    browser.see(".play[aria-label=Play]")

    seconds = browser.ask("return document.querySelector('video').currentTime")
    shown = int(browser.texts(".frame-number")[0].split()[1])
    assert abs(shown / 10 - seconds) <= STRIDE / 10


def test_every_format_is_a_download(browser: Browser, job_id: str) -> None:
    links = {link.text: link for link in browser.all(".menu a")}
    assert list(links) == list(FORMATS)
    fetched = "return fetch(arguments[0]).then((r) => r.ok && r.text()).then((t) => t.length)"

    for name, format_ in FORMATS.items():
        href = links[name].get_attribute("href")
        assert href is not None
        assert href.endswith(f"/{job_id}?format={format_}")
        assert browser.ask(fetched, href) > 0, name


def test_the_detector_s_limits_are_told_where_objects_would_be(
    browser: Browser, job_id: str
) -> None:
    browser.see(".classes", "forgesyte weights add")


def test_a_job_of_another_video_may_be_without_any_find(
    browser: Browser, library: Library, street: Path, result: Result
) -> None:
    bare = [FrameResult(frame.frame_index, frame.timestamp_ms, (), "") for frame in result.frames]
    nothing = Result(bare, [], result.width, result.height, 4000, 40, STRIDE)

    browser.open(f"#/jobs/{library.completed(street, None, nothing)}")

    browser.see(".classes", "Nothing was found in this video.")
    browser.see(".texts", "No text was read.")


def test_what_a_browser_cannot_play_can_be_stepped_through(
    browser: Browser, library: Library, system: System, video: Path, result: Result, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(video.read_bytes()[:200])
    browser.open(f"#/jobs/{library.completed(damaged, None, result)}")
    browser.see(".unplayable", "cannot play the video")

    browser.press("..")

    browser.see(".frame-number", f"frame {2 * STRIDE} ")
    browser.until(lambda: is_shown(browser, frame_at(result, 2 * STRIDE)))
    browser.complaints()
