"""Weights that no training made: untrained ones told what to see, and ones that carry code."""

from pathlib import Path

from worker.pipeline.libraries import torch, ultralytics

CERTAINLY, NEVER = 3.0, -20.0


def save_weights(path, *names, sees, box_bias=None):
    """A detector of the tiniest size with classes of these names; it sees one of them in rows.

    The same each time, since its network is kept in the user's cache by the SHA-256 of the file.
    """
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = ultralytics.nn.tasks.DetectionModel("yolo11n.yaml", nc=len(names), verbose=False)
    model.names = dict(enumerate(names))
    with torch.no_grad():
        for level in model.model[-1].cv3:
            level[-1].weight.zero_()
            level[-1].bias.fill_(NEVER)
        model.model[-1].cv3[-1][-1].bias[names.index(sees)] = CERTAINLY
        if box_bias is not None:
            model.model[-1].cv2[-1][-1].bias.fill_(box_bias)
    torch.save({"model": model.half()}, path)
    return path


class Hostile:
    """Unpickled, it writes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)
