"""`edgeboard devices`, alone and beside a node that has its devices in hand."""

import json

import pytest


@pytest.mark.slow
def test_simulated_devices_answer_and_others_are_said_not_to(run_main):
    code, out, _ = run_main("devices", "sim:isdv4", "sim:waveshare43?boot=0", "sim:uc8179", "--json")
    assert code == 0
    found = json.loads(out)
    assert [each["answers"] for each in found] == [True] * 3
    assert "ISDv4" in found[0]["text"]
    code, out, _ = run_main("devices", "sim:isdv4", "sim:toaster", "/dev/no-such-line")
    assert code == 1
    assert "* sim:isdv4" in out
    assert "- sim:toaster" in out
    assert "nothing is plugged in there" in out


def test_what_is_no_url_of_a_device_is_refused(run_main):
    code, _, err = run_main("devices", "seriel:/dev/ttyUSB0")
    assert code == 1
    assert "did you mean serial?" in err


def test_the_rules_for_udev_name_the_group(run_main):
    code, out, _ = run_main("devices", "--udev", "--group", "makers")
    assert code == 0
    assert 'GROUP="makers"' in out
    assert run_main("devices", "--udev", "--group", "no group")[0] == 1


def test_without_asking_nothing_is_written_to_any_line(run_main, tmp_path, monkeypatch):
    from edgeboard.peripherals import listing

    monkeypatch.setattr(listing, "ask_all", lambda urls: pytest.fail("somebody was asked"))
    code, out, _ = run_main("devices", "--no-ask", "--json", "--state", tmp_path)
    assert code == 0
    assert all(each["answers"] is None for each in json.loads(out))


@pytest.mark.slow
def test_a_node_says_what_it_has_and_lets_go_of_it_when_it_is_asked(start_node, run_main):
    from edgeboard.cli.control import NodeError, ask_json

    node = start_node("a", "--device", "sim:isdv4?loop=1", "--device", "sim:uc8179")
    node.wait_for("ISDv4")
    node.wait_for("uc8179")
    code, out, _ = run_main("devices", "--no-ask", "--state", node.state)
    assert code == 0
    assert "* sim:isdv4" in out
    assert "a pen that draws in lobby" in out
    assert "a panel that shows lobby, 800 x 480 px, 2 greys" in out
    code, out, _ = run_main("devices", "sim:isdv4?loop=1", "--state", node.state)
    assert code == 0
    assert "this board's: a pen" in out
    held = ask_json(node.state, "/control/devices/release?port=sim:isdv4", b"")
    assert next(each for each in held if each["device"] == "sim:isdv4")["standing"] == "released"
    held = ask_json(node.state, "/control/devices/resume?port=sim:isdv4", b"")
    assert next(each for each in held if each["device"] == "sim:isdv4")["standing"] != "released"
    with pytest.raises(NodeError, match="no device there"):
        ask_json(node.state, "/control/devices/release?port=/dev/null", b"")


def test_a_node_is_not_started_with_a_device_that_cannot_be(run_main, tmp_path):
    code, _, err = run_main("run", "--state", tmp_path, "--device", "blue:tooth")
    assert code == 1
    assert "--device blue:tooth" in err
