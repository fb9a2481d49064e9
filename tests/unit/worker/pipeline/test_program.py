"""A pipeline that was changed is another one, whatever its version says."""

from pathlib import Path

import pytest

from worker.pipeline.program import program_sha256


@pytest.fixture
def root(tmp_path: Path) -> Path:
    module = tmp_path / "worker" / "pipeline" / "ocr" / "nodes.py"
    module.parent.mkdir(parents=True)
    module.write_text("THRESHOLD = 0.5\n")
    return tmp_path


def test_the_same_modules_are_the_same_program(root: Path) -> None:
    before = program_sha256(root)
    (root / "worker" / "pipeline" / "ocr" / "nodes.pyc").write_bytes(b"compiled")

    assert program_sha256(root) == before
    assert program_sha256() == program_sha256() != before


@pytest.mark.parametrize(
    "change",
    [
        lambda module: module.write_text("THRESHOLD = 0.6\n"),
        lambda module: module.rename(module.with_name("frames.py")),
        lambda module: module.with_name("more.py").touch(),
    ],
    ids=["edited", "renamed", "added to"],
)
def test_a_program_that_was_changed_is_another(root: Path, change) -> None:
    before = program_sha256(root)
    change(root / "worker" / "pipeline" / "ocr" / "nodes.py")

    assert program_sha256(root) != before
