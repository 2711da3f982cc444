"""What an owner lays on the boot partition, and what a board makes of it."""

import ast
import sys
from pathlib import Path

import pytest

import images
from edgeboard.config import load as config
from images import provision, reading
from images.provision import Places
from images.reading import Settings, Unusable, Wifi, Wired

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ ada@laptop"
USER_DATA = f"""\
#cloud-config
hostname: Kitchen
manage_etc_hosts: true
timezone: Europe/Berlin
users:
- name: ada
  groups: users,adm,sudo
  lock_passwd: false
  passwd: $5$salt$hash
  ssh_authorized_keys:
  - {KEY}
runcmd:
- [reboot]
"""
NETWORK = """\
network:
  version: 2
  wifis:
    wlan0:
      regulatory-domain: de
      dhcp4: true
      access-points:
        "Café \\"1\\"":
          password: "long enough"
          hidden: true
        open:
          {}
  ethernets:
    eth0:
      addresses: [192.168.7.2/24]
      routes: [{to: default, via: 192.168.7.1}]
      nameservers: {addresses: [192.168.7.1]}
"""


@pytest.fixture
def places(tmp_path):
    places = Places(tmp_path)
    places.boot.mkdir(parents=True)
    (tmp_path / "proc/sys/kernel").mkdir(parents=True)
    return places


def lay(places, **files):
    for name, text in files.items():
        name = {"user_data": "user-data", "network": "network-config", "node": "edgeboard.yaml"}.get(name, name)
        (places.boot / name).write_text(text)


def start(places):
    """What a start says of the boot partition, and the settings after it."""
    settings = provision.load(places)
    said = provision.take(places, settings, "")
    provision.apply(places, settings)
    return said, settings


def test_what_imager_writes_gives_the_board_name_key_and_time_zone(places):
    lay(places, user_data=USER_DATA)
    said, settings = start(places)
    assert (settings.hostname, settings.zone, settings.ssh_keys) == ("kitchen", "Europe/Berlin", [KEY])
    assert (places.root / "proc/sys/kernel/hostname").read_text() == "kitchen"
    assert (places.kept / "authorized_keys").read_text() == KEY + "\n"
    assert said[0] == "user-data: taken, and removed from here"
    assert sorted(line.split(":")[1] for line in said[1:]) == [
        " left out runcmd",
        " left out the account ada",
        " left out the password of ada",
    ]
    assert not any("hash" in line for line in said), "the status says a secret"


def test_wifi_and_fixed_addresses_become_files_for_this_start(places):
    lay(places, network=NETWORK)
    _, settings = start(places)
    assert settings.wifis == [Wifi('Café "1"', "long enough", True), Wifi("open")]
    assert settings.wired == [Wired("eth0", ("192.168.7.2/24",), "192.168.7.1", ("192.168.7.1",))]
    written = (places.run / "edgeboard-image" / "wpa_supplicant-wlan0.conf").read_text()
    assert "country=DE" in written
    assert "ssid=436166c3a920223122\n" in written
    assert 'psk="long enough"' in written
    assert "key_mgmt=NONE" in written
    fixed = (places.run / "systemd/network/10-eth0.network").read_text()
    assert "Address=192.168.7.2/24\nGateway=192.168.7.1\nDNS=192.168.7.1\n" in fixed


def test_a_later_start_applies_what_was_taken_before(places):
    lay(places, user_data=USER_DATA, network=NETWORK)
    start(places)
    first = (places.run / "edgeboard-image" / "wpa_supplicant-wlan0.conf").read_bytes()
    for name in ("edgeboard-image/wpa_supplicant-wlan0.conf", "systemd/network/10-eth0.network"):
        (places.run / name).unlink()
    said, settings = start(places)
    assert said == []
    assert settings.hostname == "kitchen"
    assert (places.run / "edgeboard-image" / "wpa_supplicant-wlan0.conf").read_bytes() == first
    assert (places.run / "systemd/network/10-eth0.network").exists()


def test_secrets_are_readable_by_root_alone_and_gone_from_the_card(places):
    lay(places, network=NETWORK, node="rooms: [lobby]\n", **{"edgeboard-join.txt": "ebi1-secret"})
    start(places)
    assert list(places.boot.iterdir()) == []
    assert places.settings.stat().st_mode & 0o777 == 0o600
    assert (places.run / "edgeboard-image" / "wpa_supplicant-wlan0.conf").stat().st_mode & 0o777 == 0o600
    assert (places.node / "edgeboard-join.txt").read_text() == "ebi1-secret"
    assert (places.node / "edgeboard-join.txt").stat().st_mode & 0o777 == 0o640


