"""What `edgeboard doctor` tries out: two nodes of this process that link over WebRTC on 127.0.0.1, and how fast this
machine signs, verifies, encodes and applies real handwriting."""

import asyncio
import secrets
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

from edgeboard import _native
from edgeboard.cli.findings import Finding, ok, problem, warning
from edgeboard.errors import CloseCode, EdgeboardError
from edgeboard.ports import Link
from edgeboard.transport.settings import Settings
from edgeboard.wire.messages import Channel

PATIENCE_S = 15.0  # in all
PINGS = 40
MESSAGES = 400
MESSAGE_BYTES = 200
SPEED_S = 0.25  # for each thing that is measured

# What a pen costs a board with five links, a second: a stroke or two are verified and applied, and 30 previews come in
# and are passed on to four others.
STROKES_PER_S = 2.0
PREVIEWS_PER_S = 30.0
ENDS = 5.0
SHARE = 0.5  # of one core that pens may take
PENS_MANY = 10
PENS_FEW = 2


@dataclass(frozen=True, slots=True)
class Exchange:
    """What came of a link between two nodes of this process."""

    open_s: float
    round_trip_s: float
    message_s: float  # processor time of a message of 200 bytes, at one end
    patches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds of processor time."""

    sign_s: float
    verify_s: float
    encode_s: float  # a point
    decode_s: float  # a point
    apply_s: float  # a stroke, from the bytes of its batch, without verifying


async def exchange(settings: Settings, patience_s: float = PATIENCE_S) -> Exchange:
    """Link two nodes over WebRTC and send messages there and back.

    Raises:
        EdgeboardError: no link came of it. TimeoutError: it hung.
    """
    from edgeboard.identity.credentials import Credentials, boot_bytes
    from edgeboard.identity.grants import Role
    from edgeboard.identity.keys import NodeKey
    from edgeboard.identity.membership import Issuer, Membership, found_mesh
    from edgeboard.transport.dialer import LinkTransport

    mesh_key, *keys = (NodeKey(secrets.token_bytes(32)) for _ in range(3))
    mesh = found_mesh(mesh_key, "doctor", keys[0].public_key, secrets.token_bytes(32), 0)
    grant = Issuer(mesh.mesh, mesh_key, None).admit(keys[1].public_key, Role.DRAW, 1)
    first = Credentials(keys[0], mesh, boot_bytes(1, 0))
    second = Credentials(keys[1], Membership(mesh.charter, mesh.secret, grant), boot_bytes(1, 1))
    ours = replace(settings, mode="webrtc", addresses=("127.0.0.1",), include_loopback=True, ice_servers=())

    def accept(link: Link) -> None:
        def echo(channel: Channel, data: bytes) -> None:
            link.send(channel, data)

        link.attach(echo, lambda code, text: None)

    async def introduce(url: str, sdp: str, to: object) -> tuple[str, bytes]:
        return await there.answer_node(sdp, first.key.public_key, "this process"), second.key.public_key

    async def nowhere(url: str, sdp: str, to: object) -> tuple[str, bytes]:
        raise AssertionError("it only answers")

    here = LinkTransport(ours, first, introduce, accept)
    there = LinkTransport(ours, second, nowhere, accept)
    try:
        async with asyncio.timeout(patience_s):
            await here.warm_up()
            began = time.perf_counter()
            link = await here.connect("http://127.0.0.1")
            opened = time.perf_counter() - began
            echoes = Echoes(link)
            trips = [await echoes.round_trip(1) for _ in range(PINGS)]
            spent = time.process_time()
            await echoes.round_trip(MESSAGES)
            spent = time.process_time() - spent
            patches = tuple(sorted(here.statistics().patches))
    finally:
        await here.close()
        await there.close()
    return Exchange(opened, statistics.median(trips), spent / MESSAGES / 4, patches)  # there and back, two ends each


@final
class Echoes:
    """Counts what comes back over a link."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._missing = 0
        self._all_back = asyncio.Event()
        self._lost = ""
        link.attach(self._on_message, self._on_close)

    def _on_message(self, channel: Channel, data: bytes) -> None:
        self._missing -= 1
        if self._missing <= 0:
            self._all_back.set()

    def _on_close(self, code: CloseCode, text: str) -> None:
        self._lost = text
        self._all_back.set()

    async def round_trip(self, count: int) -> float:
        """Seconds until `count` messages, sent at once, are back."""
        self._missing = count
        self._all_back.clear()
        began = time.perf_counter()
        for _ in range(count):
            self._link.send(Channel.LOG, bytes(MESSAGE_BYTES))
        await self._all_back.wait()
        if self._lost:
            raise ConnectionError(self._lost)
        return time.perf_counter() - began


