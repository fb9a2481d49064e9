"""The application as the unit tests of web serve it."""

from tests.unit.service.conftest import client, folder, jobs, queue, serve, storage, tokens

__all__ = ["client", "folder", "jobs", "queue", "serve", "storage", "tokens"]
