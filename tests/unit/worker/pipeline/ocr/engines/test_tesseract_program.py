"""How the tesseract program is driven, over a stand-in program that misbehaves on command."""

from textwrap import dedent

import numpy as np
import pytest

from worker.pipeline.ocr.engines.base import ONE_LINE
from worker.pipeline.ocr.engines.languages import find_languages
from worker.pipeline.ocr.engines.tesseract_program import ProgramReader

ENDS_THE_LIST, HANGS, FAILS = 11, 12, 13
# Reads an image as its width in pixels, which a PNG keeps in bytes 16 to 19.
STAND_IN = """\
    #!/bin/sh
    [ "$1" = --version ] && echo "tesseract 5.3.0" && exit
    count=$(wc -l <"$1")
    echo "$count" >>{log}
    page=0
    while read -r image; do
        page=$((page + 1))
        width=$(od -An -tu4 --endian=big -j16 -N4 "$image" | tr -d ' ')
        case $width in
            {ends}) [ "$count" -gt 1 ] && break ;;
            {hangs}) exec tail -f /dev/null ;;
            {fails}) exit 1 ;;
        esac
        printf '1\\t%d\\t0\\t0\\t0\\t0\\t0\\t0\\t9\\t9\\t-1\\t\\n' "$page"
        printf '5\\t%d\\t1\\t1\\t1\\t1\\t0\\t0\\t9\\t9\\t90\\t' "$page"
        echo "width$width"
    done <"$1" >"$2.tsv"
"""


@pytest.fixture
def log(tmp_path):
    return tmp_path / "runs"


@pytest.fixture
def open_reader(tmp_path, log):
    program = tmp_path / "tesseract"
    script = dedent(STAND_IN).format(log=log, ends=ENDS_THE_LIST, hangs=HANGS, fails=FAILS)
    program.write_text(script)
    program.chmod(0o755)

    def opened(**options):
        return ProgramReader(find_languages("eng"), program=str(program), processes=2, **options)

    return opened


def images(*widths):
    return [np.full((12, width), 200, dtype=np.uint8) for width in widths]


def runs(log):
    return sorted(int(line) for line in log.read_text().split())


def test_many_images_take_two_runs_of_the_program(open_reader, log):
    pages = open_reader().read(images(10, 20, 30, 40, 50), psm=ONE_LINE)

    assert [page.text for page in pages] == ["width10", "width20", "width30", "width40", "width50"]
    assert runs(log) == [2, 3]


def test_an_image_that_ends_the_list_early_costs_the_others_nothing(open_reader, log):
    pages = open_reader().read(images(10, ENDS_THE_LIST, 30, 40), psm=ONE_LINE)

    assert [page.text for page in pages] == ["width10", "width11", "width30", "width40"]
    assert runs(log) == [1, 1, 2, 2]


def test_an_image_on_which_the_program_fails_twice_has_failed_alone(open_reader):
    pages = open_reader().read(images(10, FAILS, 30), psm=ONE_LINE)

    assert [(page.text, page.failed) for page in pages] == [
        ("width10", False),
        ("", True),
        ("width30", False),
    ]


def test_a_program_that_hangs_is_ended_and_tried_once_more(open_reader, log):
    (page,) = open_reader(timeout_seconds=1).read(images(HANGS), psm=ONE_LINE)

    assert page.failed
    assert runs(log) == [1, 1]
