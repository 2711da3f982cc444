"""Files that people write, sound and broken; a broken one is answered with one line: file, line, key, remedy."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.config.load import FILE_MAX, load, parse
from edgeboard.config.schema import Config
from edgeboard.config.values import Listen
from edgeboard.errors import UserError
from edgeboard.peripherals.panels import PanelSettings
from edgeboard.peripherals.settings import Covers, Settings

CONFIGS = Path(__file__).parents[2] / "configs"


def fault(text):
    with pytest.raises(UserError) as caught:
        parse(text, "edgeboard.yaml")
    line = str(caught.value)
    assert "\n" not in line
    assert len(line) < 500
    return line


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.name)
def test_every_shipped_example_loads(path):
    config = load(path)
    assert config.node.name != Config().node.name
    assert path.read_text().startswith("# ")
    shown = {each.room for each in config.panels if each.room}
    assert shown <= set(config.rooms), "a panel shows a room that a slip of the pen would open"


def test_the_examples_are_there():
    names = {"minimal.yaml", "classroom.yaml", "corridor.yaml", "factory-floor.yaml", "meeting-room.yaml"}
    assert {path.name for path in CONFIGS.glob("*.yaml")} == names


def test_what_a_file_says_is_what_the_node_gets():
    config = load(CONFIGS / "factory-floor.yaml")
    assert config.node.name == "Line 3"
    assert config.node.listen == Listen("10.20.0.13", 8787)
    assert config.rooms == ("line-3", "shift-handover")
    assert config.peers == ("http://10.20.4.11:8787",)
    assert config.discovery.mdns
    assert config.discovery.interfaces == ("eth0",)
    assert config.signaling == ("http://10.20.0.2:8788",)
    assert config.transport.addresses == ("eth0",)
    assert config.guests.gather_s == 0.05
    assert config.storage.settings.group_s == 0.1
    assert config.storage.settings.queue_bytes == 16 << 20


@pytest.mark.parametrize("text", ["", "\n", "# nothing but a comment\n", "---\n", "null\n", "node:\n", "node: {}\n"])
def test_a_file_that_says_nothing_gives_the_defaults(text):
    assert parse(text, "edgeboard.yaml") == Config()


def test_values_are_what_the_key_means_and_not_what_they_look_like():
    config = parse("node: {name: on}\nrooms: [2024, 1e3, yes]\npeers: []\n", "edgeboard.yaml")
    assert config.node.name == "on"
    assert config.rooms == ("2024", "1e3", "yes")


def test_a_path_is_meant_from_where_the_file_lies(tmp_path):
    (tmp_path / "edgeboard.yaml").write_text("node: {state: here/state}\n")
    assert load(tmp_path / "edgeboard.yaml").node.state == tmp_path / "here" / "state"
    (tmp_path / "edgeboard.yaml").write_text("node: {state: /there}\n")
    assert load(tmp_path / "edgeboard.yaml").node.state == Path("/there")


def test_auto_may_stand_alone():
    assert parse("transport: {addresses: auto}", "f").transport.addresses == ()
    assert parse("transport: {addresses: [wlan0, 10.0.0.1]}", "f").transport.addresses == ("wlan0", "10.0.0.1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("node:\n  nme: x\n", "edgeboard.yaml:2: node.nme: is not a setting; did you mean name?"),
        ("nodes: {}\n", "edgeboard.yaml:1: nodes: is not a setting; did you mean node?"),
        ("zebra: 1\n", "edgeboard.yaml:1: zebra: is not a setting; allowed are node, rooms, peers, signaling"),
        ("node:\n  name: a\n  name: b\n", "edgeboard.yaml:3: node.name: stands here twice, first in line 2"),
        ("rooms: [a]\nnode: {}\nrooms: [b]\n", "edgeboard.yaml:3: rooms: stands here twice, first in line 1"),
        ("node:\n  listen: 8787\n", "edgeboard.yaml:2: node.listen: '8787' is not HOST:PORT; write for example"),
        ("node: board\n", "edgeboard.yaml:1: node: is the value 'board'; write a section with name, state, listen"),
        ("- a\n", "edgeboard.yaml:1: file: is a list; write a section with node, rooms"),
        ("\n\nhello\n", "edgeboard.yaml:3: file: is the value 'hello'; write a section with"),
        ("node:\n  name: [a]\n", "edgeboard.yaml:2: node.name: is a list; write one value"),
        ("node:\n  name:\n", "edgeboard.yaml:2: node.name: has no value; write one"),
        ("rooms: lobby\n", "edgeboard.yaml:1: rooms: is the value 'lobby'; write a list, [a, b]"),
        ("rooms: []\n", "edgeboard.yaml:1: rooms: has 0 entries; write 1 to 64"),
        ("rooms:\n", "edgeboard.yaml:1: rooms: has 0 entries; write 1 to 64"),
        ("rooms:\n  - a\n  - b\n  - a\n", "edgeboard.yaml:4: rooms[3]: 'a' stands in the list twice"),
        ("rooms:\n  - a\n  - {b: c}\n", "edgeboard.yaml:3: rooms[2]: is a section; write one value"),
        ("rooms: [a b]\n", "edgeboard.yaml:1: rooms[1]: 'a b' is not a room name; a room name is 1 to 64 letters"),
        ("peers:\n  - kitchen/x\n", "edgeboard.yaml:2: peers[1]: 'kitchen/x' has a path behind the address"),
        ("peers: [a, 'http://a:8787/']\n", "edgeboard.yaml:1: peers[2]: 'http://a:8787/' stands in the list twice"),
        ("transport: {mode: udp}\n", "transport.mode: 'udp' is not allowed; write one of auto, webrtc, websocket"),
        ("transport: {addresses: all}\n", "is the value 'all'; write a list, [a, b] or the word auto"),
        ("transport: {include_loopback: maybe}\n", "'maybe' is not allowed; write true or false"),
        ("transport: {addresses: [a b]}\n", "transport.addresses[1]: 'a b' is neither an address nor an interface"),
        ("transport: {open_s: 0}\n", "transport.open_s: '0' is not allowed; write a number from 0.1 to 60"),
        ("guests: {most: many}\n", "guests.most: 'many' is not allowed; write a whole number from 0 to 4096"),
        ("storage: {group_s: -1}\n", "storage.group_s: '-1' is not allowed; write a number from 0 to 10"),
        ("storage: {settings: {}}\n", "storage.settings: is not a setting; allowed are kind, group_s"),
        ("storage:\n  kind: sqlite\n  reserve_bytes: 999999999\n", "yaml:3: storage.reserve_bytes: is more than queue"),
        ("storage:\n  retry_first_s: 60\n", "edgeboard.yaml:2: storage.retry_last_s: is less than retry_first_s"),
        ("logging: {level: loud}\n", "logging.level: 'loud' is not allowed; write one of debug, info, warning, error"),
        ("node:\n  name: !!python/object:os.system x\n", "edgeboard.yaml:2: node.name: has the tag tag:yaml.org"),
        ("node: {name: !secret x}\n", "node.name: has the tag !secret; write the value without a tag"),
        ("? [a]\n: b\n", "edgeboard.yaml:1: file: has a key that is not a word"),
        ("node:\n  name: a: b\n", "edgeboard.yaml:2: name: not YAML: mapping values are not allowed here; write `key:"),
        ("node:\n  name: a\n listen: b\n", "edgeboard.yaml:3: listen: not YAML: "),
        ("node:\n\tname: x\n", "edgeboard.yaml:2: name: not YAML: "),
        ("node: {name: 'x\n", "edgeboard.yaml:2: node: not YAML: found unexpected end of stream"),
        ("a: 1\n---\nb: 2\n", "not YAML: but found another document"),
        ("node:\n  name: x\x07y\n", "edgeboard.yaml:2: file: a control character; remove it"),
        ("node: *there\n", "edgeboard.yaml:1: node: not YAML: found undefined alias"),
        ("rooms: " + "[" * 40 + "]" * 40, "edgeboard.yaml:1: rooms: nested too deeply"),
        ("rooms: " + "[" * 90_000, "edgeboard.yaml:1: rooms: nested too deeply"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "edgeboard.yaml:1: a: is not a setting"),
    ],
)
def test_each_fault_is_one_line_with_file_line_and_key(text, message):
    assert message in fault(text)


def test_line_ends_of_other_systems_count_lines_alike():
    assert fault("node:\r\n  nme: x\r\n").startswith("edgeboard.yaml:2: node.nme: ")


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(UserError, match=r"no\.yaml: cannot be read: No such file or directory; give the path"):
        load(tmp_path / "no.yaml")
    with pytest.raises(UserError, match="cannot be read: Is a directory"):
        load(tmp_path)


def test_a_file_that_is_no_text_says_where(tmp_path):
    (tmp_path / "f.yaml").write_bytes(b"node:\n  name: \xff\n")
    with pytest.raises(UserError, match=r"f\.yaml:2: file: not UTF-8 text; save it as UTF-8"):
        load(tmp_path / "f.yaml")


def test_a_file_that_is_far_too_large_is_not_read(tmp_path):
    (tmp_path / "f.yaml").write_bytes(b"#" * (FILE_MAX + 1))
    with pytest.raises(UserError, match=r"f\.yaml: larger than 256 KiB"):
        load(tmp_path / "f.yaml")


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path):
    (tmp_path / "f.yaml").write_bytes(b"\xef\xbb\xbfrooms: [a]\n")
    assert load(tmp_path / "f.yaml").rooms == ("a",)


@given(
    st.lists(
        st.sampled_from(["node", "name", "rooms", ":", " ", "\n", "  ", "- ", "[", "]", "{", "}", "!", "&a", "*a", "'"])
        | st.text(max_size=4),
        max_size=30,
    )
)
def test_whatever_a_file_holds_it_is_a_config_or_one_line(parts):
    try:
        line = f"f.yaml:1: config: {parse(''.join(parts), 'f.yaml').rooms}"
    except UserError as error:
        line = str(error)
    assert re.fullmatch(r"f\.yaml:[0-9]+: \S+: .*", line)


def test_devices_are_urls_or_sections():
    text = "devices:\n  - auto\n  - url: sim:isdv4\n    room: lesson\n    view: 10, 20, 640\n"
    text += "    touch: yes\n    rotation: 90\n"
    auto, pen = parse(text, "a.yaml").devices
    assert auto == Settings()
    assert pen == Settings("sim:isdv4", "lesson", Covers(10, 20, 640), "90", touch=True)
    assert parse("devices: []\n", "a.yaml").devices == ()
    assert parse("", "a.yaml").devices == (Settings(),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("devices: [toaster]", "a.yaml:1: devices[1]: toaster: 'toaster' is no kind of device"),
        ("devices: [sim:isdv4, sim:isdv4]", "a.yaml:1: devices[2]: 'sim:isdv4' stands in the list twice"),
        ("devices:\n  - url: auto\n    vew: 1", "a.yaml:3: devices[1].vew: is not a setting; did you mean view?"),
        ("devices:\n  - url: auto\n    view: 1", "a.yaml:3: devices[1].view: '1' is no view"),
        ("devices:\n  - url: auto\n    rotation: 45", "a.yaml:3: devices[1].rotation: '45' is not allowed"),
        ("devices:\n  - [auto]", "a.yaml:2: devices[1]: is a list; write one value"),
        ("devices: auto", "a.yaml:1: devices: is the value 'auto'; write a list"),
    ],
)
def test_what_is_wrong_with_a_device_is_said(text, said):
    with pytest.raises(UserError) as caught:
        parse(text, "a.yaml")
    assert str(caught.value).startswith(said)


def test_panels_are_drivers_or_sections_and_found_by_themselves_unless_somebody_says():
    text = "panels:\n  - virtual:wall\n  - driver: png:/run/door.png?width=250&height=122\n    room: hall\n"
    text += "    view: 10, 20, 640\n    rotation: 270\n    layout: marquee\n    theme: night\n    idle: no\n"
    wall, door = parse(text, "a.yaml").panels
    assert wall == PanelSettings("virtual:wall")
    assert door == PanelSettings(
        "png:/run/door.png?width=250&height=122", "", "hall", Covers(10, 20, 640), "270", "marquee", "night", idle=False
    )
    assert parse("panels: []\n", "a.yaml").panels == ()
    assert parse("", "a.yaml").panels == (PanelSettings(),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("panels: [hdmi]", "a.yaml:1: panels[1]: hdmi: 'hdmi' is no kind of device"),
        ("panels: [virtual:wall, virtual:wall]", "a.yaml:1: panels[2]: 'virtual:wall' stands in the list twice"),
        ("panels: [virtual:wall, png:/a/wall.png]", "a.yaml:1: panels: has two panels of one name"),
        ("panels: ['png:wall.png']", "a.yaml:1: panels[1]: 'png:wall.png' names no file; write its whole path"),
        (
            "panels:\n  - driver: auto\n    layot: both",
            "a.yaml:3: panels[1].layot: is not a setting; did you mean",
        ),
        ("panels:\n  - driver: auto\n    layout: big", "a.yaml:3: panels[1].layout: 'big' is not allowed"),
        ("panels:\n  - driver: virtual:a\n    name: A b", "a.yaml:3: panels[1].name: 'A b' is no name of a panel"),
    ],
)
def test_what_is_wrong_with_a_panel_is_said(text, said):
    with pytest.raises(UserError) as caught:
        parse(text, "a.yaml")
    assert str(caught.value).startswith(said)
