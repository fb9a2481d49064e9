"""Uploads that were begun and never ended: S3 keeps their parts, and no object names them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from service.errors import FileMissing
from service.storage.s3.bucket import Bucket


@dataclass(frozen=True, slots=True)
class BegunUpload:
    """An upload by its storage key and its id; begun_at in seconds by the store's clock."""

    key: str
    upload_id: str
    begun_at: float


@dataclass(frozen=True, slots=True)
class Page:
    """Some uploads, and what time it was for the store when it named them, to the second."""

    uploads: tuple[BegunUpload, ...]
    now: float


async def pages(bucket: Bucket, folder: str) -> AsyncIterator[Page]:
    """All uploads below a folder, in one page at least; raises StorageUnavailable."""
    paginator = bucket.client.get_paginator("list_multipart_uploads")
    found = iter(paginator.paginate(Bucket=bucket.name, Prefix=bucket.path(f"{folder}/")))
    with bucket.errors_mapped(folder):
        while (page := await asyncio.to_thread(next, found, None)) is not None:
            yield _page(bucket, page)


async def touched_at(bucket: Bucket, upload: BegunUpload) -> float | None:
    """When an upload got its last part, or was begun; None when it has ended since.

    Raises StorageUnavailable.
    """
    paginator = bucket.client.get_paginator("list_parts")

    def newest() -> float:
        found = paginator.paginate(**_named(bucket, upload.key, upload.upload_id))
        parts = (part for page in found for part in page.get("Parts", ()))
        return max((part["LastModified"].timestamp() for part in parts), default=upload.begun_at)

    try:
        with bucket.errors_mapped(upload.key):
            return await asyncio.to_thread(newest)
    except FileMissing:
        return None


async def abort(bucket: Bucket, key: str, upload_id: str) -> None:
    """End an upload, and free its parts; one that has ended is no error.

    Raises StorageUnavailable.
    """
    asked = _named(bucket, key, upload_id)
    try:
        with bucket.errors_mapped(key):
            await asyncio.to_thread(lambda: bucket.client.abort_multipart_upload(**asked))
    except FileMissing:
        return


def _named(bucket: Bucket, key: str, upload_id: str) -> dict[str, str]:
    return {"Bucket": bucket.name, "Key": bucket.path(key), "UploadId": upload_id}


def _page(bucket: Bucket, page: dict[str, Any]) -> Page:
    uploads = (
        BegunUpload(
            bucket.key(each["Key"]),
            each["UploadId"],
            each["Initiated"].timestamp(),
        )
        for each in page.get("Uploads", ())
    )
    now = parsedate_to_datetime(page["ResponseMetadata"]["HTTPHeaders"]["date"])
    return Page(tuple(uploads), now.timestamp())
