"""The C core through ctypes, and what its tests are built with."""

import ctypes
import subprocess
from functools import cache
from pathlib import Path

from firmware_bridge.sim.mcu import COMPILERS, SOURCES, build_library
from tests.conftest import find_program

BLIT = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_uint16, ctypes.c_uint16, ctypes.c_uint16, ctypes.POINTER(ctypes.c_uint8)
)
BAD_KIND = 1 << 3


class Result(ctypes.Structure):
    _fields_ = (("status", ctypes.c_int), ("length", ctypes.c_size_t))


class Packet(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_int), ("is_first", ctypes.c_bool), ("is_last", ctypes.c_bool),
        ("is_from_device", ctypes.c_bool), ("session", ctypes.c_uint16), ("seq", ctypes.c_uint8),
        ("ack", ctypes.c_uint8), ("held", ctypes.c_uint32), ("lowest", ctypes.c_uint8), ("highest", ctypes.c_uint8),
        ("window", ctypes.c_uint8), ("frame", ctypes.c_uint16), ("nonce", ctypes.c_uint32), ("peer", ctypes.c_uint32),
        ("payload", ctypes.c_void_p), ("length", ctypes.c_size_t),
    )  # fmt: skip


class Rect(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint16) for name in "xywh")


class Message(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_int), ("token", ctypes.c_uint32), ("number", ctypes.c_uint32), ("base", ctypes.c_uint32),
        ("frame", ctypes.c_uint32), ("rect", Rect), ("encoding", ctypes.c_int), ("data", ctypes.c_void_p),
        ("length", ctypes.c_size_t), ("mode", ctypes.c_int),
    )  # fmt: skip


class Sample(ctypes.Structure):
    _fields_ = (
        ("number", ctypes.c_uint32), ("clock", ctypes.c_uint32), ("x", ctypes.c_uint16), ("y", ctypes.c_uint16),
        ("pressure", ctypes.c_uint16), ("state", ctypes.c_uint8), ("tilt_x", ctypes.c_int8), ("tilt_y", ctypes.c_int8),
    )  # fmt: skip


class PenFacts(ctypes.Structure):
    _fields_ = (
        ("x_max", ctypes.c_uint16), ("y_max", ctypes.c_uint16), ("pressure_max", ctypes.c_uint16),
        ("points_per_100mm", ctypes.c_uint32), ("has_tilt", ctypes.c_bool), ("rate", ctypes.c_uint16),
    )  # fmt: skip


class PanelFacts(ctypes.Structure):
    _fields_ = (
        ("width", ctypes.c_uint16), ("height", ctypes.c_uint16), ("greys", ctypes.c_uint8), ("modes", ctypes.c_uint8),
        ("is_whole", ctypes.c_bool), ("align_x", ctypes.c_uint8), ("align_y", ctypes.c_uint8),
        ("times", ctypes.c_uint32 * 5), ("temperature_min", ctypes.c_int16), ("temperature_max", ctypes.c_int16),
        ("fast_min", ctypes.c_int16), ("full_every", ctypes.c_uint32), ("has_rest", ctypes.c_bool),
    )  # fmt: skip


class Facts(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("pen", ctypes.POINTER(PenFacts)),
        ("panel", ctypes.POINTER(PanelFacts)),
    )


class Port(ctypes.Structure):
    """Only what painting a tile calls."""

    _fields_ = (
        ("context", ctypes.c_void_p),
        *((name, ctypes.c_void_p) for name in ("read", "write", "ticks", "lock", "unlock")),
        ("blit", BLIT),
        *((name, ctypes.c_void_p) for name in ("refresh", "progress", "temperature", "rest", "reset")),
    )


def open_core(folder):
    """The core as a library, every function with the result that all have."""
    find_program("A C compiler", COMPILERS, "gcc libc6-dev")
    core = ctypes.CDLL(str(build_library(folder)))
    for name in (
        "eb_frame_encode", "eb_frame_decode", "eb_packet_encode", "eb_packet_decode", "eb_message_decode",
        "eb_pen_encode", "eb_status_encode", "eb_pong_encode", "eb_log_encode", "eb_facts_encode", "eb_tile_paint",
    ):  # fmt: skip
        getattr(core, name).restype = Result
    core.eb_crc32c.restype = ctypes.c_uint32
    core.eb_session_of.restype = ctypes.c_uint16
    return core


def encoded(function, *arguments, room=1200):
    """What an encoder writes."""
    out = ctypes.create_string_buffer(room)
    result = function(*arguments, out, ctypes.c_size_t(room))
    assert result.status == 0
    return out.raw[: result.length]


def bytes_at(address, length):
    return ctypes.string_at(address, length) if length else b""


@cache
def find_make():
    return find_program("make", ("make", "gmake"), "make")


def make(folder: Path, *targets, **variables):
    """Run the Makefile; what it says is the failure of the test."""
    settings = [f"{name}={value}" for name, value in variables.items()]
    command = [find_make(), "-C", SOURCES, f"BUILD={folder}", *settings, *targets]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-3000:]}{done.stderr[-6000:]}"
    return done.stdout
