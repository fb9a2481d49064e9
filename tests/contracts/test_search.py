"""One suite for every place where texts can be searched."""

from typing import Any

import pytest

from service.jobs.catalog.base import Found
from service.jobs.catalog.words import parsed_query
from service.jobs.model import Job
from service.services import FullJobStore
from tests.contracts.test_jobs import TEXTS, results_of, running

# What is asked for → what is found of these texts, by their position.
TEXTS_THERE = (
    "BREAKING NEWS AT NINE",
    "News at ten",
    "AB-12 CDE",
    "AB12CDE",
    "AB12CDF",
    "AX12CDF",
    "NORTH EXIT 7",
    "north-exit",
    "Straße 5",
    "ÉCOLE",
    "foo.com/bar -12 1e5",
    "日本語",
    "==--> <b>",
    "M-AB 1234",
)
FOUND = {
    "news": [0, 1],
    "NEWS at": [0, 1],
    "nine breaking": [0],
    "news nine": [0],
    "new": [0, 1],
    "new at": [],
    '"news at"': [0, 1],
    '"at news"': [],
    '"new"': [],
    'at "news"': [0, 1],
    "bre": [0],
    "exit north": [6, 7],
    '"north exit"': [6, 7],
    '"north exit" 7': [6],
    "north-ex": [6, 7],
    "exit-north": [],
    "strasse": [8],
    "STRASSE": [8],
    "école": [9],
    "eco": [],
    "bar": [10],
    "12": [2, 10, 13],
    "1e5": [10],
    "日本": [11],
    "b": [0, 10, 12],
    "ab12cde": [2, 3, 4],
    "AB 12 CDE": [2, 3, 4],
    "AB12CDX": [2, 3, 4],
    "ab12cdf": [2, 3, 4, 5],
    '"ab12cdf"': [4],
    "MAB1234": [13],
    "MAB1284": [13],
    "MAB128": [],
    "m-ab 1235": [13],
    "1234": [13],
    "1235": [13],
    "nothing": [],
    "'": None,
    "&|!:*": None,
    "": None,
    '""': None,
}


async def with_texts(jobs: FullJobStore, *texts: str, **changes: Any) -> Job:
    """A completed job in whose video these were read."""
    job = await running(jobs, **changes)
    listed = [TEXTS[0] | {"text": text, "first_ms": n} for n, text in enumerate(texts)]
    await jobs.complete(job.lease, results_of(job), summary={"texts": listed})
    return job


async def found(jobs: FullJobStore, asked: str, **more: Any) -> list[Found]:
    return list(await jobs.search(parsed_query(asked), **{"limit": 99} | more))


async def test_each_query_finds_what_it_should_and_no_more(jobs: FullJobStore) -> None:
    await with_texts(jobs, *TEXTS_THERE)
    told = {}
    for asked in FOUND:
        try:
            told[asked] = [each.position for each in await found(jobs, asked)]
        except ValueError:
            told[asked] = None

    assert told == FOUND


async def test_what_is_found_says_where_it_can_be_read(jobs: FullJobStore) -> None:
    job = await with_texts(jobs, "x", "NORTH", input_name="street.mp4")

    assert await found(jobs, "north") == [
        Found(
            job_id=job.job_id,
            created_at=job.created_at,
            input_name="street.mp4",
            position=1,
            text="NORTH",
            class_name="text",
            first_ms=1,
            last_ms=2**33,
            confidence=0.9312,
        )
    ]


async def test_the_newest_job_comes_first_page_by_page(jobs: FullJobStore) -> None:
    accepted = [await with_texts(jobs, "EXIT 1", "no", "EXIT 2", "EXIT 3") for _ in range(3)]
    pages, after = [], {}
    while page := await found(jobs, "exit", limit=2, **after):
        pages.append([(each.job_id, each.position) for each in page])
        after = {"after": page[-1].place}

    every = [(job.job_id, position) for job in reversed(accepted) for position in (0, 2, 3)]
    assert pages == [every[:2], every[2:4], every[4:6], every[6:8], every[8:]]


async def test_a_search_may_be_for_one_class(jobs: FullJobStore) -> None:
    await with_texts(jobs, "NORTH")

    assert len(await found(jobs, "north", class_name="text")) == 1
    assert await found(jobs, "north", class_name="plate") == []


async def test_a_search_is_within_the_jobs_of_one_owner(jobs: FullJobStore) -> None:
    await with_texts(jobs, "NORTH", owner="ann")

    assert len(await found(jobs, "north", owner="ann")) == 1
    assert await found(jobs, "north") == []


async def test_the_texts_of_a_removed_job_are_gone(jobs: FullJobStore) -> None:
    removed = await with_texts(jobs, "NORTH")
    kept = await with_texts(jobs, "NORTH")
    await jobs.remove(removed.job_id)

    assert [each.job_id for each in await found(jobs, "north")] == [kept.job_id]


@pytest.mark.parametrize("text", ["'", "\\", "a'b\\c", "x" * 1000, "a " * 500, "\ud800", "A\0B"])
async def test_any_text_can_be_stored_and_searched_beside(jobs: FullJobStore, text: str) -> None:
    await with_texts(jobs, text, "NORTH")

    assert [each.position for each in await found(jobs, "north")] == [1]
