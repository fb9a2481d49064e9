"""Networks of ours whose weights come with the project, each file with its SHA-256 beside it."""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

from config.settings import SettingsError
from worker.pipeline.libraries import torch
from worker.pipeline.networks.cpu import F32, CpuNetwork
from worker.pipeline.networks.export import exported

FOLDER = Path(__file__).parents[2] / "weights"


def open_shipped(
    weights: Path, make: Callable[[], torch.nn.Module], *, example: torch.Tensor, cores: int
) -> tuple[CpuNetwork, str]:
    """The network with its weights, on the CPU in float32, and the weights' SHA-256 in hex.

    make: the network, untrained. example: an input, of which all sizes but the channels are free.
    Raises SettingsError when the file is not the one that ships.
    """
    data = weights.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    checksum = weights.with_name(f"{weights.name}.sha256").read_text(encoding="ascii")
    if sha256 != checksum.split()[0]:
        raise SettingsError(
            f"{weights}: is not the file that ships (SHA-256 differs); install again"
        )

    def load() -> torch.nn.Module:
        network = make()
        network.load_state_dict(torch.load(io.BytesIO(data), weights_only=True))
        return network

    network = exported(load, name=f"{weights.stem}-{sha256}", example=example)
    return CpuNetwork(network, cores=cores, precision=F32), sha256
