"""Disks made of files alone: no loop device, no mount.

sector 8192   EDGEBOOT  FAT   kernel, what the owner puts there
              EDGEROOT  ext4  Debian, never written to
              EDGEDATA  ext4  /var: slots, ink, configuration; grows to the end of the card at the first start
"""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from shipping.steps import Trouble, run_quietly

MIB = 1024 * 1024
BOOT_AT = 4  # MiB
BOOT_MIB = 256
PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"


def used_mib(tree: Path) -> int:
    """What a tree takes."""
    done = subprocess.run(["du", "-sxk", str(tree)], stdout=subprocess.PIPE, text=True, check=True)
    return int(done.stdout.split()[0]) // 1024 + 1


def make_boot(files: Path, part: Path) -> None:
    """A FAT with all files of a folder.

    Raises:
        Trouble: they do not fit.
    """
    _make_sparse(part, BOOT_MIB)
    run_quietly("mkfs.vfat", ["mkfs.vfat", "-F", "32", "-n", "EDGEBOOT", part], PATH=PATH)
    run_quietly("mcopy", ["mcopy", "-i", part, "-s", *sorted(files.iterdir()), "::"])


def make_ext4(tree: Path, part: Path, label: str, mib: int) -> None:
    """An ext4 with a tree, owners and modes as they are.

    Raises:
        Trouble: it does not fit.
    """
    _make_sparse(part, mib)
    run_quietly("mke2fs", ["mke2fs", "-q", "-t", "ext4", "-L", label, "-d", tree, part], PATH=PATH)
    run_quietly("e2fsck", ["e2fsck", "-f", "-n", part], PATH=PATH)


def assemble(parts: Iterable[Path], image: Path) -> None:
    """One disk of these partitions, the first of which is a FAT; 1 MiB more lies behind the last.

    Raises:
        Trouble: there is no space.
    """
    parts, at, lines = list(parts), BOOT_AT, ["label: dos"]
    places = []
    for number, part in enumerate(parts):
        mib = part.stat().st_size // MIB
        kind = "type=c, bootable" if number == 0 else "type=83"
        lines.append(f"start={at * 2048}, size={mib * 2048}, {kind}")
        places.append(at)
        at += mib
    _make_sparse(image, at + 1)
    table = "\n".join(lines) + "\n"
    done = subprocess.run(
        ["sfdisk", "-q", str(image)], input=table, text=True, capture_output=True, env={**os.environ, "PATH": PATH}
    )
    if done.returncode:
        raise Trouble(f"sfdisk failed: {done.stderr.strip()}")
    for part, place in zip(parts, places, strict=True):
        copy = ["dd", f"if={part}", f"of={image}", "bs=1M", f"seek={place}", "conv=notrunc,sparse", "status=none"]
        run_quietly("dd", copy)


def put(image: Path, files: Iterable[Path]) -> None:
    """Put files on the boot partition of an image, in place of those of their names.

    Raises:
        Trouble: there is no such partition, or no space on it.
    """
    run_quietly("mcopy", ["mcopy", "-o", "-i", f"{image}@@{BOOT_AT}M", *files, "::"])


def get(image: Path, names: Iterable[str], to: Path) -> None:
    """Copy files from the boot partition of an image.

    Raises:
        Trouble: one of them is not there.
    """
    run_quietly("mcopy", ["mcopy", "-n", "-i", f"{image}@@{BOOT_AT}M", *(f"::{name}" for name in names), to])


def names_on_boot(image: Path) -> list[str]:
    """What lies on the boot partition of an image.

    Raises:
        Trouble: it cannot be read.
    """
    done = subprocess.run(["mdir", "-b", "-i", f"{image}@@{BOOT_AT}M", "::"], capture_output=True, text=True)
    if done.returncode:
        raise Trouble(f"mdir failed: {done.stderr.strip()}")
    return sorted(line.removeprefix("::/").strip("/") for line in done.stdout.splitlines() if line)


def _make_sparse(path: Path, mib: int) -> None:
    path.unlink(missing_ok=True)
    with path.open("wb") as file:
        file.truncate(mib * MIB)
