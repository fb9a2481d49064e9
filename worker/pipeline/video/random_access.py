"""Finds random access points: packets at which decoding can begin as if nothing had come before.

That a container calls a packet a key frame is not enough: encoders also say it of pictures that
are whole only some frames later, and files are wrong about it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from av.video.codeccontext import VideoCodecContext

# The version with which `avcC` and `hvcC` (ISO/IEC 14496-15, 5.3.3.1 and 8.3.3.1) begin.
CONFIGURED = 1
H264_IDR, H264_SEI, H264_SEQUENCE, H264_PARAMETERS = 5, 6, 7, {7, 8, 13, 15}
HEVC_RANDOM_ACCESS, HEVC_PARAMETERS, HEVC_DISPOSABLE = range(16, 22), range(32, 35), {0, 6, 8}
# The message that every picture is exact from here on, no frame later (H.264, D.1.8).
RECOVERY_POINT, AT_ONCE_AND_EXACT = 6, 0b11000000
# Profiles whose sequence parameter sets begin with chroma and scaling.
CHROMA_PROFILES = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}
CHROMA_444 = 3
AV1_SEQUENCE, AV1_FRAMES = 1, {3, 6}


@dataclass(frozen=True, slots=True)
class Content:
    """What one packet holds.

    Its parameters are what later packets may need beside its picture; to a disposable one's picture
    no other refers.
    """

    begins: bool
    parameters: frozenset[bytes] = frozenset()
    may_be_field: bool = False
    is_disposable: bool = False


Reader = Callable[[memoryview], Content]


def reader_of(context: VideoCodecContext) -> Reader | None:
    """Reads the packets of a codec; None where no random access point would be certain."""
    configuration = memoryview(context.extradata or b"")
    make = READERS.get(context.name)
    return make(configuration) if make else None


def _h264_reader(configuration: memoryview) -> Reader | None:
    if len(configuration) < 8 or configuration[0] != CONFIGURED:
        return None
    sequences = zip(range(configuration[5] & 31), _units(configuration[6:], 2), strict=False)
    if any(_may_hold_fields(sequence) for _, sequence in sequences):
        return None
    return partial(_h264, length_bytes=(configuration[4] & 3) + 1)


def _h264(data: memoryview, length_bytes: int) -> Content:
    units = [(unit[0] & 31, unit) for unit in _units(data, length_bytes)]
    return Content(
        any(kind == H264_IDR or (kind == H264_SEI and _recovers(unit)) for kind, unit in units),
        frozenset(bytes(unit) for kind, unit in units if kind in H264_PARAMETERS),
        any(kind == H264_SEQUENCE and _may_hold_fields(unit) for kind, unit in units),
        all(unit[0] >> 5 == 0 for _, unit in units),
    )


def _hevc_reader(configuration: memoryview) -> Reader | None:
    if len(configuration) < 23 or configuration[0] != CONFIGURED:
        return None
    # Pictures of a higher temporal layer may refer to those that are disposable in their own.
    one_layer = configuration[21] >> 3 & 7 == 1
    return partial(_hevc, length_bytes=(configuration[21] & 3) + 1, one_layer=one_layer)


def _hevc(data: memoryview, length_bytes: int, *, one_layer: bool) -> Content:
    units = [(unit[0] >> 1 & 63, unit) for unit in _units(data, length_bytes)]
    return Content(
        any(kind in HEVC_RANDOM_ACCESS for kind, _ in units),
        frozenset(bytes(unit) for kind, unit in units if kind in HEVC_PARAMETERS),
        is_disposable=one_layer
        and all(kind in HEVC_DISPOSABLE for kind, _ in units if kind < HEVC_PARAMETERS[0]),
    )


def _av1(data: memoryview) -> Content:
    """It begins with a sequence header, then a key frame that is shown (AV1, 5.5 and 5.9.2)."""
    kinds = set()
    for kind, content in _open_units(data):
        if kind in AV1_FRAMES:
            return Content(AV1_SEQUENCE in kinds and content[:1].hex()[:1] == "1")
        kinds.add(kind)
    return Content(begins=False)


def _vp9(data: memoryview) -> Content:
    """It begins with a key frame that is shown (VP9, 6.2); profile 3 is not read."""
    first = data[0] if data else 0
    return Content(first & 0b11001110 == 0b10000010 and first & 0b00110000 != 0b00110000)


READERS: dict[str, Callable[[memoryview], Reader | None]] = {
    "h264": _h264_reader,
    "hevc": _hevc_reader,
    "libdav1d": lambda _: _av1,
    "vp9": lambda _: _vp9,
    "mjpeg": lambda _: lambda _: Content(begins=True),
}


def _units(data: memoryview, length_bytes: int) -> Iterator[memoryview]:
    at = 0
    while at + length_bytes < len(data):
        begin = at + length_bytes
        at = begin + int.from_bytes(data[at:begin])
        if at > begin:
            yield data[begin:at]


def _open_units(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    at = 0
    while at < len(data):
        kind, extended, sized = data[at] >> 3 & 15, data[at] & 4, data[at] & 2
        at += 2 if extended else 1
        size = 0 if sized else len(data) - at
        for place, byte in enumerate(data[at : at + 8] if sized else ()):
            size, at = size | (byte & 127) << 7 * place, at + 1
            if byte < 128:
                break
        yield kind, data[at : at + size]
        at += size


def _recovers(unit: memoryview) -> bool:
    # A message that does not come first in its unit is not looked for.
    return len(unit) > 3 and unit[1] == RECOVERY_POINT and unit[3] >= AT_ONCE_AND_EXACT


def _may_hold_fields(sequence: memoryview) -> bool:
    """Whether by a sequence parameter set (H.264, 7.3.2.1.1) a packet may be half a picture.

    Also true where something too rare to be read stands before the answer.
    """
    bits = _Bits(bytes(sequence[1:]).replace(b"\0\0\3", b"\0\0"))
    profile = bits.number(8)
    bits.number(16)
    bits.codes(1)
    if profile in CHROMA_PROFILES:
        bits.number(1 if bits.codes(1) == CHROMA_444 else 0)
        bits.codes(2)
        if bits.number(2) & 1:
            return True
    bits.codes(1)
    order = bits.codes(1)
    bits.codes(2 if order == 0 else 1)
    bits.number(1)
    bits.codes(2)
    return order == 1 or not bits.number(1)


class _Bits:
    def __init__(self, data: bytes) -> None:
        # Behind the end come ones, each the shortest code.
        self._left = f"{int.from_bytes(data):0{8 * len(data)}b}" if data else ""

    def number(self, bits: int) -> int:
        head, self._left = self._left[:bits], self._left[bits:]
        return int(head or "0", 2)

    def codes(self, count: int) -> int:
        """The last of some Exp-Golomb codes."""
        value = 0
        for _ in range(count):
            zeros = len(self._left) - len(self._left.lstrip("0"))
            value = self.number(2 * zeros + 1) - 1
        return value
