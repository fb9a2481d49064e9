import re

import pytest

from service.access.token import is_name, new_secret, sha256_of


def test_a_secret_is_32_random_bytes_behind_a_mark_and_needs_no_quoting() -> None:
    secrets = {new_secret() for _ in range(100)}

    assert len(secrets) == 100
    assert all(re.fullmatch(r"fsy_[A-Za-z0-9_-]{43}", secret) for secret in secrets)


def test_what_is_kept_is_the_sha256() -> None:
    assert sha256_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_any_bytes_of_a_header_have_a_sha256() -> None:
    assert len(sha256_of(b"\xff\x80".decode("utf-8", "surrogateescape"))) == 64


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("ann", True),
        ("build-server.2_x", True),
        ("a" * 64, True),
        ("", False),
        ("a" * 65, False),
        ("-ann", False),
        ("two words", False),
        ("änn", False),
        ("ann\n", False),
        ("a/b", False),
    ],
)
def test_a_name_can_stand_anywhere(name: str, is_one: bool) -> None:
    assert is_name(name) is is_one
