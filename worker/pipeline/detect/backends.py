"""What runs a detector's network: OpenVINO on a CPU, torch on a card, or on a CPU by name."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import openvino
from numpy.typing import NDArray
from openvino.preprocess import ColorFormat, PrePostProcessor

from worker.pipeline.detect.weights import Weights
from worker.pipeline.frame import Picture, Provenance
from worker.pipeline.libraries import torch
from worker.pipeline.networks.cpu import F32, CpuNetwork
from worker.pipeline.networks.export import exported

EXAMPLE_PIXELS = 384, 640
# Of that, the parts that are searched most often.
EXAMPLE_PARTS_PIXELS = (128, 128), (256, 128), (256, 256), (256, 384)


class Backend(Protocol):
    """A detector's network, loaded."""

    def infer(self, pictures: Sequence[Picture]) -> list[NDArray[np.float32]]:
        """For pictures of one size (h, w, 3), BGR, what the network gives: (4 + classes, n).

        Rows are centre x, centre y, width, height in the picture's pixels, then each class's
        confidence; a picture never changes another's.
        """
        ...

    def provenance(self) -> Provenance:
        """Everything that decides what the network gives, besides its weights."""
        ...


class OpenVinoBackend:
    """On the CPU, in float32.

    bfloat16 takes half the time where a processor has it, and loses plates: 139 of 165 photos were
    read exactly with it, 142 without.
    """

    def __init__(self, model: Any, weights: Weights, *, cores: int) -> None:
        # What torch still does is small: with more threads it waits for them longest.
        torch.set_num_threads(1)
        example = torch.zeros(1, 3, *EXAMPLE_PIXELS)
        network = exported(
            lambda: _exportable(model), name=f"detector-{weights.sha256}", example=example
        )
        pictures = _of_pictures(network)
        self._several = CpuNetwork(pictures, cores=cores, precision=F32)
        # Parts of frames come one at a time, in several sizes; a stream prepares itself for each.
        self._single = CpuNetwork(pictures, cores=1, precision=F32)
        # A stream's first picture of a size takes as long as two or three.
        self._several.infer([_nothing(EXAMPLE_PIXELS)] * cores)
        self._single.infer([_nothing(one) for one in (EXAMPLE_PIXELS, *EXAMPLE_PARTS_PIXELS)])

    def infer(self, pictures: Sequence[Picture]) -> list[NDArray[np.float32]]:
        """See Backend."""
        network = self._several if len(pictures) > 1 else self._single
        return [given[0] for given in network.infer([picture[None] for picture in pictures])]

    def provenance(self) -> Provenance:
        """See Backend."""
        return {
            "backend": "openvino",
            "precision": F32,
            "device": "cpu",
            "processor": str(torch.backends.cpu.get_cpu_capability()),
            "openvino": openvino.__version__,
        }


class TorchBackend:
    """On one device of torch's; half precision on CUDA, float32 elsewhere."""

    def __init__(self, model: Any, device: torch.device, *, cores: int) -> None:
        self._device = device
        self._precision = torch.float16 if device.type == "cuda" else torch.float32
        if device.type == "cuda":
            _make_cuda_repeatable()
        torch.set_num_threads(cores)
        self._model = model.to(device, self._precision, memory_format=torch.channels_last)

    def infer(self, pictures: Sequence[Picture]) -> list[NDArray[np.float32]]:
        """See Backend."""
        with torch.inference_mode():
            batch = torch.from_numpy(np.stack(pictures)).to(self._device)
            # (n, h, w, BGR) as (n, RGB, h, w), which leaves the memory channels last.
            batch = batch.flip(-1).permute(0, 3, 1, 2).to(self._precision) / 255
            given = self._model(batch)
            given = given if isinstance(given, torch.Tensor) else given[0]
            return list(given.float().cpu().numpy())

    def provenance(self) -> Provenance:
        """See Backend."""
        return {
            "backend": "torch",
            "precision": str(self._precision).removeprefix("torch."),
            "device": self._device.type,
            "processor": _processor(self._device),
            # Unlike OpenVINO's streams, torch's threads share one sum.
            "threads": torch.get_num_threads(),
        }


def _exportable(model: Any) -> Any:
    """The model with a head that gives boxes and confidences alone, for pictures of any size."""
    head: Any = list(model.model.children())[-1]
    head.export, head.dynamic, head.format = True, True, "openvino"
    return model


def _nothing(size: tuple[int, int]) -> NDArray[np.uint8]:
    return np.zeros((1, *size, 3), np.uint8)


def _of_pictures(network: openvino.Model) -> openvino.Model:
    """The network with pictures (n, h, w, 3) of uint8, BGR, as its input."""
    steps = PrePostProcessor(network)
    pictures = steps.input(0)
    pictures.tensor().set_element_type(openvino.Type.u8).set_layout(
        openvino.Layout("NHWC")
    ).set_color_format(ColorFormat.BGR)
    pictures.preprocess().convert_element_type(openvino.Type.f32).convert_color(
        ColorFormat.RGB
    ).scale(255.0)
    pictures.model().set_layout(openvino.Layout("NCHW"))
    return steps.build()


# Not for the CPU, whose operators here repeat anyway: it would import torch's compiler for seconds.
def _make_cuda_repeatable() -> None:
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True


def _processor(device: torch.device) -> str:
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return str(torch.backends.cpu.get_cpu_capability())
