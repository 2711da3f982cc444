"""The list that tells Raspberry Pi Imager of an image, so that it offers to set name, keys and Wi-Fi.

Without one, Imager 2 writes a file of this computer as it is, and Imager 1 writes settings that this image does not
read. The fields are those of its schema (doc/json-schema/os-list-schema.json of rpi-imager).
"""

import hashlib
import json
from pathlib import Path

INIT_FORMAT = "cloudinit-rpi"  # Imager then writes user-data and network-config
DEVICES = ("pi5-64bit", "pi4-64bit", "pi3-64bit")  # its words for those that have the device trees of `firmware`
ICON = "https://www.debian.org/logos/openlogo-nd-50.png"
BLOCK = 1024 * 1024  # bytes


def describe(image: Path, written: Path, version: str, date: str, address: str = "") -> dict[str, object]:
    """What the list says of an image.

    Args:
        image: as it will be on the card.
        written: the file that Imager reads: the image itself, or one compressed by xz.
        version: of edgeboard in it.
        date: of its making, as 2026-11-22.
        address: of the folder on the web where `written` will lie; without one, the file of this computer is named.
    """
    url = f"{address.rstrip('/')}/{written.name}" if address else written.resolve().as_uri()
    return {
        "name": f"edgeboard {version}",
        "description": "A whiteboard of the mesh, on Debian 13",
        "icon": ICON,
        "url": url,
        "extract_size": image.stat().st_size,
        "extract_sha256": digest_of(image),
        "image_download_size": written.stat().st_size,
        "image_download_sha256": digest_of(written),
        "release_date": date,
        "init_format": INIT_FORMAT,
        "devices": list(DEVICES),
    }


def write_list(entry: dict[str, object], path: Path) -> None:
    """A list of this image alone."""
    path.write_text(json.dumps({"os_list": [entry]}, indent=2) + "\n")


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
