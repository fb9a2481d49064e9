"""What the worker and its pipeline process say to each other over their pipe.

The worker sends its settings, then requests one by one. Every message back begins with the byte
of its Answer.
"""

import json
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Self

ANSWER_BYTES = 1


class Answer(Enum):
    """What a message from the pipeline process is; what follows its byte is the body."""

    # the models are loaded; no body
    READY = b"R"
    # one frame of the results document, encoded
    FRAME = b"F"
    # the film is done; its summary as JSON
    SUMMARY = b"S"
    # the film is not done; [error code, message] as JSON
    ERROR = b"E"


@dataclass(frozen=True, slots=True)
class Request:
    """One film to analyse; the arguments of VideoFilePipelineService.run_on_file."""

    path: str
    pipeline_id: str
    frame_stride: int = 1
    max_frames: int | None = None

    def encode(self) -> bytes:
        """The request as it goes over the pipe."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def decode(cls, message: bytes) -> Self:
        """The request that came over the pipe."""
        return cls(**json.loads(message))
