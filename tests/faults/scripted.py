"""Scripted videos, submitted to a system and read from it."""

from concurrent.futures import ThreadPoolExecutor

from tests.faults.processes.pipeline import Script
from tests.system.harness import System

# Longer than a lease of the tests.
LONG = Script("long", frames=3, seconds=3.0)
CLIENTS = 10


def submit(system: System, script: Script) -> str:
    """The id of an accepted job."""
    status, answer = system.post_bytes(script.encode())
    assert status == 202, answer
    return str(answer["job_id"])


def submit_many(system: System, count: int) -> list[tuple[int, str]]:
    """Status and id that each is answered with, by several clients at once."""

    def submit_one(number: int) -> tuple[int, str]:
        status, answer = system.post_bytes(Script(f"video {number}").encode())
        return status, (answer or {}).get("job_id", "")

    with ThreadPoolExecutor(CLIENTS) as threads:
        return list(threads.map(submit_one, range(count)))


def texts(system: System, job_id: str) -> list[str]:
    """What the frames of a completed job say."""
    return [frame["result"]["text"] for frame in system.results(job_id)]
