"""What the web process works with, and where to find it in an application."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import web

from config.graph import Graph
from config.settings import Settings
from service.access.store import TokenStore
from service.jobs.catalog.base import JobAdoption, JobListing, JobRemoval, TextSearch
from service.jobs.changes import JobChanges
from service.jobs.operations.base import JobCounting, ProcessPresence
from service.jobs.store import JobStore, MaintenanceStore, RecoveryStore, WorkerStore
from service.queue.base import QueueService
from service.storage.base import Storage


class FullJobStore(
    JobStore,
    WorkerStore,
    RecoveryStore,
    MaintenanceStore,
    JobListing,
    JobRemoval,
    JobAdoption,
    TextSearch,
    JobCounting,
    ProcessPresence,
    Protocol,
):
    """Where jobs are kept, with every port it serves."""


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a process was opened with."""

    settings: Settings
    jobs: FullJobStore
    queue: QueueService
    storage: Storage
    pipelines: Mapping[str, Graph]
    tokens: TokenStore
    changes: JobChanges = field(default_factory=JobChanges)


SERVICES = web.AppKey("SERVICES", Services)
