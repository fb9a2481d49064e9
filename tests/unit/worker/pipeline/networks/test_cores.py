import os

import pytest

from worker.pipeline.networks.cores import cores

HERE = len(os.sched_getaffinity(0))


@pytest.fixture
def unlimited(tmp_path):
    limit = tmp_path / "cpu.max"
    limit.write_text("max 100000\n")
    return limit


def test_without_a_limit_it_is_all_that_the_process_has(unlimited, tmp_path):
    assert cores(0, cgroup_limit=unlimited) == HERE
    assert cores(0, cgroup_limit=tmp_path / "none") == HERE


def test_a_limit_caps_them_and_never_adds_any(unlimited):
    assert cores(1, cgroup_limit=unlimited) == 1
    assert cores(HERE + 7, cgroup_limit=unlimited) == HERE


@pytest.mark.parametrize("quota", ["50000 100000", "100000 100000"])
def test_a_containers_share_of_time_counts(tmp_path, quota):
    """A worker of half a core would start a stream for each of the machine's."""
    limit = tmp_path / "cpu.max"
    limit.write_text(f"{quota}\n")

    assert cores(0, cgroup_limit=limit) == 1
