"""What readers trained with CTC share: the loss, and the file of their weights."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from worker.pipeline.libraries import torch
from worker.training.loop.run import Network


def ctc_loss(
    scores: torch.Tensor, lines: Sequence[Sequence[int]], *, left_out: float = 0.0
) -> torch.Tensor:
    """The loss of (n, classes, columns) scores, blank first, on the classes of n lines.

    ``left_out`` is the share of the lines, those of the highest losses, that do not count: what
    nobody can read teaches nothing (loss truncation, D. Kang and T. Hashimoto, ACL 2020).
    """
    targets = torch.tensor([found for line in lines for found in line], dtype=torch.long)
    lengths = torch.tensor([len(line) for line in lines])
    columns = torch.full((len(lines),), scores.shape[2])
    logs = scores.float().permute(2, 0, 1).log_softmax(2)
    losses = torch.nn.functional.ctc_loss(
        logs, targets, columns, lengths, reduction="none", zero_infinity=True
    )
    counted = len(lines) - int(left_out * len(lines))
    return (losses / lengths.clamp(min=1)).sort().values[:counted].mean()


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
