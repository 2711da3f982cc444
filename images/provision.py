"""Makes a board its owner's: takes what lies on the boot partition, keeps it, and applies it at every start.

    user-data, network-config   as Raspberry Pi Imager writes them: name of the board, SSH keys, time zone, Wi-Fi
    edgeboard.yaml              the configuration of the node
    edgeboard-join.txt          an invitation into a mesh

The rules of this file: it runs on the image as it is, with Python's standard library and python3-yaml; a file is taken
as a whole or left where it is; what was taken is on the data partition, synced, before it is removed from the boot
partition, which any computer can read; and a file that cannot be used keeps no board from starting. What happened is
written to `edgeboard-status.txt` beside them, without secrets, for whoever has nothing but the card.

The root is read-only, so what a start needs is written to /run each time.
"""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

FILE_MAX: Final = 64 * 1024  # bytes of one file; a configuration with all there is takes 4 KiB
STATUS: Final = "edgeboard-status.txt"
JOIN: Final = "edgeboard-join.txt"
CONFIGURATION: Final = "edgeboard.yaml"
NODE_STATE: Final = "/var/lib/edgeboard"
LOGIN: Final = "board"  # the one account of the image; user-data gives it keys, whatever name is asked for
HOSTNAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
ZONE: Final = re.compile(r"[A-Za-z0-9_+-]{1,40}(/[A-Za-z0-9_+-]{1,40}){0,2}\Z")
KEY: Final = re.compile(r"(ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [^\n]*)?\Z")
COUNTRY: Final = re.compile(r"[A-Z]{2}\Z")
INTERFACE: Final = re.compile(r"[a-z][a-z0-9]{0,14}\Z")
ADDRESS: Final = re.compile(r"[0-9a-fA-F.:]{2,45}(/[0-9]{1,3})?\Z")
# Keys of cloud-init that Imager writes and that say nothing an image of ours could do differently.
WITHOUT_MEANING: Final = {"manage_etc_hosts", "ssh_pwauth", "preserve_hostname", "apt", "keyboard", "locale"}


class Unusable(Exception):
    """A file cannot be used; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Wifi:
    """One network to connect to."""

    name: str
    password: str = field(default="", repr=False)  # empty: the network is open
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Wired:
    """What one wired interface is given instead of what DHCP would."""

    name: str
    addresses: tuple[str, ...]
    gateway: str = ""
    nameservers: tuple[str, ...] = ()


@dataclass(slots=True)
class Settings:
    """What a board keeps of all files that it was ever given."""

    hostname: str = ""
    zone: str = ""
    ssh_keys: list[str] = field(default_factory=list)
    country: str = ""
    wifis: list[Wifi] = field(default_factory=list)
    wired: list[Wired] = field(default_factory=list)

    @classmethod
    def from_text(cls, text: str) -> "Settings":
        """Raises:
        ValueError, TypeError, KeyError: these are no settings.
        """
        told = json.loads(text)
        wifis = [Wifi(**each) for each in told.pop("wifis")]
        wired = [Wired(**{key: _tupled(value) for key, value in each.items()}) for each in told.pop("wired")]
        return cls(wifis=wifis, wired=wired, **told)

    def to_text(self) -> str:
        lists = {
            "wifis": [{"name": w.name, "password": w.password, "hidden": w.hidden} for w in self.wifis],
            "wired": [
                {"name": w.name, "addresses": w.addresses, "gateway": w.gateway, "nameservers": w.nameservers}
                for w in self.wired
            ],
        }
        plain = {key: getattr(self, key) for key in ("hostname", "zone", "ssh_keys", "country")}
        return json.dumps({**plain, **lists}, indent=1) + "\n"


@dataclass(frozen=True, slots=True)
class Places:
    """Where things lie under the root directory."""

    root: Path = Path("/")

    @property
    def boot(self) -> Path:
        return self.root / "boot" / "firmware"

    @property
    def kept(self) -> Path:
        return self.root / "var" / "lib" / "edgeboard-image"

    @property
    def settings(self) -> Path:
        return self.kept / "settings.json"

    @property
    def node(self) -> Path:
        """Of the node's configuration, on the data partition."""
        return self.root / "etc" / "edgeboard"

    @property
    def run(self) -> Path:
        return self.root / "run"


