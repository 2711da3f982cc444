"""The process: from its start to a board that is served, and what it weighs when idle."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def _start(folder: Path) -> tuple[subprocess.Popen[bytes], float]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "edgeboard.cli", "run", "--state", str(folder), "--listen", f"127.0.0.1:{port}"]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while time.perf_counter() - started < 30:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/room/lobby")
            if connection.getresponse().status == 200:
                return process, time.perf_counter() - started
        except OSError:
            time.sleep(0.005)
        finally:
            connection.close()
    raise RuntimeError("the board was not served within 30 s")


def _until_ready(state: Path) -> None:
    """Until WebRTC is loaded, which happens behind the first page."""
    for _ in range(1000):
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(state / "control.sock"))
            control.sendall(b"GET /control/status HTTP/1.0\r\nHost: edgeboard\r\n\r\n")
            with control.makefile("rb") as answer:
                patches = json.loads(answer.read().partition(b"\r\n\r\n")[2])["transport"]["patches"]
                if set(patches) - {"av"}:  # which is in force before aiortc is loaded
                    return
        time.sleep(0.01)
    raise RuntimeError("WebRTC was not loaded within 10 s")


def served() -> dict[str, float]:
    """Start of the process to the first page, and the resident set when the node is ready to link."""
    with tempfile.TemporaryDirectory() as folder:
        process, seconds = _start(Path(folder) / "state")
        try:
            _until_ready(Path(folder) / "state")
            pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
            return {"seconds": seconds, "mib": pages * os.sysconf("SC_PAGESIZE") / 2**20}
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(10)
