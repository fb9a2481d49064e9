from pathlib import Path

from tests.browser.browser import Browser
from tests.system.harness import System


def test_a_video_goes_from_the_field_to_its_texts(
    browser: Browser, system: System, video: Path
) -> None:
    """Nothing stands in for anything: the real worker reads the video."""
    system.start_worker()
    browser.open()
    browser.see("#pipeline option[value=yolo_ocr]")
    browser.ask("document.getElementById('stride').value = '1'")

    browser.all("#file")[0].send_keys(str(video))
    browser.click(".jobs a", video.name)

    (job,) = system.get("/v1/jobs")[1]["items"]
    system.wait_completed(job["job_id"])
    browser.see(".row", "PLATFORM SEVEN").click()
    browser.see(".overlay .label text", "PLATFORM SEVEN")
    browser.screenshot("whole")
