"""Makes OpenVINO's network of one of torch's: once, and kept by the SHA-256 of its weights."""

import hashlib
import logging
import tempfile
from collections.abc import Callable
from pathlib import Path

import openvino
import platformdirs
from openvino.frontend import FrontEndManager
from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

from worker.pipeline.libraries import torch

log = logging.getLogger(__name__)

NETWORK, WEIGHTS, CHECKSUM = "network.xml", "network.bin", "network.sha256"


def exported(
    load: Callable[[], torch.nn.Module],
    *,
    name: str,
    example: torch.Tensor,
    cache: Path | None = None,
) -> openvino.Model:
    """The network that `load` gives, with every dimension of its input free but the channels.

    name: what it is kept by in `cache`, the user's cache folder unless named; together with the
    versions of the libraries that made it. Where nothing can be kept it is made each time.
    """
    folder = (cache or platformdirs.user_cache_path("forgesyte") / "networks") / _versioned(name)
    kept = _kept(folder)
    if kept is not None:
        return kept
    network = _converted(load(), example)
    try:
        _keep(network, folder)
    except OSError as error:
        log.warning("network not kept", extra={"folder": str(folder), "reason": str(error)})
    return network


def _versioned(name: str) -> str:
    release = openvino.__version__.split("-")[0]
    return f"{name}-openvino{release}-torch{torch.__version__.split('+')[0]}"


def _kept(folder: Path) -> openvino.Model | None:
    """The network in the folder; None where there is none, or not what was put there."""
    try:
        checksum = (folder / CHECKSUM).read_text(encoding="ascii")
        intact = checksum == _checksum(folder)
    except (OSError, UnicodeDecodeError):
        return None
    return openvino.Core().read_model(folder / NETWORK) if intact else None


def _checksum(folder: Path) -> str:
    digest = hashlib.sha256((folder / NETWORK).read_bytes())
    digest.update((folder / WEIGHTS).read_bytes())
    return digest.hexdigest()


def _keep(network: openvino.Model, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as made:
        part = Path(made)
        openvino.save_model(network, part / NETWORK, compress_to_fp16=False)
        (part / CHECKSUM).write_text(_checksum(part), encoding="ascii")
        # The checksum comes last: whoever reads meanwhile finds a network that it does not fit.
        for file in (WEIGHTS, NETWORK, CHECKSUM):
            (part / file).replace(folder / file)


def _converted(module: torch.nn.Module, example: torch.Tensor) -> openvino.Model:
    # Not convert_model(), which reports each use to OpenVINO's makers where a user once agreed.
    frontend = FrontEndManager().load_by_framework("pytorch")
    with torch.no_grad():
        decoder = TorchScriptPythonDecoder(module.eval(), example_input=example)
        network = frontend.convert(frontend.load(decoder))
    free = [-1, example.shape[1], *[-1] * (example.ndim - 2)]
    network.reshape(openvino.PartialShape(free))
    return network
