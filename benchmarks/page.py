"""The page in Chromium: how it moves ten thousand strokes, how soon it is there, what it takes, beside Excalidraw.

One Chromium with one window for each of the two, and the same strokes in both. A frame moves the view by one wheel
event, made in the page, so that both get as many as they paint. What the main thread works is what the browser itself
counts (TaskDuration), in time of the processor, so that a busy machine adds nothing; what the page holds is its
JavaScript heap with its buffers after a collection.
"""

import contextlib
import functools
import gzip
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from benchmarks.data import KEPT, synthetic
from benchmarks.harness import Missing
from benchmarks.installation import build_page, install
from benchmarks.joining import STROKES, fill
from edgeboard.identity.keyfile import load_or_found_mesh

PEER = Path(__file__).parent / "peers" / "excalidraw"
BUILT = KEPT / "excalidraw"
SIZE = {"width": 1280, "height": 800}
WHOLE = f"window.edgeboard !== undefined && edgeboard.items().length === {STROKES}"
FRAMES = 120  # of a pan, and of a zoom
PEN_EVENTS = 400
GUESTS = 30
DRAWING_S = 10.0
PATIENCE_S = 120.0
CHROMIUM = ("--no-sandbox", "--disable-gpu", "--enable-precise-memory-info", "--allow-loopback-in-peer-connection")

MOVE = """async ([selector, frames]) => {
    const target = document.querySelector(selector);
    const place = { clientX: 640, clientY: 400, bubbles: true, cancelable: true };
    const moves = (count, event) => new Promise((done) => {
        const times = [];
        const step = (now) => {
            times.push(now);
            if (times.length > count) return done(times);
            target.dispatchEvent(new WheelEvent("wheel", { ...place, ...event(times.length) }));
            requestAnimationFrame(step);
        };
        requestAnimationFrame(step);
    });
    const apart = (times) => times.slice(1).map((time, at) => time - times[at]);
    const pan = await moves(frames, (at) => ({ deltaX: at % 40 < 20 ? 6 : -6, deltaY: at % 40 < 20 ? 4 : -4 }));
    const zoom = await moves(frames, (at) => ({ ctrlKey: true, deltaY: at % 40 < 20 ? 4 : -4 }));
    return [...apart(pan), ...apart(zoom)];
}"""

PEN = """async ([selector, count]) => {
    const target = document.querySelector(selector);
    const tell = (type, x, y) => target.dispatchEvent(new PointerEvent(type, {
        clientX: x, clientY: y, button: type === "pointermove" ? -1 : 0, buttons: type === "pointerup" ? 0 : 1,
        pressure: 0.5, pointerType: "pen", pointerId: 7, bubbles: true, cancelable: true, isPrimary: true,
    }));
    const frames = [];
    const tick = (time) => {
        frames.push(time);
        requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    let ink = null;
    for (const canvas of document.querySelectorAll("canvas")) {
        const context = canvas.getContext("2d");
        for (const verb of ["fill", "stroke", "drawImage"]) {
            const draw = context[verb];
            context[verb] = function (...words) {
                ink ??= { frame: document.timeline.currentTime, at: performance.now() };
                return draw.apply(this, words);
            };
        }
    }
    tell("pointerdown", 200, 400);
    const late = { ms: [], frames: [] };
    for (let at = 0; at < count; at++) {
        await frame();
        await new Promise((done) => setTimeout(done, at % 8)); // anywhere between two frames, as a hand does
        ink = null;
        const [told, next] = [performance.now(), frames.length];
        tell("pointermove", 200 + 2 * at, 400 + 60 * Math.sin(at / 9));
        for (let patience = 0; ink === null && patience < 60; patience++) await frame();
        if (ink === null) throw new Error("no ink within 60 frames");
        await frame();
        late.ms.push(ink.at - told);
        late.frames.push(frames.indexOf(ink.frame) - next + 1);
    }
    tell("pointerup", 1000, 400);
    return late;
}"""


WATCH = """(() => {
    const look = () => {
        const { edgeboard } = window;
        if (edgeboard !== undefined) window.drawableAt ??= performance.now();
        const { pictures = 0, isWhole = false } = edgeboard?.statistics().painter ?? {};
        if (pictures >= STROKES && isWhole) window.fullAt ??= performance.now();
        else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})()"""


# --------------------------------------------------------------------------------------------------------- what is seen


