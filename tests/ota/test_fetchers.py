"""Sources against servers that do not behave: real ones, on loopback and on a Unix socket."""

import socket
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from edgeboard.errors import MissingError, SourceError, UserError
from edgeboard.ota import fetchers
from edgeboard.ota.fetchers import FolderSource, HttpSource, MeshSource, check_name

DATA = bytes(range(256)) * 1000
NAME = f"targets/{'ab' * 32}.thing-1.0-py3-none-any.whl"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "targets").mkdir()
    (tmp_path / NAME).write_bytes(DATA)
    return tmp_path


@pytest.fixture
def talker():
    """A server that says the same to all; `talker(bytes, …)` gives its address, and waits for Events among them."""
    listeners, threads, events = [], [], []

    def start(*parts, family=socket.AF_INET, address=("127.0.0.1", 0)):
        listener = socket.create_server(address, family=family) if family == socket.AF_INET else socket.socket(family)
        if family == socket.AF_UNIX:
            listener.bind(address)
            listener.listen()
        listeners.append(listener)
        events.extend(part for part in parts if isinstance(part, threading.Event))

        def serve():
            while True:
                try:
                    taken, _ = listener.accept()
                except OSError:
                    return
                with taken:
                    taken.recv(65536)
                    try:
                        for part in parts:
                            if isinstance(part, threading.Event):
                                part.wait(20)
                            else:
                                taken.sendall(part)
                    except OSError:
                        continue

        threads.append(threading.Thread(target=serve, daemon=True))
        threads[-1].start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/" if family == socket.AF_INET else address

    yield start
    for event in events:
        event.set()
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for thread in threads:
        thread.join(5)


@pytest.fixture
def quiet(monkeypatch):
    monkeypatch.setattr(fetchers, "SILENT_S", 0.2)


def read(source, name=NAME, offset=0, limit=1 << 30):
    return b"".join(source.read(name, offset, limit))


def answer(status="200 OK", body=b"", **headers):
    lines = [f"HTTP/1.1 {status}", *(f"{key.replace('_', '-')}: {value}" for key, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode() + body


# ------------------------------------------------------------------------------------------------ a folder


@pytest.mark.parametrize(("offset", "limit"), [(0, 1 << 30), (0, 10), (100_000, 5), (255_999, 10), (256_000, 10)])
def test_a_folder_gives_what_is_asked_for(folder, offset, limit):
    assert read(FolderSource(folder), NAME, offset, limit) == DATA[offset : offset + limit]


def test_what_a_board_keeps_is_a_source_too(tmp_path):
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / ("ab" * 32)).write_bytes(DATA)
    assert read(FolderSource(tmp_path)) == DATA


@pytest.mark.parametrize("name", ["metadata/absent.json", f"targets/{'cd' * 32}.x.whl"])
def test_what_a_folder_lacks_is_missing(folder, name):
    with pytest.raises(MissingError):
        read(FolderSource(folder), name)


@pytest.mark.parametrize(
    "name",
    ["", "metadata/", "metadata/../../etc/passwd", "/etc/passwd", "targets/a/b", "keys/root.pem", "metadata/x\n",
     "metadata/.hidden", "metadata/a..b", "targets/" + "x" * 400],
)  # fmt: skip
def test_names_that_reach_out_are_missing(folder, name):
    with pytest.raises(MissingError):
        check_name(name)


def test_a_link_in_a_folder_is_not_followed(folder, tmp_path):
    (folder / "metadata").mkdir()
    (folder / "metadata" / "timestamp.json").symlink_to("/etc/passwd")
    with pytest.raises(SourceError, match="cannot read"):
        read(FolderSource(folder), "metadata/timestamp.json")


# ------------------------------------------------------------------------------------------------ a web server


@pytest.fixture
def plain(folder):
    """`python -m http.server`, which knows no ranges."""

    class Silent(SimpleHTTPRequestHandler):
        def log_message(self, *words):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("offset", "limit"), [(0, 1 << 30), (0, 10), (100_000, 5), (255_999, 10), (256_000, 10)])
def test_a_server_without_ranges_serves(plain, offset, limit):
    assert read(HttpSource(plain), NAME, offset, limit) == DATA[offset : offset + limit]


def test_what_a_server_lacks_is_missing(plain):
    with pytest.raises(MissingError, match="answer 404"):
        read(HttpSource(plain), "metadata/7.root.json")


def test_a_range_is_taken_as_it_is(talker):
    url = talker(answer("206 Partial Content", b"56789", Content_Range="bytes 5-9/10", Content_Length=5))
    assert read(HttpSource(url), offset=5) == b"56789"


