import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from config.settings import Settings, SettingsError
from service.wiring import STORAGES, open_storage

KEY = "video_jobs/a.mp4"
ACCESS = {"aws_access_key_id": "who", "aws_secret_access_key": "hidden"}


def settings(storage_url: str, **changes: str) -> Settings:
    return Settings(
        database_url="postgresql://h/d", redis_url="redis://h", storage_url=storage_url, **changes
    )


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("file://{}/data", "data"),
        ("file:{}/data", "data"),
        ("FILE://{}/data", "data"),
        ("file://{}/data/", "data"),
        ("file://{}/with%20space", "with space"),
        ("file://{}/with space", "with space"),
        ("file://{}/~", "~"),
        ("file://{}/100%25", "100%"),
        ("file://{}/a%23b%3Fc", "a#b?c"),
        ("file://{}/ä", "ä"),
        ("file://{}/%C3%A4", "ä"),
        ("file://{}/%E4", os.fsdecode(b"\xe4")),
        ("file://{}/a;b&c=d+e", "a;b&c=d+e"),
    ],
)
async def test_a_folder_is_found_as_it_is_written(url: str, folder: str, tmp_path: Path) -> None:
    async def content() -> AsyncIterator[bytes]:
        yield b"x"

    await open_storage(settings(url.format(tmp_path))).save(KEY, content())

    assert (tmp_path / folder / KEY).read_bytes() == b"x"
    # pytest prints what it keeps, and cannot print every name.
    shutil.rmtree(tmp_path / folder)


@pytest.mark.parametrize(
    "url",
    [
        "file:data",
        "file://data",
        "file://~/data",
        "file://localhost/data",
        "file:////data",
        "file:",
        "file://",
        "file:///",
        "file:///data?mode=rw",
        "file:///data#here",
        "file:///da\tta",
        "file:///data%00",
        "file:///data%0A",
        "s3:bucket",
        "s3://",
        "s3:///prefix",
        "s3://Bucket",
        "s3://b",
        "s3://bucket/../prefix",
        "s3://bucket/.prefix",
        "s3://bucket/pre fix",
        "s3://bucket/prefix?region=x",
        "s3://bucket\n",
    ],
)
def test_an_address_that_names_no_place_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^FORGESYTE_STORAGE_URL=") as refused:
        open_storage(settings(url))

    assert str(refused.value).isprintable()


@pytest.mark.parametrize("bucket", ["b", "b" * 64])
def test_a_bucket_is_told_how_long_its_name_may_be(bucket: str) -> None:
    with pytest.raises(SettingsError, match="the bucket in 3 to 63 small letters"):
        open_storage(settings(f"s3://{bucket}"))


def test_what_is_offered_can_be_opened() -> None:
    described = Settings.model_fields["storage_url"].description or ""
    offered = [word.split("://")[0] for word in described.split() if "://" in word]

    assert offered == list(STORAGES)


@pytest.mark.parametrize("url", ["/data", "data", "gs://bucket"])
def test_what_is_no_storage_is_refused_before_anything_is_opened(url: str) -> None:
    with pytest.raises(ValidationError, match="file:// or s3://"):
        settings(url)


def test_a_password_in_an_address_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as refused:
        open_storage(settings("s3://who:hidden@bucket/prefix"))

    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        ({"aws_access_key_id": "who"}, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: set both"),
        ({**ACCESS, "aws_endpoint_url": "minio:9000"}, "Invalid endpoint: minio:9000"),
    ],
)
def test_what_a_store_cannot_be_reached_with_is_refused_in_one_line(
    changes: dict[str, str], reason: str, no_aws: None
) -> None:
    with pytest.raises(SettingsError, match=reason) as refused:
        open_storage(settings("s3://bucket", **changes))

    assert str(refused.value).isprintable()
    assert "hidden" not in str(refused.value)


def test_a_bucket_is_opened_without_a_request(no_aws: None) -> None:
    """Web starts before its store is up."""
    open_storage(settings("s3://bucket/prefix", aws_endpoint_url="http://127.0.0.1:1", **ACCESS))


def test_a_store_asks_for_its_extra() -> None:
    program = (
        "import sys; sys.modules['obstore'] = None\n"
        "from config.settings import Settings\n"
        "from service.wiring import open_storage\n"
        "open_storage(Settings(database_url='postgresql://h', redis_url='redis://h',"
        " storage_url='s3://bucket'))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert done.stderr.splitlines()[-1] == (
        "config.settings.SettingsError: FORGESYTE_STORAGE_URL=s3://bucket: packages that it takes"
        " are missing: in the project's folder, pip install -c config/constraints.txt '.[s3]'"
    )


@pytest.fixture
def no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine on which nothing is said of any store, and which has no role."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
