from pathlib import Path

import pytest

from config.failures import FailureCode
from config.regions import ANYWHERE, REGIONS
from service.web.page import SAMPLE
from tests.browser.browser import Browser
from tests.browser.library import Library, Result
from tests.browser.street import CAPTION, HOSTILE, PLATE
from tests.system.harness import System

SLOW = 300_000


def choose(browser: Browser, *files: Path) -> None:
    (field,) = browser.until(lambda: browser.all("#file"), "the field for files")
    field.send_keys("\n".join(map(str, files)))


def rows(browser: Browser) -> list[str]:
    return browser.texts(".jobs tbody tr .video a")


def overflow(browser: Browser) -> int:
    script = "const e = document.documentElement; return e.scrollWidth - e.clientWidth"
    return int(browser.ask(script))


def test_an_empty_service_explains_itself_and_offers_a_sample(
    browser: Browser, system: System
) -> None:
    browser.open()
    browser.see(".empty", "Nothing leaves this server")
    browser.screenshot("empty")

    browser.click(".empty button", "Analyse the sample video")

    browser.see(".job-head h1", SAMPLE.name)
    browser.see(".progress-panel", "Next in the queue")
    _, listed = system.get("/v1/jobs")
    assert [job["options"]["frame_stride"] for job in listed["items"]] == [5]


def test_a_video_is_submitted_with_the_options_beside_it(browser: Browser, system: System) -> None:
    browser.open()
    browser.see(".drop")
    offered = browser.ask("return [...document.getElementById('region').options].map(o => o.value)")
    browser.ask(
        "for (const [id, value] of [['stride', 25], ['region', 'de']])"
        " document.getElementById(id).value = value"
    )
    choose(browser, SAMPLE)
    browser.see(".jobs tr", SAMPLE.name)

    _, listed = system.get("/v1/jobs")
    assert sorted(offered) == sorted((ANYWHERE, *REGIONS))
    assert [job["options"] for job in listed["items"]] == [
        {"frame_stride": 25, "max_frames": None, "region": "de"}
    ]


def test_an_upload_shows_how_far_it_is_and_ends_in_the_list(browser: Browser) -> None:
    browser.open()
    browser.see(".drop")
    with browser.slow_uploads(SLOW):
        choose(browser, SAMPLE)
        figures = browser.see(".sending .figures", "/s")
        browser.until(lambda: int(figures.text.split()[0]) >= 20 and "left" in figures.text)
        browser.screenshot("upload-running")
        assert "of 1.4 MB" in figures.text

    browser.see(".jobs tr", SAMPLE.name)
    browser.see(".jobs .status", "pending")
    browser.gone(".sending")


def test_a_cancelled_upload_leaves_nothing(browser: Browser, system: System) -> None:
    browser.open()
    browser.see(".drop")
    with browser.slow_uploads(SLOW):
        choose(browser, SAMPLE)
        browser.see(".sending .figures", "/s")
        browser.click(".sending button", "Cancel")
        browser.gone(".sending")

    assert system.get("/v1/jobs")[1]["items"] == []


def test_several_videos_are_sent_one_after_the_other_as_the_fields_say(
    browser: Browser, system: System, street: Path, video: Path
) -> None:
    browser.open()
    browser.see("#pipeline option[value=detect_only]")
    browser.ask("document.getElementById('pipeline').value = 'detect_only'")
    browser.ask("document.getElementById('stride').value = '10'")

    choose(browser, street, video)

    browser.until(lambda: rows(browser) == [video.name, street.name])
    asked = [(job["pipeline_id"], job["options"]) for job in system.get("/v1/jobs")[1]["items"]]
    assert [(name, options["frame_stride"]) for name, options in asked] == [("detect_only", 10)] * 2


