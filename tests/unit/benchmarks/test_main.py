import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.benchmarks import __main__ as program
from tests.benchmarks.cases.options import Options
from tests.benchmarks.measure import ROOT
from tests.benchmarks.pairs import Spread
from tests.benchmarks.programs import Void
from tests.benchmarks.report import Row, at_least


def good(options: Options) -> list[Row]:
    spread = Spread(41.5, 40.0, 43.0)
    return [
        Row("good", f"{options.seconds} s", "times", 41.5, spread, at_least(40), runs=[{"a": 1}])
    ]


def void(options: Options) -> list[Row]:
    raise Void("read 0.300 of the words")


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(program, "CASES", {"end_to_end": good, "fonts": void})
    return tmp_path / "report.json"


def test_a_table_and_a_json_say_what_was_measured(report: Path) -> None:
    done = CliRunner().invoke(program.main, ["end_to_end", "--seconds", "7", "--json", str(report)])

    assert done.exit_code == 0
    assert re.search(
        r"good .* 7 s .* times .* 41\.5 .* 40\.0 to 43\.0 .* 40\.0 .* met", done.stdout
    )
    assert '"value": 41.5' in report.read_text()
    assert '"seconds": 7' in report.read_text()


def test_a_void_run_turns_the_whole_red_and_the_others_are_still_told(report: Path) -> None:
    done = CliRunner().invoke(program.main, ["--json", str(report)])

    assert done.exit_code == 1
    assert "fonts: read 0.300 of the words" in done.stdout
    assert "fonts: read 0.300 of the words" in report.read_text()
    assert "41.5" in done.stdout


def test_the_readme_names_every_benchmark_and_no_other() -> None:
    readme = (ROOT / "tests" / "benchmarks" / "README.md").read_text()
    rows = re.findall(r"^\| (`.*?`) \|", readme, re.MULTILINE)

    assert set(re.findall(r"`([a-z_]+)`", " ".join(rows))) == set(program.CASES)
