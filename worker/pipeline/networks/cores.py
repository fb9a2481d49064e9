"""How many cores this process may use."""

import math
import os
from pathlib import Path

CGROUP_LIMIT = Path("/sys/fs/cgroup/cpu.max")


def cores(limit: int, *, cgroup_limit: Path = CGROUP_LIMIT) -> int:
    """The cores that the affinity and the container's share of time leave; `limit` 0 is none."""
    allowed = min(len(os.sched_getaffinity(0)), _container_cores(cgroup_limit))
    return max(1, min(limit, allowed) if limit else allowed)


def _container_cores(cgroup_limit: Path) -> int:
    """Cores' worth of time of this control group, rounded up (kernel: cgroup-v2.rst, cpu.max)."""
    try:
        quota, period = cgroup_limit.read_text(encoding="ascii").split()
        return math.ceil(int(quota) / int(period))
    except (OSError, ValueError):
        # No control groups here, or "max": no limit.
        return os.cpu_count() or 1
