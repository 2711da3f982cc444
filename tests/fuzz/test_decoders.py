"""Every decoder against bytes that nobody would send in good faith: it raises its one family or takes them.

In `./dev test` each runs a few hundred examples; `./dev fuzz` runs them for as long as it is told, with fresh seeds.
"""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.canvas.ops import decode_body, decode_op
from edgeboard.canvas.values import unpack_value
from edgeboard.errors import DecodeError, RefusedError
from edgeboard.identity.charter import Charter, Kind
from edgeboard.identity.grants import Grant
from edgeboard.identity.joining import Request
from edgeboard.identity.keys import NodeKey, verify
from edgeboard.ids import MeshId, Origin, RoomId
from edgeboard.interchange.excalidraw_reader import read_excalidraw
from edgeboard.marquee.items import TickerItem, payload_of
from edgeboard.marquee.items import read_item as read_ticker
from edgeboard.marquee.wishes import item_of
from edgeboard.node.conversion import convert
from edgeboard.oplog.batch import decode_batch
from edgeboard.oplog.codec import decode_columns, decode_stroke
from edgeboard.oplog.log import Log
from edgeboard.rooms.archive import read_archive
from edgeboard.signaling.frames import decode as read_frame
from edgeboard.signaling.messages import peek, read_offer, write_offer
from edgeboard.testing.cluster import Cluster
from edgeboard.testing.guest import ScriptedGuest
from edgeboard.testing.members import TestMesh
from edgeboard.vectors import Vector
from edgeboard.web.marquee import read_wishes
from edgeboard.wire.handshake import read as read_handshake
from edgeboard.wire.live import decode_live, read_item
from edgeboard.wire.messages import Channel, decode
from tests.interchange.scenes import FILES, element, scene

VECTORS = Path(__file__).parents[1] / "vectors"
ORIGIN = Origin(0x0123456789ABCDEF)
MESH = TestMesh("m")
CHARTER = MESH.founded.charter.with_revocation(MESH.issuer.revoke(Kind.NODE, b"n" * 16))
ME = MESH.credentials(NodeKey(b"k" * 32))
OFFER = write_offer(MESH.credentials(NodeKey(b"j" * 32)), b"n" * 16, "v=0\r\n")

TICKER = payload_of(TickerItem("door", "Open"))
DRAWING = scene(
    element("rectangle", angle=0.5), element("arrow", points=[[0, 0], [9, 9.5]], endArrowhead="arrow"),
    element("freedraw", points=[[0, 0], [4, 4]], pressures=[0.1, 1]), element("text", text="words"),
    element("image", fileId="f"), files=FILES,
)  # fmt: skip


def hexes(value: object) -> list[bytes]:
    """Every string of hex digits in a golden vector."""
    if isinstance(value, dict):
        return [data for inner in value.values() for data in hexes(inner)]
    if isinstance(value, list):
        return [data for inner in value for data in hexes(inner)]
    if isinstance(value, str) and len(value) >= 4 and len(value) % 2 == 0:
        try:
            return [bytes.fromhex(value)]
        except ValueError:
            return []
    return []


SEEDS = [data for path in sorted(VECTORS.glob("*.json")) for data in hexes(json.loads(path.read_text()))][:4000]


