from worker.process.schedule import COST_SHARE, MOST_BYTES, Schedule


class Clock:
    """Stands still until it is set."""

    now = 100.0

    def __call__(self):
        return self.now


def test_a_checkpoint_is_due_after_its_period():
    clock = Clock()
    schedule = Schedule(60, clock)
    clock.now += 59
    before = schedule.is_due()
    clock.now += 1

    assert (before, schedule.is_due()) == (False, True)


def test_a_checkpoint_is_due_when_the_worker_holds_much():
    schedule = Schedule(60, Clock())
    schedule.count(bytes(MOST_BYTES - 1))
    before = schedule.is_due()
    schedule.count(b"x")

    assert (before, schedule.is_due()) == (False, True)


def test_after_a_checkpoint_the_next_is_waited_for():
    schedule = Schedule(0.5, Clock())
    schedule.count(bytes(MOST_BYTES))
    schedule.is_due()
    schedule.restart()

    assert not schedule.is_due()


def test_checkpoints_that_take_long_come_less_often():
    clock = Clock()
    schedule = Schedule(60, clock)
    clock.now += 60
    schedule.is_due()
    clock.now += 6
    schedule.restart()
    clock.now += 6 / COST_SHARE - 1
    before = schedule.is_due()
    clock.now += 1

    assert (before, schedule.is_due()) == (False, True)
