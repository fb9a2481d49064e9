"""DOC-1: the documents are there, short, and say what the code does."""

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from config.failures import RETRYABLE
from governance.cli import main as governance
from governance.documents import BLOCKS, NoDocuments, UnknownBlock, outdated_documents
from governance.requirements import load_requirements
from tests.governance import documents
from tests.governance.claims import exists
from tests.governance.documents import DOCUMENTS, FOLDER, ROOT, spans, text_of
from tests.governance.workflow import WORKFLOWS
from tests.governance.workflow import commands as workflow_commands

NAMES = {
    "OVERVIEW",
    "ARCHITECTURE",
    "ENDPOINTS",
    "USER_STORIES",
    "GOVERNANCE_RULES",
    "MIGRATION_GUIDE",
    "ROLLBACK_PLAN",
    "TEST_PLAN",
    "CI_WORKFLOW",
    "DEFINITION_OF_DONE",
    "CONTRIBUTOR_EXAM",
    "RELEASE_NOTES",
}
STORIES = [
    "Job model and migration",
    "Storage",
    "Queue",
    "Submit",
    "Worker skeleton",
    "Pipeline",
    "Status",
    "Results",
    "Governance and CI",
    "Documents and rollback",
]
EXAM = {"Architecture": 6, "Lifecycle": 6, "API": 4, "Governance and testing": 4}
SHORT_LINES = 150

every_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)


def test_every_document_is_there_and_no_other() -> None:
    """DOC-1"""
    assert {path.stem.removeprefix("PHASE_16_") for path in DOCUMENTS} == NAMES
    assert list((FOLDER / "posters").glob("*.svg"))


@every_document
def test_a_document_is_short_and_names_its_reader(path: Path) -> None:
    """DOC-1"""
    lines = path.read_text().splitlines()

    assert lines[0].startswith("# ")
    assert lines[2].startswith("For ") or path.stem.endswith("RELEASE_NOTES")
    assert len(lines) <= SHORT_LINES


def test_generated_blocks_are_what_the_code_says() -> None:
    """DOC-1, GOV-5: routes, problems, error codes, imports, vocabulary, and the poster."""
    assert outdated_documents() == []


def test_the_poster_s_routes_stand_in_their_box() -> None:
    """GOV-5"""
    poster = (FOLDER / "posters" / "PHASE_16_ARCHITECTURE.svg").read_text()
    box = re.search(r'<rect x="40" y="(\d+)" width="400" height="(\d+)" class="box"/>', poster)
    lines = [int(y) for y in re.findall(r'y="(\d+)" class="code"', poster)]

    assert box is not None
    assert int(box[1]) < min(lines) < max(lines) < int(box[1]) + int(box[2]) - 10


def test_every_block_that_can_be_generated_is_in_a_document() -> None:
    written = "".join(path.read_text() for path in [*DOCUMENTS, *FOLDER.rglob("*.svg")])

    assert {name for name in BLOCKS if f"<!-- generated: {name} -->" not in written} == set()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("PHASE_16_ENDPOINTS.md", "POST /v1/video/submit", "POST /v1/video/send"),
        ("PHASE_16_ENDPOINTS.md", "| 400 | `invalid_mp4` |", "| 422 | `invalid_mp4` |"),
        ("PHASE_16_ENDPOINTS.md", "`out_of_memory`, ", ""),
        ("PHASE_16_ARCHITECTURE.md", "| `worker.pipeline` | `config` |", "| `worker.pipeline` |"),
        ("PHASE_16_GOVERNANCE_RULES.md", "| `streaming` | `streaming` |\n", ""),
        ("PHASE_16_MIGRATION_GUIDE.md", "0001.create-jobs.sql", "0001.make-jobs.sql"),
        ("PHASE_16_MIGRATION_GUIDE.md", "Frames analysed; their", "Frames read; their"),
        ("PHASE_16_MIGRATION_GUIDE.md", "`forgesyte_queue_entries`", "`forgesyte_queue_size`"),
        ("PHASE_16_TEST_PLAN.md", "| API-1 |", "| API-9 |"),
        ("posters/PHASE_16_ARCHITECTURE.svg", "GET /livez", "GET /healthz"),
    ],
)
def test_a_block_changed_by_hand_is_noticed(name: str, old: str, new: str, tmp_path: Path) -> None:
    """DOC-1, GOV-5"""
    copy = Path(shutil.copytree(FOLDER, tmp_path / "documents"))
    text = (copy / name).read_text()
    assert old in text
    (copy / name).write_text(text.replace(old, new, 1))

    assert outdated_documents(copy) == [Path(name).name]