def mutate(data: bytes, seed: int) -> bytes:
    """The bytes with a few of the wounds that networks, cards and people inflict."""
    rng = random.Random(seed)
    out = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        kind = rng.randrange(5)
        at = rng.randrange(len(out) + 1)
        if kind == 0 and out:
            out[at % len(out)] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del out[at:]
        elif kind == 2:
            out[at:at] = rng.randbytes(rng.randint(1, 9))
        elif kind == 3 and out:
            out[at % len(out)] = rng.choice((0, 1, 0x7F, 0x80, 0xFF))
        else:
            out[at:at] = out[at // 2 : at]
    return bytes(out)


HOSTILE = st.binary(max_size=300) | st.builds(mutate, st.sampled_from(SEEDS), st.integers(0, 1 << 30))


def read_op(data: bytes) -> None:
    decode_body(decode_op(ORIGIN, data))


DECODERS = {
    "op": read_op,
    "batch": decode_batch,
    "columns": decode_columns,
    "stroke": decode_stroke,
    "vector": Vector.from_bytes,
    "ctl": lambda data: decode(Channel.CTL, data),
    "log": lambda data: decode(Channel.LOG, data),
    "live": lambda data: [read_item(item) for item in decode_live(data).items],
    "handshake": read_handshake,
    "grant": Grant.from_bytes,
    "request": Request.from_bytes,
    "archive": read_archive,
    "excalidraw": read_excalidraw,
    "convert": lambda data: convert("", data),
    "ticker item": read_ticker,
    "ticker data": lambda data: read_ticker(TICKER, unpack_value(data)),
    "wish for the marquee": lambda data: [item_of(wish, None, 1.0, 3.75) for wish in read_wishes(data)],
    "envelope": peek,
    "frame of a signaling service": read_frame,
}


@pytest.mark.parametrize("name", DECODERS)
@given(data=HOSTILE)
def test_a_decoder_raises_only_its_one_family(name: str, data: bytes) -> None:
    try:
        DECODERS[name](data)
    except DecodeError:
        return


@given(seed=st.integers(0, 1 << 30))
def test_a_wounded_drawing_is_read_or_refused_in_words(seed: int) -> None:
    try:
        convert("", mutate(DRAWING, seed))
    except DecodeError as error:
        assert str(error)  # noqa: PT017 - either way is fine


@given(seed=st.integers(0, 1 << 30))
def test_a_wounded_envelope_is_refused_and_nothing_else(seed: int) -> None:
    data = mutate(OFFER, seed)
    try:
        read_offer(data, ME)
    except (DecodeError, RefusedError):
        return
    assert data == OFFER, "an altered envelope was taken for a good one"


@given(seed=st.integers(0, 1 << 30))
def test_a_wounded_charter_is_refused_or_says_the_same(seed: int) -> None:
    try:
        charter = Charter.from_bytes(mutate(CHARTER.to_bytes(), seed), CHARTER.mesh)
    except (DecodeError, RefusedError):
        return
    assert charter == CHARTER, "an altered charter was taken for a good one"


@given(seed=st.integers(0, 1 << 30))
def test_a_wounded_batch_changes_nothing(seed: int) -> None:
    golden = json.loads((VECTORS / "batches.json").read_text())
    batches = [bytes.fromhex(batch["hex"]) for batch in golden["batches"]]
    rng = random.Random(seed)
    good = rng.choice(batches)
    data = mutate(good, seed)
    log = Log(MeshId(bytes.fromhex(golden["mesh"])), RoomId(bytes.fromhex(golden["room"])), verify)
    try:
        offer = log.offer(data)
    except (DecodeError, RefusedError):
        assert len(log.vector()) == 0
        return
    assert data in batches or not offer.accepted, "an altered batch was taken for a good one"


@given(messages=st.lists(st.tuples(st.sampled_from(list(Channel)), HOSTILE), max_size=12), guest=st.booleans())
def test_a_node_survives_any_messages_of_a_guest_or_a_node(messages: list[tuple[Channel, bytes]], guest: bool) -> None:
    cluster = Cluster(2)
    if guest:
        visitor = ScriptedGuest(b"p" * 16, Origin(5))  # type: ignore[arg-type]
        cluster.seat(visitor, 0)
        visitor.enter("lobby")
        cluster.run(0.1)
        for channel, data in messages:
            visitor.send(channel, data)
    else:
        cluster.link(0, 1)
        cluster.run(0.1)
        number = cluster.nodes[0].pipeline.mesh.link_to(cluster.nodes[1].node)
        assert number is not None
        for channel, data in messages:
            cluster.nodes[0].arrive(number, channel, data)
    cluster.run(1.0)
    assert cluster.nodes[0].alive
