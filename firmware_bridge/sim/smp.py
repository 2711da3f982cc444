"""A simulated microcontroller with MCUboot and an mcumgr server: two slots, and a line with a shell on it.

Written from Zephyr's "SMP Transport Specification" and "SMP Protocol Specification", the pages of groups 0 and 1, and
MCUboot's "Image format" and "Boot swap types", and never from the client. As real ones do, it

- has few buffers for lines (`burst`), and loses what comes while they are full,
- erases the second slot when an upload begins, and does nothing else meanwhile,
- answers with maps of indefinite length, and echoes nothing,
- forgets an upload when it restarts, and knows one that goes on by its SHA-256,
- starts an image that is marked once, and goes back at the next start unless it was confirmed.
"""

import hashlib
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import Any, final

import cbor2

from firmware_bridge.sim.line import LineDevice

RATE = 115200
LINE_S = 0.0002  # s of work for a line
WRITE_S = 0.000002  # s for a byte of flash memory

# Reasons of refusals: of any group, and of the group of images.
INVALID, NO_COMMAND = 3, 8
NO_IMAGE, NO_FREE_SLOT, BAD_LENGTH, BAD_HEADER, BAD_MAGIC, PENDING, TEST_ACTIVE = 3, 9, 21, 22, 23, 28, 33


def crc16(data: bytes) -> int:
    """Polynomial 1021, begun with 0, bit by bit."""
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def encode_map(fields: dict[str, Any]) -> bytes:
    """A map of indefinite length, as a server writes it that does not count first."""
    return b"\xbf" + b"".join(cbor2.dumps(key) + _encode(value) for key, value in fields.items()) + b"\xff"


def _encode(value: Any) -> bytes:  # noqa: ANN401 - whatever an answer has
    if isinstance(value, dict):
        return encode_map(value)
    if isinstance(value, list):
        return b"\x9f" + b"".join(_encode(each) for each in value) + b"\xff"
    return cbor2.dumps(value)


def make_image(version: tuple[int, int, int] = (1, 0, 0), program: bytes = b"\x00" * 1024, build: int = 0) -> bytes:
    """An image as `imgtool sign` writes it, without a signature."""
    head = bytearray(64)
    head[0:4] = bytes.fromhex("3db8f396")
    head[8:10] = len(head).to_bytes(2, "little")
    head[12:16] = len(program).to_bytes(4, "little")
    head[20:22] = bytes(version[:2])
    head[22:24] = version[2].to_bytes(2, "little")
    head[24:28] = build.to_bytes(4, "little")
    covered = bytes(head) + program
    return covered + bytes.fromhex("07692800 10002000") + hashlib.sha256(covered).digest()


def facts_of(data: bytes) -> tuple[str, bytes] | None:
    """Version and hash of a slot's contents; None if the bootloader would not start them."""
    if data[:4] != bytes.fromhex("3db8f396") or len(data) < 64:
        return None
    at = int.from_bytes(data[8:10], "little") + int.from_bytes(data[12:16], "little")
    if data[at : at + 8] != bytes.fromhex("07692800 10002000"):
        return None
    digest = data[at + 8 : at + 40]
    if hashlib.sha256(data[:at]).digest() != digest:
        return None
    revision, build = int.from_bytes(data[22:24], "little"), int.from_bytes(data[24:28], "little")
    return f"{data[20]}.{data[21]}.{revision}" + (f".{build}" if build else ""), digest


class Refuse(Exception):
    """A request that is not granted: group (None: any) and reason."""

    def __init__(self, group: int | None, reason: int) -> None:
        super().__init__(group, reason)
        self.group, self.reason = group, reason


@dataclass(slots=True)
class _Receiving:
    """An upload that goes on."""

    sha: bytes
    whole: int
    data: bytearray = field(default_factory=bytearray)


