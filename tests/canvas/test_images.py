"""What an image item names, and which bytes may be shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.canvas.images import IMAGE_BYTES_MAX, MARK, check_image, judge_image, media_of, read_image, size_of
from edgeboard.canvas.values import pack_value
from edgeboard.errors import CloseCode, RefusedError

CONTENT = bytes(range(32))
SAMPLES = {
    "image/png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "image/jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "image/webp": b"RIFF\x24\0\0\0WEBPVP8 ",
    "image/gif": b"GIF89a\1\0\1\0",
}


def payload(media="image/png", size=1000, content=CONTENT, *more):
    return pack_value([1, 2.5, 300, 200, content, media, size, *more])


def test_an_image_names_its_content_its_kind_and_its_size():
    image = read_image(payload("image/webp", 77))
    assert (image.content, image.media, image.size, image.is_showable) == (CONTENT, "image/webp", 77, True)
    assert read_image(payload("image/png", 5, CONTENT, "of a later version")).size == 5
    assert MARK in payload()


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"\xc1",
        pack_value({"x": 1}),
        pack_value([1, 2, 3, 4, CONTENT, "image/png"]),
        payload(content=b"short"),
        payload(content="text"),
        payload(media=b"image/png"),
        payload(size="1000"),
        payload(size=True),
    ],
)
def test_what_is_not_of_the_form_is_no_image(broken):
    assert read_image(broken) is None
    with pytest.raises(RefusedError):
        check_image(broken)


@pytest.mark.parametrize(
    ("media", "size", "code"),
    [
        ("image/svg+xml", 100, CloseCode.FORBIDDEN),
        ("text/html", 100, CloseCode.FORBIDDEN),
        ("image/png", 0, CloseCode.TOO_BIG),
        ("image/png", IMAGE_BYTES_MAX + 1, CloseCode.TOO_BIG),
    ],
)
def test_other_kinds_and_sizes_are_refused_by_name(media, size, code):
    assert not read_image(payload(media, size)).is_showable
    with pytest.raises(RefusedError) as refused:
        check_image(payload(media, size))
    assert refused.value.code is code


@pytest.mark.parametrize("media", SAMPLES)
def test_an_image_is_what_its_first_bytes_say(media):
    assert media_of(SAMPLES[media]) == media
    assert judge_image(SAMPLES[media]) is None
    check_image(payload(media, IMAGE_BYTES_MAX))


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"<?xml ?><svg/>", b"RIFF\0\0\0\0WAVE", b"\x89PNG", b"%PDF", b"BM"])
def test_markup_and_other_files_are_no_images(data):
    assert media_of(data) is None
    assert judge_image(data)[0] is CloseCode.FORBIDDEN


def png(width, height):
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\6\0\0\0"


HEADS = {  # the same in tests/js/page/images.test.js
    png(640, 480): (640, 480),
    png(2**31, 2**31): (2**31, 2**31),
    b"GIF89a\x80\x02\xe0\x01\0\0\0": (640, 480),
    bytes.fromhex("ffd8ffe000044a46ffc0001108 01e0 0280 03"): (640, 480),
    bytes.fromhex("ffd8 ffff e10003 00 00 ffc4 0003 00 ffd0 ffc2 0011 08 01e0 0280 03"): (640, 480),
    b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + bytes.fromhex("7f0200 df0100"): (640, 480),
    b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + (639 | 479 << 14).to_bytes(4, "little") + bytes(5): (640, 480),
    b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x80\x02\xe0\x01": (640, 480),
}


@pytest.mark.parametrize("head", HEADS, ids=lambda head: head[:16].hex())
def test_an_image_says_how_large_it_is(head):
    assert size_of(head) == HEADS[head]
    for end in range(len(head)):
        size_of(head[:end])  # cut short it may say nothing, and never raises


@given(st.sampled_from([*HEADS, *SAMPLES.values()]), st.binary(max_size=200), st.integers(0, 40))
def test_whatever_follows_a_head_nothing_raises(head, rest, at):
    size = size_of(head[:at] + rest)
    assert size is None or all(side >= 0 for side in size)
    judge_image(head[:at] + rest)


def test_what_does_not_say_its_size_has_none():
    for data in (b"", SAMPLES["image/jpeg"], SAMPLES["image/png"], b"\xff\xd8\xff" + b"\xff" * 5000, b"<svg/>"):
        assert size_of(data) is None


def test_a_small_file_that_says_it_is_a_huge_picture_is_refused():
    assert judge_image(png(8000, 5000)) is None
    code, text = judge_image(png(8000, 5001))
    assert (code, text) == (CloseCode.TOO_BIG, "an image has at most 40 million px")


def test_an_image_that_is_too_large_is_refused():
    assert judge_image(SAMPLES["image/png"] + bytes(IMAGE_BYTES_MAX))[0] is CloseCode.TOO_BIG
