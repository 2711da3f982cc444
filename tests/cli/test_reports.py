"""Tables for people and JSON for scripts."""

import json

import pytest

from edgeboard.cli.reports import print_table, show_duration, show_finding, show_size, show_time

ROOM = {"name": "lobby", "id": "00" * 16, "state": "active", "ops": 1234, "items": 12, "bytes": 45_678, "authors": 2,
        "people": 1, "vector": "ab", "digest": "0123456789abcdef", "unsafe": 3}  # fmt: skip
STATUS = {
    "name": "Kitchen", "node": "ab" * 16, "mesh": "cd" * 16, "software": "0.1.0", "up_s": 3_700.0, "guests": 2,
    "store_failed": None, "rooms": [ROOM], "refused_by": {}, "alarms": [], "counters": {"forged": 0},
    "links": [
        {"node": "ef" * 16, "guest": False, "carrier": "webrtc", "remote": "10.0.0.2", "round_trip_ms": 1.26,
         "suspect": False},
        {"node": "", "guest": True, "carrier": "websocket", "remote": "10.0.0.9", "round_trip_ms": None,
         "suspect": True},
    ],
}  # fmt: skip
LOG = {
    "room": "lobby", "ops": 2, "bytes": 300, "live_items": 1,
    "authors": [{"author": "aa" * 8, "node": "bb" * 16, "boot": 3, "batches": 1, "batch_bytes": 300, "ops": 2,
                 "dropped": 0, "bytes": 90, "first": 0, "last": 1_000, "did": {}}],
    "people": [{"person": "cc" * 16, "origins": 1, "ops": 2, "bytes": 90, "first": None, "last": 10**30,
                "did": {"add stroke": 1, "erase": 1}}],
    "entries": [{"at": 0, "lamport": 1, "id": "00000000000000ff:1", "person": "cc" * 16, "author": "aa" * 8,
                 "what": "add stroke", "bytes": 80}] * 30,
}  # fmt: skip


def test_rooms_are_a_table_or_json(run_main, fake_node):
    fake_node.table["GET /control/rooms"] = (200, [ROOM])
    code, out, err = run_main("rooms", "--state", fake_node.state)
    assert (code, err) == (0, "")
    head, row = out.splitlines()
    assert head.split() == ["room", "state", "items", "ops", "size", "people", "digest"]
    assert row.split() == ["lobby", "active", "12", "1234", "45.7", "kB", "1", "01234567"]
    assert json.loads(run_main("rooms", "--json", "--state", fake_node.state)[1]) == [ROOM]


def test_a_node_without_rooms_says_so(run_main, fake_node):
    fake_node.table["GET /control/rooms"] = (200, [])
    assert run_main("rooms", "--state", fake_node.state)[1] == f"{fake_node.state} has no rooms yet\n"


def test_a_log_says_who_did_what_when_and_how_large_it_is(run_main, fake_node):
    fake_node.table["GET /control/rooms/lobby/log"] = (200, LOG)
    code, out, _ = run_main("log", "lobby", "--state", fake_node.state)
    assert code == 0
    assert out.startswith("room lobby: 1 items from 2 ops in 300 B\n")
    assert "add stroke 1, erase 1" in out
    assert "1970-01-01" in out
    assert f"{10**30} ms" in out
    assert out.count("00000000000000ff:1") == 20
    assert json.loads(run_main("log", "lobby", "--json", "--state", fake_node.state)[1]) == LOG


def test_a_log_names_who_is_known_and_a_terminal_obeys_no_name(run_main, fake_node):
    names = {"names": {"cc" * 16: "Ada\x1b[31m"}}
    fake_node.table["GET /control/rooms/lobby/log"] = (200, LOG | names)
    out = run_main("log", "lobby", "--state", fake_node.state)[1]
    assert "  Ada?[31m  cccccccc" in out
    assert out.count("Ada?[31m") == 21
    assert "\x1b" not in out


def test_status_shows_links_and_rooms(run_main, fake_node):
    fake_node.table["GET /control/status"] = (200, STATUS)
    code, out, _ = run_main("status", "--state", fake_node.state)
    assert code == 0
    assert "Kitchen  node abababab  mesh cdcdcdcd" in out
    assert "up 1 h 1 min  2 guests" in out
    assert "efefefef  board  webrtc     1.3 ms      10.0.0.2" in out
    assert "guest  websocket              10.0.0.9  suspect" in out
    assert not any(word in out for word in ("CANNOT SAVE", "counted", "alarms", "refused by"))
    assert json.loads(run_main("status", "--json", "--state", fake_node.state)[1]) == STATUS


