"""Reads what an owner lays on the boot partition: user-data, network-config, edgeboard.yaml.

The rules of this file: nothing is believed that is not what its name says; no value is guessed from how it looks, so
that the password 01234567 is no number; what this image cannot do is said, not passed over; and no file's reading
touches the disk. Python's standard library and python3-yaml, no more.
"""

import codecs
import ipaddress
import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

JOIN: Final = "edgeboard-join.txt"
CONFIGURATION: Final = "edgeboard.yaml"
NODE_STATE: Final = "/var/lib/edgeboard"
MAP: Final = "tag:yaml.org,2002:map"
TEXT: Final = "tag:yaml.org,2002:str"
LOGIN: Final = "board"  # the one account of the image; user-data gives it keys, whatever name is asked for
HOSTNAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
ZONE: Final = re.compile(r"[A-Za-z0-9_+-]{1,40}(/[A-Za-z0-9_+-]{1,40}){0,2}\Z")
KEY: Final = re.compile(r"(ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [^\n]*)?\Z")
COUNTRY: Final = re.compile(r"[A-Z]{2}\Z")
INTERFACE: Final = re.compile(r"[a-z][a-z0-9]{0,14}\Z")
ADDRESS: Final = re.compile(r"[0-9a-fA-F.:]{2,45}(/[0-9]{1,3})?\Z")
# Keys of cloud-init that Imager writes and that say nothing an image of ours could do differently.
NULLS: Final = ("", "~", "null")
YES: Final = ("true", "yes", "on")
LEFT_OUT_MAX: Final = 20  # lines about what was left out
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


