"""DOC-1: ENDPOINTS names every problem that a request can meet, and no other."""

import json
import re
from pathlib import Path

import pytest

from service import errors
from service.errors import QueueUnavailable, SchemaOutdated
from service.jobs.memory import MemoryJobs
from service.storage.local import LocalStorage
from service.web.describe import describe
from service.web.problems import PROBLEMS, UNEXPECTED, kind_of
from tests.governance.documents import FOLDER, documented_codes, section, spans, text_of
from tests.unit.service.conftest import Serve
from tests.unit.service.web.provoking import PROVOKED, Stage
from tests.unit.service.web.samples import problem

TABLE, PROSE = section(text_of("ENDPOINTS"), "Errors").split("<!-- end -->")
ROWS = re.findall(r"^\| (\d+) \| `(\w+)` \| (.+) \|$", TABLE, re.MULTILINE)
IN_PROSE = [span for span in spans(PROSE) if re.fullmatch(r"[a-z][a-z0-9_]+", span)]


@pytest.fixture
def stage(serve: Serve, jobs: MemoryJobs, storage: LocalStorage, folder: Path) -> Stage:
    return Stage(serve, jobs, storage, folder)


def test_a_code_is_documented_when_there_is_a_request_for_it() -> None:
    """DOC-1"""
    documented = [code for _, code, _ in ROWS] + IN_PROSE

    assert sorted(documented) == sorted(PROVOKED)
    assert documented_codes() == PROVOKED.keys()


@pytest.mark.parametrize(("status", "code", "title"), ROWS, ids=[code for _, code, _ in ROWS])
async def test_a_documented_problem_is_what_a_request_meets(
    status: str, code: str, title: str, stage: Stage
) -> None:
    """DOC-1"""
    answer = await PROVOKED[code](stage)

    assert await problem(answer) == (int(status), code)
    assert (await answer.json(content_type=None))["title"] == title


@pytest.mark.parametrize("code", IN_PROSE)
async def test_a_problem_in_prose_is_what_a_request_meets(code: str, stage: Stage) -> None:
    """DOC-1"""
    answer = await PROVOKED[code](stage)
    status, met = await problem(answer)

    assert met == code
    assert str(status) in PROSE


async def test_the_documented_members_of_a_problem_are_its_members(stage: Stage) -> None:
    """DOC-1"""
    document = await (await PROVOKED["invalid_mp4"](stage)).json(content_type=None)

    assert set(spans(TABLE.split("<!--")[0])) - {"application/problem+json"} == document.keys()


def test_a_schema_that_is_too_old_is_reported_as_an_unavailable_database() -> None:
    """What to do about it is the operator's, to whom /readyz tells it."""
    assert kind_of(SchemaOutdated()).code == "database_unavailable"


def test_a_queue_that_is_away_reaches_no_client() -> None:
    """A submission is accepted without it; met in a request it would be a fault of ours."""
    assert PROBLEMS[QueueUnavailable] == UNEXPECTED


NAMES = [name for name, kind in vars(errors).items() if isinstance(kind, type)]


@pytest.mark.parametrize(
    "public",
    [*sorted(FOLDER.rglob("*.md")), *FOLDER.rglob("*.svg"), FOLDER.parents[2] / "README.md"],
    ids=lambda path: path.stem,
)
def test_no_public_document_names_an_exception_class(public: Path) -> None:
    """DOC-1: GET results said that it raises JobNotFound."""
    assert named_in(public.read_text()) == []


def test_no_description_of_the_api_names_an_exception_class() -> None:
    """DOC-1"""
    assert named_in(json.dumps(describe())) == []


def test_an_exception_class_in_a_document_would_be_noticed() -> None:
    assert "JobNotFound" in NAMES
    assert named_in("A completed job's results; raises JobNotFound.") == ["JobNotFound"]


def named_in(text: str) -> list[str]:
    return [name for name in NAMES if re.search(rf"\b{name}\b", text)]