def test_status_shows_trouble(run_main, fake_node):
    trouble = {
        "store_failed": "the disk is full", "counters": {"forged": 2, "malformed": 0}, "alarms": ["two batches"],
        "refused_by": {"http://b:1": "other mesh"}, "links": [],
    }  # fmt: skip
    fake_node.table["GET /control/status"] = (200, STATUS | trouble)
    out = run_main("status", "--state", fake_node.state)[1]
    for line in ("CANNOT SAVE: the disk is full", "  forged 2", "  http://b:1: other mesh", "  two batches", "  none"):
        assert line in out.splitlines()


def test_status_shows_a_disk_and_a_memory_that_run_out(run_main, fake_node):
    disk = {"free_bytes": 512, "is_low": True, "has_reserve": False}
    store = {"failed": True, "full": True, "queued": 3, "queued_bytes": 7_000_000}
    fake_node.table["GET /control/status"] = (200, STATUS | {"disk": disk, "store": store})
    out = run_main("status", "--state", fake_node.state)[1].splitlines()
    assert "DISK ALMOST FULL: 512 B left, and the reserve for a next start is used up; free some space" in out
    assert "  3 batches, 7.0 MB, wait in memory to be saved" in out
    assert "  THE MEMORY FOR UNSAVED INK IS USED UP: new ink is refused until some of it is saved" in out
    well = {"disk": disk | {"is_low": False}, "store": {"failed": False, "full": False}}
    fake_node.table["GET /control/status"] = (200, STATUS | well)
    assert "FULL" not in run_main("status", "--state", fake_node.state)[1]


def test_status_says_which_kernels_run_and_what_would_change_it(run_main, fake_node):
    found = STATUS | {
        "kernels": {"strokes": "Python"},
        "kernels_remedy": "install a compiler",
        "memory_bytes": 61_000_000,
    }
    fake_node.table["GET /control/status"] = (200, found)
    out = run_main("status", "--state", fake_node.state)[1]
    assert "kernels: strokes in Python\n  install a compiler\n" in out
    assert "2 guests  61.0 MB of memory" in out


def test_status_needs_a_running_node(run_main, tmp_path):
    code, out, err = run_main("status", "--state", tmp_path)
    assert (code, out) == (1, "")
    assert err.startswith(f"edgeboard: no node runs on {tmp_path}")


def test_rooms_and_log_of_nowhere_are_one_line(run_main, tmp_path):
    for words in (["rooms"], ["log", "lobby"]):
        code, _, err = run_main(*words, "--state", tmp_path / "nowhere")
        assert code == 1
        assert err.startswith("edgeboard: there is no directory ")
        code, _, err = run_main(*words, "--state", tmp_path)
        assert err == f"edgeboard: no node has kept anything in {tmp_path}; name its directory with --state DIR\n"


def test_columns_are_as_wide_as_they_need_to_be(capsys):
    print_table(("a", "count"), [("long one", 5), ("b", 12345)])
    assert capsys.readouterr().out == "  a         count\n  long one      5\n  b         12345\n"
    print_table(("a",), [])
    assert capsys.readouterr().out == "  none\n"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (45_678, "45.7 kB"), (1_500_000, "1.5 MB"), (7 * 10**9, "7.0 GB")],
)  # fmt: skip
def test_sizes_are_short(count, text):
    assert show_size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (3_700, "1 h 1 min"), (90_000, "1 d 1 h")],
)
def test_durations_are_short(seconds, text):
    assert show_duration(seconds) == text


def test_times_are_labels_and_may_be_strange():
    assert show_time(None) == "-"
    assert show_time(0)[:3] in ("197", "196")
    assert show_time(10**25) == f"{10**25} ms"


def test_by_what_others_are_found_is_told():
    service = {"url": "http://s:8788", "open": True, "boards": 2, "trouble": ""}
    discovery = {"addresses": ["10.0.0.5", "fe80::5%eth0"], "boards": 3}
    assert list(show_finding({"discovery": discovery, "signaling": [service, service | {"open": False}]})) == [
        "3 of this mesh seen nearby; announced at 10.0.0.5, fe80::5%eth0",
        "signaling service http://s:8788: reached, with 2 others",
        "signaling service http://s:8788: being tried",
    ]
    assert "on no network" in next(show_finding({"discovery": {"addresses": [], "boards": 0}}))
    assert "discovery is off" in next(show_finding({}))
