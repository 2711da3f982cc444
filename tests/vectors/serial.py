"""Golden bytes of the serial link: frames, packets, messages, and what is to be refused."""

from dataclasses import asdict
from enum import Enum

from firmware_bridge.framing import crc32c, enframe
from firmware_bridge.messages import (
    Begin,
    Description,
    Log,
    Paint,
    PenBatch,
    Ping,
    Pong,
    Reason,
    Refresh,
    Sleep,
    State,
    Status,
    encode_description,
    encode_message,
)
from firmware_bridge.packets import Ack, Data, Hello, Loose, encode_packet, session_of
from firmware_bridge.panel.tiles import Encoding, Tile, decode, encode
from firmware_bridge.panel.values import Mode, PanelFacts, Rect
from firmware_bridge.pen.samples import PenFacts

PEN = PenFacts(20_000, 12_000, 4095, 100.0, True, 200)
PANEL = PanelFacts(
    800, 480, 4, frozenset({Mode.FULL, Mode.DIRECT}), True, 8, 2, ((Mode.FULL, 1.5),), -5, 50, 10, 180, True
)
RUN = bytes(range(1, 255))


def plain(value):
    """Anything as JSON has it: bytes are hex, names stand for enums."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Enum):
        return value.name.lower()
    return [plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def packets():
    yield Hello(0x01020304)
    yield Hello(0xFFFFFFFF, 0x01020304, 1, 3, 12, 96, b"\xa0", from_device=True)
    yield Data(0xBEEF, 0, 255, b"whole")
    yield Data(0xBEEF, 255, 7, b"\0beginning", first=True, last=False, from_device=True)
    yield Data(0, 1, 0, b"middle", first=False, last=False)
    yield Data(0, 2, 0, b"\0", first=False, last=True)
    yield Ack(0x1234, 9)
    yield Ack(0x1234, 9, 0b110)
    yield Ack(0x1234, 9, 0x80000001, from_device=True)
    yield Ack(0x1234, 9, 0x0100)
    yield Loose(0x1234, b"\x01", from_device=True)


def host_messages():
    yield Ping(0)
    yield Ping(2**32 - 1)
    yield Begin(1, 0, 2**32 - 1, Rect(0, 0, 800, 480))
    yield Begin(65536, 77, 78, Rect(8, 479, 16, 1))
    yield Paint(24, Tile(Rect(0, 0, 16, 4), Encoding.SOLID, b"\x01"))
    yield Paint(255, Tile(Rect(8, 3, 16, 2), Encoding.RAW, bytes.fromhex("a53cc35a")))
    yield Paint(256, Tile(Rect(0, 0, 24, 3), Encoding.RUNS, bytes.fromhex("fdff00e7fdff")))
    yield from (Refresh(3, mode) for mode in (Mode.INIT, Mode.FULL, Mode.GREY, Mode.FAST, Mode.DIRECT))
    yield Sleep()


def device_messages():
    yield PenBatch(0, 2**32 - 1, (0,), (1,), (2,), (3,), b"\x01")
    yield PenBatch(300, 70_000, (0, 5000, 65535), (1, 2, 3), (4, 5, 65535), (0, 256, 4095), b"\x03\x1f\x00")
    yield PenBatch(7, 7, (0, 1), (1, 2), (3, 4), (5, 6), b"\x03\x03", (-90, 90), (0, -1))
    yield Status(1, State.STARTED, Reason.NONE, 2150)
    yield Status(70_000, State.SHOWN)
    yield Status(2, State.REFUSED, Reason.OTHER_BASE, -1)
    yield Status(0, State.IDLE, Reason.NONE, -300)
    yield Log("Füller leer")
    yield Pong(23, 24)


BAD_PACKETS = [
    ("unknown kind", "05"),
    ("kind 0", "00112233"),
    ("unknown flags", "4301020304"),
    ("flags of data on an acknowledgement", "13010203"),
    ("hello cut short", "01010108200001000000000000"),
    ("hello without a nonce", "0101010820000000000000000000"),
    ("hello of version 0", "0100010820000100000000000000"),
    ("hello of versions that are no range", "0102010820000100000000000000"),
    ("hello without a window", "0101010020000100000000000000"),
    ("hello of tiny packets", "010101081f000100000000000000"),
    ("data without a payload", "3200000000"),
    ("acknowledgement cut short", "030102"),
    ("acknowledgement with a zero at its end", "0301020300"),
    ("acknowledgement of more than 32 packets", "030102030000000001"),
    ("loose without a payload", "040102"),
]
BAD_MESSAGES = [
    ("empty", ""),
    ("no map", "8101"),
    ("indefinite length", "bf0001ff"),
    ("a number longer than it need be", "a1001801"),
    ("a number of two bytes that fits one", "a2000101190017"),
    ("keys out of order", "a201000001"),
    ("a key twice", "a200010001"),
    ("a key that is text", "a1616101"),
    ("a key of 24", "a2000118180a"),
    ("a fraction", "a20001f93c00"),
    ("a tag", "a2000101c101"),
    ("undefined", "a2000101f7"),
    ("a map inside", "a3000101050 2a0".replace(" ", "")),
    ("five arrays deep", "a3000101050 2818181818101".replace(" ", "")),
    ("a number of 33 bits", "a20001011b0000000100000000"),
    ("something behind it", "a20001010500"),
    ("cut short", "a2000101"[:-2]),
    ("bytes cut short", "a300010105024301 02".replace(" ", "")),
    ("ping without a token", "a10001"),
    ("ping with a token below zero", "a200010120"),
    ("begin of update 0", "a80002010002000301040005000600 0700".replace(" ", "")),
    ("begin with a corner of 17 bits", "a800020101020003 01041a0001000005000600 0700".replace(" ", "")),
    ("paint without data", "a700030101020003000401050106 00".replace(" ", "")),
    ("paint of no width", "a8000301010200030004000501060007 4101".replace(" ", "")),
    ("paint in encoding 4", "a8000301010200030004010501060407 4101".replace(" ", "")),
    ("refresh in a mode nobody knows", "a3000401010205"),
]


def tiles():
    pictures = [
        (2, Rect(0, 0, 16, 4), b"\xff" * 64),
        (2, Rect(3, 1, 13, 5), bytes(255 * (n % 3 == 0) for n in range(65))),
        (4, Rect(0, 0, 12, 4), bytes((255, 255, 255, 255, 255, 0, 255, 255, 255, 255, 255, 255)) * 4),
        (16, Rect(4, 0, 3, 2), bytes((0, 255, 136, 119, 255, 0))),
        (2, Rect(0, 0, 64, 40), bytes(255 * ((n // 64 + n % 64) % 9 > 1) for n in range(64 * 40))),
    ]
    for greys, rect, pixels in pictures:
        for tile in encode(rect, pixels, greys):
            yield greys, tile, decode(tile, greys)


BAD_TILES = [
    ("runs that break off", 2, Rect(0, 0, 16, 4), Encoding.RUNS, "05ff"),
    ("the reserved run", 2, Rect(0, 0, 16, 4), Encoding.RUNS, "80ff"),
    ("too few rows", 2, Rect(0, 0, 16, 4), Encoding.RUNS, "fbff"),
    ("too many rows", 2, Rect(0, 0, 16, 4), Encoding.RISES, "f7ff"),
    ("raw and too short", 2, Rect(0, 0, 16, 2), Encoding.RAW, "a53cc3"),
    ("raw and too long", 2, Rect(0, 0, 16, 2), Encoding.RAW, "a53cc35a00"),
    ("solid of two bytes", 2, Rect(0, 0, 16, 2), Encoding.SOLID, "0101"),
    ("solid of a level that there is not", 2, Rect(0, 0, 16, 2), Encoding.SOLID, "02"),
    ("a row of 257 bytes", 16, Rect(0, 0, 513, 1), Encoding.RUNS, "81ff81ff01ff"),
]


def serial_vectors():
    checked = [b"", b"\0", b"123456789", bytes(32), b"\xff" * 32]
    framed = [b"\x01", b"\0", b"\0\0", b"\x11\0\x22", RUN[:250], RUN, RUN + b"\0", b"\0" + RUN, RUN * 4]
    good = enframe(b"\x11\0\x22")
    return {
        "crcs": [{"hex": data.hex(), "crc": crc32c(data)} for data in checked],
        "frames": [{"packet": packet.hex(), "line": enframe(packet).hex()} for packet in framed],
        "bad_frames": [
            {"why": "a flipped bit", "between": bytes((good[1], good[2] ^ 1, *good[3:-1])).hex()},
            {"why": "a code past the end", "between": (b"\xff" + good[2:-1]).hex()},
            {"why": "cut short", "between": good[1:-2].hex()},
            {"why": "nothing but a CRC", "between": "0101010101"},
            {"why": "text", "between": b"boot: v2\r\n".hex()},
        ],
        "sessions": [
            {"host": host, "device": device, "session": session_of(host, device)}
            for host, device in ((1, 2), (2, 1), (0xFFFFFFFF, 0x12345678))
        ],
        "packets": [
            {"kind": type(packet).__name__.lower(), **plain(asdict(packet)), "hex": encode_packet(packet).hex()}
            for packet in packets()
        ],
        "bad_packets": [{"why": why, "hex": data} for why, data in BAD_PACKETS],
        "from_host": [
            {"kind": type(message).__name__.lower(), **plain(asdict(message)), "hex": encode_message(message).hex()}
            for message in host_messages()
        ],
        "from_device": [
            {"kind": type(message).__name__.lower(), **plain(asdict(message)), "hex": encode_message(message).hex()}
            for message in device_messages()
        ],
        "bad_from_host": [{"why": why, "hex": data} for why, data in BAD_MESSAGES],
        "descriptions": [
            {"name": name, "clock": clock, "pen": bool(pen), "panel": bool(panel), "hex": encoded.hex()}
            for name, clock, pen, panel in (("a", 0, None, None), ("Tafel", 2**32 - 1, PEN, None), ("b", 7, PEN, PANEL))
            for encoded in [encode_description(Description(name, clock, pen, panel))]
        ],
        "tiles": [
            {"greys": greys, "rect": list(tile.rect), "encoding": int(tile.encoding), "data": tile.data.hex(),
             "pixels": pixels.hex()}
            for greys, tile, pixels in tiles()
        ],
        "bad_tiles": [
            {"why": why, "greys": greys, "rect": list(rect), "encoding": int(encoding), "data": data}
            for why, greys, rect, encoding, data in BAD_TILES
        ],
    }  # fmt: skip
