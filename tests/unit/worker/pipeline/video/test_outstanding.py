"""Packets that rightly bring no picture of their own, beside those that lost theirs."""

import struct
from pathlib import Path

import av
import pytest

from tests.data.damage import FRAGMENTED, boxes, small_video
from tests.data.fields import field_video
from tests.data.videos import text_pictures, write_video
from worker.pipeline.video.decode import Video, open_for_decoding
from worker.pipeline.video.header import Limits
from worker.pipeline.video.outstanding import Outstanding

LIMITS = Limits(max_frame_pixels=10**6, max_video_seconds=60, max_video_frames=10**6)


def decoded(path: Path) -> tuple[int, Video]:
    with open_for_decoding(path, LIMITS) as video:
        return sum(1 for _ in video.frames()), video


def from_second_key_frame(path: Path, source: Path) -> Path:
    """The source without its first group of pictures, and without an edit list to hide a part."""
    with av.open(str(source)) as given, av.open(str(path), "w", options=FRAGMENTED) as out:
        (stream,) = given.streams.video
        copied = out.add_stream_from_template(stream)
        keys = 0
        for packet in given.demux(stream):
            keys += packet.is_keyframe
            if keys > 1 and packet.dts is not None:
                packet.stream = copied
                out.mux(packet)
    return path


def test_two_fields_are_one_picture(tmp_path):
    pictures, video = decoded(field_video(tmp_path / "fields.mp4", frames=6))

    assert (pictures, video.tally.packets) == (6, 12)
    assert not video.truncated


def test_a_picture_whose_fields_are_both_gone_is_missed(tmp_path):
    path = field_video(tmp_path / "fields.mp4", frames=6)
    data = bytearray(path.read_bytes())
    start = next(start for kind, start, _ in boxes(data) if kind == b"mdat") + 8
    size = (data.rindex(b"moov") - 4 - start) // 12
    for field in (4, 5):
        # Sequence, picture and slice lie one after the other, each behind its length.
        at = start + field * size
        for _ in range(2):
            at += 4 + struct.unpack_from(">I", data, at)[0]
        data[at + 4] = 0x61 & 0xE0 | 12
    path.write_bytes(data)

    pictures, video = decoded(path)

    assert pictures < 6
    assert video.truncated


@pytest.mark.parametrize("gone", range(1, 9))
def test_a_picture_that_is_no_second_field_is_missed(tmp_path, gone):
    """Of an interlaced video each packet may as well be a picture of its own."""
    options = {"preset": "ultrafast", "x264-params": "interlaced=1", "threads": "1"}
    path = write_video(tmp_path / "video.mp4", text_pictures(10), options=options)
    outstanding, whole = Outstanding("h264"), Outstanding("h264")
    with av.open(str(path)) as container:
        for packet in container.demux(video=0):
            for one in (outstanding, whole):
                one.sent(packet)
            for frame in packet.decode():
                whole.came(frame)
                if frame.pts != gone * 1600:
                    outstanding.came(frame)

    assert outstanding.missing()
    assert not whole.missing()


def test_pictures_before_the_first_key_frame_are_not_promised(tmp_path):
    """A video cut out at an open group's key frame holds pictures that refer to what is gone."""
    whole = small_video(tmp_path / "whole.mp4", "hevc")

    pictures, video = decoded(from_second_key_frame(tmp_path / "cut.mp4", whole))

    assert 0 < pictures < video.tally.packets
    assert not video.truncated


def test_what_an_edit_list_hides_is_not_promised(tmp_path):
    path = small_video(tmp_path / "video.mp4", "h264")
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 12
    length, begins = struct.unpack_from(">Ii", data, at)
    struct.pack_into(">Ii", data, at, length // 2, begins + 7 * 1600)
    path.write_bytes(data)

    pictures, video = decoded(path)

    assert pictures == video.header.frames_expected == 12
    assert video.tally.hidden_packets > 0
    assert not video.truncated


def test_an_empty_sample_promises_nothing(tmp_path):
    path = small_video(tmp_path / "video.mp4", "mpeg4")
    data = bytearray(path.read_bytes())
    struct.pack_into(">I", data, data.index(b"stsz") + 16 + 4 * 23, 0)
    path.write_bytes(data)

    pictures, video = decoded(path)

    assert pictures == video.header.frames_expected == 23
    assert not video.truncated
