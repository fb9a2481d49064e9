import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from config.settings import Settings, SettingsError
from service.wiring import STORAGES, open_storage

KEY = "video_jobs/a.mp4"


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

    await open_storage(url.format(tmp_path)).save(KEY, content())

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
        "s3://bucket/prefix",
        "/data",
        "data",
        "",
    ],
)
def test_an_address_that_names_no_folder_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^FORGESYTE_STORAGE_URL=") as refused:
        open_storage(url)

    assert str(refused.value).isprintable()


def test_what_is_offered_can_be_opened() -> None:
    described = Settings.model_fields["storage_url"].description or ""
    offered = [word.split("://")[0] for word in described.split() if "://" in word]

    assert offered == list(STORAGES)
