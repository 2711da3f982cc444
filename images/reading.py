"""Reads what an owner lays on the boot partition: user-data, network-config, edgeboard.yaml.

The rules of this file: nothing is believed that is not what its name says; what this image cannot do is said, not
passed over; and no file's reading touches the disk. Python's standard library and python3-yaml, no more.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

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
