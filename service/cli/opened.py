"""What an operator's command works with: the services that the environment names."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TypeVar

from config.settings import Settings
from service.services import Services
from service.wiring import open_services

T = TypeVar("T")


def run_on_services(
    work: Callable[[Services], Awaitable[T]], settings: Settings | None = None
) -> T:
    """Do the work on what the environment names, or settings do.

    Raises SettingsError, and what the work raises.
    """

    async def with_services() -> T:
        async with open_services(settings or Settings.from_env(os.environ)) as services:
            return await work(services)

    return asyncio.run(with_services())