@contextlib.contextmanager
def board(*, strokes: bool = True) -> Iterator[tuple[str, Path]]:
    """An installed board in a process of its own, with the room; gives its address and its state directory."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        state.mkdir(mode=0o700)
        mesh = load_or_found_mesh(state, "page")
        if strokes:
            fill(state, mesh, 30)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        config = Path(folder) / "board.yaml"
        config.write_text("transport:\n  include_loopback: true\n  addresses: [127.0.0.1]\n")
        command = [sys.executable, "-m", "edgeboard.cli", "run", "--state", str(state), "--config", str(config)]
        process = subprocess.Popen(
            [*command, "--listen", f"127.0.0.1:{port}"],
            env={**os.environ, **install(Path(folder) / "installed")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            for _ in range(600):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}/room/lobby", state
        finally:
            process.terminate()
            process.wait(20)


@contextlib.contextmanager
def excalidraw() -> Iterator[str]:
    """Excalidraw with the strokes on a loopback port; built once."""
    _build_excalidraw()
    handler = functools.partial(_Quiet, directory=str(BUILT / "out"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/index.html"
    finally:
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def _build_excalidraw() -> None:
    if shutil.which("npm") is None:
        raise Missing("npm, which fetches Excalidraw, is not on PATH; install it: apt-get install -y npm")
    stamp = BUILT / "package.json"
    if stamp.exists() and stamp.read_text() == (PEER / "package.json").read_text():
        return
    shutil.rmtree(BUILT, ignore_errors=True)
    shutil.copytree(PEER, BUILT, ignore=shutil.ignore_patterns("package.json"))
    wanted = BUILT / "wanted.json"
    shutil.copy(PEER / "package.json", wanted)
    shutil.copy(wanted, BUILT / "package.json.new")
    (BUILT / "package.json.new").rename(stamp)
    try:
        for command in (["npm", "install", "--no-audit", "--no-fund"], ["npm", "run", "-s", "build"]):
            subprocess.run(command, cwd=BUILT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        shutil.copy(PEER / "index.html", BUILT / "out")
        (BUILT / "out" / "assets.js").write_text('window.EXCALIDRAW_ASSET_PATH = "/";\n')
        (BUILT / "out" / "strokes.json").write_text(json.dumps(list(_elements())))
    except BaseException:
        stamp.unlink(missing_ok=True)
        raise


def _elements() -> Iterator[dict[str, Any]]:
    """The strokes as Excalidraw has free-hand lines."""
    for number, (_, stroke) in enumerate(synthetic(STROKES)):
        x = [value / stroke.scale for value in stroke.x]
        y = [value / stroke.scale for value in stroke.y]
        pressure = stroke.pressure or ()
        yield {
            **{"id": f"s{number}", "type": "freedraw", "x": x[0], "y": y[0], "angle": 0, "strokeColor": "#1e1e1e"},
            **{"width": max(x) - min(x), "height": max(y) - min(y), "backgroundColor": "transparent"},
            **{"fillStyle": "solid", "strokeWidth": 1, "strokeStyle": "solid", "roughness": 1, "opacity": 100},
            **{"groupIds": [], "frameId": None, "roundness": None, "seed": number + 1, "version": 1, "versionNonce": 1},
            **{"isDeleted": False, "boundElements": None, "updated": 1, "link": None, "locked": False},
            "points": [[px - x[0], py - y[0]] for px, py in zip(x, y, strict=True)],
            "pressures": [value / 4095 for value in pressure],
            "simulatePressure": not pressure,
        }


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        raise Missing("Chromium is not on PATH; install it: apt-get install -y chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        try:
            yield browser
        finally:
            browser.close()


def _open(browser: Browser, url: str, ready: str) -> tuple[Page, CDPSession]:
    page, devtools = _blank(browser)
    page.goto(url)
    _until(page, ready)
    return page, devtools


def _blank(browser: Browser) -> tuple[Page, CDPSession]:
    page = browser.new_context(viewport=SIZE).new_page()
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    return page, devtools


def _until(page: Page, expression: str, crowd: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until an expression is true; the page's content security policy allows no other way."""
    end = time.monotonic() + PATIENCE_S
    while not page.evaluate(expression):
        if crowd is not None and crowd.poll() is not None:
            raise RuntimeError(f"the crowd has gone, with {crowd.returncode}, before {expression}")
        if time.monotonic() > end:
            raise RuntimeError(f"not within {PATIENCE_S:.0f} s: {expression}")
        page.wait_for_timeout(20)


def _worked(devtools: CDPSession) -> float:
    """Seconds of the processor that the page's main thread has worked."""
    return {each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]}["TaskDuration"]


def _held(devtools: CDPSession) -> float:
    """MiB that the page's scripts hold."""
    devtools.send("HeapProfiler.collectGarbage")
    usage = devtools.send("Runtime.getHeapUsage")
    return (usage["usedSize"] + usage.get("embedderHeapUsedSize", 0) + usage.get("backingStorageSize", 0)) / 2**20


