"""The simulated microcontroller, against bytes of the description."""

import base64
import hashlib

import cbor2
import pytest

from firmware_bridge.sim.smp import SmpDevice, crc16, encode_map, facts_of, make_image

OLD, NEW = make_image((1, 0, 0)), make_image((2, 0, 1), b"new" * 50, build=7)


class Console:
    """Requests by hand: no part of the client."""

    def __init__(self, device):
        self.device, self.now, self.sequence = device, 0.0, 0

    def ask(self, op, group, command, fields, head=0x08):
        self.sequence += 1
        body = cbor2.dumps(fields)
        raw = bytes([head | op, 0]) + len(body).to_bytes(2, "big") + bytes([0, group, self.sequence, command]) + body
        raw = (len(raw) + 2).to_bytes(2, "big") + raw + crc16(raw).to_bytes(2, "big")
        for at in range(0, len(raw), 93):
            self.device.receive((b"\4\x14" if at else b"\6\t") + base64.b64encode(raw[at : at + 93]) + b"\n", self.now)
            self.pass_time(0.01)
        return self.answer()

    def pass_time(self, seconds):
        until = self.now + seconds
        while (due := self.device.next_timer()) is not None and due <= until:
            self.now = max(self.now, due)
            self.device.on_timer(self.now)
        self.now = until

    def answer(self):
        self.pass_time(5.0)
        lines = b"".join(self.device.drain()).split(b"\n")
        raw = b"".join(base64.b64decode(line[2:]) for line in lines if line[:1] in (b"\6", b"\4"))
        if not raw:
            return None
        assert raw[8] == self.sequence
        assert crc16(raw[2:-2]) == int.from_bytes(raw[-2:], "big")
        assert raw[10] == 0xBF
        return cbor2.loads(raw[10:-2])

    def upload(self, data, step=100):
        at = 0
        while at < len(data):
            fields = {"off": at, "data": data[at : at + step]}
            if at == 0:
                fields |= {"len": len(data), "sha": hashlib.sha256(data).digest()}
            found = self.ask(2, 1, 1, fields)
            if "off" not in found:
                return found
            at = found["off"]
        return found

    def versions(self):
        return [(each["version"], each["active"], each["confirmed"], each["pending"]) for each in self.images()]

    def images(self):
        return self.ask(0, 1, 0, {})["images"]


@pytest.fixture
def console():
    return Console(SmpDevice(OLD))


def test_crc_and_images_are_those_of_the_descriptions():
    assert crc16(b"123456789") == 0x31C3
    assert OLD[:4] == bytes.fromhex("3db8f396")
    assert facts_of(NEW) == ("2.0.1.7", NEW[-32:])
    assert facts_of(NEW[:-1] + b"\0") is None
    assert encode_map({"r": 1}) == b"\xbf\x61r\x01\xff"


def test_it_echoes_and_says_what_it_takes(console):
    assert console.ask(2, 0, 0, {"d": "x" * 100}) == {"r": "x" * 100}
    assert console.ask(0, 0, 6, {}) == {"buf_size": 384, "buf_count": 4}
    assert console.ask(0, 9, 9, {}) == {"rc": 8}


def test_an_image_is_tried_once_and_goes_back_unless_it_is_confirmed(console):
    assert console.upload(NEW)["match"] is True
    console.ask(2, 1, 0, {"hash": NEW[-32:], "confirm": False})
    assert console.versions() == [("1.0.0", True, True, False), ("2.0.1.7", False, False, True)]
    assert console.ask(2, 0, 5, {}) == {}
    assert console.versions() == [("2.0.1.7", True, False, False), ("1.0.0", False, False, False)]
    assert console.ask(2, 1, 1, {"off": 0, "data": NEW[:100], "len": 1, "sha": b"s"}) == {"err": {"group": 1, "rc": 9}}
    console.ask(2, 0, 5, {})
    assert console.versions()[0] == ("1.0.0", True, True, False)


def test_a_confirmed_image_stays(console):
    console.upload(NEW)
    console.ask(2, 1, 0, {"hash": NEW[-32:]})
    console.ask(2, 0, 5, {})
    console.ask(2, 1, 0, {"confirm": True})
    console.ask(2, 0, 5, {})
    assert console.versions()[0] == ("2.0.1.7", True, True, False)


def test_a_damaged_image_is_not_started(console):
    damaged = NEW[:100] + b"?" + NEW[101:]
    assert console.upload(damaged)["match"] is True  # as it was sent
    assert len(console.images()) == 1
    console.ask(2, 0, 5, {})
    assert console.versions() == [("1.0.0", True, True, False)]


def test_it_loses_lines_that_come_too_fast():
    device = SmpDevice(OLD)
    for _ in range(5):
        device.receive(b"\6\tAAAA\n", 0.0)
    assert device.counts["lost_lines"] == 3


def test_it_erases_before_it_answers_and_is_silent_while_it_starts():
    device = SmpDevice(OLD, erase_s=3.0)
    console = Console(device)
    device.receive(b"", 0.0)
    console.pass_time(0.0)
    assert console.upload(NEW[:100]) is not None
    console.ask(2, 1, 0, {"hash": b"no"})
    device._restart(console.now)
    device.receive(b"\6\tAAAA\n", console.now)
    assert device.counts["lost_lines"] == 0
    assert device.next_timer() == console.now + 0.3


def test_a_host_at_another_rate_gets_and_gives_garbage(console):
    console.device.set_line(9600)
    assert console.ask(0, 0, 6, {}) is None


def test_a_message_that_is_longer_than_its_buffer_is_lost(console):
    assert console.ask(2, 0, 0, {"d": "x" * 400}) is None
    assert console.ask(2, 0, 0, {"d": "x"}) == {"r": "x"}


@pytest.mark.parametrize("fields", [{}, [], 1, {"off": "a", "data": 1}, {"off": 0, "data": b""}])
def test_requests_that_are_none_are_refused(console, fields):
    assert {"rc", "err"} & console.ask(2, 1, 1, fields).keys()
