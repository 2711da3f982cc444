"""Values as people write them."""

import math
import re
from pathlib import Path

import pytest

from edgeboard.config import values
from edgeboard.config.values import Listen, default_name, default_state


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("0.0.0.0:8787", "0.0.0.0", 8787),
        ("localhost:1", "localhost", 1),
        ("board-3.local:65535", "board-3.local", 65535),
        ("[::]:8787", "::", 8787),
        ("[fe80::1]:80", "fe80::1", 80),
        ("127.0.0.1:0", "127.0.0.1", 0),
    ],
)
def test_a_place_to_listen_is_host_and_port(text, host, port):
    listen = values.read_listen(text)
    assert listen == Listen(host, port)
    assert values.read_listen(str(listen)) == listen


@pytest.mark.parametrize(
    "text", ["", "8787", ":8787", "host:", "host:65536", "host:-1", "host:8 8", "::1:80", "a b:1", "h:٣", "[1.2.3.4]:5"]
)
def test_what_is_not_a_place_to_listen_is_explained(text):
    with pytest.raises(ValueError, match=r"is not HOST:PORT; write for example \[::\]:8787"):
        values.read_listen(text)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://kitchen.local:8787", "http://kitchen.local:8787"),
        ("http://kitchen.local:8787/", "http://kitchen.local:8787"),
        ("http://kitchen.local:8787/room/lobby", "http://kitchen.local:8787"),
        ("https://board.example.org", "https://board.example.org"),
        ("kitchen.local", "http://kitchen.local:8787"),
        ("kitchen.local:9000", "http://kitchen.local:9000"),
        ("[fe80::1]:9000", "http://[fe80::1]:9000"),
        ("http://192.168.1.20:8787", "http://192.168.1.20:8787"),
    ],
)
def test_a_peer_may_be_written_as_the_browser_shows_it(text, url):
    assert values.read_peer(text) == url
    assert values.read_peer(url) == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ftp://a",
        "http://",
        "http://a:99999",
        "http://a:0",
        "http://me@a",
        "http://a/b",
        "http://[1",
        "a b",
        "ws://a:1",
    ],
)
def test_what_is_not_a_peer_is_explained(text):
    with pytest.raises(ValueError, match=r"; write the address of the other board, for example http://"):
        values.read_peer(text)


@pytest.mark.parametrize(
    ("reader", "text", "message"),
    [
        (values.read_room, "a/b", "'a/b' is not a room name; a room name is 1 to 64"),
        (values.read_name, "", "'' is not a name; write 1 to 40 characters"),
        (values.read_name, "x" * 41, "is not a name"),
        (values.read_name, "a\nb", "is not a name"),
        (values.read_path, " ", "a path is empty"),
        (values.read_path, "~nobody-of-that-name/x", "names nobody"),
        (values.read_address, "my network", "'my network' is neither an address nor an interface; write 10"),
        (values.read_ice_server, "http://a", "is not an ICE server; write for example stun:"),
        (values.read_ice_server, "stun:", "is not an ICE server"),
        (values.read_flag, "perhaps", "'perhaps' is not allowed; write true or false"),
        (values.read_whole, "1.5", "'1.5' is not allowed; write a whole number from 0"),
        (values.read_whole, "-1", "write a whole number from 0"),
        (values.read_whole, "1_", "write a whole number from 0"),
        (values.read_whole, "9" * 400, "write a whole number from 0"),
        (values.read_number, "nan", "write a number from 0"),
        (values.read_number, "inf", "write a number from 0"),
        (values.read_number, "soon", "write a number from 0"),
        (values.read_number, "-0.1", "write a number from 0"),
    ],
)
def test_what_is_not_allowed_is_said_with_what_is(reader, text, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        reader(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_sound_values_are_read():
    assert values.read_room("lobby-2.b_c") == "lobby-2.b_c"
    assert values.read_name("  Küche  ") == "Küche"
    assert values.read_path("~/x") == Path("~/x").expanduser()
    assert values.read_address("FE80::1") == "fe80::1"
    assert values.read_address("wlan0") == "wlan0"
    assert values.read_ice_server("turn:a.example:3478?transport=udp") == "turn:a.example:3478?transport=udp"
    assert [values.read_flag(word) for word in ("true", "Yes", "ON", "false", "no", "Off")] == [True] * 3 + [False] * 3
    assert values.read_whole("16_777_216") == 16777216
    assert math.isclose(values.read_number("0.033"), 0.033)
    assert values.read_choice("a", ["a", "b"]) == "a"


def test_bounds_are_named():
    with pytest.raises(ValueError, match="'5' is not allowed; write a whole number from 1 to 4"):
        values.read_whole("5", 1, 4)
    with pytest.raises(ValueError, match=r"'5' is not allowed; write a number from 0 to 0\.5"):
        values.read_number("5", 0, 0.5)


@pytest.mark.parametrize(
    ("environment", "path"),
    [
        ({"STATE_DIRECTORY": "/var/lib/edgeboard:/x", "HOME": "/root"}, "/var/lib/edgeboard"),
        ({"XDG_STATE_HOME": "/s", "HOME": "/home/a"}, "/s/edgeboard"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/home/a"}, "/home/a/.local/state/edgeboard"),
        ({"HOME": "/home/a"}, "/home/a/.local/state/edgeboard"),
        ({}, "/var/lib/edgeboard"),
    ],
)
def test_state_lies_where_the_system_says(environment, path):
    assert default_state(environment) == Path(path)


def test_a_machine_gives_its_name_to_the_board(monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "pi-17.example.org")
    assert default_name() == "pi-17"
    monkeypatch.setattr("socket.gethostname", lambda: "")
    assert default_name() == "board"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("10.0.0.9", "http://10.0.0.9:8788"),
        ("10.0.0.9:8787", "http://10.0.0.9:8787"),
        ("http://signal.local:99", "http://signal.local:99"),
        ("https://signal.example", "https://signal.example"),
        ("[fd00::9]", "http://[fd00::9]:8788"),
        ("[fd00::9]:80", "http://[fd00::9]:80"),
    ],
)
def test_a_signaling_service_has_a_port_of_its_own(text, url):
    assert values.read_signaling(text) == url


@pytest.mark.parametrize("text", ["", "http://", "ftp://x", "http://x/path", "a b"])
def test_what_is_no_signaling_service_is_explained(text):
    with pytest.raises(ValueError, match="is not a signaling service; write its address"):
        values.read_signaling(text)