def check_webrtc(settings: Settings, patience_s: float = PATIENCE_S) -> tuple[Finding, Exchange | None]:
    """Whether a link opens here."""
    fall_back = "links take a WebSocket until this is mended, which is slower; "
    try:
        done = asyncio.run(exchange(settings, patience_s))
    except ImportError as error:
        return problem("webrtc", f"it is not installed whole: {error}", fall_back + "install edgeboard once more"), None
    except (EdgeboardError, TimeoutError, ConnectionError) as error:
        text = f"no link opens over 127.0.0.1: {str(error) or 'it hung'}"
        return problem("webrtc", text, fall_back + "let the firewall pass UDP on the loopback interface"), None
    text = (
        f"a link on this machine opens in {done.open_s * 1000:.0f} ms, {done.round_trip_s * 1000:.1f} ms there and back"
    )
    values = {"open_s": done.open_s, "round_trip_s": done.round_trip_s, "message_s": done.message_s}
    if settings.patches != "off" and not set(done.patches) - {"av"}:
        return warning(
            "webrtc", f"{text}; no patch fits this aiortc", "install a version from 1.11 to 1.16", **values
        ), done
    return ok("webrtc", text, **values), done


def measure_speed() -> Speed:
    """Real handwriting through the codec, the log and the canvas."""
    from edgeboard.canvas.bodies import Add, ItemType
    from edgeboard.canvas.document import Document
    from edgeboard.canvas.ops import Maker
    from edgeboard.cli.drawing import read_recording
    from edgeboard.identity.keys import NodeKey, verify
    from edgeboard.ids import MeshId, Origin, PersonId, author_id, room_id
    from edgeboard.oplog.author import LocalAuthor
    from edgeboard.oplog.codec import decode_columns, encode_columns, encode_stroke
    from edgeboard.oplog.log import Log

    strokes = [each.stroke for each in read_recording(Path(__file__).parent / "data" / "handwriting.jsonl")]
    points = sum(len(stroke.x) for stroke in strokes)
    columns = [encode_columns(stroke) for stroke in strokes]
    key, mesh = NodeKey(bytes(32)), MeshId(bytes(16))
    room = room_id(mesh, "doctor")
    author = LocalAuthor(mesh, room, author_id(key.node_id, 1, 1), key.public_key, key.sign)
    maker, person = Maker(Origin(1)), PersonId(bytes(16))
    batches = [
        author.batch([(maker.make(Add(0, 0, ItemType.STROKE, encode_stroke(0, 0, 24, stroke)), at), person)], 0)
        for at, stroke in enumerate(strokes)
    ]
    signature = key.sign(batches[0])

    def apply() -> None:
        log, document = Log(mesh, room, lambda key, signature, message: True), Document()
        for batch in batches:
            for accepted in log.offer(batch, trusted=True).accepted:
                accepted.apply_to(document)
        document.digest()

    return Speed(
        sign_s=_time(lambda: key.sign(batches[0])),
        verify_s=_time(lambda: verify(key.public_key, signature, batches[0])),
        encode_s=_time(lambda: [encode_columns(stroke) for stroke in strokes]) / points,
        decode_s=_time(lambda: [decode_columns(data) for data in columns]) / points,
        apply_s=_time(apply) / len(batches),
    )


def _time(work: Callable[[], object]) -> float:
    """The median processor time of a call."""
    times: list[float] = []
    ends = time.process_time() + SPEED_S
    while time.process_time() < ends or len(times) < 3:
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return statistics.median(times)


def pens(speed: Speed, message_s: float) -> float:
    """How many pens may draw at once on a board with five links, by half of one core.

    A pen takes STROKES_PER_S · (verify + apply) + PREVIEWS_PER_S · ENDS · message seconds of a core, each second.
    """
    cost = STROKES_PER_S * (speed.verify_s + speed.apply_s) + PREVIEWS_PER_S * ENDS * message_s
    return SHARE / cost


def check_speed(speed: Speed, message_s: float | None) -> Finding:
    """The verdict; without a WebRTC link, of what is known."""
    count = int(pens(speed, message_s or 0.0))
    values = {
        "sign_us": round(speed.sign_s * 1e6, 1),
        "verify_us": round(speed.verify_s * 1e6, 1),
        "encode_ns_per_point": round(speed.encode_s * 1e9, 1),
        "decode_ns_per_point": round(speed.decode_s * 1e9, 1),
        "apply_us": round(speed.apply_s * 1e6, 1),
        "pens": count,
    }
    text = (
        f"about {count} pens at once with five links, by half a core: {values['verify_us']:.0f} us to verify, "
        f"{values['apply_us']:.0f} us to apply a stroke, {values['encode_ns_per_point']:.0f} ns to encode a point"
    )
    if message_s is None:
        text = f"without links {text.removeprefix('about ')}"
    if count < PENS_FEW:
        return problem(
            "speed", text, "see what else runs on this machine (top), its cooling and its power supply", **values
        )
    if count < PENS_MANY:
        return warning(
            "speed", text, "enough for a few; see that the C kernels run, and that it is not too hot", **values
        )
    return ok("speed", text, **values)


def check_kernels() -> Finding:
    """Which twins run in this installation."""
    twins = ", ".join(f"{name} in {twin}" for name, twin in _native.active().items())
    remedy = _native.remedy()
    return warning("kernels", twins, remedy) if remedy else ok("kernels", twins)
