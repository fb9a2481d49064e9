"""GOV-3, GOV-5: what CI and the hooks run exists, in the order that was agreed."""

import re
from pathlib import Path

import pytest

from governance.cli import main
from tests.governance.workflow import (
    ROOT,
    WORKFLOWS,
    commands,
    commands_in,
    commands_of_make,
    escapes,
    fast_tier,
    jobs,
    make_targets,
    parameters_in,
    parsed,
)

# It asks a service for what is known, so no test runs it.
AUDIT = "pipx run pip-audit --skip-editable --path .venv/lib/python3.11/site-packages"
ORDER = [
    "make install",
    ".venv/bin/python -m governance",
    ".venv/bin/python -m governance pipelines",
    "make fast",
    "make test",
    # Beside it, each on a machine of its own.
    "make install",
    ".venv/bin/python -m governance mutations",
    "make install",
    AUDIT,
]
# The fixtures of tests/conftest.py that start one.
SERVERS = {"servers", "database_url", "migrated_url", "migrated_template", "redis_url"}


def exists(command: str) -> bool:
    match command.split():
        case ["make", target]:
            return target in make_targets()
        case [".venv/bin/python", "-m", "governance"]:
            return True
        case [".venv/bin/python", "-m", "governance", name]:
            return name in main.commands
    return command == AUDIT


def test_there_is_a_workflow() -> None:
    assert WORKFLOWS


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_each_step_calls_a_command_that_exists(path: Path) -> None:
    """GOV-3"""
    assert commands(path)
    assert [command for command in commands(path) if not exists(command)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_pull_request_is_scanned_then_validated_then_tested(path: Path) -> None:
    """GOV-3"""
    assert commands(path) == ORDER


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_the_first_failure_blocks(path: Path) -> None:
    """GOV-3: on every pull request, whatever it touches."""
    assert escapes(path.read_text()) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("fail-fast: true", "fail-fast: false"),
        ("fail-fast: true", "fail-fast: ${{ github.event_name == 'push' }}"),
        ("pull_request:\n", "pull_request:\n    paths: ['service/**']\n"),
        ("pull_request:\n", "pull_request:\n    paths-ignore: ['**.md']\n"),
        ("pull_request:\n", "pull_request:\n    branches: [main]\n"),
        ("pull_request:\n", "pull_request:\n    types: [closed]\n"),
        ("  pull_request:\n", ""),
        ("on:\n  pull_request:\n", "on:\n  pull_request_target:\n"),
        ("    runs-on:", "    if: false\n    runs-on:"),
        ("    runs-on:", "    continue-on-error: true\n    runs-on:"),
        ("      - name: scanner\n", "      - name: scanner\n        continue-on-error: true\n"),
        ("      - name: full tests\n", "      - name: full tests\n        if: false\n"),
        ("      - name: full tests\n", "      - name: full tests\n        if: always()\n"),
        ("      - name: full tests\n", "      - name: full tests\n        shell: bash {0}\n"),
        ("jobs:\n", "defaults:\n  run:\n    shell: bash {0}\njobs:\n"),
        ("run: make test", "run: make test || true"),
        ("run: make test", "run: make -k test"),
        ("run: make test", "run: make test TESTS=tests/unit"),
        ("run: make test", "run: |\n          set +e\n          make test"),
    ],
)
def test_a_workflow_that_lets_a_failure_pass_is_noticed(old: str, new: str) -> None:
    """GOV-3"""
    text = WORKFLOWS[0].read_text()
    assert old in text
    broken = text.replace(old, new, 1)

    assert escapes(broken) or commands_in(broken) != ORDER


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_the_tests_run_on_service_servers_and_on_embedded_ones(path: Path) -> None:
    """GOV-3: the variables are those tests/conftest.py reads."""
    job = jobs(path)[0]
    legs = {leg["servers"]: leg for leg in job["strategy"]["matrix"]["include"]}
    port = {name: service["ports"][0].split(":")[0] for name, service in job["services"].items()}

    assert set(legs) == {"embedded", "service"}
    assert legs["embedded"]["database_url"] == legs["embedded"]["redis_url"] == ""
    assert f":{port['postgres']}/" in legs["service"]["database_url"]
    assert f":{port['redis']}/" in legs["service"]["redis_url"]
    assert job["env"] == {
        "TEST_DATABASE_URL": "${{ matrix.database_url }}",
        "TEST_REDIS_URL": "${{ matrix.redis_url }}",
    }


def test_make_test_scans_and_validates_before_it_tests() -> None:
    """GOV-1, PIP-3"""
    ran = commands_of_make("test")

    assert ran[0] == ".venv/bin/python -m governance"
    assert ran[1] == ".venv/bin/python -m governance pipelines"
    assert ran[-1].startswith(".venv/bin/pytest")


def test_the_fast_tier_prints_its_time_and_its_slowest() -> None:
    """TST-1: pytest's last line has the seconds."""
    (ran,) = commands_of_make("fast")

    assert ran == ".venv/bin/pytest -q -n auto --dist loadfile --durations=10 $(FAST)"


def test_the_fast_tier_starts_no_server() -> None:
    """TST-1"""
    folders, left_out = fast_tier()
    tests = [
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if not any(path.is_relative_to(ROOT / each) for each in left_out)
    ]
    asking = {path.name for path in tests if SERVERS & parameters_in(path)}

    assert folders == ["tests/unit", "tests/architecture"]
    assert left_out == ["tests/unit/worker/training"]
    assert asking == set()
    assert SERVERS & parameters_in(ROOT / "tests" / "system" / "conftest.py")


def test_the_hooks_run_what_make_test_runs() -> None:
    """GOV-5"""
    hooks = parsed(ROOT / ".pre-commit-config.yaml")["repos"][0]["hooks"]
    entries = [hook["entry"] for hook in hooks]

    assert ".venv/bin/python -m governance" in entries
    assert [
        entry
        for entry in entries
        if not any(ran.startswith(entry) for ran in commands_of_make("test"))
    ] == []


def test_the_template_asks_for_everything_a_review_needs() -> None:
    """GOV-5"""
    template = (ROOT / ".github" / "pull_request_template.md").read_text()
    headings = re.findall(r"^#+ (.+)$", template, re.MULTILINE)

    assert headings == [
        "Summary",
        "Story",
        "Changes",
        "Checks",
        "Governance",
        "API",
        "Worker",
        "Tests",
        "Evidence",
        "Note for the reviewer",
    ]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_its_commit(path: Path) -> None:
    """A tag can be moved to other code; the version stands behind the commit for people."""
    used = re.findall(r"uses: (.*)", path.read_text())

    assert used
    assert [one for one in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v[\d.]+", one)] == []