@final
class SmpDevice(LineDevice):
    """One microcontroller on its console."""

    def __init__(
        self,
        first: bytes | None = None,
        *,
        slot_size: int = 256 * 1024,
        buffer_size: int = 384,
        burst: int = 2,
        erase_s: float = 0.2,
        boot_s: float = 0.3,
        commands: frozenset[str] = frozenset({"echo", "parameters", "state", "upload", "reset"}),
        only_plain: bool = False,
        in_recovery: bool = False,
    ) -> None:
        """A device that runs `first`.

        Args:
            first: the image in the first slot; None makes one of version 1.0.0.
            slot_size: bytes.
            buffer_size: bytes of a message with length and CRC.
            burst: lines that it can take at once.
            erase_s: s that erasing the second slot takes.
            boot_s: s from a reset until it listens; swapping the slots takes as long again.
            commands: that it is built with.
            only_plain: whether it knows version 0 of the header alone.
            in_recovery: the bootloader itself answers, until a reset: it runs nothing, and writes into the first slot.
        """
        super().__init__(RATE)
        self.slots: list[bytes] = [make_image() if first is None else first, b""]
        self.confirmed = True  # of what runs
        self.mark = ""  # of the second slot: "", "test" or "permanent"
        self._slot_size, self._buffer_size, self._burst, self._erase_s = slot_size, buffer_size, burst, erase_s
        self._boot_s, self._commands, self._only_plain = boot_s, commands, only_plain
        self.in_recovery = in_recovery
        self._is_on = True
        self._held: list[bytes] = []  # answers, until the work is done
        self._input = bytearray()
        self._lines: list[bytes] = []
        self._busy_until = 0.0
        self._restarts_at: float | None = None
        self._message = bytearray()
        self._receiving: _Receiving | None = None

    # -- the verbs of a device on a line

    def power(self, is_on: bool, now: float) -> None:
        if is_on and not self._is_on:
            self._restart(now)
        elif not is_on:
            self._held.clear()
        self._is_on = is_on

    def hear(self, data: bytes, now: float) -> None:
        if not self._is_on or self._restarts_at is not None:
            return
        self._input += data
        del self._input[:-4096]
        while (end := self._input.find(b"\n")) >= 0:
            line = bytes(self._input[:end])
            del self._input[: end + 1]
            if self._burst and len(self._lines) >= self._burst:
                self.counts["lost_lines"] += 1
                continue
            if not self._lines:
                self._busy_until = max(self._busy_until, now) + LINE_S
            self._lines.append(line)

    def on_timer(self, now: float) -> None:
        self._release(now)
        if self._restarts_at is not None:
            if now >= self._restarts_at:
                self._restarts_at = None
                self.say(b"*** Booting Zephyr OS ***\r\nuart:~$ ")
            return
        while self._lines and now >= self._busy_until:
            line = self._lines.pop(0)
            if self._lines:
                self._busy_until += LINE_S
            self._take_line(line, now)
        self._release(now)

    def next_timer(self) -> float | None:
        if self._restarts_at is not None and not self._held:
            return self._restarts_at
        return self._busy_until if self._lines or self._held else None

    def _release(self, now: float) -> None:
        if now >= self._busy_until:
            for data in self._held:
                self.say(data)
            self._held.clear()

    # -- lines

    def _take_line(self, line: bytes, now: float) -> None:
        if line[:2] == b"\x06\x09":
            self._message.clear()
        elif line[:2] != b"\x04\x14":
            self._message.clear()
            return  # for the shell
        try:
            self._message += b64decode(line[2:], validate=True)
        except ValueError:
            self._message.clear()
            return
        if len(self._message) > self._buffer_size:
            self._message.clear()  # there is no room for it
            return
        length = int.from_bytes(self._message[:2], "big")
        if len(self._message) < 2 or len(self._message) - 2 < length:
            return
        body, crc = bytes(self._message[2:length]), bytes(self._message[length : length + 2])
        self._message.clear()
        if crc == crc16(body).to_bytes(2, "big") and len(body) >= 8:
            self._serve(body, now)

    def _write(self, body: bytes) -> None:
        raw = (len(body) + 2).to_bytes(2, "big") + body + crc16(body).to_bytes(2, "big")
        text = b64encode(raw)
        for at in range(0, len(text), 124):
            self._held.append((b"\x04\x14" if at else b"\x06\x09") + text[at : at + 124] + b"\n")

    # -- requests

    def _serve(self, body: bytes, now: float) -> None:
        version, op = body[0] >> 3 & 3, body[0] & 7
        group, sequence, command = int.from_bytes(body[4:6], "big"), body[6], body[7]
        try:
            if self._only_plain and version:
                raise Refuse(None, 13)
            fields = cbor2.loads(body[8:]) if len(body) > 8 else {}
            answer = self._do(op, group, command, fields, now)
        except Refuse as refused:
            if refused.group is None or not version:
                answer = {"rc": refused.reason if refused.group is None else 1}
            else:
                answer = {"err": {"group": refused.group, "rc": refused.reason}}
        except (cbor2.CBORDecodeError, LookupError, TypeError, AttributeError):  # fields that are missing or no fields
            answer = {"rc": INVALID}
        data = encode_map(answer)
        head = bytes([(0 if self._only_plain else version) << 3 | op + 1, 0])
        self._write(head + len(data).to_bytes(2, "big") + group.to_bytes(2, "big") + bytes([sequence, command]) + data)

    def _do(self, op: int, group: int, command: int, fields: dict[str, Any], now: float) -> dict[str, Any]:
        name = {
            (2, 0, 0): "echo", (2, 0, 5): "reset", (0, 0, 6): "parameters",
            (0, 1, 0): "state", (2, 1, 0): "state", (2, 1, 1): "upload",
        }.get((op, group, command), "")  # fmt: skip
        if name not in self._commands or (self.in_recovery and (name == "echo" or (op, name) == (2, "state"))):
            raise Refuse(None, NO_COMMAND)
        match name:
            case "echo":
                return {"r": fields["d"]}
            case "parameters":
                return {"buf_size": self._buffer_size, "buf_count": 4}
            case "reset":
                self._restart(now)
                return {}
            case "upload":
                return self._upload(fields, now)
        if op == 2:
            self._set_state(fields)
        return {"images": self._list(), "splitStatus": 0}

    def _list(self) -> list[dict[str, Any]]:
        listed = []
        for number, data in enumerate(self.slots):
            if (facts := facts_of(data)) is not None:
                marked = number == 1 and self.mark != ""
                runs = number == 0 and not self.in_recovery
                listed.append({
                    "slot": number, "version": facts[0], "hash": facts[1], "bootable": True,
                    "pending": marked, "confirmed": runs and self.confirmed, "active": runs,
                    "permanent": marked and self.mark == "permanent",
                })  # fmt: skip
        return listed

    def _set_state(self, fields: dict[str, Any]) -> None:
        confirm, wanted = fields.get("confirm", False), fields.get("hash")
        number = 0 if wanted is None and confirm else None
        for each, data in enumerate(self.slots):
            facts = facts_of(data)
            if wanted is not None and facts is not None and facts[1] == wanted:
                number = each
        if number is None:
            raise Refuse(1, NO_IMAGE) if wanted is not None else Refuse(None, INVALID)
        if number == 0:
            if not confirm:
                raise Refuse(1, TEST_ACTIVE)
            self.confirmed = True
        elif self.mark:
            raise Refuse(1, PENDING)
        else:
            self.mark = "permanent" if confirm else "test"

    def _upload(self, fields: dict[str, Any], now: float) -> dict[str, Any]:
        offset, data = fields["off"], fields["data"]
        if not isinstance(offset, int) or not isinstance(data, bytes):
            raise Refuse(None, INVALID)
        receiving = self._receiving
        if offset == 0:
            sha, whole = fields.get("sha", b""), fields.get("len")
            if receiving is not None and sha and receiving.sha == sha:
                return {"off": len(receiving.data)}  # it goes on
            if len(data) < 32:
                raise Refuse(1, BAD_HEADER)
            if data[:4] != bytes.fromhex("3db8f396"):
                raise Refuse(1, BAD_MAGIC)
            if whole is None or whole > self._slot_size:
                raise Refuse(1, BAD_LENGTH)
            if not self.in_recovery and (self.mark or not self.confirmed):
                raise Refuse(1, NO_FREE_SLOT)
            self.slots[0 if self.in_recovery else 1] = b""
            self._busy_until = now + self._erase_s
            receiving = self._receiving = _Receiving(sha, whole)
        elif receiving is None:
            return {"off": 0}
        elif offset != len(receiving.data):
            return {"off": len(receiving.data)}
        receiving.data += data
        self.counts["pieces"] += 1
        self._busy_until = max(self._busy_until, now) + len(data) * WRITE_S
        answer: dict[str, Any] = {"off": len(receiving.data)}
        if len(receiving.data) >= receiving.whole:
            self.slots[0 if self.in_recovery else 1] = bytes(receiving.data)
            answer["match"] = hashlib.sha256(receiving.data).digest() == receiving.sha
            self._receiving = None
        return answer

    # -- the bootloader

    def _restart(self, now: float) -> None:
        self.counts["starts"] += 1
        self._receiving = None
        self.in_recovery = False
        self._lines.clear()
        self._input.clear()
        self._restarts_at = now + self._boot_s
        wanted, self.mark = self.mark, ""
        if wanted and facts_of(self.slots[1]) is not None:
            self.confirmed = wanted == "permanent"
        elif not self.confirmed:
            self.confirmed = True  # what was confirmed before comes back
        else:
            return
        self.slots.reverse()
        self._restarts_at += self._boot_s
