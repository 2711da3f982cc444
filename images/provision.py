"""Makes a board its owner's: takes what lies on the boot partition, keeps it, and applies it at every start.

    user-data, network-config   as Raspberry Pi Imager writes them: name of the board, SSH keys, time zone, Wi-Fi
    edgeboard.yaml              the configuration of the node
    edgeboard-join.txt          an invitation into a mesh
    edgeboard-node.key          the key of the board that this card takes the place of; without it the node makes one

The rules of this file: it runs on the image as it is, with Python's standard library and python3-yaml; a file is taken
as a whole or left where it is; what was taken is on the data partition, synced, before it is removed from the boot
partition, which any computer can read; and a file that cannot be used keeps no board from starting. What happened is
written to `edgeboard-status.txt` beside them, without secrets, for whoever has nothing but the card.

The root is read-only, so what a start needs is written to /run each time.
"""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from images.reading import (
    CONFIGURATION,
    JOIN,
    NODE_STATE,
    Settings,
    Unusable,
    configure_node,
    decoded,
    take_network,
    take_user_data,
)

FILE_MAX: Final = 64 * 1024  # bytes of one file; a configuration with all there is takes 4 KiB
STATUS: Final = "edgeboard-status.txt"
READABLE: Final = 0o644  # as `edgeboard install` leaves it: both the node and who builds updates read the configuration
NODE_KEY: Final = "edgeboard-node.key"
ZONES: Final = "usr/share/zoneinfo"
SEED_BYTES: Final = 32  # docs/formats/handshake.md
INVITATION: Final = b"ebi1-"  # what each begins with (docs/formats/trust.md)
CHECK_S: Final = 120.0  # for the node to read its configuration; a Zero 2 W takes 2 s
CHECK: Final = """\
import sys
from pathlib import Path
from edgeboard.config.load import parse
from edgeboard.errors import UserError
try:
    parse(sys.stdin.read(), "edgeboard.yaml", Path("/etc/edgeboard"))
except UserError as error:
    sys.stderr.write(str(error))
    sys.exit(3)
"""
NAMES: Final = ("user-data", "network-config", CONFIGURATION, JOIN, NODE_KEY)


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
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        settings = Settings()
    settings.hostname = settings.hostname or f"edgeboard-{secrets.token_hex(2)}"
    return settings


def take(places: Places, settings: Settings, group: str) -> list[str]:
    """Take every file that lies on the boot partition; returns what there is to say about it."""
    said: list[str] = []

    def keep_settings(read: Callable[[bytes, Settings], list[str]]) -> Callable[[bytes], list[str]]:
        def keep(data: bytes) -> list[str]:
            left_out = read(data, settings)
            zones = places.root / ZONES
            if settings.zone and zones.is_dir() and not (zones / settings.zone).is_file():
                left_out.append(
                    f"timezone {settings.zone}, which is none: UTC is used; write one such as Europe/Berlin"
                )
                settings.zone = ""
            write(places.settings, settings.to_text().encode())
            return left_out

        return keep

    def keep_configuration(data: bytes) -> list[str]:
        check_configuration(places, data)
        write(places.node / CONFIGURATION, configure_node(data), READABLE)
        return []

    def keep_invitation(data: bytes) -> list[str]:
        if not data.strip():
            raise Unusable(f"{JOIN} is empty: make one with `edgeboard mesh invite --file {JOIN}`")
        if INVITATION not in data.replace(b"\0", b"").lower():  # wide letters are let through to its reader
            raise Unusable(
                f"{JOIN} holds no invitation (ebi1-...): make one with `edgeboard mesh invite --file {JOIN}`"
            )
        write(places.node / JOIN, data, 0o640, group)
        return []

    def keep_key(data: bytes) -> list[str]:
        key = places.root / NODE_STATE.lstrip("/") / "node.key"
        if len(data) != SEED_BYTES:
            raise Unusable(f"{NODE_KEY} has {len(data)} bytes and a key of a node {SEED_BYTES}: copy its node.key")
        if key.exists() and key.read_bytes() == data:
            return []  # it was taken, and power failed before it was removed
        if key.exists():
            raise Unusable("this board has a key already; remove it from the card, or flash the board anew")
        key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # of root: the node's unit makes it the node's
        write(key, data)
        folder = key.parent.stat()
        os.chown(key, folder.st_uid, folder.st_gid)
        return []

    readers: Mapping[str, Callable[[bytes], list[str]]] = {
        "user-data": keep_settings(take_user_data),
        "network-config": keep_settings(take_network),
        CONFIGURATION: keep_configuration,
        JOIN: keep_invitation,
        NODE_KEY: keep_key,
    }
    for name, read in readers.items():
        path = places.boot / name
        try:
            with path.open("rb") as file:
                data = file.read(FILE_MAX + 1)
            if len(data) > FILE_MAX:
                raise Unusable(f"{name} is longer than {FILE_MAX // 1024} KiB")
            if data and not data.strip(b"\0"):  # power failed when it was being erased
                path.unlink()
                said.append(f"{name}: was taken at an earlier start, and is removed now")
                continue
            left_out = read(data)
            said += [_remove(path), *(f"{name}: left out {what}" for what in left_out)]
        except FileNotFoundError:
            pass
        except Unusable as error:
            said.append(f"{name}: NOT taken: {error}")
        except OSError as error:
            said.append(f"{name}: NOT taken: {error.strerror or error} ({error.filename})")
        if (places.boot / f"{name}.txt").exists():  # as some editors save, and some computers do not show
            said.append(f"{name}.txt: NOT taken: its name has to be {name}")
    # What is said goes to a console, too.
    return ["".join(char if char.isprintable() else "?" for char in line) for line in said]


