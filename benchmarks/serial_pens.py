"""How many samples of pens one core reads, from bytes as a line gives them, one packet a read; and what a sample costs
on its way to a stroke. All of it process time, the best of a few runs."""

import time
from collections.abc import Callable, Mapping, Sequence

from benchmarks.data import handwriting
from firmware_bridge.engine import DeviceEngine, Moved, Ready, Start, Write
from firmware_bridge.pen import events
from firmware_bridge.pen.events import RECORD, Axis, Description, EventPen
from firmware_bridge.pen.isdv4 import Isdv4Pen
from firmware_bridge.pen.samples import PenFacts, PenSample
from firmware_bridge.pen.strokes import Strokes
from firmware_bridge.pen.wacom4 import Wacom4Pen

X_MAX, Y_MAX, PRESSURE_MAX = 26312, 16520, 255
HOVERS = 5  # samples before and after a stroke
SAMPLES_MIN = 60_000
RUNS = 3
INTERVAL_S = 1 / 200

ANSWERS = {
    b"*": bytes.fromhex("c0333220227f0100000810"),
    b"~#": b"~#UD-1212-R00 V1.4-2\r",
    b"~R\r": b"~RE,9600,100,2540,2540\r",
    b"~C\r": b"~C26312,16520\r",
}
AXES = {
    events.ABS_X: Axis(0, X_MAX, 100),
    events.ABS_Y: Axis(0, Y_MAX, 100),
    events.ABS_PRESSURE: Axis(0, PRESSURE_MAX),
}
TABLET = Description("a tablet", AXES, events.KEYS)


def written() -> list[PenSample]:
    """Recorded writing as a tablet sees it: near, touching, near, away."""
    samples: list[PenSample] = []
    t = 10.0
    while len(samples) < SAMPLES_MIN:
        for stroke in handwriting():
            left, top = min(stroke.x), min(stroke.y)
            points = [
                (min((x - left) * 2, X_MAX), min((y - top) * 2, Y_MAX)) for x, y in zip(stroke.x, stroke.y, strict=True)
            ]
            pressures = [min(max(p >> 4, 1), PRESSURE_MAX) for p in stroke.pressure or [2048] * len(points)]
            visit = [(points[0], 0, True, False)] * HOVERS
            visit += [(point, pressure, True, True) for point, pressure in zip(points, pressures, strict=True)]
            visit += [(points[-1], 0, True, False)] * HOVERS + [(points[-1], 0, False, False)]
            for (x, y), pressure, near, tip in visit:
                samples.append(PenSample(t, x, y, pressure, near=near, tip=tip))
                t += INTERVAL_S
    return samples


def isdv4() -> dict[str, float]:
    """9-byte packets; a line at 38400 baud carries 427 a second, one at 19200 213."""
    packets = []
    for sample in written():
        x, y, pressure = sample.x, sample.y, sample.pressure
        low = (x & 3) << 5 | (y & 3) << 3 | pressure >> 7
        first = 0x80 | sample.near << 5 | sample.tip
        packets.append(bytes((first, x >> 9, x >> 2 & 127, y >> 9, y >> 2 & 127, pressure & 127, low, 0, 0)))
    speed = read(Isdv4Pen, packets)
    return {"samples_per_s": speed, "times_38400": speed / (38400 / 90), "times_19200": speed / (19200 / 90)}


def wacom4() -> dict[str, float]:
    """7-byte packets; a line at 9600 baud carries 137 a second."""
    packets = []
    for sample in written():
        x, y, raw = sample.x, sample.y, sample.pressure ^ 0x80
        first = 0xA0 | sample.near << 6 | sample.tip << 3 | x >> 14
        middle = sample.tip << 3 | (raw & 1) << 2 | y >> 14
        packets.append(bytes((first, x >> 7 & 127, x & 127, middle, y >> 7 & 127, y & 127, raw >> 1)))
    speed = read(Wacom4Pen, packets)
    return {"samples_per_s": speed, "times_9600": speed / (9600 / 70)}


def evdev() -> dict[str, float]:
    """Frames of four to six events, as of a tablet that is quick for USB: 200 a second."""
    packets = []
    is_near = False
    for sample in written():
        frame = [
            (events.EV_ABS, code, value)
            for code, value in zip(AXES, (sample.x, sample.y, sample.pressure), strict=True)
        ]
        frame.append((events.EV_KEY, events.BTN_TOUCH, int(sample.tip)))
        if sample.near is not is_near:
            is_near = sample.near
            frame.append((events.EV_KEY, events.BTN_TOOL_PEN, int(is_near)))
        frame.append((events.EV_SYN, events.SYN_REPORT, 0))
        packets.append(b"".join(RECORD.pack(sample.t, *event) for event in frame))
    speed = read(lambda: EventPen(TABLET), packets)
    return {"samples_per_s": speed, "times_usb": speed * INTERVAL_S}


def strokes() -> dict[str, float]:
    """From a sample to what the pen does, each sample alone."""
    samples = written()
    facts = PenFacts(X_MAX, Y_MAX, PRESSURE_MAX, points_per_mm=100.0, rate=213)
    best = float("inf")
    for _ in range(RUNS):
        sink = Strokes(facts)
        started = time.process_time()
        for sample in samples:
            sink.receive((sample,))
        best = min(best, time.process_time() - started)
    return {"us": best / len(samples) * 1e6}


def read(make: Callable[[], DeviceEngine], packets: Sequence[bytes]) -> float:
    """Samples a second."""
    best = float("inf")
    for _ in range(RUNS):
        engine = make()
        begin(engine, ANSWERS)
        count = 0
        started = time.process_time()
        for number, packet in enumerate(packets):
            engine.receive(packet, 10.0 + number * INTERVAL_S)
            for out in engine.drain():
                if isinstance(out, Moved):
                    count += len(out.samples)
        best = min(best, time.process_time() - started)
        if count != len(packets):
            raise AssertionError(f"{len(packets)} packets gave {count} samples")
    return len(packets) / best


def begin(engine: DeviceEngine, answers: Mapping[bytes, bytes]) -> None:
    """Answer until the engine is ready."""
    now = 0.0
    engine.submit(Start(), now)
    while True:
        outs = engine.drain()
        if any(isinstance(out, Ready) for out in outs):
            return
        replies = b"".join(answers.get(out.data, b"") for out in outs if isinstance(out, Write))
        if replies:
            engine.receive(replies, now)
        else:
            now = engine.next_timer() or now
            engine.on_timer(now)
