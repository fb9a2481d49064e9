"""Works ahead in another thread, by a fixed number of items."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Iterable[Item], *, depth: int = 1) -> Iterator[Item]:
    """The same items in the same order, up to `depth` of them taken before they are asked for.

    An error of the source comes out where its item would have. Closing this iterator waits for
    the item under way and takes no more.
    """
    source = _end_marked(items)
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead")
    try:
        waiting: deque[Future[Item | None]] = deque()
        while True:
            while len(waiting) <= depth:
                waiting.append(thread.submit(next, source))
            item = waiting.popleft().result()
            if item is None:
                return
            yield item
    finally:
        thread.shutdown(cancel_futures=True)


def _end_marked(items: Iterable[Item]) -> Iterator[Item | None]:
    yield from items
    while True:
        yield None
