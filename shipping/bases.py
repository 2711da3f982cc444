"""Debian for each kind of board: which packages, and the archive that every image of it begins with.

A base takes minutes, for Debian's own scripts run under emulation; it is made once and kept in .cache.
"""

import hashlib
import platform
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from shipping.houses import HOUSES, House
from shipping.roots import CPUS, MIRROR
from shipping.steps import CACHE, Trouble, is_root, run_quietly, say

SUITE = "trixie"
COMMON = (
    *("systemd-sysv", "systemd-resolved", "systemd-timesyncd", "systemd-zram-generator", "udev", "dbus"),
    *("python3", "python3-yaml", "initramfs-tools", "zstd", "kmod", "iproute2", "ca-certificates", "netbase", "tzdata"),
    *("fdisk", "e2fsprogs", "dosfstools", "openssh-server", "sudo", "wpasupplicant", "wireless-regdb"),
)
BINFMT = Path("/proc/sys/fs/binfmt_misc")
NEEDS = {
    "mmdebstrap": "mmdebstrap", "arch-test": "arch-test", "bwrap": "bubblewrap", "mcopy": "mtools",
    "mkfs.vfat": "dosfstools", "sfdisk": "fdisk", "mke2fs": "e2fsprogs",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Board:
    """A kind of board that an image is made for.

    Attributes:
        name: as `--board` has it.
        house: the wheelhouse that its slot is made of.
        debian: its machine as Debian calls it.
        console: where the kernel speaks.
        firmware: whether files of the Raspberry Pi's start lie on the boot partition.
    """

    name: str
    house: str
    debian: str
    console: str
    firmware: bool = False

    @property
    def wheels(self) -> House:
        return HOUSES[self.house]

    @property
    def packages(self) -> tuple[str, ...]:
        """Of Debian; boards of one machine share them, and so the base."""
        path = self.wheels.distribution
        lines = path.read_text().splitlines() if path.exists() else []
        names = [line.partition(">=")[0] for line in lines if line and not line.startswith("#")]
        return tuple(sorted({*COMMON, f"linux-image-{self.debian}", *names}))

    @property
    def base(self) -> Path:
        """The archive of its base; other packages make another one."""
        key = hashlib.sha256("\n".join(self.packages).encode()).hexdigest()[:8]
        return CACHE / "bases" / f"{SUITE}-{self.debian}-{key}.tar"


BOARDS = {
    board.name: board
    for board in (
        Board("arm64-virt", "aarch64-cp313", "arm64", "ttyAMA0"),
        Board("riscv64-virt", "riscv64-cp313", "riscv64", "ttyS0"),
        Board("rpi", "aarch64-cp313", "arm64", "ttyS1,115200", firmware=True),
    )
}


def check(board: Board) -> None:
    """Raises Trouble, with the command that helps, if this computer cannot make the image."""
    path = f"{Path('/usr/sbin')}:{Path('/sbin')}"
    needed = [
        package
        for program, package in NEEDS.items()
        if not shutil.which(program) and not shutil.which(program, path=path)
    ]
    machine = board.wheels.machine
    if machine != platform.machine() and shutil.which(f"qemu-{machine}-static") is None:
        needed.append("qemu-user-static")
    if needed:
        raise Trouble(
            f"install what is missing: apt-get install --no-install-recommends {' '.join(sorted(set(needed)))}"
        )
    if not is_root():
        raise Trouble("an image has files of many owners, so root has to make it: sudo ./dev image ...")
    if machine != platform.machine():
        ensure_emulation(machine)


def ensure_emulation(machine: str) -> None:
    """Let the kernel start programs of another machine; where systemd runs, it has done so already.

    Raises:
        Trouble: the kernel has no binfmt_misc.
    """
    if (BINFMT / f"qemu-{machine}").exists():
        return
    if not (BINFMT / "register").exists():
        run_quietly("mounting binfmt_misc", ["mount", "-t", "binfmt_misc", "binfmt_misc", BINFMT])
    try:
        (BINFMT / "register").write_bytes(Path(f"/usr/lib/binfmt.d/qemu-{machine}.conf").read_bytes().strip())
    except OSError as error:
        raise Trouble(f"cannot start programs of {machine} here: {error}; install qemu-user-static") from None


def ensure(board: Board) -> Path:
    """Make the base of a board if it is not there; returns its archive.

    Raises:
        Trouble: the packages cannot be had, or their scripts fail.
    """
    if board.base.exists():
        return board.base
    say(f"configuring Debian {SUITE} for {board.debian} (once; 5 to 15 minutes, for it runs emulated) ...")
    board.base.parent.mkdir(parents=True, exist_ok=True)
    began, made = time.monotonic(), board.base.with_suffix(".new.tar")
    made.unlink(missing_ok=True)
    sources = [f"deb {MIRROR} {SUITE} main"]
    if board.debian != "riscv64":  # whose indexes of these two were seen to be inconsistent
        sources += [f"deb {MIRROR} {SUITE}-updates main", f"deb {MIRROR}-security {SUITE}-security main"]
    left_out = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("man", "doc", "locale")]
    cpu = CPUS.get(board.wheels.machine)
    run_quietly(
        "mmdebstrap",
        [
            *("mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", f"--architectures={board.debian}"),
            f"--include={','.join(board.packages)}",
            '--aptopt=Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false"',
            '--aptopt=Acquire::Languages "none"',
            *left_out, "--dpkgopt=path-include=/usr/share/doc/*/copyright",
            *(SUITE, str(made), *sources),
        ],
        **({"QEMU_CPU": cpu} if cpu else {}),
    )  # fmt: skip
    made.rename(board.base)
    say(f"{board.base.name}: {board.base.stat().st_size >> 20} MiB after {time.monotonic() - began:.0f} s")
    return board.base
