"""Golden ticker items: what is read of their bytes, what shows of them at moments, and what is no item."""

from math import isinf

from edgeboard.canvas.values import pack_value
from edgeboard.errors import DecodeError
from edgeboard.marquee.items import Level, TickerItem, changed, content_of, payload_of, read_item
from edgeboard.marquee.layout import ems
from edgeboard.marquee.ticker import Ticker

BEGIN = 1_700_000_000.0
RATE = 3.75
TEXTS = [
    "",
    "OK",
    "Wide WWW mmm @%&",
    "iiilll.,:;",
    "Straße Привет Ωmega",
    "日本語 한국어 ｆｕｌｌ",
    "e\u0301 ☃ 😀",
    "x" * 60,
]
MOMENTS = [0.0, 3.999999, 4.0, 12.5, 30.0, 30.5, 31.0, 59.0, 60.0, 61.25, 100.0, 119.999, 120.0, 150.0, 1234.5678]


def _scene() -> list[TickerItem]:
    door = changed(None, TickerItem("door", "The door is open", Level.WARNING, 5, icon="door"), BEGIN)
    door = changed(door, TickerItem("door", "The door is shut", Level.HEALTHY, 5, icon="door"), BEGIN + 30.5)
    lunch = changed(None, TickerItem("lunch", "Soup at noon", interval_s=7.5, order=2, expires=BEGIN + 120), BEGIN + 10)
    long = changed(None, TickerItem("long", "A text that outgrows its turn, " * 4 + "ends", interval_s=5), BEGIN + 12)
    fire = changed(None, TickerItem("fire", "Out! Now!", Level.CRITICAL, expires=BEGIN + 100), BEGIN + 60)
    moved = changed(None, TickerItem("moved", "日本語", priority=1), BEGIN + 1)
    moved = changed(moved, TickerItem("moved", "日本語", priority=9), BEGIN + 31)
    return [door, lunch, long, fire, moved]


SOUND = {"ticker": "a", "text": "x"}
BAD = [
    5, [], {}, {"ticker": "a"},
    *({**SOUND, **wrong} for wrong in (
        {"ticker": ""}, {"ticker": "a" * 65}, {"text": ""}, {"text": "a\nb"}, {"text": "x" * 501}, {"level": -1},
        {"level": "x"}, {"interval": 10}, {"priority": 1001}, {"at": 5, "since": 6}, {"icon": "A"}, {"was": 5},
        {"was": {"text": ""}},
    )),
]  # fmt: skip


def ticker_vectors() -> dict[str, object]:
    """All of it, as JSON values."""
    scene = _scene()
    ticker = Ticker("quiet", RATE)
    ticker.set_items(scene)
    first = {item.id: payload_of(TickerItem(item.id, "first")) for item in scene}
    for bad in BAD:
        try:
            read_item(pack_value(bad))
        except DecodeError:
            continue
        raise AssertionError(f"{bad} is an item")
    return {
        "rate": RATE,
        "fallback": "quiet",
        "ems": [[text, ems(text)] for text in TEXTS],
        "items": [_item(first[item.id], item) for item in scene],
        "bad": [pack_value(bad).hex() for bad in BAD],
        "frames": [_frame(ticker, BEGIN + moment) for moment in MOMENTS],
    }


def _item(payload: bytes, item: TickerItem) -> dict[str, object]:
    content = content_of(item)
    assert read_item(payload, content) == item
    return {"payload": payload.hex(), "data": pack_value(content).hex(), "read": _fields(item)}


def _fields(item: TickerItem) -> dict[str, object]:
    return {
        "id": item.id,
        "text": item.text,
        "level": int(item.level),
        "priority": item.priority,
        "order": item.order,
        "interval": round(item.interval_s * 1000),
        "icon": item.icon,
        "at": round(item.at * 1000),
        "since": round(item.since * 1000),
        "expires": None if isinf(item.expires) else round(item.expires * 1000),
        "was": None if item.was is None else _fields(item.was),
    }


def _frame(ticker: Ticker, mesh_s: float) -> dict[str, object]:
    frame = ticker.at(mesh_s)
    until = frame.next_change
    return {
        "at": mesh_s,
        "cast": [slot.item.id for slot in frame.plan.slots],
        "text": frame.text,
        "turn": frame.turn,
        "elapsed_us": round(frame.elapsed_s * 1e6),
        "next_us": None if isinf(until) else round(until * 1e6),
    }
