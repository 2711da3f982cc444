"""Real nodes as processes of their own, the command line as a function, and node sockets that answer as a test says."""

import json
import os
import re
import signal
import socketserver
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from edgeboard.cli.entry import main

READY_S = 20.0
LOOPBACK_CONFIG = "transport: {include_loopback: true}\n"


@pytest.fixture
def run_main(capfd):
    """Runs a command line in this process; returns (exit code, standard output, standard error)."""

    def run(*words):
        code = main([str(word) for word in words])
        out, err = capfd.readouterr()
        return code, out, err

    return run


class RunningNode:
    """`edgeboard run` on a free port of 127.0.0.1."""

    def __init__(self, state, *words, port=0):
        self.state = Path(state)
        self.state.mkdir(parents=True, exist_ok=True)
        config = self.state / "node.yaml"
        config.write_text(LOOPBACK_CONFIG)
        self.log = self.state / "node.log"
        command = [sys.executable, "-m", "edgeboard.cli", "run", "--state", self.state, "--config", config]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*map(str, command), "--listen", f"127.0.0.1:{port}", *map(str, words)],
                stdout=subprocess.PIPE, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.first_line = self.process.stdout.readline().decode()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/room/", self.first_line)
        assert found, self.log.read_text()
        self.port = int(found[1])

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def wait_for(self, line):
        """Until the log says so."""
        give_up = time.monotonic() + READY_S
        while line not in self.log.read_text():
            assert time.monotonic() < give_up, self.log.read_text()
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.02)

    def stop(self, number=signal.SIGINT, timeout_s=5.0):
        """Returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(timeout_s)
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()


@pytest.fixture
def start_node(tmp_path):
    """Starts nodes that are stopped with the test."""
    nodes = []

    def start(name="a", *words, port=0):
        node = RunningNode(tmp_path / name, *words, port=port)
        nodes.append(node)
        return node

    yield start
    for node in nodes:
        node.stop()


@pytest.fixture(scope="session")
def lasting_node(tmp_path_factory):
    """A node for tests that leave it running; each takes a room of its own."""
    node = RunningNode(tmp_path_factory.mktemp("lasting") / "node")
    yield node
    node.stop()


class Answers(BaseHTTPRequestHandler):
    """What a made-up node answers: by method and path, (status, body) or a function that gives them."""

    table = {}  # noqa: RUF012 - the fixture sets it

    def do_GET(self):
        found = self.table.get(f"{self.command} {self.path}", (404, {"code": 10, "text": "no such thing"}))
        asked = self.rfile.read(int(self.headers.get("Content-Length") or 0))  # or its sender finds the pipe broken
        status, body = found(asked) if callable(found) else found
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_GET

    def log_message(self, *_):
        pass

    def address_string(self):
        return "test"


@pytest.fixture
def fake_node(tmp_path):
    """A state directory whose control socket answers from a table."""
    state = tmp_path / "fake"
    state.mkdir()
    handler = type("Handler", (Answers,), {"table": {}})
    server = socketserver.ThreadingUnixStreamServer(os.fspath(state / "control.sock"), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()

    def answer(**table):
        handler.table.update({key.replace("_", " ", 1): value for key, value in table.items()})
        return state

    answer.state = state
    answer.table = handler.table
    yield answer
    server.shutdown()
    server.server_close()
    thread.join()
