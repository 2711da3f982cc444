"""The golden vectors, read and written by the C core and by Python alike."""

import ctypes
import json
from pathlib import Path

import pytest

from firmware_bridge.errors import DeviceError
from firmware_bridge.framing import Deframer, crc32c, deframe, enframe
from firmware_bridge.messages import decode_description, decode_message, encode_description, encode_message
from firmware_bridge.packets import decode_packet, encode_packet
from firmware_bridge.panel.tiles import Encoding, Tile, decode
from firmware_bridge.panel.values import Rect
from tests.firmware_bridge.mcu import core as c
from tests.vectors.serial import PANEL, PEN

VECTORS = json.loads((Path(__file__).resolve().parents[2] / "vectors" / "serial.json").read_text(encoding="utf-8"))
PACKETS = {"hello": 1, "data": 2, "ack": 3, "loose": 4}
MODES = ("init", "full", "grey", "fast", "direct")
STATES = ("idle", "started", "shown", "refused")
REASONS = ("none", "other_base", "bad_update", "panel_fault")


@pytest.fixture(scope="session")
def core(tmp_path_factory):
    return c.open_core(tmp_path_factory.mktemp("core"))


def each(name):
    return pytest.mark.parametrize("case", VECTORS[name], ids=lambda case: case.get("why") or case.get("kind"))


def buffer(data):
    return ctypes.create_string_buffer(data, max(len(data), 1))


@each("crcs")
def test_checksums(core, case):
    data = bytes.fromhex(case["hex"])
    assert crc32c(data) == core.eb_crc32c(0, data, ctypes.c_size_t(len(data))) == case["crc"]
    first = core.eb_crc32c(0, data[:5], ctypes.c_size_t(len(data[:5])))
    assert core.eb_crc32c(first, data[5:], ctypes.c_size_t(len(data[5:]))) == case["crc"]


@each("frames")
def test_frames(core, case):
    packet, line = bytes.fromhex(case["packet"]), bytes.fromhex(case["line"])
    assert enframe(packet) == c.encoded(core.eb_frame_encode, packet, ctypes.c_size_t(len(packet))) == line
    assert Deframer().receive(line) == [packet]
    between = buffer(line[1:-1])
    result = core.eb_frame_decode(between, ctypes.c_size_t(len(line) - 2))
    assert (result.status, between.raw[: result.length]) == (0, packet)


@each("bad_frames")
def test_bad_frames(core, case):
    between = bytes.fromhex(case["between"])
    assert deframe(between) is None
    assert core.eb_frame_decode(buffer(between), ctypes.c_size_t(len(between))).status != 0


@each("sessions")
def test_sessions(core, case):
    assert core.eb_session_of(case["host"], case["device"]) == case["session"]


@each("packets")
def test_packets(core, case):
    data = bytes.fromhex(case["hex"])
    assert encode_packet(decode_packet(data)) == data
    found = c.Packet()
    result = core.eb_packet_decode(data, ctypes.c_size_t(len(data)), ctypes.byref(found))
    assert (result.status, found.kind) == (0, PACKETS[case["kind"]])
    assert found.is_from_device == case["from_device"]
    for name in ("session", "seq", "ack", "held", "lowest", "highest", "window", "frame", "nonce", "peer"):
        assert getattr(found, name) == case.get(name, 0), name
    assert (found.is_first, found.is_last) == (case.get("first", False), case.get("last", False))
    payload = bytes.fromhex(case.get("payload", case.get("body", "")))
    assert c.bytes_at(found.payload, found.length) == payload
    assert c.encoded(core.eb_packet_encode, ctypes.byref(found)) == data


@each("bad_packets")
def test_bad_packets(core, case):
    data = bytes.fromhex(case["hex"])
    with pytest.raises(DeviceError):
        decode_packet(data)
    assert core.eb_packet_decode(data, ctypes.c_size_t(len(data)), ctypes.byref(c.Packet())).status != 0


@each("from_host")
def test_messages_of_the_host(core, case):
    data = bytes.fromhex(case["hex"])
    assert encode_message(decode_message(data)) == data
    found = c.Message()
    assert core.eb_message_decode(data, ctypes.c_size_t(len(data)), ctypes.byref(found)).status == 0
    tile = case.get("tile", {})
    for name in ("token", "number", "base", "frame"):
        assert getattr(found, name) == case.get(name, 0), name
    assert [found.rect.x, found.rect.y, found.rect.w, found.rect.h] == case.get("rect", tile.get("rect", [0] * 4))
    assert c.bytes_at(found.data, found.length).hex() == tile.get("data", "")
    assert found.encoding == (Encoding[tile["encoding"].upper()] if tile else 0)
    assert found.mode == (MODES.index(case["mode"]) if "mode" in case else 0)


@each("bad_from_host")
def test_bad_messages_of_the_host(core, case):
    data = bytes.fromhex(case["hex"])
    with pytest.raises(DeviceError):
        decode_message(data)
    status = core.eb_message_decode(data, ctypes.c_size_t(len(data)), ctypes.byref(c.Message())).status
    assert status not in (0, c.BAD_KIND)


