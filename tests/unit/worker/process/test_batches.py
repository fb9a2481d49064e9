from tests.waiting import wait_until
from worker.process.batches import GATHER_BYTES, open_batches

LONG_SECONDS = 1000


def test_lines_that_come_close_together_are_sent_together():
    sent = []
    with open_batches(sent.append, gather_seconds=LONG_SECONDS) as batches:
        for line in (b"one", b"two", b"three"):
            batches.add(line)

    assert sent == [b"one,\ntwo,\nthree"]


def test_a_line_does_not_wait_for_another():
    sent = []
    with open_batches(sent.append, gather_seconds=0.01) as batches:
        batches.add(b"one")
        wait_until(lambda: sent == [b"one"])
        batches.add(b"two")
        wait_until(lambda: sent == [b"one", b"two"])


def test_what_waits_is_bounded():
    sent, half = [], bytes(GATHER_BYTES // 2)
    with open_batches(sent.append, gather_seconds=LONG_SECONDS) as batches:
        for _ in range(3):
            batches.add(half)
        before_the_end = len(sent)

    assert before_the_end == 1
    assert sent[0] == half + b",\n" + half
    assert sent[1:] == [half]


def test_without_a_line_nothing_is_sent():
    sent = []
    with open_batches(sent.append, gather_seconds=0):
        pass

    assert sent == []


def test_what_was_found_before_an_error_is_sent():
    sent = []
    try:
        with open_batches(sent.append, gather_seconds=LONG_SECONDS) as batches:
            batches.add(b"line")
            raise ZeroDivisionError
    except ZeroDivisionError:
        assert sent == [b"line"]
