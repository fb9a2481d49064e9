"""GOV-1, GOV-2: the scanner finds what is planted, and says so when it read nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from governance.cli import main
from governance.scanner.vocabulary import VOCABULARY

PROJECT = Path(__file__).parents[4]

CLEAN = {
    "service/web/feed.py": '"""Answers a stream of chunks."""\n\nasync def poll(): ...\n',
    "worker/main.py": "# a worker takes jobs off the job_queue\nGPU = 0\n",
    "config/settings.json": '{"polling": 5}\n',
    "migrations/0001.sql": "CREATE TABLE jobs (job_id uuid);\n",
    "README.md": "Not websockets, not streaming: polling.\n",
}

# what is planted: file, its lines, the line it stands on, the term
PLANTED = {
    "python identifier, snake": (
        "service/a.py",
        "import os\ngpu_schedule = os\n",
        2,
        "gpu_schedule",
    ),
    "python identifier, camel": ("worker/b.py", "\n\ngpuSchedule = 1\n", 3, "gpu_schedule"),
    "python class, pascal": ("service/c.py", "class StreamingX: ...\n", 1, "streaming"),
    "python constant, upper": ("worker/d.py", "\nGPU_WORKERS = 2\n", 2, "gpu_worker"),
    "python comment, spaced": ("worker/e.py", "x = 1  # for GPU scheduling\n", 1, "gpu_schedule"),
    "python string, kebab": ("config/f.py", 'NAME = "gpu-scheduler"\n', 1, "gpu_schedule"),
    "python string, plural": ("service/g.py", 'HINT = "use websockets"\n', 1, "websocket"),
    "python identifier, split": ("service/h.py", "def open_web_socket(): ...\n", 1, "websocket"),
    "python compound, joined": ("service/i.py", "\nwebsocketserver = 1\n", 2, "websocket"),
    "python path, slashed": ("worker/j.py", 'P = "gpu/worker"\n', 1, "gpu_worker"),
    "underscores, doubled": ("service/q.py", "web__socket = 1\n", 1, "websocket"),
    "dashes, doubled": ("config/r.json", '["gpu--worker"]\n', 1, "gpu_worker"),
    "dots and dashes": ("worker/s.py", 'K = "gpu.-schedule"\n', 1, "gpu_schedule"),
    "a number between": ("worker/t.py", "gpu_0_worker = gpu1Worker\n", 1, "gpu_worker"),
    "a dash of typography": ("worker/u.py", "# web\u2011socket\n", 1, "websocket"),
    "full-width letters": ("worker/v.py", "x = 1\n\uff37\uff45\uff42socket = 1\n", 2, "websocket"),
    "mathematical letters": (
        "worker/w.py",
        "\U0001d42c\U0001d42d\U0001d42b\U0001d41e\U0001d41aming = 1\n",
        1,
        "streaming",
    ),
    "cyrillic letters": ("service/x.py", "str\u0435\u0430ming = 1\n", 1, "streaming"),
    "greek letters": ("service/y.py", "# WEBS\u039fC\u039aETS\n", 1, "websocket"),
    "an accent": ("service/z.py", "# stre\u00e4ming\n", 1, "streaming"),
    "a joiner nobody sees": ("service/aa.py", "# web\u200dsock\u00adet\n", 1, "websocket"),
    "full-width file name": ("service/\uff47\uff50\uff55_worker.py", "x = 1\n", 1, "gpu_worker"),
    "sql comment": (
        "migrations/0002.sql",
        "SELECT 1;\n-- Distributed locks\n",
        2,
        "distributed",
    ),
    "sql identifier": ("service/k.sql", "SELECT distributed_id\nFROM jobs;\n", 1, "distributed"),
    "json key": ("config/l.json", '{\n  "streaming_mode": true\n}\n', 2, "streaming"),
    "javascript": ("service/web/m.js", "// page\nnew WebSocket(url)\n", 2, "websocket"),
    "html": ("service/web/n.html", "<p>\n<b>Streaming</b>\n", 2, "streaming"),
    "file name": ("service/websocket_hub.py", "x = 1\n", 1, "websocket"),
    "folder name": ("worker/gpu-workers/o.py", "x = 1\n", 1, "gpu_worker"),
    "phase in a name": ("tests/phase16_test.py", "x = 1\n", 1, "phase-named file"),
    "phase in a folder": ("service/Phase-2/p.py", "x = 1\n", 1, "phase-named file"),
    "phase in a camel name": ("worker/runPhaseTwo.py", "x = 1\n", 1, "phase-named file"),
}

INNOCENT = [
    "stream = response.content; downstream, upstream, streams, streamed",
    "StreamResponse, stream_reader, bitstream, mainstream",
    "redistributed, undistributed",
    "upstreaming and DOWNSTREAMING",
    "web, socket; GPU, worker; GPU: a schedule; [web, socket]",
    "caf\u00e9, \u043f\u043e\u0442\u043e\u043a, \u03b1 = 0.5",
    "a normal distribution; distribute the load; a contributed patch",
    "schedule, scheduler, scheduling; the GPU, scheduled work",
    "the worker on a GPU. Worker processes; GPU, workers",
    "socket, web, sockets of the web: sockets",
    "emphases of a phased approach",
]


def repository(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    return folder


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, env=environ(), check=True, capture_output=True)


def git_lists(folder: Path) -> list[str]:
    """The names of the files git tracks under a folder."""
    listing = ["git", "ls-files", "-z"]
    listed = subprocess.run(listing, cwd=folder, env=environ(), check=True, capture_output=True)
    return os.fsdecode(listed.stdout).split("\0")[:-1]


def scanner(root: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["scan", "--root", str(root), *options])


def scanner_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "governance", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environ(), check=False, capture_output=True, text=True
    )


def environ() -> dict[str, str]:
    # A hook's GIT_ variables point at the project's own repository.
    ours = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return ours | {"PYTHONPATH": str(PROJECT)}


def vocabulary(folder: Path, old: str, new: str) -> str:
    text = VOCABULARY.read_text()
    assert old in text
    path = folder / "vocabulary.toml"
    path.write_text(text.replace(old, new, 1))
    return str(path)


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED)
def test_a_planted_violation_is_found_at_its_line(
    planted: tuple[str, str, int, str], tmp_path: Path
) -> None:
    """GOV-1, GOV-2"""
    name, content, line, term = planted

    done = scanner(repository(tmp_path, CLEAN | {name: content}))

    assert done.exit_code == 1
    assert done.stdout.splitlines()[0] == f"{name}:{line}: {term}"
    assert "1 violations in" in done.stderr


def test_the_line_itself_is_shown(tmp_path: Path) -> None:
    done = scanner(repository(tmp_path, CLEAN | {"service/a.py": "\n    x = gpuWorker()\n"}))

    assert done.stdout == "service/a.py:2: gpu_worker\n    x = gpuWorker()\n"


@pytest.mark.parametrize("line", INNOCENT)
def test_words_that_only_share_letters_are_innocent(line: str, tmp_path: Path) -> None:
    done = scanner(repository(tmp_path, CLEAN | {"service/a.py": f"# {line}\n"}))

    assert done.stdout.startswith("clean: ")
    assert done.exit_code == 0


def test_a_violation_beside_an_innocent_word_is_still_found(tmp_path: Path) -> None:
    line = "# upstreaming is not streaming\n"

    done = scanner(repository(tmp_path, CLEAN | {"service/a.py": line}))

    assert done.stdout.startswith("service/a.py:1: streaming\n")


HIDDEN = "x = 1\nwebsocket = 1\n"
ENCODED = {
    "one NUL": b"x = '\0'\nwebsocket = 1\n",
    "NULs inside the word": b"\nw\0ebso\0cket = 1\n",
    "UTF-8 with its mark": HIDDEN.encode("utf-8-sig"),
    "UTF-16 with its mark": HIDDEN.encode("utf-16"),
    "UTF-16, big end first, without a mark": HIDDEN.encode("utf-16-be"),
    "UTF-16, little end first, without a mark": HIDDEN.encode("utf-16-le"),
    "UTF-32 with its mark": HIDDEN.encode("utf-32"),
    "lines that end as Windows ends them": HIDDEN.replace("\n", "\r\n").encode(),
    "a form feed, which ends no line": b"\x0c x = 1\n\x0cwebsocket = 1\n",
}


@pytest.mark.parametrize("content", ENCODED.values(), ids=ENCODED)
def test_a_text_in_any_encoding_is_read(content: bytes, tmp_path: Path) -> None:
    """GOV-1"""
    root = repository(tmp_path, CLEAN)
    (root / "worker/main.py").write_bytes(content)

    done = scanner(root)

    assert done.stdout.splitlines()[0] == "worker/main.py:2: websocket"


UNREADABLE = {
    "Latin-1": "stra\xdfe = 1\n".encode("latin-1"),
    "UTF-16 without a mark": "stra\xdfe = 1\n".encode("utf-16-le"),
    "no text": bytes(range(256)),
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_read_is_named_and_nothing_is_called_clean(
    content: bytes, tmp_path: Path
) -> None:
    """GOV-1"""
    root = repository(tmp_path, CLEAN)
    (root / "worker/main.py").write_bytes(content)

    done = scanner(root)

    assert done.exit_code == 2
    assert "worker/main.py cannot be read" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_of_a_binary_file_only_the_name_counts_and_it_is_not_called_read(tmp_path: Path) -> None:
    """GOV-1"""
    named = CLEAN | {"service/page.png": "", "service/websocket.PNG": "", "tests/clip.mp4": ""}
    root = repository(tmp_path, named)
    (root / "service/page.png").write_bytes(b"\x89PNG websocket")

    done = scanner(root)

    assert done.stdout.splitlines()[0] == "service/websocket.PNG:1: websocket"
    assert "1 violations in 4 files, 7 lines" in done.stderr
    assert "; 2 binary files by name; 8 names" in done.stderr


def test_a_name_that_is_no_text_is_scanned_too(tmp_path: Path) -> None:
    """GOV-1"""
    root = repository(tmp_path, CLEAN)
    (root / os.fsdecode(b"service/\xff_websocket.py")).write_text("")
    git(root, "add", ".")

    done = scanner(root)

    assert done.stdout.splitlines()[0] == "service/\\udcff_websocket.py:1: websocket"


@pytest.mark.parametrize("inside", ["", "service/web"])
def test_a_clean_tree_is_clean_from_any_working_folder(inside: str, tmp_path: Path) -> None:
    root = repository(tmp_path, CLEAN)

    done = scanner_in(root / inside, "scan", "--root", str(root))

    assert done.returncode == 0
    assert done.stdout == (
        "clean: 4 files, 7 lines under service, worker, config, migrations; "
        "0 binary files by name; 5 names\n"
    )


def test_this_project_is_clean() -> None:
    """GOV-1, GOV-2"""
    done = scanner_in(Path("/"))

    assert done.stdout.startswith("clean: ")
    assert done.returncode == 0


def test_what_git_does_not_track_is_not_read(tmp_path: Path) -> None:
    root = repository(tmp_path, CLEAN)
    (root / "service/draft.py").write_text("gpu_worker = 1\n")

    assert scanner(root).exit_code == 0


def test_what_is_changed_but_not_committed_is_read(tmp_path: Path) -> None:
    root = repository(tmp_path, CLEAN)
    (root / "worker/main.py").write_text("gpu_worker = 1\n")

    assert scanner(root).exit_code == 1


def test_a_phase_may_be_named_where_phases_are_documented(tmp_path: Path) -> None:
    """GOV-2"""
    notes = {".ampcode/Phase_16/PHASE_16_OVERVIEW.md": "x\n", "scripts/phase_16.sh": "x\n"}

    assert scanner(repository(tmp_path, CLEAN | notes)).exit_code == 0


CANNOT_LOOK = {
    "an emptied scope": (
        'folders = ["service", "worker", "config", "migrations"]',
        "folders = []",
        "scope.folders",
    ),
    "an unknown key": ("[forbidden]", "[forbiden]", "forbiden: "),
    "a suffix without its dot": ('".png"', '"png"', "scope.binary"),
    "an unknown key in a table": ("[scope]", '[scope]\nsuffixes = [".py"]', "scope.suffixes"),
    "a folder that is not there": ('"worker", "config"', '"wroker", "config"', "wroker"),
    "no forbidden term": ("[allowed]", "[ignored]", "ignored"),
    "a term allowed and forbidden": ('"job_queue"', '"gpu_workers"', "allowed and forbidden"),
    "an innocent word without a stem": ('"upstreaming"', '"upstream"', "upstream contains no"),
    "no TOML at all": ("[scope]", "[scope", "not readable as TOML"),
}


@pytest.mark.parametrize("case", CANNOT_LOOK.values(), ids=CANNOT_LOOK)
def test_a_vocabulary_that_cannot_be_used_is_an_error_of_its_own(
    case: tuple[str, str, str], tmp_path: Path
) -> None:
    """GOV-1"""
    old, new, told = case
    root = repository(tmp_path / "tree", CLEAN)

    done = scanner(root, "--vocabulary", vocabulary(tmp_path, old, new))

    assert done.exit_code == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_repository_without_functional_code_is_not_called_clean(tmp_path: Path) -> None:
    """GOV-1"""
    done = scanner(repository(tmp_path, {"README.md": "x\n"}))

    assert done.exit_code == 2
    assert "git tracks no file under" in done.stderr


def test_a_folder_outside_git_is_not_called_clean(tmp_path: Path) -> None:
    """GOV-1"""
    done = scanner(tmp_path)

    assert done.exit_code == 2
    assert "is no git checkout" in done.stderr
