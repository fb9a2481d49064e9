import os
import sys
from pathlib import Path

from worker.process import ChildProcess, Program

TELLS_ITS_FOLDER = """
import os, pathlib, sys
from multiprocessing.connection import Connection
pathlib.Path(os.environ["TMPDIR"], "crop.png").write_bytes(b"a stranger's plate")
connection = Connection(int(sys.argv[1]))
connection.send_bytes(os.environ["TMPDIR"].encode())
connection.recv_bytes()
"""


def test_what_a_child_left_in_its_temporary_folder_goes_with_it() -> None:
    child = ChildProcess(Program((sys.executable, "-c", TELLS_ITS_FOLDER), dict(os.environ)))
    message = child.receive(wait_seconds=30)
    assert message is not None
    folder = Path(message.decode())
    assert (folder / "crop.png").is_file()

    child.end(term_seconds=5)

    assert not folder.exists()