class _Loader(yaml.BaseLoader):
    """Gives text, lists and mappings, and takes no `*`: a file of one kilobyte could repeat itself for gigabytes."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:  # noqa: ANN401 - as the library has it
        if self.check_event(yaml.AliasEvent):
            raise Unusable("a part is repeated by *, which is not taken here: write it out")
        node = super().compose_node(parent, index)
        if isinstance(node, yaml.ScalarNode):
            node.value.encode()  # half a character, as an escape can write it, is none
        elif isinstance(node, yaml.CollectionNode):
            node.flow_style = False  # in braces no value could be written back as nothing
        return node


def read_mapping(data: bytes, name: str) -> dict[str, Any]:
    """Names with values: text, lists and mappings.

    Raises:
        Unusable: this is no YAML with names and values.
    """
    try:
        told = yaml.load(decoded(data), Loader=_Loader)
    except (yaml.YAMLError, UnicodeError, RecursionError) as error:
        raise _no_yaml(name, error) from None
    told = {} if isinstance(told, str) and told in NULLS else told
    if told is None:
        return {}
    if not isinstance(told, dict) or not all(isinstance(key, str) for key in told):
        raise Unusable(f"{name} does not hold names with values: mend it, and start the board again")
    return told


def decoded(data: bytes) -> str:
    """As editors write it: UTF-8, or UTF-16 with its mark."""
    is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if is_wide else "utf-8-sig")


def _no_yaml(name: str, error: Exception) -> Unusable:
    where = getattr(error, "problem_mark", None)
    line = f" in line {where.line + 1}" if where is not None else ""
    return Unusable(f"{name} is not YAML{line}: mend it, and start the board again")


def take_user_data(data: bytes, settings: Settings) -> list[str]:
    """Take the board's name, SSH keys and time zone; returns what was left out.

    Raises:
        Unusable: a value is not what its name says.
    """
    told, left_out = read_mapping(data, "user-data"), []
    hostname = _text(told, "hostname").split(".")[0].lower()
    if hostname and not HOSTNAME.match(hostname):
        raise Unusable(f"user-data: hostname {hostname[:80]!r} is not a name of letters, digits and dashes")
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
    if len(left_out) > LEFT_OUT_MAX:
        left_out[LEFT_OUT_MAX:] = [f"{len(left_out) - LEFT_OUT_MAX} more that this image does not know"]
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
    for name, settled in _mapping(told.get("wifis"), "wifis").items():
        interface = _mapping(settled, name)
        if name != "wlan0":
            left_out.append(f"{name}: this image connects wlan0 alone")
            continue
        country = _text(interface, "regulatory-domain").upper()
        if country and not COUNTRY.match(country):
            raise Unusable(f"network-config: regulatory-domain {country!r} is no country, such as DE")
        for ssid, point in _mapping(interface.get("access-points"), "access-points").items():
            point = _mapping(point, ssid)
            auth = _mapping(point.get("auth"), "auth")
            password = _secret(point) or _secret(auth)
            if not 1 <= len(ssid.encode()) <= 32:
                raise Unusable(f"network-config: {ssid!r} is no name of a Wi-Fi: 1 to 32 bytes")
            if password and not is_wifi_password(password):
                raise Unusable(f"network-config: the password of {ssid!r} is not 8 to 63 characters long")
            wifis.append(Wifi(ssid, password, _text(point, "hidden").lower() in YES))
    for name, settled in _mapping(told.get("ethernets"), "ethernets").items():
        interface = _mapping(settled, name)
        addresses = tuple(_texts(interface.get("addresses")))
        if not addresses:
            continue  # DHCP, as the image does by itself
        gateway = _text(interface, "gateway4")
        routes = interface.get("routes")
        for route in routes if isinstance(routes, list) else [routes]:
            if isinstance(route, dict) and route.get("to") in ("default", "0.0.0.0/0"):
                gateway = _text(route, "via")
        servers = tuple(_texts(_mapping(interface.get("nameservers"), "nameservers").get("addresses")))
        wrong = [text for text in addresses if not is_address(text)]
        wrong += [text for text in (*servers, gateway) if text and ("/" in text or not is_address(text))]
        if wrong or not INTERFACE.match(name):
            raise Unusable(f"network-config: {(wrong or [name])[0]!r} is no address or no interface")
        wired.append(Wired(name, addresses, gateway, servers))
    settings.wifis, settings.wired = wifis or settings.wifis, wired or settings.wired
    settings.country = country or settings.country
    return left_out


def is_address(text: str) -> bool:
    """Whether it is an address of IPv4 or IPv6, maybe with the length of its network behind a slash."""
    with suppress(ValueError):
        return bool(ADDRESS.match(text) and ipaddress.ip_interface(text))
    return False


def is_wifi_password(text: str) -> bool:
    """Whether it is a passphrase of printable ASCII, or a key of 64 hex digits."""
    return bool(re.match(r"[ -~]{8,63}\Z|[0-9a-fA-F]{64}\Z", text))


def configure_node(data: bytes) -> bytes:
    """The node's configuration with the places that an image has, where the owner names no others.

    Raises:
        Unusable: it is no YAML with sections.
    """
    try:
        root = yaml.compose(decoded(data), Loader=_Loader) or yaml.MappingNode(MAP, [])
        if isinstance(root, yaml.ScalarNode) and root.value in NULLS:
            root = yaml.MappingNode(MAP, [])
        node = _section(root, "node")
        for name, value in (("state", NODE_STATE), ("join_file", f"/etc/edgeboard/{JOIN}")):
            if name not in _names(node):
                node.value.append((yaml.ScalarNode(TEXT, name), yaml.ScalarNode(TEXT, value)))
        return yaml.serialize(root, Dumper=yaml.BaseDumper, allow_unicode=True).encode()
    except (yaml.YAMLError, UnicodeError, RecursionError) as error:
        raise _no_yaml(CONFIGURATION, error) from None


def _section(root: yaml.Node, name: str) -> yaml.MappingNode:
    """The section of that name, made if it is not there or empty."""
    if not isinstance(root, yaml.MappingNode):
        raise Unusable(f"{CONFIGURATION} does not hold names with values: mend it, and start the board again")
    for at, (key, value) in enumerate(root.value):
        if key.value == name and isinstance(value, yaml.MappingNode):
            return value
        if key.value == name and not (isinstance(value, yaml.ScalarNode) and value.value in NULLS):
            raise Unusable(f"{name} does not hold names with values: mend it, and start the board again")
        if key.value == name:
            del root.value[at]
            break
    made = yaml.MappingNode(MAP, [])
    root.value.insert(0, (yaml.ScalarNode(TEXT, name), made))
    return made


def _names(section: yaml.MappingNode) -> list[object]:
    return [key.value for key, _ in section.value]


def _mapping(value: object, name: str) -> dict[str, Any]:
    if value is None or (isinstance(value, str) and value in NULLS):
        return {}
    if not isinstance(value, dict):
        raise Unusable(f"{name} does not hold names with values: mend it, and start the board again")
    return value


def _text(told: dict[str, Any], name: str) -> str:
    value = told.get(name, "")
    if not isinstance(value, str):
        raise Unusable(f"{name} holds more than one value: mend it, and start the board again")
    return "" if value.strip() in NULLS else value.strip()


def _secret(told: dict[str, Any]) -> str:
    """A password, with the blanks that it may begin and end with."""
    return str(told["password"]) if _text(told, "password") else ""


def _texts(value: object) -> list[str]:
    listed = value if isinstance(value, list) else [value] if value and value not in NULLS else []
    if not all(isinstance(each, str) for each in listed):
        raise Unusable("a list holds more than lines of text: mend it, and start the board again")
    return [str(each) for each in listed]


def _tupled(value: Any) -> Any:  # noqa: ANN401 - of JSON
    return tuple(value) if isinstance(value, list) else value
