"""Messages over a socket between a worker and its pipeline process: a length, then the bytes."""

import select
import socket
import struct
import threading

from config.failures import FailureCode
from worker.pipeline.errors import PipelineError

LENGTH = struct.Struct("!I")
# A summary of ten thousand texts, or all that can be read in one frame, takes a few MB; what is
# remembered of dense pages, every one of them another, some ten.
MESSAGE_BYTES = 256 * 2**20
READ_BYTES = 2**18


class ProtocolError(PipelineError):
    """The pipeline's process said what nobody can understand"""

    def __init__(self, reason: str) -> None:
        message = f"The pipeline's process sent what is no answer ({reason})."
        super().__init__(FailureCode.PIPELINE_CRASHED, message)


class Channel:
    """The worker's end: no call takes longer than its wait_seconds, whatever the other end does."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._socket = connection
        self._received = bytearray()
        self._unsent = bytearray()

    def post(self, message: bytes) -> None:
        """Have a message sent by flush()."""
        self._unsent += LENGTH.pack(len(message)) + message

    def flush(self, *, wait_seconds: float) -> bool:
        """Whether all that was posted is sent; call again when not. Raises OSError."""
        if self._unsent and self._is_ready(select.POLLOUT, wait_seconds):
            del self._unsent[: self._socket.send(self._unsent)]
        return not self._unsent

    def receive(self, *, wait_seconds: float) -> bytes | None:
        """The next message, None when it has not come in full.

        Raises EOFError or OSError when the other end is gone, ProtocolError.
        """
        message = self._whole_message()
        if message is None and self._is_ready(select.POLLIN, wait_seconds):
            self._read()
            message = self._whole_message()
        return message

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _is_ready(self, event: int, wait_seconds: float) -> bool:
        poll = select.poll()
        poll.register(self._socket, event)
        return bool(poll.poll(wait_seconds * 1000))

    def _read(self) -> None:
        chunk = self._socket.recv(READ_BYTES)
        if not chunk:
            raise EOFError
        self._received += chunk

    def _whole_message(self) -> bytes | None:
        if len(self._received) < LENGTH.size:
            return None
        (length,) = LENGTH.unpack_from(self._received)
        if length > MESSAGE_BYTES:
            raise ProtocolError(f"a message of {length} bytes; at most {MESSAGE_BYTES} are taken")
        end = LENGTH.size + length
        if len(self._received) < end:
            return None
        message = bytes(self._received[LENGTH.size : end])
        del self._received[:end]
        return message


class BlockingChannel:
    """The pipeline process's end: waits for as long as it takes, and sends from any thread."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(True)
        self._socket = connection
        self._reader = connection.makefile("rb")
        self._sending = threading.Lock()

    def send(self, message: bytes) -> None:
        """Send one message; raises OSError when the worker is gone."""
        with self._sending:
            self._socket.sendall(LENGTH.pack(len(message)) + message)

    def receive(self) -> bytes:
        """The next message; raises EOFError or OSError when the worker is gone."""
        (length,) = LENGTH.unpack(self._read(LENGTH.size))
        return self._read(length)

    def _read(self, size: int) -> bytes:
        read = self._reader.read(size)
        if len(read) < size:
            raise EOFError
        return read
