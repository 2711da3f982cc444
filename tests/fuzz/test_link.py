"""The host's side of the microcontroller link on hostile bytes: nothing is raised, nothing grows, no sample is wild."""

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.engine import Moved, Start, Write
from firmware_bridge.framing import Deframer, enframe
from firmware_bridge.mcu_device import McuDevice
from firmware_bridge.messages import Description, encode_description
from firmware_bridge.packets import Data, Hello, Loose, decode_packet, encode_packet, session_of
from tests.firmware_bridge.board import PANEL, PEN

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "serial.json").read_text(encoding="utf-8"))
MESSAGES = [bytes.fromhex(case["hex"]) for name in ("from_device", "from_host") for case in VECTORS[name]]
PACKETS = [bytes.fromhex(case["hex"]) for case in VECTORS["packets"]]


def open_device():
    """A host whose call has been answered, and the number of its session."""
    device = McuDevice()
    device.submit(Start(), 10.0)
    (call,) = [output for output in device.drain() if isinstance(output, Write)]
    hello = decode_packet(Deframer().receive(call.data)[0])
    body = encode_description(Description("fuzz", 0, PEN, PANEL))
    device.receive(enframe(encode_packet(Hello(7, hello.nonce, body=body, from_device=True))), 10.01)
    device.drain()
    return device, session_of(hello.nonce, 7)


@st.composite
def wounded(draw, good):
    """Golden bytes with some of them changed, gone or doubled."""
    data = bytearray(draw(st.sampled_from(good)))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        data[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return bytes(data) or b"\0"


inputs = st.one_of(
    st.tuples(st.just("noise"), st.binary(max_size=60)),
    st.tuples(st.just("packet"), wounded(PACKETS)),
    st.tuples(st.just("data"), wounded(MESSAGES)),
    st.tuples(st.just("loose"), wounded(MESSAGES)),
    st.tuples(st.just("time"), st.integers(1, 300).map(lambda count: bytes(count))),
)


@given(st.lists(inputs, max_size=30))
def test_a_host_survives_any_device(steps):
    device, session = open_device()
    now, seq = 10.02, 0
    for kind, data in steps:
        now += 0.001
        if kind == "time":
            now += len(data) / 100
            timer = device.next_timer()
            if timer is not None and timer <= now:
                device.on_timer(now)
            continue
        if kind == "data":
            data = enframe(encode_packet(Data(session, seq, 0, data, from_device=True)))
            seq = (seq + 1) % 256
        elif kind == "loose":
            data = enframe(encode_packet(Loose(session, data, from_device=True)))
        elif kind == "packet":
            data = enframe(data)
        device.receive(data, now)
        outputs = device.drain()
        assert len(outputs) < 20
        samples = [sample for output in outputs if isinstance(output, Moved) for sample in output.samples]
        for sample in samples:
            assert 0 <= sample.x <= PEN.x_max
            assert 0 <= sample.y <= PEN.y_max
            assert 0 <= sample.pressure <= PEN.pressure_max
            assert sample.t <= now
