"""Where decoding can begin, told from a packet's bytes."""

import random

import av
import pytest

from tests.data.fields import field_video
from tests.data.videos import text_pictures, write_video
from worker.pipeline.video.random_access import Content, reader_of

# Lengths of four bytes, no parameters.
AVCC = bytes([1, 100, 0, 10, 0xFF, 0xE0, 0, 0])
HVCC_ONE_LAYER, HVCC_THREE = (bytes([1, *bytes(20), layers << 3 | 3, 0]) for layers in (1, 3))


def read(codec, data, extradata=b""):
    context = av.CodecContext.create(codec, "r")
    context.extradata = extradata or None
    return reader_of(context)(memoryview(data))


def units(*texts):
    return b"".join(len(unit).to_bytes(4) + unit for unit in map(bytes.fromhex, texts))


H264 = {
    "an IDR picture": (["65888400"], True),
    "a recovery point at once": (["060601c4", "4188b9c1"], True),
    "a recovery point some frames later": (["06060211c4", "419b4c19"], False),
    "a recovery point that is not exact": (["06060184", "4188b9c1"], False),
    "other supplemental information": (["0605ffff", "4188b9c1"], False),
    "a picture that others refer to": (["419a216c"], False),
    "nothing": ([], False),
}


@pytest.mark.parametrize("kind", H264)
def test_decoding_h264_begins_at_pictures_that_are_exact_at_once(kind):
    texts, begins = H264[kind]

    assert read("h264", units(*texts), AVCC).begins == begins


def test_h264_pictures_to_which_none_refers_are_disposable():
    assert read("h264", units("0605ffff", "01a84000", "01a84001"), AVCC).is_disposable
    assert not read("h264", units("01a84000", "41a84001"), AVCC).is_disposable


def test_parameters_are_taken_out_of_packets():
    content = read("h264", units("68ebe3cb", "65888400"), AVCC)

    assert content == Content(begins=True, parameters=frozenset({bytes.fromhex("68ebe3cb")}))


HEVC = {
    "a clean random access picture": ("2a01ac30", True),
    "an IDR picture": ("2801af1d", True),
    "a trailing picture": ("0201d009", False),
}


@pytest.mark.parametrize("kind", HEVC)
def test_decoding_hevc_begins_at_random_access_pictures(kind):
    text, begins = HEVC[kind]

    assert read("hevc", units(text), HVCC_ONE_LAYER).begins == begins


def test_hevc_pictures_are_disposable_where_there_is_one_temporal_layer():
    assert read("hevc", units("0001d009"), HVCC_ONE_LAYER).is_disposable
    assert not read("hevc", units("0001d009"), HVCC_THREE).is_disposable
    assert not read("hevc", units("0201d009"), HVCC_ONE_LAYER).is_disposable


AV1 = {
    "a key frame": ("0a01003202 1000", True),
    "a key frame after metadata": ("0a0100 2a0101 3202 1000", True),
    "a key frame that is shown later": ("0a0100 3202 0000", False),
    "a key frame without a sequence": ("3202 1000", False),
    "a frame that others are needed for": ("0a0100 3202 3000", False),
    "a frame shown again": ("0a0100 1a01d8", False),
    "a size without an end": ("0a" + "ff" * 9, False),
}


@pytest.mark.parametrize("kind", AV1)
def test_decoding_av1_begins_at_key_frames_that_are_shown(kind):
    text, begins = AV1[kind]

    assert read("libdav1d", bytes.fromhex(text.replace(" ", ""))).begins == begins


@pytest.mark.parametrize(
    ("first", "begins"), [(0x82, True), (0x86, False), (0x80, False), (0x88, False), (0xB2, False)]
)
def test_decoding_vp9_begins_at_key_frames_that_are_shown(first, begins):
    assert read("vp9", bytes([first, 0x49, 0x83])).begins == begins


@pytest.mark.parametrize(
    ("params", "is_read"), [("profile=baseline", True), ("keyint=3", True), ("interlaced=1", False)]
)
def test_what_may_come_in_fields_is_not_read(tmp_path, params, is_read):
    options = {"preset": "veryfast", "x264-params": params}
    path = write_video(tmp_path / "video.mp4", text_pictures(2), options=options)

    with av.open(str(path)) as container:
        reader = reader_of(container.streams.video[0].codec_context)

    assert (reader is not None) == is_read


def test_parameters_by_which_fields_may_come_are_told_of(tmp_path):
    path = field_video(tmp_path / "fields.mp4", frames=2)

    with av.open(str(path)) as container:
        content = read("h264", bytes(next(iter(container.demux(video=0)))), AVCC)

    assert content.may_be_field


@pytest.mark.parametrize("codec", ["mpeg4", "mpeg2video", "ffv1"])
def test_of_other_codecs_every_packet_is_decoded(codec):
    assert reader_of(av.CodecContext.create(codec, "r")) is None


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_without_its_configuration_a_codec_is_not_read(codec):
    context = av.CodecContext.create(codec, "r")
    context.extradata = b"\0\0\0\1gd" + bytes(40)

    assert reader_of(context) is None


def test_bytes_at_random_are_read_to_their_end():
    rng = random.Random(5)
    for _ in range(300):
        data = rng.randbytes(rng.randrange(60))
        for codec, extradata in (
            ("h264", AVCC),
            ("hevc", HVCC_THREE),
            ("libdav1d", b""),
            ("vp9", b""),
        ):
            assert isinstance(read(codec, data, extradata), Content)
