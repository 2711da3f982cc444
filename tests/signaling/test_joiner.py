"""The new board's side against real servers, most of which are no boards."""

import http.server
import json
import threading
from contextlib import contextmanager

import pytest

from edgeboard.errors import CloseCode, DecodeError, RefusedError, TransportError
from edgeboard.identity.invitations import Invitation
from edgeboard.identity.joining import ANSWER_MAX, Admitted, Request
from edgeboard.identity.keys import NodeKey
from edgeboard.identity.pairing import Pairing
from edgeboard.signaling import joiner
from edgeboard.signaling.joiner import join_by_code, join_by_invitation
from edgeboard.testing.members import TestMesh

MESH = TestMesh("m")
KEY = NodeKey(b"k" * 32)
TOKEN = b"t" * 16


@contextmanager
def serving(answer):
    """A server that answers every POST with `answer(path, body)`: (status, body)."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(self.path)
            status, data = answer(self.path, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            if status == 307:
                self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def let_in(path, body):
    request = Request.from_bytes(body)
    request.check(TOKEN)
    return 200, Admitted(MESH.member(KEY), ("http://other:1",)).seal(request, TOKEN, b"x" * 32)


def refuse(code, text="no"):
    return lambda path, body: (403, json.dumps({"code": int(code), "text": text}).encode())


def invitation(*urls):
    return Invitation(MESH.founded.mesh, MESH.founder.node_id, TOKEN, urls)


def test_the_first_address_that_lets_us_in_counts_and_comes_first_among_the_peers():
    with serving(let_in) as (url, asked):
        admitted = join_by_invitation(invitation("http://127.0.0.1:1", url), KEY)
        assert admitted.peers == (url, "http://other:1")
        assert admitted.membership == MESH.member(KEY)
        assert join_by_invitation(invitation(), KEY, [url]).membership == admitted.membership
        assert asked == ["/mesh/join"] * 2


def test_an_address_that_belongs_to_another_board_by_now_is_passed_over():
    with serving(refuse(CloseCode.FORBIDDEN)) as (other, _), serving(let_in) as (url, _):
        assert join_by_invitation(invitation(other, url), KEY).membership.mesh == MESH.founded.mesh


@pytest.mark.parametrize("code", [CloseCode.REVOKED, CloseCode.AUTH_FAILED])
def test_a_refusal_that_is_final_is_not_asked_for_twice(code):
    with serving(refuse(code, "because")) as (url, _), serving(let_in) as (other, asked):
        with pytest.raises(RefusedError, match="because") as caught:
            join_by_invitation(invitation(url, other), KEY)
        assert caught.value.code is code
        assert asked == []


def test_the_last_refusal_is_told_if_nobody_lets_us_in():
    with serving(refuse(CloseCode.FORBIDDEN, "x" * 1000)) as (url, _):
        with pytest.raises(RefusedError) as caught:
            join_by_invitation(invitation(url), KEY)
        assert len(str(caught.value)) < 500


NO_BOARDS = {
    "status": lambda path, body: (500, b"oops"),
    "redirect": lambda path, body: (307, b""),
    "code of the future": refuse(99),
}


@pytest.mark.parametrize("answer", NO_BOARDS.values(), ids=NO_BOARDS)
def test_what_is_no_board_is_said_to_be_none(answer):
    with serving(answer) as (url, _), pytest.raises(TransportError, match="not how a board answers"):
        join_by_invitation(invitation(url), KEY)


def test_an_enormous_answer_is_not_read():
    with (
        serving(lambda path, body: (200, bytes(ANSWER_MAX * 2))) as (url, _),
        pytest.raises(DecodeError, match="limit"),
    ):
        join_by_invitation(invitation(url), KEY)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://nowhere.invalid", "http://[::1", "http://a:b"])
def test_an_address_without_a_board(url):
    with pytest.raises(TransportError):
        join_by_invitation(invitation(url), KEY)


def test_an_invitation_without_an_address():
    with pytest.raises(TransportError, match="--peer"):
        join_by_invitation(invitation(), KEY)


def test_who_does_not_answer_in_time(monkeypatch):
    monkeypatch.setattr(joiner, "TIMEOUT_S", 0.05)
    enough = threading.Event()

    def slow(path, body):
        enough.wait(10)
        return 200, b""

    with serving(slow) as (url, _):
        with pytest.raises(TransportError, match="no answer within"):
            join_by_invitation(invitation(url), KEY)
        enough.set()


def test_a_code_is_asked_for_where_it_is_shown():
    pairing, tokens = Pairing("123456", 0.0), {}

    def member(path, body):
        if path == "/mesh/pair":
            answer, name, tokens[name] = pairing.meet(body, 1.0, lambda size: b"r" * size)
            return 200, answer
        request = Request.from_bytes(body)
        token = tokens[request.token_id]
        request.check(token)
        return 200, Admitted(MESH.member(KEY), ()).seal(request, token, b"x" * 32)

    with serving(refuse(CloseCode.FORBIDDEN)) as (other, _), serving(member) as (url, asked):
        assert join_by_code("123456", KEY, ["http://127.0.0.1:1", other, url]).peers == (url,)
        assert asked == ["/mesh/pair", "/mesh/join"]
    with pytest.raises(TransportError, match="--peer"):
        join_by_code("123456", KEY, [])
    with pytest.raises(DecodeError):
        join_by_code("12345", KEY, [url])
