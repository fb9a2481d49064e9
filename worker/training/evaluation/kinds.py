"""What a detector finds where a frame holds text of one kind alone, and where it holds none."""

from collections.abc import Mapping
from types import MappingProxyType

from worker.pipeline.detect.detector import Detector
from worker.training.evaluation.finding import (
    FALSE_BOX_CONFIDENCE,
    MEASURING_SEED,
    search,
    true_and_found,
)
from worker.training.evaluation.scoring import Estimate, ratio, tally
from worker.training.synth.assets import Assets
from worker.training.synth.items import hard, usual
from worker.training.synth.items.mix import Item
from worker.training.synth.patch import PLATE, TEXT
from worker.training.synth.scene import Tile, make_tile

# Larger than either input: at 640 a line is as small as a frame of a video makes it.
SIDE_PIXELS = 960
KINDS: Mapping[str, tuple[Item, int]] = MappingProxyType(
    {
        "large words": (hard.put_word, TEXT),
        "small print": (hard.put_print, TEXT),
        "slanted neighbours": (hard.put_slanted, TEXT),
        "short text": (hard.put_short, TEXT),
        "readouts": (hard.put_readout, TEXT),
        "columns of numbers": (hard.put_column, TEXT),
        "tables": (hard.put_table, TEXT),
        "arches": (hard.put_arch, TEXT),
        "lines up and down": (hard.put_sideways, TEXT),
        "plates": (usual.put_plate, PLATE),
    }
)


def kinds_found(detector: Detector, assets: Assets, count: int) -> dict[str, Estimate]:
    """Recall and precision on ``count`` frames of each kind, overlap 0.5, and boxes on bare ones.

    Precision counts boxes of the kind's class alone.
    """
    figures = {}
    for name, (item, kind) in KINDS.items():
        tiles = _tiles(assets, count, {item: 1.0})
        found = search(detector, (tile.picture for tile in tiles))
        tallies = [tally(*pair) for pair in true_and_found(kind, tiles, found)]
        hits, wanted, given = zip(*tallies, strict=True)
        figures[f"{name} recall"] = ratio(hits, wanted)
        figures[f"{name} precision"] = ratio(hits, given)
    bare = (tile.picture for tile in _tiles(assets, count, {}))
    counts = [
        sum(hit.confidence >= FALSE_BOX_CONFIDENCE for hit in hits)
        for hits in search(detector, bare)
    ]
    figures[f"boxes a frame without text at {FALSE_BOX_CONFIDENCE}"] = ratio(
        counts, [1] * len(counts)
    )
    return figures


def _tiles(assets: Assets, count: int, items: Mapping[Item, float]) -> list[Tile]:
    return [
        make_tile(assets, MEASURING_SEED, index, side=SIDE_PIXELS, items=items)
        for index in range(count)
    ]
