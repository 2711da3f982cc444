"""What is seen of a node from outside."""

import json
import socket
import threading

import pytest

from edgeboard.ota.gate import Report
from edgeboard.ota.launch import looking

STATUS = {
    "software": "1.2",
    "prefix": "/opt/edgeboard/slots/2-b",
    "store_failed": None,
    "links": [{"guest": False}, {"guest": True}, {"guest": False}],
    "devices": [
        {"device": "pen", "standing": "ready", "url": "pen:/dev/null", "found": True},
        {"device": "gone", "standing": "waiting", "url": "pen:/dev/ttyNobody7", "found": True},
        {"device": "sim", "standing": "waiting", "url": "pen:sim", "found": True},
    ],
}


@pytest.fixture
def answering(tmp_path):
    """A control socket that answers with these bytes, or never."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "control.sock"))
    server.listen()
    threads = []

    def answer(data):
        def serve():
            one, _ = server.accept()
            with one:
                if data is not None:
                    asked = one.recv(4096)
                    if asked.startswith(b"POST") and asked.endswith(b"\r\n\r\n"):
                        one.recv(4096)  # its body, which comes by itself
                    one.sendall(data)
                else:
                    one.recv(4096)
                    one.recv(4096)  # until whoever asked has had enough

        threads.append(threading.Thread(target=serve))
        threads[-1].start()
        return tmp_path

    yield answer
    for thread in threads:
        thread.join()
    server.close()


def http(body, status="200 OK"):
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def test_a_node_is_asked_on_its_socket(answering):
    status, silence = looking.ask(answering(http(json.dumps(STATUS))))
    assert silence == ""
    assert looking.report_of(status) == Report("/opt/edgeboard/slots/2-b", "1.2", "", 2, ("pen",))


def test_a_socket_far_away_is_found_by_its_note(answering, tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    (state / "control.path").write_text(f"{answering(http('{}')) / 'control.sock'}\n")
    assert looking.ask(state) == ({}, "")


@pytest.mark.parametrize("data", [b"", b"no http", http("[]"), http("not json"), http("{}", "500 Broken")])
def test_an_answer_that_is_none_is_silence_with_a_reason(answering, data):
    status, silence = looking.ask(answering(data))
    assert status is None
    assert silence


def test_a_node_that_never_answers_is_waited_for_so_long(answering, monkeypatch):
    monkeypatch.setattr(looking, "ANSWER_S", 0.05)
    assert looking.ask(answering(None)) == (None, "no answer within 0 s")


def test_a_node_that_is_not_there_is_silent(tmp_path):
    status, silence = looking.ask(tmp_path)
    assert status is None
    assert silence == "nobody listens on its control socket"


def test_a_node_that_saves_says_what_it_was_told_to_write(answering):
    state = answering(http(json.dumps({"saved": b"ink".hex()})))
    assert looking.prove(state, b"ink") == ""


UNSAVED = {
    "something else": (http(json.dumps({"saved": "00"})), "not what it was told to write"),
    "no word of it": (http("{}"), "not what it was told to write"),
    "why it cannot": (http('{"text": "the disk is full"}', "507 Insufficient Storage"), "the disk is full"),
    "an error": (http("oops", "500 Broken"), "Expecting value"),
    "nothing": (b"", "closed connection without response"),
}


@pytest.mark.parametrize("what", UNSAVED)
def test_a_node_that_does_not_save_is_named_with_why(answering, what):
    data, words = UNSAVED[what]
    assert words in looking.prove(answering(data), b"ink")


@pytest.mark.parametrize("odd", [{}, {"links": 7, "devices": {"a": 1}}, {"links": ["x"], "devices": [None, 3]}])
def test_odd_answers_count_as_nothing(odd):
    assert looking.report_of(odd) == Report("", "")
    assert looking.plugged(odd) == ()


def test_a_device_is_plugged_in_if_its_file_is_there_whatever_the_node_says():
    assert looking.plugged(STATUS) == ("pen", "sim")


def test_a_network_is_an_interface_with_a_carrier(tmp_path):
    for name, carrier in (("lo", "1"), ("eth0", "0")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "carrier").write_text(f"{carrier}\n")
    (tmp_path / "down0").mkdir()
    assert not looking.has_network(tmp_path)
    (tmp_path / "eth0" / "carrier").write_text("1\n")
    assert looking.has_network(tmp_path)
    assert not looking.has_network(tmp_path / "nothing")
