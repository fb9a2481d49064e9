"""The pictures and fonts that scenes are made of: found on the machine, never shipped."""

import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import skimage

from worker.training.synth.patch import Picture
from worker.training.synth.text.fonts import Face, by_family, find_faces

SHARE = Path("/usr/share")
LONGEST_SIDE_PIXELS = 1400
FEWEST_FAMILIES = 20
# Photos and paintings without a letter in them, looked through one by one.
WALLPAPERS = (
    "backgrounds/2004default.jpg",
    "backgrounds/desert.png",
    "backgrounds/fluent-color.png",
    "backgrounds/rhythm.jpg",
    "backgrounds/rollpaper.png",
    "backgrounds/string.jpg",
    "backgrounds/gnome/adwaita-l.webp",
    "backgrounds/gnome/grid-d.webp",
    "backgrounds/gnome/grid-l.webp",
    "backgrounds/gnome/truchet-d.webp",
    "backgrounds/gnome/truchet-l.webp",
    "backgrounds/gnome/wood-d.webp",
    "backgrounds/gnome/wood-l.webp",
    "backgrounds/mate/abstract/Elephants.jpg",
    "backgrounds/mate/abstract/Flow.png",
    "backgrounds/mate/abstract/Gulp.png",
    "backgrounds/mate/desktop/Stripes.png",
    "backgrounds/mate/desktop/Ubuntu-Mate-Cold-no-logo.png",
    "backgrounds/mate/desktop/Ubuntu-Mate-Warm-no-logo.png",
    "backgrounds/mate/nature/Aqua.jpg",
    "backgrounds/mate/nature/Blinds.jpg",
    "backgrounds/mate/nature/Dune.jpg",
    "backgrounds/mate/nature/FreshFlower.jpg",
    "backgrounds/mate/nature/Garden.jpg",
    "backgrounds/mate/nature/GreenMeadow.jpg",
    "backgrounds/mate/nature/LadyBird.jpg",
    "backgrounds/mate/nature/RainDrops.jpg",
    "backgrounds/mate/nature/Storm.jpg",
    "backgrounds/mate/nature/TwoWings.jpg",
    "backgrounds/mate/nature/Wood.jpg",
    "backgrounds/mate/nature/YellowFlower.jpg",
    "wallpapers/Altai/contents/images/5120x2880.png",
    "wallpapers/Autumn/contents/images/2560x1600.jpg",
    "wallpapers/BytheWater/contents/images/2560x1600.jpg",
    "wallpapers/Canopee/contents/images/3840x2160.png",
    "wallpapers/Cascade/contents/images/3840x2160.png",
    "wallpapers/Cluster/contents/images/3840x2160.png",
    "wallpapers/ColdRipple/contents/images/2560x1600.jpg",
    "wallpapers/ColorfulCups/contents/images/2560x1600.jpg",
    "wallpapers/DarkestHour/contents/images/2560x1600.jpg",
    "wallpapers/EveningGlow/contents/images/2560x1600.jpg",
    "wallpapers/FallenLeaf/contents/images/2560x1600.jpg",
    "wallpapers/Flow/contents/images/5120x2880.jpg",
    "wallpapers/Grey/contents/images/2560x1600.jpg",
    "wallpapers/Honeywave/contents/images/5120x2880.jpg",
    "wallpapers/IceCold/contents/images/5120x2880.png",
    "wallpapers/Kay/contents/images/5120x2880.png",
    "wallpapers/Kite/contents/images/2560x1600.jpg",
    "wallpapers/Kokkini/contents/images/3840x2160.png",
    "wallpapers/MilkyWay/contents/images/5120x2880.png",
    "wallpapers/OneStandsOut/contents/images/2560x1600.jpg",
    "wallpapers/Opal/contents/images/3840x2160.png",
    "wallpapers/PastelHills/contents/images/3200x2000.jpg",
    "wallpapers/Patak/contents/images/5120x2880.png",
    "wallpapers/Path/contents/images/2560x1600.jpg",
    "wallpapers/SafeLanding/contents/images/5120x2880.jpg",
    "wallpapers/Shell/contents/images/5120x2880.jpg",
    "wallpapers/Volna/contents/images/5120x2880.jpg",
    "wallpapers/summer_1am/contents/images/2560x1600.jpg",
)
SCIKIT_IMAGE_PICTURES = (
    "brick.png",
    "camera.png",
    "cell.png",
    "chelsea.png",
    "coffee.png",
    "grass.png",
    "gravel.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "moon.png",
    "retina.jpg",
)


class AssetsMissing(Exception):
    """The fonts and pictures for making scenes are not installed"""


@dataclass(frozen=True)
class Assets:
    """Pictures as (height, width, 3) BGR, and faces grouped by family."""

    pictures: tuple[Picture, ...]
    families: tuple[tuple[Face, ...], ...]

    @property
    def faces(self) -> tuple[Face, ...]:
        """Every face of every family."""
        return tuple(face for family in self.families for face in family)


def load_assets(share: Path = SHARE) -> Assets:
    """What the packages of ``packages.txt`` installed under ``share``.

    Raises ``AssetsMissing`` when there is too little to train on.
    """
    files, families = find_assets(share)
    return Assets(tuple(_read_small(file) for file in files), families)


def require_assets() -> None:
    """Ends the program with one line where there is too little to train on."""
    try:
        find_assets()
    except AssetsMissing as error:
        sys.exit(f"error: {error}")


def find_assets(share: Path = SHARE) -> tuple[list[Path], tuple[tuple[Face, ...], ...]]:
    """The files of the pictures, unread, and the faces by family; raises ``AssetsMissing``."""
    listed = [share / name for name in WALLPAPERS]
    listed += [Path(skimage.__file__).parent / "data" / name for name in SCIKIT_IMAGE_PICTURES]
    files = [file for file in listed if file.exists()]
    families = by_family(find_faces(share / "fonts"))
    if len(files) < len(listed) // 2 or len(families) < FEWEST_FAMILIES:
        raise AssetsMissing(
            f"found {len(files)} of {len(listed)} pictures and {len(families)} font families; "
            "install the Debian packages listed in worker/training/packages.txt"
        )
    return files, families


def _read_small(file: Path) -> Picture:
    picture = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if picture is None:
        raise AssetsMissing(f"{file} cannot be read as a picture; install its package again")
    scale = LONGEST_SIDE_PIXELS / max(picture.shape[:2])
    if scale < 1:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(picture, dtype=np.uint8)
