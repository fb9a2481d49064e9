"""Draws pages with Chromium, and asks it where every word stands.

Needs the packages ``chromium`` and ``chromium-driver``.
"""

import base64
import shutil
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from worker.training.evaluation.scenes import HEIGHT, QUALITY, WIDTH
from worker.training.evaluation.screens.pages import PAGES, page
from worker.training.synth.degrade import video_frame
from worker.training.synth.patch import Picture

OPTIONS = ("--headless=new", "--no-sandbox", "--hide-scrollbars", "--force-device-scale-factor=1")
PROGRAMS = ("chromium", "chromedriver")
# The words that lie in the window whole, and those that its edge cuts.
WORDS = """
const whole = [], cut = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode, range = document.createRange();
  for (const word of node.data.matchAll(/\\S+/g)) {
    range.setStart(node, word.index);
    range.setEnd(node, word.index + word[0].length);
    const box = range.getBoundingClientRect();
    if (box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight)
      whole.push(word[0]);
    else if (box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight)
      cut.push(word[0]);
  }
}
return [whole, cut];
"""


class NoBrowser(Exception):
    """No Chromium with its driver is installed"""


@dataclass(frozen=True)
class Screen:
    """A frame (HEIGHT, WIDTH, 3) BGR as H.264 leaves it, its words, and those cut by its edge."""

    picture: Picture
    words: tuple[str, ...]
    cut: tuple[str, ...] = ()


def screens(seed: int, count: int) -> Iterator[tuple[str, Screen]]:
    """``count`` screens of each kind of page; raises ``NoBrowser``."""
    with _browser() as browser:
        for kind in PAGES:
            for index in range(count):
                yield kind, _screen(browser, page(kind, seed, index))


@contextmanager
def _browser() -> Iterator[webdriver.Chrome]:
    program, driver = (shutil.which(name) for name in PROGRAMS)
    if program is None or driver is None:
        raise NoBrowser("screens are drawn by a browser: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for option in OPTIONS:
        options.add_argument(option)
    with webdriver.Chrome(options=options, service=Service(driver)) as browser:
        size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        yield browser


def _screen(browser: webdriver.Chrome, document: str) -> Screen:
    browser.get("data:text/html;charset=utf-8," + urllib.parse.quote(document))
    whole, cut = browser.execute_script(WORDS)
    taken = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
    encoded = np.frombuffer(base64.b64decode(taken["data"]), np.uint8)
    picture = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
    return Screen(video_frame(picture, quality=QUALITY, shift=0), tuple(whole), tuple(cut))
