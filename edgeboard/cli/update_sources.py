"""Where `edgeboard ota` looks for updates, and where it keeps them: as it is told, or as the configuration says.

The node reads the same section of the same file, so that both mean the same places.
"""

import argparse
import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Final

from edgeboard.cli.control import ask_json
from edgeboard.cli.placing import CONFIG
from edgeboard.config.schema import UpdatesSection
from edgeboard.errors import EdgeboardError, UserError
from edgeboard.ota.bundle import BundleSource
from edgeboard.ota.fetchers import FolderSource, HttpSource, MeshSource, Source
from edgeboard.storage.statedir import find_control_socket

BOARDS_MAX: Final = 8  # whose metadata is looked at, if they differ


def updates_of(arguments: argparse.Namespace) -> UpdatesSection:
    """What the configuration says of updates: that which is named, or that of the board that is installed. Its root is
    where they lie.

    Raises:
        UserError: it cannot be read.
    """
    config = arguments.config
    installed = (arguments.root or Path("/")) / CONFIG
    if config is None and os.access(installed, os.R_OK):
        config = installed
    found = UpdatesSection()
    if config is not None:
        from edgeboard.config.load import load  # YAML

        found = load(config).updates
    return found if arguments.root is None else replace(found, root=arguments.root)


def read_source(text: str) -> Source:
    """What `--from` names.

    Raises:
        UserError: nothing of that name.
    """
    if text.startswith(("http://", "https://")):
        return HttpSource(text)
    path = Path(text)
    if path.is_dir():
        return FolderSource(path)
    if path.exists():
        return BundleSource(path)
    raise UserError(f"there is no {text}; name a web address, a folder or a bundle")


def default_sources(state: Path) -> list[Source]:
    """The boards of the mesh, through the node that runs here: a source for each set of metadata, the newest first, so
    that the garbage of one board is not taken for the word of all."""
    socket = find_control_socket(state)
    try:
        if not socket.exists():
            return []
        told = ask_json(state, "/control/releases")["boards"]
        boards = sorted(told, key=lambda each: int(each["timestamp"]), reverse=True)
        differing = {str(each["metadata"]): str(each["node"]) for each in reversed(boards)}
    except (EdgeboardError, PermissionError, KeyError, TypeError, ValueError):
        return [MeshSource(socket)]  # which then says what is wrong
    # Without a board that has releases, no mesh: each file would be waited for in vain.
    return [MeshSource(socket, node) for node in list(reversed(differing.values()))[:BOARDS_MAX]]


def outcomes_in_mesh(state: Path) -> dict[int, tuple[int, int]]:
    """How releases fared on other boards: (kept, gone back from) by counter, as far as the node here knows."""
    try:
        told = ask_json(state, "/control/releases")["outcomes"]
        return {int(counter): (int(kept), int(left)) for counter, (kept, left) in told.items()}
    except (EdgeboardError, KeyError, AttributeError, TypeError, ValueError):
        return {}


def node_id(state: Path) -> bytes:
    """Of the node that runs here; without one, of the machine: all that matters is that it stays the same."""
    try:
        return bytes.fromhex(str(ask_json(state, "/control/status")["node"]))
    except (EdgeboardError, KeyError, ValueError):
        pass
    try:
        return hashlib.sha256(Path("/etc/machine-id").read_bytes()).digest()
    except OSError:
        return b""
