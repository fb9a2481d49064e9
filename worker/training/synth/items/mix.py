"""How often each of what may stand in a scene does."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from worker.training.synth.items import hard, usual
from worker.training.synth.items.site import Site
from worker.training.synth.patch import Box

Item = Callable[[Site], tuple[Box, ...] | None]

# Weights. LARGE_ITEMS may fill a picture, and come before the others.
ITEMS: Mapping[Item, float] = MappingProxyType(
    {
        usual.put_plate: 44.0,
        usual.put_caption: 13.0,
        usual.put_stamp: 12.0,
        usual.put_sign: 15.0,
        usual.put_label: 10.0,
        usual.put_page: 6.0,
        usual.put_screen: 4.0,
        usual.put_packet: 4.0,
        hard.put_slanted: 7.0,
        hard.put_short: 8.0,
        hard.put_readout: 5.0,
        hard.put_column: 12.0,
        hard.put_table: 10.0,
        hard.put_arch: 12.0,
        hard.put_sideways: 14.0,
    }
)
LARGE_ITEMS: Mapping[Item, float] = MappingProxyType(
    {hard.put_word: 50.0, hard.put_print: 30.0, hard.put_slanted: 20.0}
)
