"""The mutations: each fits the code as it is, and the runner tells red from green."""

from pathlib import Path

import pytest

from governance.mutations import Mutation, MutationsError, Outcome, load_mutations, try_mutations
from governance.requirements import load_requirements
from tests.governance.documents import is_a_test
from tests.unit.governance.scanner.test_scan import repository

SHIPPED = Path(__file__).parents[1] / "mutations"
CODE = {
    "service/__init__.py": "",
    "service/sums.py": "def add(a, b):\n    return a + b\n",
    "tests/unit/test_sums.py": (
        "from service.sums import add\n\n"
        "def test_adding():\n    assert add(2, 3) == 5\n\n"
        "def test_nothing():\n    pass\n"
    ),
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\n',
}
TEST = "tests/unit/test_sums.py::test_adding"


def mutation(**changes: str) -> Mutation:
    patch = {"requirement": "API-1", "name": "minus", "file": "service/sums.py", "test": TEST}
    return Mutation.model_validate({**patch, "old": "a + b", "new": "a - b", **changes})


def outcomes(root: Path, *tried: Mutation) -> list[Outcome]:
    return [each.outcome for each in try_mutations(root, tried)]


def written(root: Path, text: str) -> Path:
    folder = root / "tests" / "mutations"
    folder.mkdir(parents=True)
    (folder / "some.toml").write_text(text)
    return folder


def test_every_requirement_has_a_mutation_that_fits_and_a_test_that_exists() -> None:
    shipped = load_mutations(SHIPPED)

    assert {each.requirement for each in shipped} == load_requirements().keys()
    assert [each.test for each in shipped if not is_a_test(each.test)] == []


def test_a_test_that_notices_is_red_and_one_that_does_not_is_green(tmp_path: Path) -> None:
    root = repository(tmp_path, CODE)
    unnoticed = mutation(test="tests/unit/test_sums.py::test_nothing")

    assert outcomes(root, mutation(), unnoticed) == [Outcome.RED, Outcome.GREEN]
    assert (root / "service/sums.py").read_text() == CODE["service/sums.py"]


def test_one_mutation_does_not_reach_the_next(tmp_path: Path) -> None:
    root = repository(tmp_path, CODE)
    harmless = mutation(old="return a", new="return  a")

    assert outcomes(root, mutation(), harmless) == [Outcome.RED, Outcome.GREEN]


def test_a_test_that_hangs_has_noticed(tmp_path: Path) -> None:
    root = repository(tmp_path, CODE)
    endless = mutation(old="return a + b", new="while True: pass")

    (tried,) = try_mutations(root, [endless], hung_after_seconds=2.0)

    assert tried.outcome is Outcome.HUNG


def test_what_is_measured_of_the_project_is_not_measured_of_its_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TST-1"""
    apart = (
        "import os\n\ndef test_apart():\n"
        "    assert not [name for name in os.environ if name.startswith('COVERAGE_')]\n"
    )
    root = repository(tmp_path, CODE | {"tests/unit/test_apart.py": apart})
    monkeypatch.setenv("COVERAGE_PROCESS_START", str(tmp_path / "none.toml"))

    assert outcomes(root, mutation(test="tests/unit/test_apart.py")) == [Outcome.GREEN]


def test_tests_that_are_red_before_prove_nothing(tmp_path: Path) -> None:
    broken = CODE | {"service/sums.py": "def add(a, b):\n    return a + b + 1\n"}

    with pytest.raises(MutationsError, match="not green before anything is broken"):
        outcomes(repository(tmp_path, broken), mutation())


def test_a_mutation_that_stops_the_tests_from_running_proves_nothing(tmp_path: Path) -> None:
    syntax = mutation(old="return", new="retrun")

    with pytest.raises(MutationsError, match="could not be run"):
        outcomes(repository(tmp_path, CODE), syntax)


PATCH = """[[mutation]]
requirement = "{requirement}"
name = "n"
file = "{file}"
old = "{old}"
new = "x"
test = "t"
"""


@pytest.mark.parametrize(
    ("patch", "told"),
    [
        ({"old": "a * b"}, "its old text stands 0 times in service/sums.py"),
        ({"old": "a"}, "its old text stands 3 times"),
        ({"file": "service/gone.py"}, "0 times in service/gone.py"),
        ({"requirement": "API-99"}, "there is no requirement API-99"),
        ({}, "no mutation breaks API-2, "),
        ({"old": ""}, "at least 1 character"),
    ],
)
def test_mutations_that_do_not_fit_are_refused(
    patch: dict[str, str], told: str, tmp_path: Path
) -> None:
    root = repository(tmp_path, CODE)
    fitting = {"requirement": "API-1", "file": "service/sums.py", "old": "a + b"}

    with pytest.raises(MutationsError, match=told):
        load_mutations(written(root, PATCH.format(**(fitting | patch))))