def test_what_is_dropped_on_the_page_is_submitted(browser: Browser, system: System) -> None:
    browser.open()
    browser.see(".drop")

    browser.ask("""
        const files = new DataTransfer();
        files.items.add(new File(["\\0\\0\\0\\x10ftypisom\\0\\0\\2\\0"], "dropped.mp4"));
        const dropping = { dataTransfer: files, bubbles: true, cancelable: true };
        document.body.dispatchEvent(new DragEvent("drop", dropping));
    """)

    browser.until(lambda: rows(browser) == ["dropped.mp4"])


def test_a_file_that_is_no_video_is_refused_before_it_is_sent(
    browser: Browser, system: System, tmp_path: Path
) -> None:
    letter = tmp_path / "letter.mp4"
    letter.write_text("Dear Sir or Madam")
    browser.open()
    browser.see(".drop")

    choose(browser, letter)

    browser.see(".sending.failed", "This is no MP4 video")
    browser.click(".sending button", "Dismiss")
    browser.gone(".sending")
    assert system.get("/v1/jobs")[1]["items"] == []


def test_the_list_keeps_up_without_drawing_its_rows_anew(
    browser: Browser, library: Library, street: Path, result: Result
) -> None:
    job_id = library.pending(street, "street.mp4")
    browser.open()
    browser.see(".jobs .status", "pending")
    browser.ask("document.querySelector('.jobs tbody tr').mark = 'the same'")

    library.complete(job_id, result)

    browser.see(".jobs .status", "completed")
    browser.until(lambda: "street.mp4: completed." in browser.texts("#announcer"))
    assert browser.ask("return document.querySelector('.jobs tbody tr').mark") == "the same"


def test_a_running_job_shows_its_frames(browser: Browser, library: Library, street: Path) -> None:
    job_id = library.running(street, "street.mp4", done=30, expected=120)
    browser.open()
    browser.see(".jobs .status", "running 25 %")

    browser.click(".jobs a", "street.mp4")

    browser.see(".progress-panel", "30 of 120 frames")
    browser.screenshot("job-running")
    assert job_id in browser.driver.current_url


def test_a_pending_job_says_how_many_are_before_it(
    browser: Browser, library: Library, street: Path
) -> None:
    library.pending(street)
    library.pending(street)
    browser.open(f"#/jobs/{library.pending(street)}")

    browser.see(".progress-panel", "2 videos before it")


def test_jobs_are_filtered_by_status_and_come_in_pages(browser: Browser, library: Library) -> None:
    library.pending_many(53)
    browser.open()
    browser.until(lambda: len(rows(browser)) == 50)

    browser.click(".pages button", "Older")
    browser.until(lambda: rows(browser) == ["clip 2.mp4", "clip 1.mp4", "clip 0.mp4"])
    browser.click(".pages button", "Newer")
    browser.until(lambda: rows(browser)[:1] == ["clip 52.mp4"])
    browser.click(".filters button", "Failed")

    browser.see(".none", "No videos here")


def test_a_failed_job_says_what_happened_and_what_helps(
    browser: Browser, library: Library, street: Path
) -> None:
    message = "the index of the file ends in its middle"
    library.failed(street, "broken.mp4", FailureCode.CORRUPT_VIDEO, message)
    browser.open()
    browser.see(".jobs .why", "The file is damaged")

    browser.click(".jobs a", "broken.mp4")

    browser.see(".failure h2", "The file is damaged and cannot be decoded.")
    browser.see(".failure .help", "export or copy it again")
    browser.see(".failure .reason", message)
    browser.screenshot("job-failed")


def test_a_job_is_deleted_only_after_the_question(
    browser: Browser, library: Library, system: System, street: Path, result: Result
) -> None:
    job_id = library.completed(street, "street.mp4", result)
    browser.open(f"#/jobs/{job_id}")
    browser.click(".job-head button", "Delete")
    browser.see("dialog", "removed from the server for good")
    browser.screenshot("delete")
    browser.click("dialog button", "Cancel")
    browser.gone("dialog")
    assert system.get(f"/v1/jobs/{job_id}")[0] == 200

    browser.click(".job-head button", "Delete")
    browser.click("dialog button.danger")

    browser.see(".empty")
    assert system.get(f"/v1/jobs/{job_id}")[0] == 404


