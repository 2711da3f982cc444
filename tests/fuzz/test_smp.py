"""Firmware over SMP against bytes that nobody would send in good faith."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge import smp, smp_lines
from firmware_bridge.errors import DeviceError, ImageError
from firmware_bridge.sim.smp import SmpDevice, encode_map, make_image
from firmware_bridge.smp_engine import Ask, FirmwareEngine, Upload
from firmware_bridge.smp_image import read_image
from tests.fuzz.test_decoders import mutate

IMAGE = make_image((1, 2, 3), b"program" * 40)
STATE = {"images": [{"slot": 0, "version": "1.0.0", "hash": b"h" * 32, "active": True}], "splitStatus": 0}
ANSWERS = [
    bytes([0x09, 0]) + len(body).to_bytes(2, "big") + bytes([0, group, 1, command]) + body
    for group, command, fields in ((1, 0, STATE), (1, 1, {"off": 3, "match": True}), (0, 6, {"buf_size": 384}))
    for body in (encode_map(fields),)
]
SMP_LINES = [smp_lines.frame(answer) for answer in ANSWERS]


@given(data=st.binary(max_size=300) | st.builds(mutate, st.sampled_from(ANSWERS), st.integers(0, 1 << 30)))
def test_an_answer_over_smp_is_read_or_refused(data: bytes) -> None:
    with suppress(DeviceError):
        answer = smp.decode(data)
        smp.to_parameters(answer.fields)
        assert answer.refusal is None or answer.refusal.describe().isprintable()
        for read in (smp.to_slots, smp.to_offset):
            with suppress(DeviceError):
                read(answer.fields)


@given(data=st.binary(max_size=300) | st.builds(mutate, st.just(IMAGE), st.integers(0, 1 << 30)))
def test_an_image_is_read_or_refused(data: bytes) -> None:
    with suppress(ImageError):
        assert len(read_image(data).hash) in (32, 48, 64)


@given(
    chunks=st.lists(
        st.binary(max_size=200)
        | st.sampled_from(SMP_LINES)
        | st.builds(mutate, st.sampled_from(SMP_LINES), st.integers(0, 1 << 30))
    ),
    sends=st.booleans(),
)
def test_whatever_a_line_says_the_engine_and_the_simulated_device_go_on(chunks: list[bytes], sends: bool) -> None:
    engine, device, now = FirmwareEngine(), SmpDevice(), 0.0
    engine.submit(Upload(read_image(IMAGE)) if sends else Ask(smp.read_state()), now)
    for chunk in chunks:
        now += 0.5
        for each in (engine, device):
            each.receive(chunk, now)
            each.on_timer(now)
            each.drain()
    assert engine.statistics()["messages"] <= len(chunks) * 3
