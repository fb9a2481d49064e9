"""The document says of every answer what it is, and names nothing that no answer has."""

from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from openapi_spec_validator import validate

from service.jobs.memory import MemoryJobs
from service.storage.local import LocalStorage
from service.web.openapi.problems import SCHEMAS as PROBLEM_SCHEMAS
from service.web.routes import ROUTES
from service.web.upload.options import OPTIONS
from tests.data.documents import plain, shape
from tests.unit.service.conftest import Serve
from tests.unit.service.web.openapi.described import (
    COMPONENTS,
    DOCUMENT,
    OPERATIONS,
    content,
    faults,
    is_problem,
    met,
    named,
    response_of,
    schema_of,
)
from tests.unit.service.web.openapi.tour import FORMATS, completed_job, examples_of, toured
from tests.unit.service.web.provoking import Stage

# What the pipeline writes is compared where it runs: tests/pipeline/test_documented_summary.py.
OF_PIPELINE = {"Summary", "Video", "ClassSummary", "TextSummary", "Provenance"}
SHOWN = (
    "getJob",
    "listJobs",
    "searchTexts",
    "listPipelines",
    "getReadiness",
    "getLiveness",
    "submitVideo",
    "getStatus",
)


@pytest.fixture
def stage(serve: Serve, jobs: MemoryJobs, storage: LocalStorage, folder: Path) -> Stage:
    return Stage(serve, jobs, storage, folder)


def test_the_document_is_openapi() -> None:
    validate(DOCUMENT)


async def test_the_document_is_served(client: TestClient) -> None:
    assert await (await client.get("/v1/openapi.json")).json() == DOCUMENT


def test_every_route_is_described_for_people_and_no_other() -> None:
    served = {(route.method, route.path) for route in ROUTES}
    told = {(each["method"], each["path"]) for each in OPERATIONS.values()}
    aliases = {(method, path) for method, path in served if (method, f"/v1{path}") in served}

    assert told == served - aliases
    assert {path.split("/")[1] for _, path in aliases} == {"video"}
    assert [name for name, each in OPERATIONS.items() if len(each["description"]) < 20] == []


def test_an_operation_has_a_name_of_its_own() -> None:
    described = sum(len(methods) for methods in DOCUMENT["paths"].values())

    assert len(OPERATIONS) == described


def test_every_group_is_described() -> None:
    used = {tag for each in OPERATIONS.values() for tag in each["tags"]}

    assert used == {tag["name"] for tag in DOCUMENT["tags"]}


def test_every_member_of_every_value_is_described() -> None:
    silent = [
        f"{name}.{member}"
        for name, schema in COMPONENTS["schemas"].items()
        for member, of in schema["properties"].items()
        if "$ref" not in of and not of.get("description")
    ]

    assert silent == []


def test_every_option_stands_in_the_query_and_in_the_form() -> None:
    told = OPERATIONS["submitVideo"]
    form = told["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]

    assert set(form) == {"file", *OPTIONS}
    assert {each["name"] for each in told["parameters"] if each["in"] == "query"} == set(OPTIONS)


async def test_a_real_answer_is_as_it_is_described(stage: Stage) -> None:
    """Status, type, headers and every member; and all that is described is met."""
    seen: set[tuple[str, str, str]] = set()
    found: set[str] = set()
    for operation_id, answer in (await toured(stage)).answers:
        value, told = await content(answer), response_of(operation_id, answer.status)
        where = f"{operation_id} {answer.status}"
        assert told.get("headers", {}).keys() >= {
            name for name in ("ETag", "Location", "Content-Range") if name in answer.headers
        }, where
        missing = {name for name, each in told.get("headers", {}).items() if each.get("required")}
        assert missing <= answer.headers.keys(), where
        media_type = answer.content_type if "content" in told else ""
        seen.add((operation_id, str(answer.status), media_type))
        if value is not None:
            schema = schema_of(operation_id, answer.status, media_type)
            assert faults(value, schema) == [], where
            found.update(met(value, schema))

    described = {
        (operation_id, status, media_type)
        for operation_id, told in OPERATIONS.items()
        if operation_id != "getSummary"
        for status, response in told["responses"].items()
        if not is_problem(response)
        for media_type in response.get("content", [""])
    }
    assert seen == described
    assert found == members_described()


def members_described() -> set[str]:
    schemas = COMPONENTS["schemas"].keys() - OF_PIPELINE - PROBLEM_SCHEMAS.keys()
    return {
        member for name in schemas for member in named({"$ref": f"#/components/schemas/{name}"})
    }


async def test_an_answer_that_is_not_described_would_be_noticed(stage: Stage) -> None:
    client = await stage.serve()
    job = await completed_job(stage, client, plain())
    detail = await (await client.get(f"/v1/jobs/{job.job_id}")).json()
    schema = schema_of("getJob", 200, "application/json")

    assert faults(detail, schema) == []
    assert faults(detail | {"colour": "red"}, schema)
    assert faults({name: detail[name] for name in detail if name != "attempt"}, schema)
    assert set(named(schema)) - set(met(detail, schema)) == {
        "JobDetail.error_code",
        "JobDetail.error_message",
    }


@pytest.mark.parametrize("operation_id", SHOWN)
async def test_an_example_is_what_is_answered(stage: Stage, operation_id: str) -> None:
    real = (await examples_of(stage))[operation_id]
    (response,) = (
        each for each in OPERATIONS[operation_id]["responses"].values() if not is_problem(each)
        if "content" in each
    )  # fmt: skip
    example = response["content"]["application/json"]["example"]

    assert shape(first_of_each(example)) == shape(first_of_each(real))


@pytest.mark.parametrize("name", FORMATS)
async def test_the_results_that_are_shown_are_those_that_are_sent(stage: Stage, name: str) -> None:
    client = await stage.serve()
    job = await completed_job(stage, client, plain())
    answer = await client.get(f"/v1/video/results/{job.job_id}", params={"format": name})
    told = response_of("getResults", 200)["content"][answer.content_type]
    shown = told["examples"][name]["value"] if "examples" in told else told["example"]
    sent = await content(answer)

    if isinstance(sent, dict):
        assert shape(shown) == shape(sent)
        mine, theirs = (each.get("results", each.get("annotations")) for each in (shown, sent))
        assert mine == theirs
    else:
        assert shown == sent


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_an_example_is_as_it_is_described(operation_id: str) -> None:
    for status, response in OPERATIONS[operation_id]["responses"].items():
        for told in response.get("content", {}).values():
            examples = [each["value"] for each in told.get("examples", {}).values()]
            examples += [told["example"]] if "example" in told else []
            wrong = [fault for each in examples for fault in faults(each, told["schema"])]
            assert wrong == [], status


def first_of_each(value: Any) -> Any:
    """A document with the first item alone of each of its lists."""
    if isinstance(value, dict):
        return {name: first_of_each(member) for name, member in value.items()}
    return [first_of_each(item) for item in value[:1]] if isinstance(value, list) else value