def test_the_configuration_is_readable_for_who_builds_updates(places):
    lay(places, node="rooms: [lobby]\n")
    start(places)
    assert (places.node / "edgeboard.yaml").stat().st_mode & 0o777 == 0o644


def test_a_file_is_overwritten_before_it_is_removed(places):
    lay(places, network=NETWORK)
    beside = places.boot.parent / "the same blocks"
    beside.hardlink_to(places.boot / "network-config")
    start(places)
    assert beside.read_bytes() == bytes(len(NETWORK.encode()))


def test_the_configuration_says_where_an_image_keeps_things_unless_the_owner_does():
    made = reading.configure_node(b"node:\n  name: Kitchen\nrooms: [a]\n").decode()
    assert "name: Kitchen" in made
    assert "state: /var/lib/edgeboard" in made
    assert "join_file: /etc/edgeboard/edgeboard-join.txt" in made
    assert "state: /data" in reading.configure_node(b"node: {state: /data}").decode()
    read = config.parse(made, "edgeboard.yaml")
    assert (read.node.name, read.rooms) == ("Kitchen", ("a",))
    with pytest.raises(Unusable, match=r"edgeboard\.yaml is not YAML"):
        reading.configure_node(b"a: 1\nb: [\x00")


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("user-data", "hostname: a b", "not a name of letters"),
        ("user-data", "timezone: ../../etc/shadow", "write one such as"),
        ("user-data", "ssh_authorized_keys: ['command=\"sh\"']", "no SSH key"),
        ("user-data", "ssh_authorized_keys: ['ssh-rsa AAAA a\\nssh-rsa BBBB']".replace("'", '"'), "no SSH key"),
        ("user-data", "- a", "does not hold names"),
        ("network-config", "wifis: {wlan0: {access-points: {a: {password: short}}}}", "8 to 63"),
        ("network-config", "wifis: {wlan0: {access-points: {a: {password: \"12345678\\n}\"}}}}", "8 to 63"),
        ("network-config", "wifis: {wlan0: {regulatory-domain: 'D\\nE'}}", "no country"),
        ("network-config", f"wifis: {{wlan0: {{access-points: {{{'a' * 33}: {{}}}}}}}}", "1 to 32 bytes"),
        ("network-config", "ethernets: {eth0: {addresses: [\"1.2.3.4/24\\nDNS=6.6.6.6\"]}}", "no address"),
        ("network-config", "ethernets: {\"../a\": {addresses: [1.2.3.4/24]}}", "no address or no interface"),
        ("edgeboard.yaml", "[a]", "does not hold names"),
        ("edgeboard.yaml", "a: &a [x]\nb: *a", "repeated by *"),
        ("user-data", "a: &a [x]\nhostname: [*a, *a]", "repeated by *"),
        ("user-data", 'users: [{name: "\\uD800"}]', "is not YAML"),
        ("user-data", "hostname: [a]", "more than one value"),
        ("user-data", f"hostname: {'9' * 6000}", "not a name of letters"),
        ("network-config", "ethernets: {eth0: dhcp}", "does not hold names"),
        ("network-config", "ethernets: {0: {addresses: [1.2.3.4/24]}}", "no address or no interface"),
        ("network-config", "ethernets: {eth0: {addresses: [1.2.3.400/24]}}", "no address"),
        ("network-config", "ethernets: {eth0: {addresses: [1.2.3.4/24], gateway4: 1.2.3.1/24}}", "no address"),
        ("edgeboard-join.txt", "", "is empty"),
        ("edgeboard-join.txt", "hello", "holds no invitation (ebi1-...)"),
        ("user-data", "x" * (provision.FILE_MAX + 1), "longer than 64 KiB"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_stays_and_says_why(places, name, text, why):
    (places.boot / name).write_text(text)
    said, settings = start(places)
    assert len(said) == 1
    assert said[0].startswith(f"{name}: NOT taken: ")
    assert why in said[0]
    assert (places.boot / name).exists(), "the owner's file is gone though it was not used"
    assert settings.wifis == settings.wired == settings.ssh_keys == []


def test_settings_that_cannot_be_read_keep_no_board_from_starting(places):
    places.kept.mkdir(parents=True)
    for broken in (b"", b"{", b"[]", b'{"wifis": 1}', b"\xff"):
        places.settings.write_bytes(broken)
        settings = provision.load(places)
        assert settings.hostname.startswith("edgeboard-")
        assert settings.wifis == []


def test_settings_come_back_as_they_were():
    settings = Settings("a", "UTC", [KEY], "DE", [Wifi("n", "12345678", True)], [Wired("eth0", ("1.2.3.4/8",), "", ())])
    assert Settings.from_text(settings.to_text()) == settings


def test_what_runs_on_a_board_needs_nothing_but_the_standard_library_and_yaml():
    names = set()
    for path in Path(images.__file__).parent.glob("*.py"):
        tree = ast.parse(path.read_text())
        names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module.partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names - sys.stdlib_module_names == {"yaml", "images"}


def test_a_card_takes_the_place_of_a_board_whose_key_lies_on_it(places):
    (places.boot / provision.NODE_KEY).write_bytes(bytes(range(32)))
    assert provision.take(places, Settings(), "") == ["edgeboard-node.key: taken, and removed from here"]
    key = places.root / "var/lib/edgeboard/node.key"
    assert key.read_bytes() == bytes(range(32))
    assert (key.stat().st_mode & 0o777, key.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert not (places.boot / provision.NODE_KEY).exists()


@pytest.mark.parametrize(("has", "laid", "why"), [(b"", b"x" * 31, "has 31 bytes"), (b"k" * 32, b"x" * 32, "already")])
def test_a_key_that_is_none_or_one_too_many_is_left_where_it_is(places, has, laid, why):
    key = places.root / "var/lib/edgeboard/node.key"
    if has:
        key.parent.mkdir(parents=True)
        key.write_bytes(has)
    (places.boot / provision.NODE_KEY).write_bytes(laid)
    (said,) = provision.take(places, Settings(), "")
    assert "NOT taken" in said
    assert why in said
    assert (places.boot / provision.NODE_KEY).read_bytes() == laid
    assert not has or key.read_bytes() == has


@pytest.mark.parametrize(
    ("written", "name", "password"),
    [
        ("home: {password: 012345670}", "home", "012345670"),
        ("NO: {password: 12:34:56:59}", "NO", "12:34:56:59"),
        ("2001-01-01: {password: 1234_5678}", "2001-01-01", "1234_5678"),
        ('"1": {password: " 12345678 "}', "1", " 12345678 "),
        ("home: {password: longenough, hidden: 'false'}", "home", "longenough"),
    ],
)
def test_names_and_passwords_stay_as_they_are_written(places, written, name, password):
    lay(places, network=f"wifis: {{wlan0: {{access-points: {{{written}}}}}}}")
    _, settings = start(places)
    assert settings.wifis == [Wifi(name, password)]


def test_values_of_the_configuration_stay_as_they_are_written():
    made = reading.configure_node(b"node:\n  name: on\nrooms: [0x10, 12:30, '']\nboards: {}\n").decode()
    assert "name: on\n" in made
    assert "- 0x10\n- 12:30\n- ''\n" in made
    assert config.parse(made.partition("rooms")[0], "edgeboard.yaml").node.name == "on"
    for empty in (b"", b"# nothing\n", b"node:\n", b"node: ~\n", b"{node: }", b"\xff\xfe"):
        assert "state: /var/lib/edgeboard" in reading.configure_node(empty).decode()


def test_a_file_that_some_editors_write_wide_is_read(places):
    (places.boot / "user-data").write_bytes("hostname: Kitchen\r\n".encode("utf-16"))
    _, settings = start(places)
    assert settings.hostname == "kitchen"


def test_an_interface_without_settings_keeps_no_board_from_starting(places):
    lay(places, network="wifis: {wlan0: }\nethernets: {eth0: ~, eth1: {addresses: [1.2.3.4/24], routes: 5}}\n")
    said, settings = start(places)
    assert said == ["network-config: taken, and removed from here"]
    assert settings.wired == [Wired("eth1", ("1.2.3.4/24",))]


def test_what_power_kept_from_being_removed_is_not_taken_twice(places):
    lay(places, **{"edgeboard-join.txt": "ebi1-secret"})
    (places.boot / provision.NODE_KEY).write_bytes(b"k" * 32)
    start(places)
    (places.boot / "edgeboard-join.txt").write_bytes(bytes(11))  # overwritten, and then power failed
    (places.boot / provision.NODE_KEY).write_bytes(b"k" * 32)  # kept, and then power failed
    said, _ = start(places)
    assert said == [
        "edgeboard-join.txt: was taken at an earlier start, and is removed now",
        "edgeboard-node.key: taken, and removed from here",
    ]
    assert (places.node / "edgeboard-join.txt").read_text() == "ebi1-secret"
    assert list(places.boot.iterdir()) == []


def test_a_card_that_cannot_be_written_keeps_no_board_from_its_network(places, monkeypatch):
    monkeypatch.setattr(provision, "Places", lambda: places)
    monkeypatch.setattr(provision.subprocess, "run", lambda *_, **__: None)
    monkeypatch.setattr(provision.shutil, "chown", lambda *_, **__: None)
    lay(places, user_data="hostname: kitchen\n", network=NETWORK)
    places.settings.mkdir(parents=True)  # nothing can be kept there
    (places.boot / provision.STATUS).mkdir()
    assert provision.main() == 1
    assert (places.run / "edgeboard-image" / "wpa_supplicant-wlan0.conf").exists()
    assert (places.run / "systemd/network/10-eth0.network").exists()
    assert (places.root / "proc/sys/kernel/hostname").read_text() == "kitchen"
    assert (places.node / "edgeboard.yaml").exists()


def test_what_is_taken_and_cannot_be_removed_is_said(places, monkeypatch):
    def refuse(path):
        raise OSError(30, "Read-only file system", str(path))

    monkeypatch.setattr(provision, "erase", refuse)
    lay(places, user_data='hostname: kitchen\n"a\\e[2J": 1\n')
    said, settings = start(places)
    assert settings.hostname == "kitchen"
    assert said[0].startswith("user-data: taken, and can NOT be removed (Read-only file system)")
    assert said[1] == "user-data: left out a?[2J: this image has no cloud-init to do it"


def test_a_file_that_an_editor_has_named_otherwise_is_said(places):
    lay(places, **{"edgeboard.yaml.txt": "rooms: [lobby]\n"})
    said, _ = start(places)
    assert said == ["edgeboard.yaml.txt: NOT taken: its name has to be edgeboard.yaml"]
    assert (places.boot / "edgeboard.yaml.txt").exists()


@pytest.fixture
def node(places):
    """The node of a board, as far as it reads its configuration."""
    python = places.root / "opt/edgeboard/current/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return python


def test_a_configuration_that_the_node_would_not_start_with_stays_on_the_card_with_the_reason(places, node):
    lay(places, **{"edgeboard.yaml": "# ours\nnode: {nam: Küche}\n"})
    (said,) = provision.take(places, Settings(), "")
    assert said.startswith("edgeboard.yaml: NOT taken: edgeboard.yaml:2: node.nam")
    assert (places.boot / "edgeboard.yaml").exists()
    assert not (places.node / "edgeboard.yaml").exists()
    lay(places, **{"edgeboard.yaml": "# ours\nnode: {name: Küche}\n"})
    assert provision.take(places, Settings(), "") == ["edgeboard.yaml: taken, and removed from here"]


def test_a_node_that_cannot_be_asked_leaves_no_configuration_behind(places, node):
    node.write_text("#!/bin/sh\nexit 1\n")
    lay(places, **{"edgeboard.yaml": "node: {name: Kitchen}\n"})
    assert provision.take(places, Settings(), "") == ["edgeboard.yaml: taken, and removed from here"]


def test_a_time_zone_that_is_none_is_said_and_the_rest_is_taken(places):
    zones = places.root / "usr/share/zoneinfo"
    (zones / "Europe").mkdir(parents=True)
    (zones / "Europe/Berlin").touch()
    settings = Settings()
    lay(places, **{"user-data": "hostname: kitchen\ntimezone: Berlin\n"})
    said = provision.take(places, settings, "")
    assert said[1:] == [
        "user-data: left out timezone Berlin, which is none: UTC is used; write one such as Europe/Berlin"
    ]
    assert (settings.hostname, settings.zone) == ("kitchen", "")
    lay(places, **{"user-data": "timezone: Europe/Berlin\n"})
    assert len(provision.take(places, settings, "")) == 1
    assert settings.zone == "Europe/Berlin"
