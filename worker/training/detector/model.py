"""The network, and its weights as a file that ``ultralytics.YOLO`` loads."""

import copy
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from worker.pipeline.libraries import load_checkpoint, torch, ultralytics
from worker.training.loop.run import Network, in_layout
from worker.training.synth.patch import CLASS_NAMES

ARCHITECTURE = "yolo11n.yaml"
# Depth, width and channel limit: 1.5 million parameters, 3.2 MB in half precision.
SCALE = [0.5, 0.25, 512]
INFERENCE_PIXELS = 640

DEFAULTS: dict[str, Any] = ultralytics.utils.DEFAULT_CFG_DICT
_read_architecture: Callable[..., dict[str, Any]] = ultralytics.nn.tasks.yaml_model_load
_network: Callable[..., Network] = ultralytics.nn.tasks.DetectionModel


def build() -> Network:
    """An untrained detector with the project's two classes."""
    description = _read_architecture(ARCHITECTURE)
    description |= {"nc": len(CLASS_NAMES), "scales": {"n": SCALE}, "scale": "n"}
    model = _network(description, ch=3, nc=len(CLASS_NAMES), verbose=False)
    cast(Any, model).args = SimpleNamespace(**DEFAULTS)
    cast(Any, model).names = dict(CLASS_NAMES)
    return model


def load_weights(model: Network, file: Path) -> None:
    """Gives an untrained model the weights of a file that ``save_weights`` wrote."""
    kept, _ = load_checkpoint(file)
    model.load_state_dict(kept.float().state_dict())


def save_weights(model: Network, file: Path) -> None:
    """Writes the weights in half precision, replacing ``file`` in one step."""
    light = in_layout(copy.deepcopy(model).cpu(), torch.contiguous_format).half().eval()
    # Plain values only, so that the file loads without running what a pickle may ask for.
    cast(Any, light).args, cast(Any, light).criterion = dict(DEFAULTS), None
    for parameter in light.parameters():
        parameter.requires_grad_(False)
    part = file.with_suffix(".part")
    torch.save(
        {
            "epoch": -1,
            "model": light,
            "ema": None,
            "optimizer": None,
            "train_args": {
                **DEFAULTS,
                "task": "detect",
                "imgsz": INFERENCE_PIXELS,
            },
            "version": ultralytics.__version__,
            "date": None,
        },
        part,
    )
    part.replace(file)
