"""What an installed board consists of outside its state: every file and link, as a plan that can be shown first.

The rules of this file: a plan names each path below the root folder that it is for, so that an image is made by the
same words as a board; a file that is there already, byte for byte, is left alone; what a person has made or changed
under another name is not touched.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edgeboard.errors import UserError

HERE: Final = Path(__file__).parent
SOURCES: Final = (HERE / "data" / "systemd", HERE.parents[1] / "systemd")  # of an installation, of a clone
UNITS: Final = Path("etc/systemd/system")
PLACES: Final = {  # where the others go, which have one name in our sources
    "edgeboard.sysusers": Path("etc/sysusers.d/edgeboard.conf"),
    "edgeboard.tmpfiles": Path("etc/tmpfiles.d/edgeboard.conf"),
    "edgeboard.rules": Path("etc/udev/rules.d/60-edgeboard.rules"),
}
ENABLED: Final = {  # which target wants which unit; the signaling service is for one machine of a network
    "edgeboard.service": "multi-user.target",
    "edgeboard-activate.service": "multi-user.target",
    "edgeboard-activate.path": "multi-user.target",
    "edgeboard-fetch.timer": "timers.target",
}
COMMAND: Final = Path("usr/local/bin/edgeboard")
COMMAND_TEXT: Final = """\
#!/bin/sh
# The release that runs on this board; installed by `edgeboard install`. Root speaks of the board's own node.
[ "$(id -u)" = 0 ] && export STATE_DIRECTORY="${STATE_DIRECTORY:-/var/lib/edgeboard}"
exec /opt/edgeboard/current/bin/python -I -B -m edgeboard "$@"
"""
CONFIG: Final = Path("etc/edgeboard/edgeboard.yaml")
CONFIG_TEXT: Final = """\
# This board. Every setting has a default; examples: configs/ of the project. Afterwards: systemctl restart edgeboard
node:
  state: /var/lib/edgeboard
#  name: kitchen
#  join_file: /boot/firmware/edgeboard-join.txt   # an invitation of `edgeboard mesh invite --file`

#updates:
#  addresses: [https://updates.example/edgeboard]   # beside the boards of the mesh
"""
LAUNCHER: Final = Path("opt/edgeboard/launcher.pyz")
TRUST: Final = Path("opt/edgeboard/root.json")
PROGRAMS: Final = Path("opt/edgeboard")
SETTINGS: Final = Path("etc/edgeboard")
STATES: Final = tuple(map(Path, ("var/lib/edgeboard", "var/lib/edgeboard-ota", "var/lib/edgeboard-fetch")))
CACHE: Final = Path("var/cache/edgeboard")


@dataclass(frozen=True, slots=True)
class File:
    """A file to write, or with `target` a link to make."""

    path: Path  # below the root
    content: bytes = b""
    mode: int = 0o644
    target: str = ""
    is_kept: bool = False  # what is there already belongs to a person

    def is_there(self, root: Path) -> bool:
        """Whether nothing has to be done."""
        path = root / self.path
        if self.target:
            return path.is_symlink() and str(path.readlink()) == self.target
        if self.is_kept and path.exists():
            return True
        try:
            return not path.is_symlink() and path.read_bytes() == self.content
        except OSError:
            return False

    def place(self, root: Path) -> None:
        """Write it whole or not at all; raises OSError as the system says."""
        path = root / self.path
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.new")
        aside.unlink(missing_ok=True)
        if self.target:
            aside.symlink_to(self.target)
        else:
            aside.write_bytes(self.content)
            aside.chmod(self.mode)
        aside.replace(path)


def files(trust: bytes | None = None) -> list[File]:
    """All files and links of a board, in the order in which they are written.

    Args:
        trust: the first root of a repository of updates.

    Raises:
        UserError: this installation of edgeboard lacks the units.
    """
    from edgeboard.ota.launch.packing import pack

    found = [*_units(), File(COMMAND, COMMAND_TEXT.encode(), 0o755), File(LAUNCHER, pack(), 0o755)]
    if trust is not None:
        found.append(File(TRUST, trust))
    found.append(File(CONFIG, CONFIG_TEXT.encode(), is_kept=True))
    links = (File(UNITS / f"{target}.wants" / unit, target=f"/{UNITS / unit}") for unit, target in ENABLED.items())
    return [*found, *links]


def _units() -> Iterator[File]:
    folder = next((each for each in SOURCES if each.is_dir()), None)
    if folder is None:
        raise UserError(f"this installation of edgeboard lacks its units ({SOURCES[0]}): install it anew")
    for path in sorted(folder.iterdir()):
        if path.name in PLACES:
            yield File(PLACES[path.name], path.read_bytes())
        elif path.suffix in (".service", ".timer", ".path"):
            yield File(UNITS / path.name, path.read_bytes())


def own_units() -> list[str]:
    """The names of all units."""
    return [file.path.name for file in _units() if file.path.parent == UNITS]


def to_remove(root: Path, *, purge: bool) -> list[Path]:
    """What of a board is there, below the root: with `purge` its ink, keys and settings too."""
    mine = [file.path for file in _units()]
    wants = [UNITS / f"{target}.wants" / unit for unit, target in ENABLED.items()]
    command = root / COMMAND
    ours = [COMMAND] if command.is_file() and command.read_bytes() == COMMAND_TEXT.encode() else []
    lasting = [SETTINGS, *STATES, CACHE] if purge else []
    wanted = [*wants, *mine, *ours, PROGRAMS, *lasting]
    return [path for path in wanted if (root / path).exists() or (root / path).is_symlink()]


def remove(path: Path) -> None:
    """A file, a link, or a folder and all in it; raises OSError as the system says."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
