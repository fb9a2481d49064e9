"""Waiting for conditions, with an end."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import psutil

PERIOD_SECONDS = 0.02


def wait_until(condition: Callable[[], object], *, seconds: float = 30.0) -> None:
    """Come back when the condition holds; fail when it does not within the seconds."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"still not so after {seconds:g} s: {condition}"
        time.sleep(PERIOD_SECONDS)


async def until(
    condition: Callable[[], Awaitable[object] | object], *, seconds: float = 30.0
) -> Any:
    """What the condition gives once it holds, awaited where it is to be; fail when it does not."""
    for _ in range(int(seconds / PERIOD_SECONDS)):
        given = condition()
        if isinstance(given, Awaitable):
            given = await given
        if given:
            return given
        await asyncio.sleep(PERIOD_SECONDS)
    raise AssertionError(f"still not so after {seconds:g} s: {condition}")


def is_gone(pid: int) -> bool:
    """Whether a process has ended, be it that nobody has reaped it yet."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
