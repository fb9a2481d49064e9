"""Runs a network on the CPU: as many streams as cores, each of one thread.

Two streams of one thread are as fast as one stream of two, and what a stream gives does not depend
on how many there are.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray

F32 = "f32"


class CpuNetwork:
    """One network; `infer` is for one thread at a time."""

    def __init__(self, network: openvino.Model, *, cores: int, precision: str) -> None:
        """precision: as OpenVINO names it; unset, some processors would take bfloat16."""
        compiled = openvino.Core().compile_model(
            network,
            "CPU",
            {
                "NUM_STREAMS": cores,
                "INFERENCE_NUM_THREADS": cores,
                "INFERENCE_PRECISION_HINT": precision,
                "ENABLE_CPU_PINNING": False,
            },
        )
        self._requests = openvino.AsyncInferQueue(compiled, cores)
        self._requests.set_callback(_keep_output)

    def infer(self, inputs: Sequence[NDArray[Any]]) -> list[NDArray[np.float32]]:
        """The network's first output for each input, in order; inputs never change each other's."""
        outputs: list[NDArray[np.float32]] = [np.empty(0, np.float32)] * len(inputs)
        for number, one in enumerate(inputs):
            self._requests.start_async({0: one}, (outputs, number))
        self._requests.wait_all()
        return outputs


def _keep_output(request: Any, place: tuple[list[NDArray[np.float32]], int]) -> None:
    outputs, number = place
    # Copied, since the request's own memory serves the next input.
    outputs[number] = np.array(request.get_output_tensor(0).data, np.float32)