def test_whether_a_server_knows_ranges_is_asked(talker, plain):
    url = talker(answer("206 Partial Content", b"x", Content_Range="bytes 1-1/10", Content_Length=1))
    assert HttpSource(url).can_seek(NAME)
    assert not HttpSource(plain).can_seek(NAME)
    assert not HttpSource(talker(answer("404 Not Found"))).can_seek(NAME)
    with pytest.raises(SourceError, match="does not answer"):
        HttpSource(talker(b"")).can_seek(NAME)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (answer("500 Oops"), "answers 500"),
        (answer("206 Partial Content", b"x", Content_Range="bytes 0-0/10"), "another part"),
        (answer(body=b"\x1f\x8b", Content_Encoding="gzip"), "compressed"),
        (answer("302 Found", Location="file:///etc/passwd"), "where nobody follows"),
        (answer("302 Found", Location="ftp://127.0.0.1/x"), "where nobody follows"),
        (answer("302 Found"), "where nobody follows"),
        (answer("302 Found", Location="/again"), "more than 3 times"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "does not answer"),
        (b"", "does not answer"),
        (answer() [:-2] + b"X: " + b"y" * 70_000 + b"\r\n\r\n", "does not answer"),
        (answer(body=b"half", Content_Length=10), "breaks off"),
        (answer(body=b"zz\r\n", Transfer_Encoding="chunked"), "does not answer"),
    ],
    ids=lambda part: str(part)[:40],
)  # fmt: skip
def test_a_server_that_does_not_behave_is_a_source_that_does_not_answer(talker, said, why):
    with pytest.raises(SourceError, match=why):
        read(HttpSource(talker(said)), offset=5 if "another" in why else 0)


def test_a_redirect_is_followed(talker, plain):
    url = talker(answer("302 Found", Location=f"{plain}/{NAME}"))
    assert read(HttpSource(url)) == DATA


def test_from_https_nobody_goes_to_http():
    with pytest.raises(SourceError, match="where nobody follows"):
        HttpSource("https://updates.example.org/")._follow(
            "https://updates.example.org/x", "http://updates.example.org/x"
        )


def test_a_flood_stops_at_the_limit(talker):
    url = talker(answer(Content_Length=1 << 40), b"x" * 1_000_000)
    assert len(read(HttpSource(url), limit=300_000)) == 300_000


@pytest.mark.parametrize("said", [[], [b"HTTP/1.1 200 OK\r\n"], [answer(body=b"abc", Content_Length=10)]])
def test_silence_ends_after_a_while(talker, quiet, said):
    with pytest.raises(SourceError, match="it is silent"):
        read(HttpSource(talker(*said, threading.Event())))


def test_a_header_that_never_ends_is_silence_too(talker, quiet):
    """Each byte in time for the socket, and yet no answer: the watch sees to it."""
    held = [threading.Event() for _ in range(40)]
    parts = [part for event in held for part in (b"X", event)]
    for event, after in zip(held, range(40), strict=True):
        threading.Timer(0.03 * (after + 1), event.set).start()
    with pytest.raises(SourceError, match="it is silent"):
        read(HttpSource(talker(b"HTTP/1.1 200 OK\r\nA: ", *parts)))


def test_nobody_there_is_said():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(SourceError, match="does not answer"):
        read(HttpSource(f"http://127.0.0.1:{port}"))


@pytest.mark.parametrize(
    "url", ["", "updates.example.org", "file:///srv/updates", "ftp://x/y", "http://", "http://[::1", "http://x/?a=b"]
)
def test_what_is_no_address_is_said(url):
    with pytest.raises(UserError, match="no address of updates"):
        HttpSource(url)


# ------------------------------------------------------------------------------------------------ the mesh


def test_the_mesh_is_asked_over_the_socket_of_the_node(talker, tmp_path):
    path = talker(answer(body=b"abc", Content_Length=3), family=socket.AF_UNIX, address=str(tmp_path / "s"))
    assert read(MeshSource(path)) == b"abc"


def test_without_a_node_the_mesh_does_not_answer(tmp_path):
    with pytest.raises(SourceError, match="the mesh does not answer"):
        read(MeshSource(tmp_path / "absent"))


def test_a_node_sends_nobody_elsewhere(talker, tmp_path):
    path = talker(answer("302 Found", Location="http://127.0.0.1/"), family=socket.AF_UNIX, address=str(tmp_path / "s"))
    with pytest.raises(SourceError, match="where nobody follows"):
        read(MeshSource(path))


class Moment(threading.Event):
    """Less than the silence that ends a connection."""

    def wait(self, timeout=None):
        return super().wait(fetchers.SILENT_S / 4)


def test_who_ignores_the_offset_and_sends_what_is_before_it_bit_by_bit_is_silent(talker, quiet):
    url = talker(answer(Content_Length=str(len(DATA))), *(part for _ in range(40) for part in (b"x", Moment())))
    with pytest.raises(SourceError, match="silent"):
        read(HttpSource(url), offset=1000)


def test_what_a_server_says_moves_no_cursor(talker):
    with pytest.raises(SourceError, match=r"does not answer: \?\[2Jowned"):
        read(HttpSource(talker(b"\x1b[2Jowned\r\n\r\n")))
