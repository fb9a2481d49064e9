"""Each check's exit status: 0 clean, 1 violated, 2 could not check."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from governance.cli import main
from governance.requirements import load_requirements
from tests.unit.governance.scanner.test_scan import repository

ADD = {
    "service/__init__.py": "",
    "service/sums.py": "def add(a, b):\n    return a + b\n",
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\n',
}
RAN = "tests ran"
BLOCK = "# Title\n\n<!-- generated: transitions -->\n{}<!-- end -->\n"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def holding(*requirements: str) -> dict[str, str]:
    """A test file that holds these requirements."""
    return {"tests/test_all.py": f'"""{" ".join(requirements)}"""\n'}


def breakable(folder: Path, *, test: str) -> Path:
    """A checkout in which every requirement has the same mutation, and says when its test runs."""
    patch = (
        '[[mutation]]\nrequirement = "{}"\nname = "minus"\nfile = "service/sums.py"\n'
        'old = "a + b"\nnew = "a - b"\ntest = "tests/test_sums.py"\n'
    )
    told = f"from pathlib import Path\n\nPath({str(folder / RAN)!r}).touch()\n"
    return repository(
        folder,
        ADD
        | {
            "tests/test_sums.py": f"from service.sums import add\n{told}\n{test}",
            "tests/mutations/all.toml": "\n".join(map(patch.format, load_requirements())),
        },
    )


NOTICES = "def test_adding():\n    assert add(2, 3) == 5\n"
SLEEPS = "def test_adding():\n    assert add(2, 3)\n"


def test_a_requirement_without_a_test_is_a_violation(tmp_path: Path) -> None:
    """TST-1"""
    held = [name for name in load_requirements() if name != "QUE-1"]
    root = repository(tmp_path, holding(*held))

    done = run("requirements", "--root", str(root))

    assert done.exit_code == 1
    assert "without a test: ['QUE-1']" in done.stderr
    assert "QUE-1  no test\n" in done.stdout


def test_a_test_that_names_an_unknown_requirement_is_a_violation(tmp_path: Path) -> None:
    """TST-1"""
    root = repository(tmp_path, holding(*load_requirements(), "API-99"))

    done = run("requirements", "--root", str(root))

    assert done.exit_code == 1
    assert "named but unknown: ['API-99']" in done.stderr


def test_requirements_that_all_have_a_test_are_clean(tmp_path: Path) -> None:
    """TST-1"""
    root = repository(tmp_path, holding(*load_requirements()))

    assert run("requirements", "--root", str(root)).exit_code == 0


def test_a_checkout_without_tests_says_nothing_of_requirements(tmp_path: Path) -> None:
    """TST-1"""
    done = run("requirements", "--root", str(tmp_path))

    assert done.exit_code == 2
    assert f"no test under {tmp_path / 'tests'}" in done.stderr


def test_an_outdated_document_is_a_violation_and_stays_as_it_is(tmp_path: Path) -> None:
    """DOC-1"""
    document = tmp_path / "MOVES.md"
    document.write_text(BLOCK.format("outdated\n"))

    done = run("docs", "--check", "--folder", str(tmp_path))

    assert done.exit_code == 1
    assert "MOVES.md: outdated" in done.stderr
    assert document.read_text() == BLOCK.format("outdated\n")


def test_a_document_brought_up_to_date_is_clean(tmp_path: Path) -> None:
    """DOC-1"""
    (tmp_path / "MOVES.md").write_text(BLOCK.format(""))

    written = run("docs", "--folder", str(tmp_path))
    checked = run("docs", "--check", "--folder", str(tmp_path))

    assert (written.exit_code, written.stdout) == (0, "written: MOVES.md\n")
    assert (checked.exit_code, checked.stdout) == (0, "up to date\n")


@pytest.mark.parametrize("text", ["no block\n", "<!-- generated: weather -->\n<!-- end -->\n"])
def test_documents_that_say_nothing_are_not_up_to_date(text: str, tmp_path: Path) -> None:
    """DOC-1"""
    (tmp_path / "x.md").write_text(text)

    assert run("docs", "--check", "--folder", str(tmp_path)).exit_code == 2


def test_a_mutation_that_no_test_notices_is_a_violation(tmp_path: Path) -> None:
    """TST-1"""
    done = run("mutations", "API-1", "--root", str(breakable(tmp_path, test=SLEEPS)))

    assert done.exit_code == 1
    assert "API-1  minus  tests/test_sums.py  GREEN\n" in done.stdout
    assert "1 of 1 mutations turned no test red" in done.stderr


def test_a_mutation_that_a_test_notices_is_clean(tmp_path: Path) -> None:
    """TST-1"""
    done = run("mutations", "API-1", "QUE-1", "--root", str(breakable(tmp_path, test=NOTICES)))

    assert done.exit_code == 0
    assert done.stdout.endswith("all 2 mutations turned a test red\n")


def test_an_unknown_id_is_refused_before_any_test_runs(tmp_path: Path) -> None:
    """TST-1"""
    root = breakable(tmp_path, test=NOTICES)

    done = run("mutations", "API-1", "API-99", "api-1", "--root", str(root))

    assert done.exit_code == 2
    assert "there is no requirement API-99, api-1; there are API-1, API-2, " in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (root / RAN).exists()


def test_mutations_that_do_not_fit_are_no_violation(tmp_path: Path) -> None:
    """TST-1"""
    root = breakable(tmp_path, test=NOTICES)
    (root / "service/sums.py").write_text("")

    done = run("mutations", "--root", str(root))

    assert done.exit_code == 2
    assert "its old text stands 0 times" in done.stderr