def test_a_job_that_is_not_there_is_said_to_be_gone(browser: Browser) -> None:
    browser.open("#/jobs/00000000-0000-4000-8000-000000000000")

    browser.see("main", "There is no such video, or it was deleted.")
    assert any("404" in complaint for complaint in browser.complaints())


def test_a_hit_of_the_search_opens_its_video_at_the_moment(
    browser: Browser, library: Library, street: Path, result: Result
) -> None:
    library.completed(street, "street.mp4", result)
    browser.open()
    browser.see(".jobs")
    browser.press("/")
    browser.fill("#query", "tonight ferr\n")
    browser.see(".found", "1 place")
    assert browser.texts(".hit .text") == [CAPTION]
    assert browser.texts(".hit mark") == ["FERR", "TONIGHT"]
    browser.screenshot("search")

    browser.click(".hit")

    browser.see(".job-head h1", "street.mp4")
    browser.see(".clock", "0:02.0")


def test_the_search_names_what_it_did_not_find_and_takes_classes(
    browser: Browser, library: Library, street: Path, result: Result
) -> None:
    library.completed(street, None, result)
    browser.open("#/search?q=4827&class=plate")
    browser.see(".hit .class", "plate")
    browser.until(lambda: browser.texts(".hit .text") == [PLATE])

    browser.fill("#query", "zeppelin\n")

    browser.see(".found", "Nothing says “zeppelin”")


def test_search_hits_are_text_whatever_they_say(
    browser: Browser, library: Library, street: Path, result: Result
) -> None:
    library.completed(street, HOSTILE, result)

    browser.open("#/search?q=script")

    browser.until(lambda: browser.texts(".hit .text") == [HOSTILE])
    assert browser.texts(".group h2") == [HOSTILE]
    assert browser.all("main img, main script") == []
    assert browser.driver.title == "Search: script · ForgeSyte"


def test_dark_follows_the_system_and_a_choice_is_remembered(browser: Browser) -> None:
    ground = "return getComputedStyle(document.body).backgroundColor"
    browser.open()
    browser.see(".drop")
    light = browser.ask(ground)
    with browser.dark():
        browser.until(lambda: browser.ask(ground) != light)
        browser.screenshot("empty-dark")
        dark = browser.ask(ground)
    browser.click("#theme", "Auto")
    browser.click("#theme", "Light")
    browser.see("#theme", "Dark")

    browser.open()

    assert browser.ask(ground) == dark


@pytest.mark.parametrize("view", ["list", "job", "search", "failed"])
def test_a_phone_is_wide_enough(
    browser: Browser, library: Library, street: Path, result: Result, view: str
) -> None:
    name = "a-name-of-a-file-that-has-no-end-" * 4 + ".mp4"
    failed = library.failed(street, name, FailureCode.UNSUPPORTED_CODEC, "x" * 300)
    completed = library.completed(street, name, result)
    fragments = {
        "list": "",
        "job": f"#/jobs/{completed}",
        "search": "#/search?q=harbour",
        "failed": f"#/jobs/{failed}",
    }
    marks = {"list": ".jobs tr", "job": ".row", "search": ".hit", "failed": ".failure"}
    with browser.phone():
        browser.open(fragments[view])
        browser.see(marks[view])
        browser.screenshot(f"phone-{view}")

        assert overflow(browser) <= 0


def test_a_lost_server_is_named_and_found_again(
    browser: Browser, library: Library, system: System, street: Path
) -> None:
    library.pending(street, "street.mp4")
    browser.open()
    browser.see(".jobs tr")

    (web,) = [each for each in system.started if each.process.poll() is None]
    web.kill()
    browser.see("#offline", "cannot be reached")
    system.start_web()

    browser.gone("#offline")
    browser.complaints()
