"""An H.264 video whose pictures come a field at a time, as no encoder here makes them."""

from fractions import Fraction
from pathlib import Path

import av

SIZE = (16, 32)
MAIN_PROFILE, LEVEL = 77, 30
IDR_SLICE, SLICE, SEQUENCE, PICTURE = 0x65, 0x61, 0x67, 0x68
ALL_INTRA, RAW_MACROBLOCK = 7, 25
MACROBLOCK_BYTES = 16 * 16 * 3 // 2
FRAME_NUMBERS = 16


def field_video(path: Path, *, frames: int = 6) -> Path:
    """A video of 16x32 in two packets a picture, one a field (ITU-T H.264, 7.3)."""
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=20)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        out.start_encoding()
        for number in range(2 * frames):
            packet = av.Packet(_parameters() + _field(*divmod(number, 2)))
            packet.stream, packet.is_keyframe = stream, number == 0
            packet.pts = packet.dts = number
            packet.time_base, packet.duration = Fraction(1, 20), 1
            out.mux(packet)
    return path


def _parameters() -> bytes:
    # Sets 0; 16 frame numbers; times follow them; one reference, no gaps; one macroblock a field,
    # never a whole frame, no mix of both; whole blocks; neither cropped nor described.
    sequence = _ue(0) + _ue(0) + _ue(2) + _ue(1) + "0" + _ue(0) + _ue(0) + "00" + "1" + "0" + "0"
    # Sets 0 and 0; variable lengths; no groups; one reference each; no weights; default scales.
    picture = _ue(0) + _ue(0) + "00" + _ue(0) * 3 + "000" + _ue(0) * 3 + "000"
    profile = f"{MAIN_PROFILE:08b}{0:08b}{LEVEL:08b}"
    return _unit(SEQUENCE, profile + sequence + "1") + _unit(PICTURE, picture + "1")


def _field(frame: int, bottom: int) -> bytes:
    first = frame == 0 and not bottom
    number = f"{frame % FRAME_NUMBERS:04b}"
    marking = _ue(0) + "00" if first else "0"
    header = _ue(0) + _ue(ALL_INTRA) + _ue(0) + number + f"1{bottom}" + marking + _ue(0)
    bits = header + _ue(RAW_MACROBLOCK)
    # A start code stands before it, and its own byte; what is raw begins at a whole byte.
    bits += "0" * (-len(bits) % 8) + f"{100 + frame:08b}" * MACROBLOCK_BYTES
    return _unit(IDR_SLICE if first else SLICE, bits + "1")


def _unit(kind: int, bits: str) -> bytes:
    bits += "0" * (-len(bits) % 8)
    return b"\0\0\0\1" + bytes([kind]) + int(bits, 2).to_bytes(len(bits) // 8)


def _ue(value: int) -> str:
    code = f"{value + 1:b}"
    return "0" * (len(code) - 1) + code
