"""A clock that stands until a test moves it."""


class HandMovedClock:
    def __init__(self) -> None:
        self._now = 1000.0

    def __call__(self) -> float:
        return self._now

    def move_on(self, seconds: float) -> None:
        self._now += seconds
