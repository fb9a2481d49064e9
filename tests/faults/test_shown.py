"""Every fault and every hostile input has its test."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHOWN = tomllib.loads(Path(__file__).with_name("shown.toml").read_text())


@pytest.mark.parametrize("kind", ["faults", "hostile"])
def test_each_names_a_test_that_there_is(kind: str) -> None:
    missing = []
    for name, node in SHOWN[kind].items():
        path, _, test = node.partition("::")
        if f"def {test}(" not in (ROOT / path).read_text():
            missing.append(name)

    assert missing == []
