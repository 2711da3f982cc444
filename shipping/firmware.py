"""What a Raspberry Pi starts from: its firmware and device trees beside the kernel, and drivers of its Wi-Fi.

The firmware is not free software and comes from the part of Debian that says so.
"""

import shutil
import tempfile
from pathlib import Path

from shipping.roots import MIRROR
from shipping.steps import CACHE, ROOT, Trouble, run_quietly, say

PACKAGES = ("raspi-firmware", "firmware-brcm80211")
STARTERS = ("bootcode.bin", "start*.elf", "fixup*.dat")
TREES = (
    *("bcm2837-rpi-3-a-plus.dtb", "bcm2837-rpi-3-b.dtb", "bcm2837-rpi-3-b-plus.dtb", "bcm2837-rpi-zero-2-w.dtb"),
    *("bcm2711-rpi-4-b.dtb", "bcm2711-rpi-400.dtb", "bcm2711-rpi-cm4-io.dtb", "bcm2712-rpi-5-b.dtb"),
)


def ensure() -> Path:
    """The packages of the firmware, unpacked once.

    Raises:
        Trouble: they cannot be had.
    """
    kept = CACHE / "bases" / "raspi-firmware"
    if kept.exists():
        return kept
    say("unpacking the firmware of Raspberry Pis (once) ...")
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as place:
        tree = Path(place) / "tree"
        run_quietly(
            "mmdebstrap",
            [
                *("mmdebstrap", "--quiet", "--mode=root", "--variant=extract", "--architectures=arm64"),
                *(f"--include={','.join(PACKAGES)}", '--aptopt=Acquire::Languages "none"'),
                '--aptopt=Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false"',
                "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
                *("trixie", str(tree), f"deb {MIRROR} trixie main non-free-firmware"),
            ],
        )
        made = Path(place) / "made"
        shutil.copytree(tree / "usr" / "lib" / "raspi-firmware", made / "boot")
        shutil.copytree(tree / "usr" / "lib" / "firmware", made / "firmware", symlinks=True)
        shutil.copytree(tree / "usr" / "share" / "doc" / "raspi-firmware", made / "doc", symlinks=True)
        made.rename(kept)
    return kept


def add(root: Path, boot: Path) -> None:
    """Put firmware and device trees on the boot partition, and drivers' firmware into the root.

    Raises:
        Trouble: a file that the firmware needs is not there.
    """
    kept = ensure()
    for pattern in STARTERS:
        found = sorted((kept / "boot").glob(pattern))
        if not found:
            raise Trouble(f"raspi-firmware has no {pattern}; remove {kept.relative_to(ROOT)} and try again")
        for path in found:
            shutil.copyfile(path, boot / path.name)
    shutil.copytree(kept / "firmware", root / "usr" / "lib" / "firmware", symlinks=True, dirs_exist_ok=True)
    trees = root / "usr" / "lib"
    for name in TREES:
        found = sorted(trees.glob(f"linux-image-*/broadcom/{name}"))
        if not found:
            raise Trouble(f"the kernel has no {name}; take it out of the list, or another kernel")
        shutil.copyfile(found[-1], boot / name)
    shutil.copyfile(ROOT / "images" / "boot" / "rpi" / "config.txt", boot / "config.txt")
