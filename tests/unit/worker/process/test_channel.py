"""Messages over a socket whose other end may stop anywhere."""

import select
import socket
import threading
from collections.abc import Iterator

import pytest

from worker.process.channel import LENGTH, MESSAGE_BYTES, BlockingChannel, Channel, ProtocolError

Ends = tuple[socket.socket, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def received(channel: Channel) -> bytes:
    while (message := channel.receive(wait_seconds=10)) is None:
        pass
    return message


def test_messages_arrive_whole_and_in_order(ends):
    channel, other = Channel(ends[0]), BlockingChannel(ends[1])
    sent = [b"", b"one", bytes(3_000_000), b"two"]
    thread = threading.Thread(target=lambda: [other.send(message) for message in sent])
    thread.start()

    assert [received(channel) for _ in sent] == sent
    thread.join()


def test_half_a_message_is_none(ends):
    channel = Channel(ends[0])
    ends[1].sendall(LENGTH.pack(1000) + b"half")

    assert channel.receive(wait_seconds=0.01) is None
    assert channel.receive(wait_seconds=0.01) is None


def test_an_end_within_a_message_is_an_end(ends):
    channel = Channel(ends[0])
    ends[1].sendall(LENGTH.pack(1000) + b"half")
    ends[1].close()

    assert channel.receive(wait_seconds=10) is None
    with pytest.raises(EOFError):
        channel.receive(wait_seconds=10)


def test_a_message_that_is_too_long_is_refused_before_it_is_read(ends):
    channel = Channel(ends[0])
    ends[1].sendall(LENGTH.pack(MESSAGE_BYTES + 1))

    with pytest.raises(ProtocolError, match=str(MESSAGE_BYTES)):
        channel.receive(wait_seconds=10)


def test_nobody_waits_for_an_end_that_does_not_read(ends):
    channel, other = Channel(ends[0]), BlockingChannel(ends[1])
    message = bytes(8_000_000)
    channel.post(message)
    full = False
    while not full:
        channel.flush(wait_seconds=0)
        full = not select.select([], [ends[0]], [], 0)[1]

    assert not channel.flush(wait_seconds=0.01)
    arrived = []
    thread = threading.Thread(target=lambda: arrived.append(other.receive()))
    thread.start()
    while not channel.flush(wait_seconds=10):
        pass
    thread.join()
    assert arrived == [message]


def test_the_blocking_end_says_when_the_other_is_gone(ends):
    other = BlockingChannel(ends[1])
    ends[0].sendall(LENGTH.pack(1000) + b"half")
    ends[0].close()

    with pytest.raises(EOFError):
        other.receive()
