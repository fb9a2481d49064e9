"""What readers trained with CTC share: the loss, and the file of their weights."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from worker.pipeline.libraries import torch
from worker.training.loop.run import Network


def ctc_loss(scores: torch.Tensor, lines: Sequence[Sequence[int]]) -> torch.Tensor:
    """The loss of (n, classes, columns) scores, blank first, on the classes of n lines."""
    targets = torch.tensor([found for line in lines for found in line], dtype=torch.long)
    lengths = torch.tensor([len(line) for line in lines])
    columns = torch.full((len(lines),), scores.shape[2])
    logs = scores.float().permute(2, 0, 1).log_softmax(2)
    return torch.nn.functional.ctc_loss(logs, targets, columns, lengths, zero_infinity=True)


def save_weights(model: Network, file: Path) -> None:
    """The weights in half precision as a plain state dict, and their checksum beside them."""
    part = file.with_suffix(".part")
    state = {
        name: value.contiguous().half() if value.is_floating_point() else value
        for name, value in model.state_dict().items()
    }
    torch.save(state, part)
    part.replace(file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    file.with_name(f"{file.name}.sha256").write_text(f"{digest}  {file.name}\n", encoding="ascii")
