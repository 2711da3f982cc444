"""Talking to a node's control socket, and what is said when nobody answers."""

import json
import socket
import threading

import pytest

import edgeboard.cli.control as control
from edgeboard.cli.control import NodeError, NoNode, ask, ask_json, room_path, state_of
from edgeboard.errors import UserError


def test_a_node_is_asked_over_its_socket(fake_node):
    state = fake_node(GET_={"x": 1})
    fake_node.table["GET /control/status"] = (200, {"name": "kitchen"})
    fake_node.table["POST /control/rooms/a/import"] = lambda body: (200, {"taken": len(body)})
    assert ask_json(state, "/control/status") == {"name": "kitchen"}
    assert ask_json(state, "/control/rooms/a/import", b"12345") == {"taken": 5}
    assert json.loads(ask(state, "/control/status")) == {"name": "kitchen"}


def test_what_a_node_refuses_is_told_in_its_words(fake_node):
    fake_node.table["GET /x"] = (404, {"code": 10, "text": "this board has no room 'x'"})
    with pytest.raises(NodeError, match="this board has no room 'x'"):
        ask(fake_node.state, "/x")
    fake_node.table["GET /y"] = (500, b"<html>oh</html>")
    with pytest.raises(NodeError, match="the node answers 500: <html>oh</html>"):
        ask(fake_node.state, "/y")


def test_without_a_node_the_line_says_how_to_start_one(tmp_path):
    with pytest.raises(NoNode, match=r"no node runs on .*; start one with: edgeboard run --state"):
        ask(tmp_path, "/control/status")


def test_a_directory_that_does_not_exist_is_said_with_how_to_make_it(tmp_path):
    nowhere = tmp_path / "nowhere"
    with pytest.raises(NoNode) as caught:
        ask(nowhere, "/control/status")
    assert str(caught.value) == (
        f"there is no directory {nowhere}; make it, and a node in it, with: edgeboard run --state {nowhere}"
    )
    nowhere.touch()
    with pytest.raises(NoNode, match=r"nowhere is not a directory; name a node's state directory"):
        ask(nowhere, "/control/status")


def test_a_socket_that_was_left_behind_is_no_node(tmp_path):
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / "control.sock"))
    left.close()
    with pytest.raises(NoNode, match="no node runs on"):
        ask(tmp_path, "/control/status")


def test_a_node_that_runs_as_a_service_is_pointed_out(tmp_path, fake_node, monkeypatch):
    monkeypatch.setattr(control, "SERVICE_STATE", fake_node.state)
    with pytest.raises(NoNode, match=f"but one does on {fake_node.state}: say --state {fake_node.state}"):
        ask(tmp_path, "/control/status")


@pytest.fixture
def listener(tmp_path):
    """A control socket of which nothing more is known."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "control.sock"))
    server.listen()
    yield server
    server.close()


def test_a_node_that_breaks_off_is_one_line(tmp_path, listener):
    def hang_up():
        connection, _ = listener.accept()
        connection.recv(100)
        connection.close()

    thread = threading.Thread(target=hang_up, daemon=True)
    thread.start()
    with pytest.raises(UserError, match=r"the node on .* broke off: "):
        ask(tmp_path, "/control/status")
    thread.join()


def test_a_node_that_is_silent_is_one_line(tmp_path, listener, monkeypatch):
    monkeypatch.setattr(control, "ANSWER_S", 0.05)
    with pytest.raises(UserError, match=r"the node on .* does not answer; see its log"):
        ask(tmp_path, "/control/status")


def test_the_wrong_user_is_told(tmp_path):
    error = control.explain(tmp_path, PermissionError(13, "Permission denied"))
    assert "run this as the user that runs the node" in str(error)


def test_whoever_may_not_look_into_the_services_folder_is_told_so(tmp_path, monkeypatch):
    class Forbidden:
        def exists(self):
            raise PermissionError(13, "Permission denied")

    found = control.find_control_socket
    monkeypatch.setattr(
        control, "find_control_socket", lambda state: Forbidden() if state == control.SERVICE_STATE else found(state)
    )
    with pytest.raises(NoNode, match=rf"no node runs on {tmp_path}; .* sudo, and --state {control.SERVICE_STATE}"):
        ask(tmp_path, "/control/status")


def test_names_of_rooms_are_quoted():
    assert room_path("/control/rooms", "a.b", "log") == "/control/rooms/a.b/log"
    assert room_path("/api/room", "a/../b?", "export.json") == "/api/room/a%2F..%2Fb%3F/export.json"


def test_the_state_directory_is_that_of_the_system_unless_it_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_of(None) == tmp_path / "edgeboard"
    assert state_of(tmp_path) == tmp_path