def check_configuration(places: Places, data: bytes) -> None:
    """Ask the node that is installed whether it would start with this; whoever has nothing but the card would never
    see why it does not. A node that gives no answer is no reason to leave it.

    Raises:
        Unusable: it would not; the text says why.
    """
    command = [str(places.root / "opt/edgeboard/current/bin/python"), "-I", "-B", "-X", "utf8", "-c", CHECK]
    try:
        done = subprocess.run(command, input=decoded(data).encode(), capture_output=True, timeout=CHECK_S, check=False)
    except (OSError, UnicodeError, subprocess.TimeoutExpired):
        return
    if done.returncode == 3:
        raise Unusable(" ".join(done.stderr.decode(errors="replace").split()))


def _remove(path: Path) -> str:
    """Erase what was taken; what there is to say about it."""
    try:
        erase(path)
    except OSError as error:
        why = error.strerror or error
        return f"{path.name}: taken, and can NOT be removed ({why}): remove it, any computer can read it"
    return f"{path.name}: taken, and removed from here"


def apply(places: Places, settings: Settings) -> list[str]:
    """Write what this start needs, each as far as the disk takes it; returns what it does not take."""

    def write_networks() -> None:
        for name, text in networks(settings).items():
            write(places.run / "systemd" / "network" / name, text.encode(), 0o644)

    def write_wifi() -> None:
        if settings.wifis:
            write(places.run / "edgeboard-image" / "wpa_supplicant-wlan0.conf", wpa_supplicant(settings).encode())

    def write_name() -> None:
        (places.root / "proc" / "sys" / "kernel" / "hostname").write_text(settings.hostname)

    def keep() -> None:
        write(places.settings, settings.to_text().encode())
        if settings.ssh_keys:
            write(places.kept / "authorized_keys", "".join(f"{key}\n" for key in settings.ssh_keys).encode(), 0o644)
        localtime = places.kept / "localtime"
        zone = places.root / ZONES / (settings.zone or "UTC")
        localtime.unlink(missing_ok=True)
        localtime.symlink_to(zone if zone.is_file() else "/usr/share/zoneinfo/UTC")

    def configure() -> None:
        if not (places.node / CONFIGURATION).exists():
            write(places.node / CONFIGURATION, configure_node(b""), READABLE)

    failed = []
    for deed in (write_networks, write_wifi, write_name, keep, configure):
        try:
            deed()
        except OSError as error:
            failed.append(f"cannot write {error.filename}: {error.strerror or error}")
    return failed


def main() -> int:
    places = Places()
    settings = load(places)
    if any((places.boot / f"{name}{more}").exists() for name in NAMES for more in ("", ".txt")):
        subprocess.run(["mount", "-o", "remount,rw", str(places.boot)], check=False)
        said = take(places, settings, "edgeboard")
        _say(said)
        try:
            write(places.boot / STATUS, "".join(f"{line}\r\n" for line in said).encode(), 0o644)
        except OSError as error:  # a card that is full or damaged keeps no board from its network
            _say([f"cannot write {STATUS}: {error.strerror or error}"])
        subprocess.run(["mount", "-o", "remount,ro", str(places.boot)], check=False)
    failed = apply(places, settings)
    _say(failed)
    if settings.wifis:  # not enabled, for a board without Wi-Fi would wait for it at each start
        subprocess.run(["systemctl", "--no-block", "start", "wpa_supplicant@wlan0.service"], check=False)
    return int(bool(failed))


def _say(lines: list[str]) -> None:
    sys.stderr.write("".join(f"{line}\n" for line in lines))