def test_messages_of_a_later_time_are_skipped_alike(core):
    data = bytes.fromhex("a3001601637465781782f6f5")
    assert decode_message(data) is None
    assert core.eb_message_decode(data, ctypes.c_size_t(len(data)), ctypes.byref(c.Message())).status == c.BAD_KIND


@each("from_device")
def test_messages_of_the_device(core, case):
    data = bytes.fromhex(case["hex"])
    assert encode_message(decode_message(data)) == data
    match case["kind"]:
        case "penbatch":
            clock, samples = case["clock"], []
            for place, step in enumerate(case["steps"]):
                clock = (clock + step) % 2**32
                tilt = (case["tilt_x"][place], case["tilt_y"][place]) if case["tilt_x"] else (0, 0)
                point = (case["x"][place], case["y"][place], case["pressure"][place])
                state = bytes.fromhex(case["states"])[place]
                samples.append(c.Sample(case["first"] + place, clock, *point, state, *tilt))
            batch, has_tilt = (c.Sample * len(samples))(*samples), ctypes.c_bool(bool(case["tilt_x"]))
            made = c.encoded(core.eb_pen_encode, batch, ctypes.c_size_t(len(samples)), has_tilt)
        case "status":
            degrees = -(2**15) if case["centidegrees"] is None else case["centidegrees"]
            words = (STATES.index(case["state"]), REASONS.index(case["reason"]))
            made = c.encoded(core.eb_status_encode, case["number"], *words, ctypes.c_int16(degrees))
        case "log":
            made = c.encoded(core.eb_log_encode, case["text"].encode())
        case _:
            made = c.encoded(core.eb_pong_encode, case["token"], case["clock"])
    assert made == data


@each("descriptions")
def test_descriptions(core, case):
    data = bytes.fromhex(case["hex"])
    assert encode_description(decode_description(data)) == data
    pen = c.PenFacts(PEN.x_max, PEN.y_max, PEN.pressure_max, 10_000, PEN.has_tilt, PEN.rate)
    times = (ctypes.c_uint32 * 5)(0, 1500, 0, 0, 0)
    panel = c.PanelFacts(PANEL.width, PANEL.height, 4, 0b10010, True, 8, 2, times, -5, 50, 10, 180, True)
    facts = c.Facts(case["name"].encode(), None, None)
    if case["pen"]:
        facts.pen = ctypes.pointer(pen)
    if case["panel"]:
        facts.panel = ctypes.pointer(panel)
    assert c.encoded(core.eb_facts_encode, ctypes.byref(facts), case["clock"]) == data


def paint(core, case):
    """The status of painting, and 8-bit grey of what was painted."""
    x, y, w, h = case["rect"]
    bits = {2: 1, 4: 2, 16: 4}[case["greys"]]
    painted = {}

    def blit(context, at, row, width, data):
        for i in range(width):
            shift = 8 - bits - i * bits % 8
            level = data[i * bits // 8] >> shift & (case["greys"] - 1)
            assert (at + i, row) not in painted
            painted[at + i, row] = level * 255 // (case["greys"] - 1)

    port = c.Port(blit=c.BLIT(blit))
    facts = c.PanelFacts(800, 600, case["greys"])
    data = buffer(bytes.fromhex(case["data"]))
    rect = c.Rect(x, y, w, h)
    address = ctypes.cast(data, ctypes.c_void_p)
    tile = c.Message(rect=rect, encoding=case["encoding"], data=address, length=len(case["data"]) // 2)
    row = ctypes.create_string_buffer(256)
    result = core.eb_tile_paint(ctypes.byref(tile), ctypes.byref(facts), ctypes.byref(port), row)
    return result.status, [painted.get((x + at % w, y + at // w)) for at in range(w * h)]


@each("tiles")
def test_tiles(core, case):
    tile = Tile(Rect(*case["rect"]), Encoding(case["encoding"]), bytes.fromhex(case["data"]))
    pixels = bytes.fromhex(case["pixels"])
    assert decode(tile, case["greys"]) == pixels
    assert paint(core, case) == (0, list(pixels))


@each("bad_tiles")
def test_bad_tiles(core, case):
    tile = Tile(Rect(*case["rect"]), Encoding(case["encoding"]), bytes.fromhex(case["data"]))
    with pytest.raises(DeviceError):
        decode(tile, case["greys"])
    status, _ = paint(core, case)
    assert status != 0


def test_a_wide_solid_tile_is_painted_in_parts(core):
    case = {"greys": 16, "rect": [0, 0, 800, 2], "encoding": 0, "data": "0f"}
    assert paint(core, case) == (0, [255] * 1600)


def test_no_encoder_writes_past_its_buffer(core):
    packet = bytes(range(60))
    whole = c.encoded(core.eb_frame_encode, packet, ctypes.c_size_t(60))
    for room in range(len(whole)):
        out = ctypes.create_string_buffer(b"\xee" * 200, 200)
        result = core.eb_frame_encode(packet, ctypes.c_size_t(60), out, ctypes.c_size_t(room))
        assert result.status != 0
        assert out.raw[room:] == b"\xee" * (200 - room)
