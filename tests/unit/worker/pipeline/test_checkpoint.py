from dataclasses import dataclass, field

import numpy as np
import pytest

from worker.pipeline.checkpoint import packed, unpacked
from worker.pipeline.frame import Grey


@dataclass(frozen=True, slots=True, eq=False)
class Remembered:
    """One of each kind of what a stage remembers."""

    grey: Grey
    rows: slice
    box: tuple[float, float] = (0.1, 2.0)
    seen: dict[int, str | None] = field(default_factory=dict)
    found: dict[tuple[str, str], float] = field(default_factory=dict)


def test_what_is_packed_comes_back():
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)[:, 1:3]
    memory = Remembered(grey, slice(2, 7), seen={3: None, 1: "é"}, found={("a", "b"): 0.1})
    again = unpacked(packed(memory), Remembered)

    assert (again.grey == grey).all()
    assert again.grey.dtype == grey.dtype
    assert (again.rows, again.box, again.found) == (memory.rows, memory.box, memory.found)
    assert list(again.seen.items()) == [(3, None), (1, "é")]
    assert again.grey.flags.writeable


def test_a_number_that_would_come_back_as_another_kind_is_refused():
    """float32 and float64 do not calculate alike."""
    with pytest.raises(NotImplementedError, match="float32"):
        packed({"confidence": np.float32(0.1)})


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (b"no memory", "incorrect header"),
        (packed([1])[:-3], "incomplete"),
        (packed({"box": (1.0, 2.0)}), "missing required field"),
    ],
)
def test_what_is_no_memory_is_refused(changed, reason):
    with pytest.raises(ValueError, match=reason):
        unpacked(changed, Remembered)
