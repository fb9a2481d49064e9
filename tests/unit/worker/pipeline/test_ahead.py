import threading

import pytest

from worker.pipeline.ahead import ahead


def test_items_keep_their_order_and_none_is_lost():
    assert list(ahead(range(100), depth=3)) == list(range(100))


def test_the_next_item_is_made_while_the_last_one_is_used():
    made = threading.Event()

    def source():
        yield "first"
        made.set()
        yield "second"

    items = ahead(source())
    next(items)

    assert made.wait(timeout=10)


def test_no_more_is_taken_than_the_depth_allows():
    taken = []
    items = ahead((taken.append(n) or n for n in range(100)), depth=2)

    next(items)
    items.close()

    assert len(taken) <= 3


def test_an_error_of_the_source_comes_where_its_item_would():
    def source():
        yield 1
        raise ValueError("broken")

    items = ahead(source())

    assert next(items) == 1
    with pytest.raises(ValueError, match="broken"):
        next(items)
