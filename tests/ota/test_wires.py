"""One connection for many questions, and an end to those that are silent: real servers on loopback."""

import socket
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from edgeboard.errors import MissingError
from edgeboard.ota.fetchers import HttpSource
from edgeboard.ota.wires import Watch

DATA = bytes(range(256)) * 4
NAME = f"targets/{'ab' * 32}.thing-1.0-py3-none-any.whl"


@pytest.fixture
def server(tmp_path):
    """A server that keeps connections open, and counts them; it knows ranges."""
    (tmp_path / "targets").mkdir()
    (tmp_path / NAME).write_bytes(DATA)
    opened, taken = [], []

    class Keeping(SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        questions_max = 1 << 30  # on one connection, after which it hangs up without a word

        def log_message(self, *words):
            pass

        def setup(self):
            super().setup()
            opened.append(self.client_address)
            self.asked = 0

        def do_GET(self):
            self.asked += 1
            if self.asked > self.questions_max:
                self.close_connection = True
                return
            taken.append(self.headers.get("Range"))
            wanted = taken[-1]
            if "targets" not in self.path:
                self.send_response(404)
                self.send_header("Content-Length", "7")
                self.end_headers()
                self.wfile.write(b"nothing")
                return
            start, end = map(int, wanted.removeprefix("bytes=").split("-"))
            part = DATA[start : end + 1]
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{start + len(part) - 1}/{len(DATA)}")
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            self.wfile.write(part)

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Keeping, directory=tmp_path)) as made:
        made.daemon_threads = True
        made.opened, made.taken, made.handler = opened, taken, Keeping
        made.url = f"http://127.0.0.1:{made.server_port}/"
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def read(source, offset, limit):
    return b"".join(source.read(NAME, offset, limit))


def test_many_pieces_come_over_one_connection(server):
    source = HttpSource(server.url)
    pieces = [read(source, at, 64) for at in range(0, len(DATA), 64)]
    assert b"".join(pieces) == DATA
    assert len(server.opened) == 1, "a connection for each piece costs a round trip or three"
    assert server.taken[1] == "bytes=64-127"


def test_what_is_missing_does_not_end_the_connection(server):
    source = HttpSource(server.url)
    with pytest.raises(MissingError):
        b"".join(source.read("metadata/2.root.json", 0, 1000))
    assert read(source, 0, 10) == DATA[:10]
    assert len(server.opened) == 1


def test_a_server_that_hangs_up_between_two_questions_is_asked_again(server):
    server.handler.questions_max = 3
    source = HttpSource(server.url)
    assert b"".join(read(source, at, 64) for at in range(0, len(DATA), 64)) == DATA
    assert len(server.opened) == 6, "16 pieces, 3 on a connection"


def test_a_reader_that_stops_half_way_leaves_nothing_for_the_next(server):
    source = HttpSource(server.url)
    begun = source.read(NAME, 0, len(DATA))
    assert next(begun)[:4] == DATA[:4]
    begun.close()
    assert read(source, 100, 20) == DATA[100:120]


def test_two_readers_at_once_have_a_connection_each(server):
    source = HttpSource(server.url)
    one, other = source.read(NAME, 0, 10), source.read(NAME, 500, 10)
    assert (b"".join((next(one), next(other)))) == DATA[:10] + DATA[500:510]
    assert list(one) == list(other) == []
    assert len(server.opened) == 2


def test_a_watch_ends_what_is_silent():
    here, there = socket.socketpair()
    with here, there, Watch(0.05) as watch:
        watch.guard(here)
        assert here.recv(1) == b"", "the watch has shut it"
        with pytest.raises(TimeoutError):
            watch.check()
