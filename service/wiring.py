"""URL scheme → adapter: the only place that knows which implementation stands behind a port."""

import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import unquote_to_bytes

from config.graph import load_pipelines
from config.settings import Settings, SettingsError, shown, variable_of
from service.access.postgres import open_postgres_tokens
from service.jobs.changes import open_postgres_changes
from service.jobs.postgres import open_postgres_jobs
from service.queue.arq import open_arq_queue
from service.services import Services
from service.storage.base import Storage
from service.storage.local import LocalStorage


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Everything a process works with; closed when the context is left.

    The servers need not be up: what needs one raises its Unavailable error until it is.
    Raises SettingsError, GraphError.
    """
    async with AsyncExitStack() as stack:
        yield Services(
            settings=settings,
            jobs=await stack.enter_async_context(
                open_postgres_jobs(settings.database_url, pooler=bool(settings.database_direct_url))
            ),
            queue=await stack.enter_async_context(open_arq_queue(settings.queue_url)),
            storage=open_storage(settings),
            pipelines=load_pipelines(),
            tokens=await stack.enter_async_context(
                open_postgres_tokens(
                    settings.database_url, pooler=bool(settings.database_direct_url)
                )
            ),
            changes=await stack.enter_async_context(open_postgres_changes(settings.migrations_url)),
        )


def open_storage(settings: Settings) -> Storage:
    """The storage that is set; raises SettingsError."""
    url = settings.storage_url
    scheme, _, rest = url.partition(":")
    if scheme.lower() not in STORAGES:
        known = ", ".join(f"{name}://" for name in STORAGES)
        raise SettingsError(f"{_VARIABLE}={url}: this release stores in {known}")
    return STORAGES[scheme.lower()](rest, settings)


def _open_local(rest: str, _: Settings) -> Storage:
    """file:///folder and file:/folder (RFC 8089), percent-encoded or as it is."""
    folder = rest.removeprefix("//") if rest.startswith("///") else rest
    if not folder.strip("/") or not folder.startswith("/") or folder.startswith("//"):
        raise SettingsError(f"{_VARIABLE}=file:{rest}: write it file:///absolute/folder")
    if "?" in folder or "#" in folder:
        raise SettingsError(f"{_VARIABLE}=file:{rest}: write ? as %3F and # as %23")
    path = os.fsdecode(unquote_to_bytes(os.fsencode(folder)))
    if any(character < " " for character in path):
        raise SettingsError(f"{_VARIABLE}={f'file:{rest}'!r}: control characters name no folder")
    return LocalStorage(Path(path))


def _open_s3(rest: str, settings: Settings) -> Storage:
    """s3://bucket and s3://bucket/prefix."""
    place = _BUCKET.fullmatch(rest)
    if place is None:
        raise SettingsError(
            f"{_VARIABLE}={shown(f's3:{rest}')}: write it s3://bucket/prefix, the bucket in 3 to "
            "63 small letters, digits, - and dots, the prefix in letters, digits, . _ - and slashes"
        )
    if bool(settings.aws_access_key_id) != bool(settings.aws_secret_access_key):
        raise SettingsError("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: set both, or none")
    try:
        # An extra of its own: who keeps files in a folder has no use for 50 MB more.
        from service.storage.s3 import bucket, storage
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"{_VARIABLE}=s3:{rest}: packages that it takes are missing: in the project's folder,"
            " pip install -c config/constraints.txt '.[s3]'"
        ) from error
    access = bucket.Access(
        endpoint_url=settings.aws_endpoint_url_s3 or settings.aws_endpoint_url,
        region=settings.aws_region,
        access_key_id=settings.aws_access_key_id,
        secret_access_key=settings.aws_secret_access_key,
        session_token=settings.aws_session_token,
    )
    try:
        opened = bucket.open_bucket(place["bucket"], place["prefix"] or "", access)
    except bucket.UnusableAccess as error:
        raise SettingsError(f"{_VARIABLE}=s3:{rest}: {error}") from error
    return storage.S3Storage(opened, scratch_bytes=settings.scratch_bytes)


_VARIABLE = variable_of("storage_url")
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(
    r"//(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])"
    r"(/+(?P<prefix>[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*)/*|/*)"
)
STORAGES: dict[str, Callable[[str, Settings], Storage]] = {"file": _open_local, "s3": _open_s3}
