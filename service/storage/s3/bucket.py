"""One bucket and a prefix in it: how it is reached, how long it may take, what its errors mean.

botocore finds credentials and endpoint as the ecosystem names them; obstore moves the bytes.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session
from obstore.exceptions import BaseError, PermissionDeniedError, PreconditionError
from obstore.store import S3Store

from service.errors import FileMissing, StorageUnavailable

if TYPE_CHECKING:
    from obstore.store import S3CredentialProvider

DEFAULT_REGION = "us-east-1"
CONNECT_SECONDS = 3
# A store that says nothing for so long will not: while a part goes out, while an answer comes in.
SILENT_SECONDS = 20
# Nothing is tried again after that, so no request takes longer than both together.
RETRY_SECONDS = 15
RETRIES = 4
# A whole file may come at the pace of whoever reads it.
LOAD_SECONDS = 24 * 3600
# How long obstore uses what botocore has given it; botocore renews it 15 minutes before its end.
CREDENTIALS_SECONDS = 300

# What stores say of a request that is no fault of ours, in their words.
_REASONS = {
    "NoSuchBucket": "there is no such bucket",
    "AccessDenied": "access is denied",
    "InvalidAccessKeyId": "it knows no such access key",
    "SignatureDoesNotMatch": "the secret access key is not the one that it knows",
}
_MISSING = frozenset({"NoSuchKey", "NoSuchUpload"})
_CODE = re.compile(r"<Code>(\w{1,100})</Code>")


class UnusableAccess(Exception):
    """What was said, or found, of how to reach the store cannot be used"""


@dataclass(frozen=True, slots=True)
class Access:
    """What is said of it in so many words; all that is empty is for botocore to find."""

    endpoint_url: str = ""
    region: str = ""
    access_key_id: str = ""
    secret_access_key: str = ""
    session_token: str = ""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A prefix in a bucket, and the bucket as both libraries reach it."""

    name: str
    prefix: str
    endpoint_url: str
    store: S3Store
    client: Any

    def path(self, key: str) -> str:
        """What the store calls a key."""
        return f"{self.prefix}/{key}" if self.prefix else key

    def key(self, path: str) -> str:
        """The key that the store calls so."""
        return path.removeprefix(self.path(""))

    @contextmanager
    def errors_mapped(self, key: str, *, may_miss: bool = True) -> Iterator[None]:
        """Raise StorageUnavailable, in whose text are no secrets, for what a request met.

        may_miss: raise FileMissing where it found nothing under the key, or another version.
        """
        try:
            yield
        # What obstore's writers raise is the operating system's.
        except (BaseError, BotoCoreError, ClientError, OSError) as error:
            if may_miss and _is_missing(error):
                raise FileMissing(key) from error
            place = f"s3://{self.name} at {self.endpoint_url}"
            raise StorageUnavailable(f"{place}: {_reason(error)}") from error


def open_bucket(name: str, prefix: str, access: Access) -> Bucket:
    """A bucket that nobody has asked for anything yet; raises UnusableAccess."""
    try:
        return _opened(name, prefix, access, Session())
    except (BotoCoreError, ValueError) as error:
        raise UnusableAccess(str(error)) from error


def _opened(name: str, prefix: str, access: Access, session: Session) -> Bucket:
    if access.access_key_id:
        session.set_credentials(
            access.access_key_id, access.secret_access_key, access.session_token or None
        )
    credentials = session.get_credentials()
    if credentials is None:
        raise UnusableAccess(
            "there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    region = access.region or session.get_config_variable("region") or DEFAULT_REGION
    client = session.create_client(
        "s3",
        endpoint_url=access.endpoint_url or None,
        region_name=region,
        config=Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=SILENT_SECONDS,
            retries={"total_max_attempts": 1 + RETRIES, "mode": "standard"},
            s3={"addressing_style": "path"},
        ),
    )
    endpoint_url = str(client.meta.endpoint_url)
    return Bucket(
        name, prefix, endpoint_url, _store(name, endpoint_url, region, credentials), client
    )


def _store(name: str, endpoint_url: str, region: str, credentials: Credentials) -> S3Store:
    def frozen() -> dict[str, Any]:
        now = credentials.get_frozen_credentials()
        return {
            "access_key_id": now.access_key,
            "secret_access_key": now.secret_key,
            "token": now.token,
            "expires_at": datetime.now(UTC) + timedelta(seconds=CREDENTIALS_SECONDS),
        }

    return S3Store(
        name,
        # The service's own endpoint goes before this one, and may stand in the environment.
        aws_endpoint_url_s3=endpoint_url,
        endpoint=endpoint_url,
        region=region,
        virtual_hosted_style_request=False,
        # Not every store has a bulk deletion.
        disable_bulk_delete=True,
        client_options={
            "allow_http": endpoint_url.startswith("http://"),
            "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
            "read_timeout": timedelta(seconds=SILENT_SECONDS),
            "timeout": timedelta(seconds=LOAD_SECONDS),
        },
        retry_config={
            "max_retries": RETRIES,
            "retry_timeout": timedelta(seconds=RETRY_SECONDS),
        },
        credential_provider=cast("S3CredentialProvider", frozen),
    )


def _is_missing(error: Exception) -> bool:
    # What a HEAD misses comes without a code.
    missing = isinstance(error, FileNotFoundError) and _code_of(error) is None
    return missing or isinstance(error, PreconditionError) or _code_of(error) in _MISSING


def _reason(error: Exception) -> str:
    code = _code_of(error)
    if code is None and isinstance(error, PermissionDeniedError):
        code = "AccessDenied"
    if code is None:
        return "it does not answer"
    return _REASONS.get(code, f"it refuses with {code}")


def _code_of(error: Exception) -> str | None:
    """What the store itself said; the rest of an error's text may hold what it was sent."""
    if isinstance(error, ClientError):
        return str(error.response["Error"]["Code"])
    found = _CODE.search(str(error))
    return None if found is None else found[1]