def _move(page: Page, devtools: CDPSession, selector: str) -> tuple[list[float], float]:
    """How far frames were apart, in ms, and what a frame was worked on, in ms."""
    page.bring_to_front()
    page.wait_for_timeout(1000)
    before = _worked(devtools)
    apart = page.evaluate(MOVE, [selector, FRAMES])
    return apart, 1000 * (_worked(devtools) - before) / len(apart)


def _share(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]


# ------------------------------------------------------------------------------------------------------------- figures


def moving() -> dict[str, float]:
    """Pan and zoom over all strokes, and what the page holds then, in both."""
    with chromium() as browser, excalidraw() as theirs, board() as (ours, _):
        page, devtools = _open(browser, ours, WHOLE)
        page.keyboard.press("1")  # show everything
        apart, work = _move(page, devtools, "#stage")
        held = _held(devtools)
        other, its_devtools = _open(browser, theirs, "window.excalidraw !== undefined")
        _until(other, f"excalidraw.getSceneElements().length === {STROKES}")
        other.evaluate("excalidraw.scrollToContent(undefined, { fitToViewport: true, viewportZoomFactor: 0.9 })")
        its_apart, its_work = _move(other, its_devtools, "canvas.interactive")
        its_held = _held(its_devtools)
    return {
        "p95_ms": _share(apart, 95),
        "work_ms": work,
        "their_p95_ms": _share(its_apart, 95),
        "their_work_ms": its_work,
        "work_ratio": work / its_work,
        "mib": held,
        "their_mib": its_held,
        "memory_ratio": held / its_held,
    }


def opening() -> dict[str, float]:
    """From the navigation to a page that can be drawn on, and to one that has painted all strokes; its work by then."""
    with chromium() as browser, board() as (ours, _):
        page, devtools = _blank(browser)
        page.add_init_script(WATCH.replace("STROKES", str(STROKES)))
        page.goto(ours)
        _until(page, "window.fullAt !== undefined")
        drawable, full = page.evaluate("[window.drawableAt, window.fullAt]")
        work = _worked(devtools)
    return {"drawable_s": drawable / 1000, "full_s": full / 1000, "work_s": work}


def pen() -> dict[str, float]:
    """From a pointer event to its ink on a canvas, over a room of all strokes: in ms, and in frames.

    One frame is the next that the browser paints, so the earliest that anybody can see the ink in.
    """
    with chromium() as browser, board() as (ours, _):
        page, _ = _open(browser, ours, WHOLE)
        page.wait_for_timeout(1000)
        late = page.evaluate(PEN, ["#stage", PEN_EVENTS])
    ms, frames = late["ms"], late["frames"]
    return {"p99_frames": _share(frames, 99), "p99_ms": _share(ms, 99), "p50_ms": statistics.median(ms)}


def thirty() -> dict[str, float]:
    """Thirty people draw for ten seconds: what share of its time the page's main thread works, and its long frames."""
    with chromium() as browser, board(strokes=False) as (ours, state):
        page, devtools = _open(browser, ours, "document.body.dataset.state === 'live'")
        crowd = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.crowd", str(state), str(GUESTS), str(DRAWING_S + 6)]
        )
        try:
            _until(page, f"edgeboard.people.length >= {GUESTS}", crowd)
            page.wait_for_timeout(2000)
            before = _worked(devtools)
            apart = page.evaluate(
                """(ms) => new Promise((done) => {
                    const times = [];
                    const step = (now) => {
                        times.push(now);
                        if (now - times[0] < ms) requestAnimationFrame(step);
                        else done(times.slice(1).map((time, at) => time - times[at]));
                    };
                    requestAnimationFrame(step);
                })""",
                1000 * DRAWING_S,
            )
            share = (_worked(devtools) - before) / (sum(apart) / 1000)
            items = page.evaluate("edgeboard.items().length")
        finally:
            crowd.terminate()
            crowd.wait(20)
    if items < GUESTS:
        raise RuntimeError(f"only {items} strokes of {GUESTS} people arrived")
    return {"share": 100 * share, "long_frames": sum(each > 50 for each in apart), "strokes": items}


def size() -> dict[str, float]:
    """Scripts and styles as an installation serves them, each compressed, in KB; and what a first visit takes."""
    if shutil.which("esbuild") is None:
        raise Missing("esbuild is not on PATH; install it: apt-get install -y esbuild")
    with tempfile.TemporaryDirectory() as folder:
        static = build_page(Path(folder))
        html = (static / "index.html").read_text()
        squeezed = {
            str(path.relative_to(static).with_suffix("")): path.stat().st_size
            for path in static.rglob("*.gz")
            if not path.name.endswith(".svg.gz")
        }
        first = sum(count for name, count in squeezed.items() if f'"/static/{name}"' in html)
        return {
            "kb": sum(squeezed.values()) / 1000,
            "first_kb": first / 1000,
            "html_kb": len(gzip.compress(html.encode(), 9)) / 1000,
        }


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](), indent=1))
