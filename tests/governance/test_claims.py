"""DOC-1: README and the documents name nothing that is not there, and each check can fail."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from config.graph import load_pipelines
from service.web.upload.options import OPTIONS
from tests.architecture.test_arrows import ALLOWED
from tests.data.documents import encoded, full, members
from tests.governance.claims import exists, false_claims, named_pipelines
from tests.governance.documents import DOCUMENTS, FOLDER, ROOT, blocks, spans
from tests.unit.governance.scanner.test_scan import git_lists

README = ROOT / "README.md"
CONTRIBUTING = ROOT / ".github" / "CONTRIBUTING.md"
_ROW = re.compile(r"^\| (.+) \| (.+) \| ?(.*) \|$", re.MULTILINE)


def false_in_readme(text: str) -> list[str]:
    """What README claims that is not so: everything false_claims() finds, and its own tables."""
    return [
        *false_claims(text, ROOT),
        *(f"command: {line}" for line in _typed(text) if not exists(line)),
        *_false_folders(text),
        *_false_processes(text),
        *_false_sample(text),
        *_false_options(text),
        *_false_needs(text),
    ]


@pytest.mark.parametrize("path", [CONTRIBUTING, *DOCUMENTS], ids=lambda path: path.stem)
def test_a_document_names_nothing_that_is_not_there(path: Path) -> None:
    """DOC-1"""
    assert false_claims(path.read_text(), ROOT if path is CONTRIBUTING else path.parent) == []


def test_readme_names_nothing_that_is_not_there() -> None:
    """DOC-1"""
    assert false_in_readme(README.read_text()) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("make demo ", "make show "),
        ("`make dev`", "`make serve`"),
        ("forgesyte submit video.mp4 --wait", "forgesyte send video.mp4 --wait"),
        ("video.mp4 --wait", "video.mp4 --patiently"),
        ("forgesyte analyse video.mp4`", "forgesyte analyze video.mp4`"),
        ("`python -m worker.training.detector.train`", "`python -m worker.training.learn`"),
        ("8080/v1/video/submit", "8080/v1/video/send"),
        ("8080/v1/video/status/", "8080/v1/video/state/"),
        ("curl -F file=@video.mp4 -F frame_stride=5", "curl"),
        ("curl -X DELETE", "curl -X PUT"),
        ("8080/v1/search?", "8080/v1/find?"),
        ("http://127.0.0.1:8080/v1/video/submit", "http://127.0.0.1:80/v1/video/submit"),
        ("`GET /v1/pipelines`", "`GET /v1/graphs`"),
        ("`/livez`", "`/healthz`"),
        ('"class_id": 0, ', ""),
        ('"class_id": 0, ', '"class_id": 0, "colour": 1, '),
        ("`alternatives`", "others"),
        ("`error`", "a reason"),
        ("`ocr_only`, ", ""),
        ("`ocr_only`", "`text_only`"),
        ("`frame_stride`, ", ""),
        ("'.[worker]'", "'.[workers]'"),
        ("worker,rapidocr", "worker,paddle"),
        ("-c config/constraints.txt .`", "-c constraints.txt .`"),
        ("| web | `python -m service` |", "| web | `python -m worker` |"),
        ("| release |", "| migrate |"),
        ("`FORGESYTE_STORAGE_URL`", "`FORGESYTE_STORAGE`"),
        ("FORGESYTE_READER_ENGINE=rapidocr", "FORGESYTE_READER_ENGINE=paddle"),
        ("`DATABASE_URL`", "`POSTGRES_URL`"),
        ("`config/example.env`", "`config/sample.env`"),
        ("`worker/pipeline/registry.py`", "`worker/pipeline/nodes.py`"),
        (".github/result.jpg", ".github/picture.jpg"),
        ("| `migrations/` |", "| `schema/` |"),
        ("| `governance/` | checks on the project's own rules | `config` |\n", ""),
        ("own rules | `config` |", "own rules | `config`, `service` |"),
        (
            "| settings, pipeline graphs, failure codes | nothing of ours |",
            "| settings | `service` |",
        ),
        ("`pipeline/` knows", "`analysis/` knows"),
        ("Python 3.11 or newer", "Python 3.10 or newer"),
        ("9 GB of free disk", "2 GB of free disk"),
    ],
)
def test_a_false_word_in_readme_is_noticed(old: str, new: str) -> None:
    """DOC-1"""
    text = README.read_text()
    assert old in text

    assert false_in_readme(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("OVERVIEW", "`make demo`", "`make show`"),
        ("OVERVIEW", "(PHASE_16_ENDPOINTS.md)", "(PHASE_16_ROUTES.md)"),
        ("ARCHITECTURE", "`service/web/routes.py`", "`service/web/urls.py`"),
        ("CONTRIBUTOR_EXAM", "`forgesyte analyse`", "`forgesyte look`"),
        ("ENDPOINTS", "`FORGESYTE_MAX_ATTEMPTS`", "`FORGESYTE_ATTEMPTS`"),
        ("ENDPOINTS", "`/readyz`", "`/ready`"),
        ("ENDPOINTS", "`/video/…`", "`/videos/…`"),
        ("ENDPOINTS", "127.0.0.1:8080/v1/video/submit", "127.0.0.1:8080/v1/submit"),
        ("GOVERNANCE_RULES", "governance docs --check", "governance docs --verify"),
        ("MIGRATION_GUIDE", "TESTS=tests/integration/test_migrations.py", "TESTS=tests/schema"),
        ("MIGRATION_GUIDE", "FORGESYTE_DATABASE_DIRECT_URL", "FORGESYTE_DIRECT_URL"),
        ("RELEASE_NOTES", "`/v1/video`", "`/v2/video`"),
        ("RELEASE_NOTES", "`detect_only` and", "`detect` and"),
        ("ROLLBACK_PLAN", "--delete-jobs", "--delete-all"),
        ("TEST_PLAN", "`TEST_REDIS_URL`", "`TEST_QUEUE_URL`"),
        ("TEST_PLAN", "`tests/system`", "`tests/whole`"),
        ("USER_STORIES", "::test_no_key_leads_out", "::test_no_key_leads_in"),
    ],
)
def test_a_false_word_in_a_document_is_noticed(name: str, old: str, new: str) -> None:
    """DOC-1"""
    path = FOLDER / f"PHASE_16_{name}.md"
    text = path.read_text()
    assert old in text

    assert false_claims(text.replace(old, new), FOLDER)


def _typed(text: str) -> list[str]:
    return [line for block in blocks(text, "sh") for line in block.splitlines() if line]


def _table(text: str, head: str) -> dict[str, tuple[str, str]]:
    rows = text.split(f"\n| {head} |", 1)[1].split("\n\n", 1)[0]
    return {row[0].strip("`"): (row[1], row[2]) for row in _ROW.findall(rows)}


def _false_folders(text: str) -> list[str]:
    rows = _table(text, "folder")
    real = {f"{name.split('/')[0]}/" for name in git_lists(ROOT) if "/" in name}
    real = {name for name in real if not name.startswith(".")}
    wrong = [f"folder: {name}" for name in rows.keys() ^ real]
    for name, (holds, imports) in rows.items():
        inside = (ROOT / name, ROOT)
        wrong += [
            f"folder: {name}: {each}"
            for each in spans(holds)
            if not any((above / each).is_dir() for above in inside)
        ]
        package = name.strip("/")
        if package in ALLOWED and set(spans(imports)) != ALLOWED[package] - {package}:
            wrong.append(f"imports of {name}: {imports}")
    return wrong


def _false_processes(text: str) -> list[str]:
    told = {name: command for name, (command, _) in _table(text, "process").items()}
    lines = (ROOT / "Procfile").read_text().splitlines()
    real = {name: f"`{command}`" for name, command in (line.split(": ", 1) for line in lines)}
    return [f"process: {each}" for each in told.items() ^ real.items()]


def _false_sample(text: str) -> list[str]:
    (sample,) = map(json.loads, blocks(text, "json"))
    real = members(json.loads(encoded(full())), "answer")
    shown: dict[str, set[str]] = members({"results": sample["results"]}, "answer")
    told = set(spans(text))
    invented = {name: names - real[name] for name, names in shown.items()}
    missing = {name: names - shown.get(name, set()) - told for name, names in real.items()}
    # Of what the sample has not, the members of its members need no word.
    missing = {name: names for name, names in missing.items() if name in shown}
    found = [*invented.items(), *missing.items()]
    return [f"sample: {name}: {names}" for name, names in found if names]


def _false_options(text: str) -> list[str]:
    listed = re.search(r"Options of a submission: (.+?)\. Errors", " ".join(text.split()))
    told = spans(listed[1]) if listed else []
    wrong = {*OPTIONS, *load_pipelines()} ^ set(told)
    wrong |= named_pipelines(" ".join(text.split())) ^ load_pipelines().keys()
    return [f"option: {each}" for each in wrong]


def _false_needs(text: str) -> list[str]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    gigabytes = re.findall(r"^needed_gigabytes=(\d+)$", (ROOT / ".ci/install").read_text(), re.M)
    real = [(project["requires-python"].removeprefix(">="), *gigabytes)]
    told = re.findall(r"Python (\d\.\d+) or newer, (\d+) GB of free disk", text)
    return [] if told == real else [f"needs: {told}"]
