"""What the worker and its pipeline process say to each other over their channel.

The worker sends its settings, then requests one by one. Every message back begins with the byte
of its Answer.
"""

import json
import logging
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from itertools import chain
from math import inf
from typing import Any, Self

from config.failures import FailureCode
from config.regions import ANYWHERE
from worker.pipeline.errors import PipelineError
from worker.pipeline.frame import Summary
from worker.process.channel import ProtocolError

ANSWER_BYTES = 1
COUNTS = struct.Struct("!QQ")
# Decoding all of ten thousand at once would keep the worker's loop waiting for 20 ms.
TEXTS_A_LINE = 500

log = logging.getLogger(__name__)


class Answer(Enum):
    """What a message from the pipeline process is; what follows its byte is the body."""

    # the models are loaded; each pipeline's provenance as JSON
    READY = b"R"
    # the settings or the pipeline files cannot be used; the reason as text
    REFUSED = b"X"
    # the request is taken up, its video not yet opened; no body
    BEGUN = b"B"
    # more frames are decoded; how many in all, and how many are expected to be analysed
    PROGRESS = b"P"
    # lines of the results document, one a frame, joined as they stand in it
    FRAMES = b"F"
    # a checkpoint after the frames so far; its memory
    CHECKPOINT = b"C"
    # the folder that the video lies in is away, with the file server it is mounted from; why
    AWAY = b"A"
    # the video is done; its summary: as JSON, a line without the texts, one of what each stage
    # took, then lists of texts
    SUMMARY = b"S"
    # the video is not done, or the models are not loaded; [failure code, message] as JSON
    ERROR = b"E"


@dataclass(frozen=True, slots=True)
class Request:
    """One video to analyse; the arguments of VideoFilePipelineService.analyse.

    checkpoint_seconds: how much work there is to be between two checkpoints.
    """

    path: str
    pipeline_id: str
    frame_stride: int = 1
    max_frames: int | None = None
    region: str = ANYWHERE
    checkpoint_seconds: float = 60.0
    memory: bytes | None = None

    def encode(self) -> bytes:
        """The request as it goes over the channel: a line of JSON, and the memory."""
        arguments = asdict(self)
        memory = arguments.pop("memory") or b""
        return json.dumps(arguments).encode() + b"\n" + memory

    @classmethod
    def decode(cls, message: bytes) -> Self:
        """The request that came over the channel."""
        arguments, _, memory = message.partition(b"\n")
        return cls(**json.loads(arguments), memory=memory or None)


def decode_answer(message: bytes) -> tuple[Answer, bytes]:
    """A message's Answer and body; raises ProtocolError."""
    try:
        return Answer(message[:ANSWER_BYTES]), message[ANSWER_BYTES:]
    except ValueError as error:
        raise ProtocolError(f"no answer begins with {message[:ANSWER_BYTES]!r}") from error


def encode_provenances(provenances: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The body of a READY."""
    return json.dumps(dict(provenances)).encode()


def decode_provenances(body: bytes) -> dict[str, dict[str, Any]]:
    """What a READY tells of each pipeline by its id; raises ProtocolError."""
    match _decode_json(body):
        case dict() as provenances if all(isinstance(one, dict) for one in provenances.values()):
            return provenances
    raise ProtocolError("provenances that are no objects")


def encode_counts(frames_decoded: int, frames_expected: int) -> bytes:
    """The body of a PROGRESS."""
    return COUNTS.pack(frames_decoded, frames_expected)


def decode_counts(body: bytes) -> tuple[int, int]:
    """The frames that a PROGRESS counts: decoded, and expected; raises ProtocolError."""
    try:
        frames_decoded, frames_expected = COUNTS.unpack(body)
    except struct.error as error:
        raise ProtocolError("progress without its counts") from error
    return int(frames_decoded), int(frames_expected)


def encode_summary(summary: Summary) -> bytes:
    """The body of a SUMMARY."""
    document = dict(summary.document)
    texts = document.pop("texts")
    some = (texts[at : at + TEXTS_A_LINE] for at in range(0, len(texts), TEXTS_A_LINE))
    return "\n".join(map(json.dumps, (document, summary.stage_seconds, *some))).encode()


def decode_summary(body: bytes) -> Summary:
    """The summary of a SUMMARY; raises ProtocolError."""
    match list(map(_decode_json, body.split(b"\n"))):
        case [dict() as document, dict() as stage_seconds, *lists] if all(
            isinstance(some, list) for some in lists
        ) and all(isinstance(each, float) and 0 <= each < inf for each in stage_seconds.values()):
            return Summary({**document, "texts": list(chain.from_iterable(lists))}, stage_seconds)
    raise ProtocolError("a summary that is no object with stages' seconds and lists of texts")


def encode_error(error: PipelineError) -> bytes:
    """The body of an ERROR."""
    return json.dumps([error.code, error.message]).encode()


def decode_error(body: bytes) -> PipelineError:
    """The error of an ERROR, internal_error where nobody knows its code; raises ProtocolError."""
    match _decode_json(body):
        case [str(code), str(message)]:
            return PipelineError(_known_code(code), message)
    raise ProtocolError("an error without code and message")


def _known_code(code: str) -> FailureCode:
    try:
        return FailureCode(code)
    except ValueError:
        log.error("unknown failure code from the pipeline", extra={"error_code": code})
        return FailureCode.INTERNAL_ERROR


def _decode_json(body: bytes) -> Any:
    try:
        return json.loads(body)
    # ValueError: also what is no UTF-8.
    except (ValueError, RecursionError) as error:
        raise ProtocolError("a body that is no JSON") from error
