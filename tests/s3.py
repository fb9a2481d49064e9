"""A real S3 server, moto's, as a process of its own; and what it holds, asked past our code."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from service.launcher.server_process import free_port
from service.storage.s3.bucket import Access, Bucket, open_bucket
from service.storage.s3.storage import S3Storage
from tests.waiting import wait_until

ROOT = Path(__file__).parents[1]
BUCKET = "forgesyte-tests"
# No proxy stands between this machine and itself.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
ACCESS_KEY = "testing"
SECRET = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"
# So that few names are several pages.
NAMES_A_PAGE = 40


@dataclass(frozen=True)
class S3Server:
    """Where it listens, and a client of its own."""

    url: str
    process: subprocess.Popen[bytes]
    bucket: Bucket

    @property
    def client(self) -> Any:
        return self.bucket.client

    @property
    def environ(self) -> dict[str, str]:
        """What web and worker find it by."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }

    def storage(self, prefix: str, *, scratch_bytes: int = 2**30) -> S3Storage:
        """A storage below a prefix of the bucket."""
        return S3Storage(replace(self.bucket, prefix=prefix), scratch_bytes=scratch_bytes)

    def names(self, prefix: str) -> list[str]:
        """Keys of the objects below a prefix, and of the uploads that have not ended."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        objects = [each["Key"] for page in pages for each in page.get("Contents", ())]
        keys = [*objects, *(each["Key"] for each in self.uploads(prefix))]
        return sorted(key.removeprefix(f"{prefix}/") for key in keys)

    def uploads(self, prefix: str) -> list[dict[str, Any]]:
        """Uploads below a prefix that have not ended."""
        found = self.client.list_multipart_uploads(Bucket=BUCKET, Prefix=prefix)
        return list(found.get("Uploads", ()))

    def put(self, key: str, content: bytes = b"") -> None:
        """Have an object there."""
        self.client.put_object(Bucket=BUCKET, Key=key, Body=content)

    def read(self, key: str) -> bytes:
        """What an object holds."""
        return bytes(self.client.get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def fetch(self, prefix: str, folder: Path) -> None:
        """Put all that is below a prefix into a folder, under the same names."""
        for name in self.names(prefix):
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(self.read(f"{prefix}/{name}"))

    def begin_upload(self, key: str, *parts: bytes) -> None:
        """Leave an upload that nobody ends."""
        begun = self.client.create_multipart_upload(Bucket=BUCKET, Key=key)
        named = {"Bucket": BUCKET, "Key": key, "UploadId": begun["UploadId"]}
        for number, part in enumerate(parts, start=1):
            self.client.upload_part(**named, PartNumber=number, Body=part)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Nobody is let in while the context is open."""
        self._let_in("0")
        yield
        self._let_in("inf")

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Nobody gets an answer while the context is open."""
        self.process.send_signal(signal.SIGSTOP)
        yield
        self.process.send_signal(signal.SIGCONT)

    def _let_in(self, requests: str) -> None:
        """How many requests are answered before credentials that it knows are asked for."""
        url = f"http://{urlsplit(self.url).netloc}/moto-api/reset-auth"
        # Of a form it would not read the number.
        request = urllib.request.Request(url, requests.encode(), {"Content-Type": "text/plain"})
        OPENER.open(request, timeout=30).close()


@contextmanager
def running_s3_server(
    log: Path, *, host: str = "127.0.0.1", prefix: Sequence[str] = ()
) -> Iterator[S3Server]:
    """The server with an empty bucket, killed with the context; prefix: what runs it elsewhere."""
    port = free_port()
    command = [*prefix, sys.executable, "-m", "tests.s3_process", host, str(port)]
    environ = os.environ | {"MOTO_S3_DEFAULT_MAX_KEYS": str(NAMES_A_PAGE)}
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=output, stderr=output)
    try:
        wait_until(lambda: listens(host, port), seconds=60)
        url = f"http://{host}:{port}"
        bucket = open_bucket(BUCKET, "", Access(url, "us-east-1", ACCESS_KEY, SECRET))
        bucket.client.create_bucket(Bucket=BUCKET)
        yield S3Server(url, process, bucket)
    finally:
        process.kill()
        process.wait()


def new_prefix() -> str:
    """A prefix that no other test has."""
    return f"tests/{uuid4().hex}"


def listens(host: str, port: int) -> bool:
    """Whether a connection to the port is taken."""
    with socket.socket() as asking:
        return asking.connect_ex((host, port)) == 0