# ------------------------------------------------------------------------------------------------ reading


def read_mapping(data: bytes, name: str) -> dict[str, Any]:
    """Raises:
    Unusable: this is no YAML with names and values.
    """
    try:
        told = yaml.safe_load(data.decode("utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        where = getattr(error, "problem_mark", None)
        line = f" in line {where.line + 1}" if where is not None else ""
        raise Unusable(f"{name} is not YAML{line}: mend it, and start the board again") from None
    if told is None:
        return {}
    if not isinstance(told, dict) or not all(isinstance(key, str) for key in told):
        raise Unusable(f"{name} does not hold names with values: mend it, and start the board again")
    return told


def take_user_data(data: bytes, settings: Settings) -> list[str]:
    """Take the board's name, SSH keys and time zone; returns what was left out.

    Raises:
        Unusable: a value is not what its name says.
    """
    told, left_out = read_mapping(data, "user-data"), []
    hostname = _text(told, "hostname").split(".")[0].lower()
    if hostname and not HOSTNAME.match(hostname):
        raise Unusable(f"user-data: hostname {hostname!r} is not a name of letters, digits and dashes")
    zone = _text(told, "timezone")
    if zone and not ZONE.match(zone):
        raise Unusable(f"user-data: timezone {zone!r} is none; write one such as Europe/Berlin")
    keys = _texts(told.get("ssh_authorized_keys"))
    users = told.get("users") or told.get("user") or []
    for user in users if isinstance(users, list) else [users]:
        if isinstance(user, dict):
            keys += _texts(user.get("ssh_authorized_keys"))
            if any(user.get(key) for key in ("passwd", "hashed_passwd", "plain_text_passwd")):
                left_out.append(f"the password of {user.get('name')}: this image lets people in by SSH keys alone")
            if user.get("name") not in (None, LOGIN, "default"):
                left_out.append(f"the account {user.get('name')}: log in as {LOGIN}, with its keys")
    if wrong := [key for key in keys if not KEY.match(key.strip())]:
        raise Unusable(f"user-data: {wrong[0][:20]!r} is no SSH key; write a line of a .pub file")
    known = {"hostname", "timezone", "ssh_authorized_keys", "users", "user"} | WITHOUT_MEANING
    left_out += [f"{name}: this image has no cloud-init to do it" for name in sorted(told.keys() - known)]
    settings.hostname = hostname or settings.hostname
    settings.zone = zone or settings.zone
    settings.ssh_keys = [key.strip() for key in keys] or settings.ssh_keys
    return left_out


def take_network(data: bytes, settings: Settings) -> list[str]:
    """Take Wi-Fi and fixed addresses of a netplan file, version 2; returns what was left out.

    Raises:
        Unusable: a value is not what its name says.
    """
    told = read_mapping(data, "network-config")
    told = _mapping(told.get("network", told), "network")
    wifis, wired, country, left_out = [], [], "", []
    for name, interface in _mapping(told.get("wifis"), "wifis").items():
        if name != "wlan0":
            left_out.append(f"{name}: this image connects wlan0 alone")
            continue
        country = _text(interface, "regulatory-domain").upper()
        if country and not COUNTRY.match(country):
            raise Unusable(f"network-config: regulatory-domain {country!r} is no country, such as DE")
        for ssid, point in _mapping(interface.get("access-points"), "access-points").items():
            point = _mapping(point, str(ssid))
            auth = _mapping(point.get("auth"), "auth")
            password = _text(point, "password") or _text(auth, "password")
            if not 1 <= len(str(ssid).encode()) <= 32:
                raise Unusable(f"network-config: {ssid!r} is no name of a Wi-Fi: 1 to 32 bytes")
            if password and not is_wifi_password(password):
                raise Unusable(f"network-config: the password of {ssid!r} is not 8 to 63 characters long")
            wifis.append(Wifi(str(ssid), password, bool(point.get("hidden"))))
    for name, interface in _mapping(told.get("ethernets"), "ethernets").items():
        addresses = tuple(_texts(interface.get("addresses")))
        if not addresses:
            continue  # DHCP, as the image does by itself
        gateway = _text(interface, "gateway4")
        for route in interface.get("routes") or []:
            if isinstance(route, dict) and route.get("to") in ("default", "0.0.0.0/0"):
                gateway = _text(route, "via")
        servers = tuple(_texts(_mapping(interface.get("nameservers"), "nameservers").get("addresses")))
        wrong = [text for text in (*addresses, *servers, *filter(None, [gateway])) if not ADDRESS.match(text)]
        if wrong or not INTERFACE.match(name):
            raise Unusable(f"network-config: {(wrong or [name])[0]!r} is no address or no interface")
        wired.append(Wired(name, addresses, gateway, servers))
    settings.wifis, settings.wired = wifis or settings.wifis, wired or settings.wired
    settings.country = country or settings.country
    return left_out


def is_wifi_password(text: str) -> bool:
    """Whether it is a passphrase of printable ASCII, or a key of 64 hex digits."""
    return bool(re.match(r"[ -~]{8,63}\Z|[0-9a-fA-F]{64}\Z", text))


def configure_node(data: bytes) -> bytes:
    """The node's configuration with the places that an image has, where the owner names no others.

    Raises:
        Unusable: it is no YAML with sections.
    """
    told = read_mapping(data, CONFIGURATION)
    node = _mapping(told.get("node"), "node")
    told["node"] = {"state": NODE_STATE, "join_file": f"/etc/edgeboard/{JOIN}", **node}
    return yaml.safe_dump(told, sort_keys=False, allow_unicode=True).encode()


def _mapping(value: object, name: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unusable(f"{name} does not hold names with values: mend it, and start the board again")
    return value


def _text(told: object, name: str) -> str:
    value = _mapping(told, name).get(name)
    return "" if value is None else str(value).strip()


def _texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)] if value else []


def _tupled(value: Any) -> Any:  # noqa: ANN401 - of JSON
    return tuple(value) if isinstance(value, list) else value


# ------------------------------------------------------------------------------------------------ what a start writes


def networks(settings: Settings) -> dict[str, str]:
    """The files of systemd-networkd by their names; the image's own 80-dhcp.network serves whatever has none."""
    found = {}
    for wired in settings.wired:
        lines = ["[Match]", f"Name={wired.name}", "[Network]", *(f"Address={address}" for address in wired.addresses)]
        lines += [f"Gateway={wired.gateway}"] * bool(wired.gateway)
        lines += [f"DNS={server}" for server in wired.nameservers]
        found[f"10-{wired.name}.network"] = "\n".join([*lines, "MulticastDNS=no", ""])
    return found


def wpa_supplicant(settings: Settings) -> str:
    """Its configuration; names and passphrases are told in hex or quoted, so that none can add a line."""
    lines = ["ctrl_interface=/run/wpa_supplicant", *([f"country={settings.country}"] * bool(settings.country))]
    for wifi in settings.wifis:
        quoted = wifi.password if len(wifi.password) == 64 else f'"{wifi.password}"'
        key = f"psk={quoted}\n key_mgmt=WPA-PSK SAE\n ieee80211w=1" if wifi.password else "key_mgmt=NONE"
        lines.append(f"network={{\n ssid={wifi.name.encode().hex()}\n scan_ssid={int(wifi.hidden)}\n {key}\n}}")
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------------------------------------ the disk


def write(path: Path, data: bytes, mode: int = 0o600, group: str = "") -> None:
    """Put a whole file there, synced; after a power cut it is the one before or this one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        if group:
            shutil.chown(beside, group=group)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync(path.parent)


def sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def erase(path: Path) -> None:
    """Overwrite a file and remove it. A card may keep old blocks all the same; nothing on it can prevent that."""
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def load(places: Places) -> Settings:
    """What was kept; settings that cannot be read count as none, and a board without a name is given one."""
    try:
        settings = Settings.from_text(places.settings.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, KeyError):
        settings = Settings()
    settings.hostname = settings.hostname or f"edgeboard-{secrets.token_hex(2)}"
    return settings


def take(places: Places, settings: Settings, group: str) -> list[str]:
    """Take every file that lies on the boot partition; returns what there is to say about it."""
    said: list[str] = []

    def keep_settings(read: Callable[[bytes, Settings], list[str]]) -> Callable[[bytes], list[str]]:
        def keep(data: bytes) -> list[str]:
            left_out = read(data, settings)
            write(places.settings, settings.to_text().encode())
            return left_out

        return keep

    def keep_configuration(data: bytes) -> list[str]:
        write(places.node / CONFIGURATION, configure_node(data), 0o640, group)
        return []

    def keep_invitation(data: bytes) -> list[str]:
        write(places.node / JOIN, data, 0o640, group)
        return []

    readers: Mapping[str, Callable[[bytes], list[str]]] = {
        "user-data": keep_settings(take_user_data),
        "network-config": keep_settings(take_network),
        CONFIGURATION: keep_configuration,
        JOIN: keep_invitation,
    }
    for name, read in readers.items():
        path = places.boot / name
        try:
            with path.open("rb") as file:
                data = file.read(FILE_MAX + 1)
            if len(data) > FILE_MAX:
                raise Unusable(f"{name} is longer than {FILE_MAX // 1024} KiB")
            left_out = read(data)
            erase(path)
            said += [f"{name}: taken, and removed from here", *(f"{name}: left out {what}" for what in left_out)]
        except FileNotFoundError:
            continue
        except Unusable as error:
            said.append(f"{name}: NOT taken: {error}")
        except OSError as error:
            said.append(f"{name}: NOT taken: {error.strerror or error} ({error.filename})")
    return said


def apply(places: Places, settings: Settings) -> None:
    """Write what this start needs."""
    places.kept.mkdir(parents=True, exist_ok=True)
    for name, text in networks(settings).items():
        write(places.run / "systemd" / "network" / name, text.encode(), 0o644)
    if settings.wifis:
        write(places.run / "edgeboard-image" / "wpa_supplicant-wlan0.conf", wpa_supplicant(settings).encode())
    if settings.ssh_keys:
        write(places.kept / "authorized_keys", "".join(f"{key}\n" for key in settings.ssh_keys).encode(), 0o644)
    localtime, zone = places.kept / "localtime", places.root / "usr" / "share" / "zoneinfo" / (settings.zone or "UTC")
    localtime.unlink(missing_ok=True)
    localtime.symlink_to(zone if zone.is_file() else "/usr/share/zoneinfo/UTC")
    hostname = places.root / "proc" / "sys" / "kernel" / "hostname"
    hostname.write_text(settings.hostname)


def main() -> int:
    places = Places()
    settings = load(places)
    if not (places.node / CONFIGURATION).exists():
        write(places.node / CONFIGURATION, configure_node(b""), 0o640, "edgeboard")
    waiting = [name for name in ("user-data", "network-config", CONFIGURATION, JOIN) if (places.boot / name).exists()]
    if waiting:
        subprocess.run(["mount", "-o", "remount,rw", str(places.boot)], check=False)
        said = take(places, settings, "edgeboard")
        sys.stderr.write("".join(f"{line}\n" for line in said))
        try:
            write(places.boot / STATUS, "".join(f"{line}\r\n" for line in said).encode(), 0o644)
        finally:
            subprocess.run(["mount", "-o", "remount,ro", str(places.boot)], check=False)
    write(places.settings, settings.to_text().encode())
    apply(places, settings)
    if settings.wifis:  # not enabled, for a board without Wi-Fi would wait for it at each start
        subprocess.run(["systemctl", "--no-block", "start", "wpa_supplicant@wlan0.service"], check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
