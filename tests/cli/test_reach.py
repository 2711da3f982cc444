"""Ports, addresses, peers and servers; everything on 127.0.0.1."""

import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from edgeboard.cli import reach
from edgeboard.cli.findings import Level
from edgeboard.cli.reach import check_addresses, check_peers, check_port, check_servers


@contextmanager
def web_page(status, body):
    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def one(findings):
    (found,) = findings
    return found


def test_a_free_port_is_well(closed_port):
    assert one(check_port("127.0.0.1", closed_port, None)).level is Level.OK
    assert one(check_port("0.0.0.0", 0, None)).level is Level.OK


def test_a_port_that_is_taken_is_a_problem():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = one(check_port("127.0.0.1", port, None))
    assert (found.level, f"port {port} is taken" in found.text) == (Level.PROBLEM, True)


def test_an_address_of_another_machine_is_a_problem():
    assert "not an address of this machine" in one(check_port("192.0.2.99", 8787, None)).text


def test_the_page_of_a_running_node_is_looked_at(closed_port):
    with web_page(200, b"<title>edgeboard</title>") as port:
        assert one(check_port("0.0.0.0", 8787, port)).level is Level.OK
    with web_page(500, b"edgeboard") as port:
        assert "answers 500" in one(check_port("0.0.0.0", 8787, port)).text
    assert "does not answer" in one(check_port("127.0.0.1", 8787, closed_port)).text


def test_a_board_that_only_this_machine_can_open_is_a_warning():
    found = {each.check: each for each in check_addresses("127.0.0.1", 9000)}
    assert found["network"].level is Level.WARNING
    assert found["network"].remedy == "say --listen [::]:9000"
    assert found["udp"].level is Level.OK


def test_a_machine_without_a_network_is_a_warning(monkeypatch):
    monkeypatch.setattr(reach, "lan_address", lambda: None)
    found = {each.check: each for each in check_addresses("0.0.0.0", 9000)}
    assert (found["network"].level, found["udp"].level) == (Level.WARNING, Level.OK)
    monkeypatch.setattr(reach, "lan_address", lambda: "127.0.0.1")
    assert {each.check: each for each in check_addresses("::", 9000)}["network"].level is Level.OK


def test_udp_that_does_not_arrive_is_a_problem(monkeypatch):
    monkeypatch.setattr(reach, "lan_address", lambda: "192.0.2.77")
    found = {each.check: each for each in check_addresses("0.0.0.0", 9000)}
    assert found["udp"].level is Level.PROBLEM
    assert "firewall" in found["udp"].remedy


def test_peers_answer_or_not(closed_port):
    with web_page(200, b"an EdgeBoard page") as board, web_page(200, b"a printer") as printer:
        urls = [f"http://127.0.0.1:{port}" for port in (board, printer, closed_port)]
        found = list(check_peers(urls, [], {}))
    assert [each.level for each in found] == [Level.OK, Level.PROBLEM, Level.WARNING]
    assert "Connection refused" in found[2].text


def test_what_speaks_no_http_is_no_board():
    with socket.socket() as odd:
        odd.bind(("127.0.0.1", 0))
        odd.listen()

        def answer():
            connection, _ = odd.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"220 mail\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        found = one(check_peers([f"http://127.0.0.1:{odd.getsockname()[1]}"], [], {}))
        thread.join()
    assert "not HTTP" in found.text


def test_a_refusal_comes_from_the_running_node_and_a_lonely_one_is_told():
    url = "http://127.0.0.1:1"
    found = one(check_peers([url], [{"guest": False}], {url: "another mesh"}))
    assert (found.level, "another mesh" in found.text) == (Level.PROBLEM, True)
    assert "linked to no other board" in list(check_peers([url], [{"guest": True}], {url: "x"}))[-1].text
    assert one(check_peers([], [], {})).level is Level.OK
    assert one(check_peers([], [], {url: "put out"})).text == f"the board at {url} refuses to link: put out"


def test_of_the_board_that_let_this_one_in_one_address_is_enough(closed_port):
    gone = f"http://127.0.0.1:{closed_port}"
    with web_page(200, b"edgeboard") as port:
        found = one(check_peers([], [], {}, [gone, f"http://127.0.0.1:{port}"]))
    assert (found.level, found.text) == (Level.OK, f"the board at http://127.0.0.1:{port} answers")
    found = one(check_peers([], [], {}, [gone]))
    assert (found.level, f"the board at {gone} does not answer: Connection refused" in found.text) == (
        Level.WARNING, True,
    )  # fmt: skip


@contextmanager
def stun(make):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def answer():
            data, where = server.recvfrom(1500)
            server.sendto(make(data), where)

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"stun:127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def test_a_stun_server_is_asked():
    with stun(lambda data: b"\x01\x01" + data[2:]) as server:
        assert one(check_servers([server])).level is Level.OK
    with stun(lambda data: b"\x01\x01" + data[2:8] + bytes(12)) as server:
        assert "not an answer of STUN" in one(check_servers([server])).text


def test_a_stun_server_that_is_silent_delays_links(monkeypatch):
    monkeypatch.setattr(reach, "STUN_S", 0.01)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        found = one(check_servers([f"stun:127.0.0.1:{silent.getsockname()[1]}"]))
    assert found.level is Level.WARNING
    assert "no answer in time" in found.text
    assert "transport.ice_servers" in found.remedy


def test_names_that_are_not_known_are_said_to_be(monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(reach.socket, "getaddrinfo", unknown)
    assert "its name is not known" in one(check_servers(["turn:turn.example:3478?transport=udp"])).text


@pytest.mark.parametrize(
    ("text", "place"),
    [("a.b", ("a.b", 3478)), ("a.b:19302", ("a.b", 19302)), ("[::1]:5", ("::1", 5)), ("[::1]", ("::1", 3478))],
)
def test_addresses_of_servers_are_read(text, place):
    assert reach._host_and_port(text) == place
