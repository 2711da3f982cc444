"""SMP requests and answers."""

import cbor2
import pytest

from firmware_bridge import smp
from firmware_bridge.errors import DeviceError

# An answer to an echo as a server of Zephyr has sent it: a map of indefinite length.
ECHOED = bytes.fromhex("0b00001400000100bf6172") + b"\x6fhello edgeboard\xff"


def answer(fields, head="0900%04x00010700"):
    body = cbor2.dumps(fields)
    return smp.decode(bytes.fromhex(head % len(body)) + body)


def test_an_answer_of_indefinite_length_is_read():
    found = smp.decode(ECHOED)
    assert (found.op, found.group, found.sequence, found.command) == (smp.Op.WRITE_ANSWER, 0, 1, 0)
    assert found.fields == {"r": "hello edgeboard"}
    assert found.refusal is None


def test_a_request_has_the_header_of_the_description():
    message = smp.encode(smp.echo("hello"), 7)
    assert message[:8] == bytes.fromhex("0a00000900000700")
    assert cbor2.loads(message[8:]) == {"d": "hello"}
    assert smp.encode(smp.read_state(), 255, smp.PLAIN) == bytes.fromhex("000000010001ff00a0")


def test_the_first_piece_of_an_upload_says_what_is_to_come():
    first = smp.upload(0, b"abc", whole=10, sha=b"s" * 32)
    assert first.fields == {"off": 0, "data": b"abc", "len": 10, "sha": b"s" * 32}
    assert first.patience == smp.ERASING
    assert smp.upload(0, b"abc", whole=10, sha=b"", image=1).fields["image"] == 1
    assert smp.upload(3, b"abc", whole=10).fields == {"off": 3, "data": b"abc"}
    assert smp.upload(7, b"abc", whole=10).patience == smp.CHECKING


def test_what_must_not_be_done_twice_is_asked_once():
    assert len(smp.reset().patience) == 1


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (b"", "cut short"),
        (ECHOED[:7], "cut short"),
        (ECHOED[:-1], "says that it has"),
        (ECHOED + b"\0", "says that it has"),
        (bytes([0x0A]) + ECHOED[1:], "echoes"),
        (bytes.fromhex("0b00000100000100ff"), "cannot be read"),
        (bytes.fromhex("0b0000010000010001"), "no map"),
        (bytes.fromhex("0b000bb800000100") + b"\x81" * 3000, "cannot be read"),
    ],
)
def test_what_is_no_answer_is_told_apart(message, text):
    with pytest.raises(DeviceError, match=text):
        smp.decode(message)


@pytest.mark.parametrize(
    ("fields", "group", "reason"),
    [
        ({"rc": 8}, None, smp.Reason.NOT_SUPPORTED),
        ({"err": {"group": 1, "rc": 9}}, 1, smp.ImageReason.NO_FREE_SLOT),
        ({"rc": -3}, None, -3),
        ({"rc": "no"}, None, smp.Reason.UNKNOWN),
        ({"rc": True}, None, smp.Reason.UNKNOWN),
        ({"err": {}}, None, 1),
        ({"err": {"group": 1, "rc": 0}}, 1, 1),
    ],
)
def test_refusals_of_both_versions_are_read(fields, group, reason):
    refusal = answer(fields).refusal
    assert (refusal.group, refusal.reason) == (group, reason)


def test_a_refusal_says_what_to_do_and_what_the_device_said():
    text = answer({"err": {"group": 1, "rc": 9}}).refusal.describe()
    assert "edgeboard firmware confirm" in text
    assert "(reason 9 of group 1)" in text
    assert "reason 1: flash\x1b".replace("\x1b", "?") in answer({"rc": 1, "rsn": "flash\x1b"}).refusal.describe()
    assert answer({"err": {"group": 64, "rc": 5}}).refusal.describe() == "the device refuses (reason 5 of group 64)"


def test_every_reason_that_is_named_has_a_text():
    assert {reason for group, reason in smp.TEXTS if group == smp.Group.IMAGES} == set(smp.ImageReason)
    assert set(smp.PLAIN_TEXTS) == set(smp.Reason) - {smp.Reason.UNKNOWN}


@pytest.mark.parametrize(
    ("fields", "size"),
    [({"buf_size": 384, "buf_count": 4}, 384), ({}, 256), ({"buf_size": 0}, 256), ({"buf_size": 1 << 40}, 256)],
)
def test_buffers_that_make_no_sense_are_taken_for_the_smallest(fields, size):
    assert smp.to_parameters(fields).buffer_size == size


def test_slots_are_read_with_and_without_what_may_be_left_out():
    full = {
        "slot": 0, "version": "1.0.0", "hash": b"h" * 32, "bootable": True, "pending": False,
        "confirmed": True, "active": True, "permanent": False,
    }  # fmt: skip
    found = smp.to_slots({"images": [full, {"slot": 1, "version": "2\x07"}], "splitStatus": 0})
    assert found[0] == smp.Slot(0, 0, "1.0.0", b"h" * 32, active=True, confirmed=True, bootable=True)
    assert found[1] == smp.Slot(0, 1, "2?")


@pytest.mark.parametrize("fields", [{}, {"images": {}}, {"images": [1]}, {"images": [{"slot": "a"}]}])
def test_a_list_of_images_that_is_none_is_refused(fields):
    with pytest.raises(DeviceError):
        smp.to_slots(fields)


@pytest.mark.parametrize("fields", [{}, {"off": -1}, {"off": True}, {"off": "3"}, {"off": 1 << 32}])
def test_an_offset_that_is_none_is_refused(fields):
    with pytest.raises(DeviceError, match="how far"):
        smp.to_offset(fields)
