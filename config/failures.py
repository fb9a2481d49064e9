"""Why a job failed, in the words of the contract, and whether another attempt may end better."""

import errno
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from config.settings import variable_of


class FailureCode(StrEnum):
    """Why a job failed."""

    CORRUPT_VIDEO = "corrupt_video"
    NO_VIDEO_STREAM = "no_video_stream"
    NO_FRAMES = "no_frames"
    UNSUPPORTED_CODEC = "unsupported_codec"
    ENCRYPTED_VIDEO = "encrypted_video"
    TOO_LARGE = "too_large"
    TOO_LONG = "too_long"
    BAD_TIMING = "bad_timing"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    OUT_OF_MEMORY = "out_of_memory"
    PIPELINE_CRASHED = "pipeline_crashed"
    WORKER_LOST = "worker_lost"
    INPUT_MISSING = "input_missing"
    STORAGE_FULL = "storage_full"
    INTERNAL_ERROR = "internal_error"


# True: another attempt may end better. False: the same bytes would fail the same way.
RETRYABLE: Mapping[FailureCode, bool] = MappingProxyType(
    {
        FailureCode.CORRUPT_VIDEO: False,
        FailureCode.NO_VIDEO_STREAM: False,
        FailureCode.NO_FRAMES: False,
        FailureCode.UNSUPPORTED_CODEC: False,
        FailureCode.ENCRYPTED_VIDEO: False,
        FailureCode.TOO_LARGE: False,
        FailureCode.TOO_LONG: False,
        FailureCode.BAD_TIMING: False,
        FailureCode.DEADLINE_EXCEEDED: True,
        FailureCode.OUT_OF_MEMORY: True,
        FailureCode.PIPELINE_CRASHED: True,
        FailureCode.WORKER_LOST: True,
        FailureCode.INPUT_MISSING: False,
        FailureCode.STORAGE_FULL: False,
        FailureCode.INTERNAL_ERROR: True,
    }
)


# What a system call says where a folder's file server is away: the same call succeeds when it is
# back. EIO is not among them: a disk says it of a bad sector for ever.
UNREACHABLE = frozenset(
    {
        errno.ECONNABORTED,
        errno.ECONNREFUSED,
        errno.ECONNRESET,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.ENETDOWN,
        errno.ENETUNREACH,
        errno.ENODEV,
        errno.ENOTCONN,
        errno.EREMOTEIO,
        errno.ESHUTDOWN,
        errno.ESTALE,
        errno.ETIMEDOUT,
    }
)


def exceeded(field: str, limit: float, found: str) -> str:
    """What each refusal by a limit says: the variable that sets it, its value, what was found."""
    return f"{variable_of(field)} is {limit:.15g}, and {found}"
