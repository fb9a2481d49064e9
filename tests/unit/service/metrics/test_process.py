import asyncio
import time

from service.metrics.process import ProcessMetrics
from tests.waiting import until


async def test_a_loop_that_was_held_up_shows() -> None:
    metrics = ProcessMetrics()
    watching = asyncio.create_task(metrics.watch_loop())

    def late() -> float:
        given = metrics.registry.get_sample_value("forgesyte_loop_lag_seconds_sum")
        # Holds up the loop while it is not seen.
        time.sleep(0.3)
        return (given or 0.0) > 0.04

    await until(late)
    watching.cancel()


def test_two_of_them_in_one_process_share_nothing() -> None:
    first, second = ProcessMetrics(), ProcessMetrics()
    first.loop_lag_seconds.observe(1.0)

    name = "forgesyte_loop_lag_seconds_count"
    assert first.registry.get_sample_value(name) == 1
    assert second.registry.get_sample_value(name) == 0