def test_a_folder_without_documents_is_not_called_up_to_date(tmp_path: Path) -> None:
    with pytest.raises(NoDocuments):
        outdated_documents(tmp_path)


def test_a_block_that_nothing_generates_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.md").write_text("<!-- generated: weather -->\n<!-- end -->\n")

    with pytest.raises(UnknownBlock, match=r"x\.md: nothing generates 'weather'"):
        outdated_documents(tmp_path)


@every_document
def test_every_command_that_is_named_exists(path: Path) -> None:
    """DOC-1"""
    named = documents.commands(path.read_text())

    assert [command for command in named if not exists(command)] == []


def test_commands_were_found() -> None:
    counts = {path.stem: len(documents.commands(path.read_text())) for path in DOCUMENTS}

    assert counts["PHASE_16_ROLLBACK_PLAN"] == 3
    assert counts["PHASE_16_GOVERNANCE_RULES"] >= 6
    assert not exists("forgesyte migrat")
    assert not exists("forgesyte migrate --roll-back")
    assert not exists("python -m governance scanner")
    assert not exists("make tests")


def test_every_requirement_is_held_by_a_test() -> None:
    """TST-1, DOC-1"""
    done = CliRunner().invoke(governance, ["requirements"])

    assert done.stderr == ""
    assert done.exit_code == 0


def test_every_error_code_is_documented() -> None:
    """JOB-5, DOC-1"""
    rows = re.findall(r"^\| (final|tried again) \| (.+) \|$", text_of("ENDPOINTS"), re.M)
    told = {code: title for title, codes in rows for code in spans(codes)}

    assert told == {
        code.value: "tried again" if again else "final" for code, again in RETRYABLE.items()
    }


def test_the_ten_stories_name_their_requirements_and_tests() -> None:
    """DOC-1"""
    text = text_of("USER_STORIES")
    headings = re.findall(r"^## \d+\. (.+)$", text, re.MULTILINE)

    assert headings == STORIES
    for number, story in enumerate(STORIES, start=1):
        told = documents.section(text, f"{number}. {story}")
        assert "- Accepted when: " in told
        assert re.search(r"\b[A-Z]{3}-\d\b", told)
        assert len(documents.tests_named(told)) == 3
    assert set(re.findall(r"\b[A-Z]{3}-\d\b", text)) <= load_requirements().keys()


def test_the_exam_has_twenty_questions_and_its_key_names_a_test_for_each() -> None:
    """GOV-5"""
    text = text_of("CONTRIBUTOR_EXAM")
    asked = {name: numbered(documents.section(text, name)) for name in EXAM}
    key = documents.section(text, "Key")

    assert {name: len(numbers) for name, numbers in asked.items()} == EXAM
    assert [number for numbers in asked.values() for number in numbers] == list(range(1, 21))
    assert numbered(key) == list(range(1, 21))
    answers = re.split(r"^\d+\. ", key, flags=re.MULTILINE)[1:]
    assert [len(documents.tests_named(answer)) for answer in answers] == [1] * 20


def test_each_of_the_nine_known_failures_has_a_test() -> None:
    """DOC-1"""
    told = documents.section(text_of("TEST_PLAN"), "Known failures")
    rows = re.findall(r"^\| (\d) \| ", told, re.MULTILINE)
    named = documents.tests_named(told)

    assert rows == [str(number) for number in range(1, 10)]
    assert len(named) == 9


def test_the_workflow_is_documented_as_it_is() -> None:
    """GOV-3, DOC-1"""
    told = re.findall(r"^\| [a-z ]+ \| `([^`]+)` \|", text_of("CI_WORKFLOW"), re.MULTILINE)

    assert told == workflow_commands(WORKFLOWS[0])


def test_the_rules_name_every_check() -> None:
    """GOV-1, DOC-1"""
    told = set(documents.commands(text_of("GOVERNANCE_RULES")))
    checks = {name for name in governance.commands if name != "scan"}

    assert {
        name for name in checks if not any(f"governance {name}" in each for each in told)
    } == set()


def test_the_release_notes_keep_a_changelog() -> None:
    """DOC-1: the form of keepachangelog.com 1.1.0, and the only changelog."""
    headings = re.findall(r"^#{1,3} .+$", text_of("RELEASE_NOTES"), re.MULTILINE)
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}

    assert headings[:2] == ["# Changelog", "## [Unreleased]"]
    assert {heading[4:] for heading in headings if heading.startswith("### ")} <= kinds
    assert list(ROOT.glob("CHANGE*")) == []


def numbered(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"^(\d+)\. ", text, re.MULTILINE)]
