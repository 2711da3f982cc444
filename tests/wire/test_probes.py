"""Clock probes: what is said is read back, nobody takes an item of a room for one, and broken ones are refused."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.errors import DecodeError
from edgeboard.ids import NodeId, Origin
from edgeboard.timesync.reference import HOPS_MAX, Advert
from edgeboard.wire.live import Live, LiveItem, LiveKind, decode_live
from edgeboard.wire.probes import PROBE_HANDLE, PROBE_HOPS, Answer, Ask, encode_probe, is_probe, read_probe

ORIGIN = Origin(0x0123456789ABCDEF)
ADVERT = Advert(NodeId(bytes(range(16))), 3, 5 << 32 | 77, False, True, 1_800_000_000.25, -37.5e-6, 0.001_25)
ANSWER = Answer(ORIGIN, 9, 1_234.5, 1_234.500_25, ADVERT)
GOLDEN_ASK = "ff640123456789abcdef0900"
GOLDEN_ANSWER = (
    "ff64" "0123456789abcdef" "09" "01"
    "0000011f6def1900" "0003d090" "18fae276a29ab280" "ffff6d84" "000004e2" "000000050000004d" "03" "02"
    "000102030405060708090a0b0c0d0e0f"
)  # fmt: skip


@pytest.mark.parametrize(("probe", "golden"), [(Ask(ORIGIN, 9), GOLDEN_ASK), (ANSWER, GOLDEN_ANSWER)])
def test_the_golden_probes_are_read_and_written(probe: Ask | Answer, golden: str) -> None:
    data = encode_probe(probe)
    assert data.hex() == golden
    frame = decode_live(data)
    assert is_probe(frame)
    assert read_probe(frame.items[0]) == probe


@pytest.mark.parametrize(
    "frame",
    [
        Live(PROBE_HANDLE, ()),
        Live(3, (LiveItem(LiveKind.PROBE, PROBE_HOPS, bytes(9)),)),
        Live(PROBE_HANDLE, (LiveItem(LiveKind.PROBE, 0, bytes(9)),)),
        Live(PROBE_HANDLE, (LiveItem(LiveKind.CURSOR, PROBE_HOPS, bytes(9)),)),
        Live(PROBE_HANDLE, (LiveItem(LiveKind.PROBE, PROBE_HOPS, bytes(9)),) * 2),
    ],
)
def test_an_item_of_a_room_is_no_probe(frame: Live) -> None:
    assert not is_probe(frame)


def body(**changed: object) -> bytes:
    advert = Advert(**{**{name: getattr(ADVERT, name) for name in Advert.__slots__}, **changed})  # type: ignore[arg-type]
    frame = decode_live(encode_probe(Answer(ORIGIN, 9, 5.0, 5.0, advert)))
    return frame.items[0].body


@pytest.mark.parametrize(
    "changed",
    [{"hops": HOPS_MAX + 1}, {"drift": 0.001}, {"drift": -0.001}, {"ahead_s": -6.0}, {"ahead_s": 9_000_000_000.0}],
    ids=str,
)
def test_an_answer_that_cannot_be_true_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(DecodeError, match="out of range"):
        read_probe(LiveItem(LiveKind.PROBE, PROBE_HOPS, body(**changed)))


def test_every_probe_that_is_cut_short_is_refused() -> None:
    for whole in (decode_live(encode_probe(each)).items[0].body for each in (Ask(ORIGIN, 300), ANSWER)):
        for length in range(len(whole)):
            with pytest.raises(DecodeError):
                read_probe(LiveItem(LiveKind.PROBE, PROBE_HOPS, whole[:length]))


def test_a_form_of_a_later_version_says_nothing_and_bytes_behind_the_fields_are_skipped() -> None:
    later = decode_live(encode_probe(Ask(ORIGIN, 9))).items[0].body[:-1] + b"\x02whatever"
    assert read_probe(LiveItem(LiveKind.PROBE, PROBE_HOPS, later)) is None
    longer = decode_live(encode_probe(ANSWER)).items[0].body + b"more"
    assert read_probe(LiveItem(LiveKind.PROBE, PROBE_HOPS, longer)) == ANSWER


@given(st.binary(max_size=120))
def test_any_bytes_are_a_probe_or_raise_the_one_family(data: bytes) -> None:
    with contextlib.suppress(DecodeError):
        read_probe(LiveItem(LiveKind.PROBE, PROBE_HOPS, data))
