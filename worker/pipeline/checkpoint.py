"""What an analysis remembers from frame to frame, as bytes: another process goes on with them.

They hold values alone, so reading them runs no code. Who reads them must know that the same program
wrote them, which provenance says.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

# Most of a picture's tolerances are alike; more effort would save little and take long.
COMPRESSION_LEVEL = 1

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All that decides what comes after the results given so far, but for video and provenance."""

    memory: bytes


# Whether somebody wants a checkpoint after the frames so far.
IsDue = Callable[[], bool]


def never() -> bool:
    """No checkpoint is wanted."""
    return False


def packed(memory: object) -> bytes:
    """Dataclasses of plain values, slices and arrays as bytes."""
    return zlib.compress(msgspec.msgpack.encode(memory, enc_hook=_plain), COMPRESSION_LEVEL)


def unpacked(memory: bytes, kind: type[T]) -> T:
    """What was packed, of its kind; raises ValueError where it is something else."""
    try:
        return msgspec.msgpack.decode(zlib.decompress(memory), type=kind, dec_hook=_restored)
    except zlib.error as error:
        raise ValueError(str(error)) from error


def _plain(value: Any) -> Any:
    match value:
        case np.ndarray():
            return value.dtype.str, value.shape, np.ascontiguousarray(value).data
        case slice():
            return value.start, value.stop
    # Numbers of numpy's own kinds among them: what comes back would not calculate alike.
    raise NotImplementedError(f"{type(value)} is no plain value")


def _restored(kind: type, value: Any) -> Any:
    return slice(*value) if kind is slice else _array(*value)


def _array(dtype: str, shape: list[int], data: bytes) -> NDArray[Any]:
    return np.frombuffer(data, dtype).reshape(shape).copy()
