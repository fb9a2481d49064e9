"""Writes the line reader as ONNX: ``python -m worker.training.line_reader.export WEIGHTS OUT``.

The file takes any number of crops of any width that is a multiple of COLUMN_PIXELS; batch norms
are folded into the convolutions before them.
"""

import argparse
import warnings
from pathlib import Path

from worker.pipeline.libraries import torch
from worker.training.line_reader.network import HEIGHT_PIXELS, LineNetwork

OPSET = 17
INPUT, OUTPUT = "crops", "scores"


def main() -> None:
    """Exports as the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m worker.training.line_reader.export", description=__doc__
    )
    parser.add_argument("weights", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    network = LineNetwork()
    network.load_state_dict(torch.load(options.weights, weights_only=True))
    save_onnx(network, options.out)


def save_onnx(network: LineNetwork, file: Path) -> None:
    """Writes the network in inference, float32: ``crops`` (n, 1, 32, w) to ``scores``."""
    with warnings.catch_warnings():
        # The exporter that follows it needs two more packages, and writes the same graph.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            network.eval(),
            (torch.zeros(2, 1, HEIGHT_PIXELS, 64),),
            file,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_axes={INPUT: {0: "n", 3: "w"}, OUTPUT: {0: "n", 2: "columns"}},
            opset_version=OPSET,
            dynamo=False,
        )


if __name__ == "__main__":
    main()
