"""`./dev image`: a disk for a board, with Debian, the node in its first slot, and nothing of any owner."""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from edgeboard.errors import EdgeboardError
from edgeboard.ota import manifest as manifests
from edgeboard.ota.slots import digest_of
from edgeboard.ota.values import Layout, Manifest, Target
from edgeboard.ota.wheelhouse import find_libc, read_wheelhouse
from shipping import bases, disks, firmware, imager, trial, wheelhouse
from shipping.bases import BOARDS, Board
from shipping.roots import CPUS
from shipping.steps import CACHE, ROOT, Trouble, run_quietly, say

OURS = ROOT / "images"
RELEASE = "release.json"
DATA_MIB = 1024  # of the data partition in the file; on a card it grows
SPARE = 1.1  # of the root partition, for what ext4 keeps for itself

# Run by the Python of the board itself, emulated; the launcher carries what it needs.
BUILD_SLOT = """
from pathlib import Path
from edgeboard.ota import files, floors, manifest, records, slots
from edgeboard.ota.values import Layout
layout = Layout.under(Path("/"))
release = manifest.from_bytes((layout.state / "release.json").read_bytes())
slot = slots.build(layout, release)
slots.activate(layout, slot.name)
disk = files.RealDisk()
records.write_floors(layout, disk, floors.after_commit(records.read_floors(layout), release.counter))
"""

# Run in the root as it will be: accounts, what is started, links to where the data partition is.
SETTLE = """
set -eu
systemd-sysusers
systemd-tmpfiles --create --prefix=/opt/edgeboard --prefix=/var/lib/edgeboard-ota --prefix=/var/lib/edgeboard-fetch
mkdir -p /var/home
useradd --create-home --home-dir /var/home/board --shell /bin/bash --groups sudo board
systemctl enable systemd-networkd.service systemd-resolved.service systemd-timesyncd.service ssh.service \\
    edgeboard-provision.service edgeboard-grow.service
for unit in wpa_supplicant.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \\
    e2scrub_all.timer e2scrub_reap.service; do systemctl disable $unit || true; done
systemctl mask systemd-firstboot.service systemd-machine-id-commit.service sshd-keygen.service
rm -f /etc/ssh/ssh_host_* /etc/localtime /var/lib/dbus/machine-id
ln -s /var/lib/edgeboard-image/localtime /etc/localtime
: > /etc/machine-id
echo edgeboard > /etc/hostname
rm -rf /var/cache/apt/* /var/lib/apt/lists/* /var/log/*
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="./dev image",
        description="Make a disk for a board: Debian, the node in its first slot, and nothing of any owner.",
        epilog="What it is given at its first start lies on its boot partition: images/boot/README.txt.",
    )
    parser.add_argument("--board", choices=BOARDS, required=True)
    parser.add_argument("--out", metavar="DIR", type=Path, default=ROOT / "dist", help="where it goes (default: dist)")
    parser.add_argument("--counter", type=int, default=1, help="of the release in it (default: 1)")
    parser.add_argument("--channel", choices=("stable", "beta"), default="stable", help="default: stable")
    parser.add_argument(
        "--trust", metavar="FILE", type=Path, help="the first root of the updates it takes: 1.root.json"
    )
    parser.add_argument(
        "--try",
        action="store_true",
        dest="is_try",
        help="make edgeboard-BOARD-try.img, which trusts releases in DIR/try/BOARD: for ./dev test --image",
    )
    parser.add_argument("--wheelhouse", metavar="DIR", type=Path, help="of ./dev wheelhouse (default: made afresh)")
    parser.add_argument("--put", metavar="FILE", type=Path, nargs="*", default=[], help="for the boot partition")
    parser.add_argument("--xz", action="store_true", help="compress it, too: edgeboard-BOARD.img.xz")
    parser.add_argument("--address", metavar="URL", default="", help="of the folder on the web where it will lie")
    parser.add_argument("--json", action="store_true", help="print sizes and times as JSON")
    arguments = parser.parse_args()
    try:
        out = arguments.out.resolve()
        board = BOARDS[arguments.board]
        told = make(
            board,
            out / f"edgeboard-{board.name}{'-try' if arguments.is_try else ''}.img",
            counter=arguments.counter,
            channel=arguments.channel,
            trust=trial.ensure(out / "try" / board.name, board) if arguments.is_try else arguments.trust,
            wheels=arguments.wheelhouse,
            more=arguments.put,
        )
        image = Path(str(told["image"]))
        if arguments.is_try:
            trial.keep(out / "try" / board.name, arguments.wheelhouse or kept_wheels(board))
        packed = pack(image) if arguments.xz else image
        if board.firmware:
            listing = image.with_suffix(".json")
            date = time.strftime("%Y-%m-%d")
            imager.write_list(imager.describe(image, packed, str(told["version"]), date, arguments.address), listing)
            say(f"{listing.name}: for Raspberry Pi Imager; docs/howto/first-board.md says how")
    except (Trouble, EdgeboardError) as trouble:
        sys.exit(f"dev: {trouble}")
    if arguments.json:
        print(json.dumps(told))
    return 0


def make(
    board: Board,
    image: Path,
    *,
    counter: int = 1,
    channel: str = "stable",
    trust: Path | None = None,
    wheels: Path | None = None,
    more: Sequence[Path] = (),
) -> dict[str, object]:
    """Make the image of a board; returns sizes in MiB and times in s.

    Args:
        board: which.
        image: the file.
        counter: of the release in its first slot.
        channel: of that release.
        trust: the first root of trust of updates; without one the board takes no updates.
        wheels: a wheelhouse for its machine; a fresh one is made without.
        more: files for the boot partition.

    Raises:
        Trouble: a program or a package is missing, or something does not fit.
        EdgeboardError: the wheels make no release.
    """
    bases.check(board)
    began = time.monotonic()
    house = wheels or kept_wheels(board)
    if wheels is None:
        wheelhouse.make(board.wheels, house)
    base = bases.ensure(board)
    work = CACHE / "images" / board.name
    shutil.rmtree(work, ignore_errors=True)
    root, data, boot = work / "root", work / "data", work / "boot"
    for folder in (root, boot):
        folder.mkdir(parents=True)
    say(f"{board.name}: unpacking {base.name} ...")
    run_quietly("tar", ["tar", "--numeric-owner", "-xpf", base, "-C", root])
    place(root)
    install(root, trust)
    layout = Layout.under(root)
    manifest = stock(
        layout,
        house,
        Target(board.wheels.machine, board.wheels.abi, channel, find_libc(house, board.wheels.machine)),
        counter,
    )
    slot_began = time.monotonic()
    say(f"{board.name}: building the slot of edgeboard {manifest.version} and testing it, emulated ...")
    inside(board, root, ["/usr/bin/env", "PYTHONPATH=/opt/edgeboard/launcher.pyz", "python3", "-c", BUILD_SLOT])
    (layout.state / RELEASE).unlink()
    inside(board, root, ["/bin/sh", "-c", SETTLE])
    slot_s = time.monotonic() - slot_began
    # Debian's kernels for riscv64 are not compressed, and called vmlinux.
    for name, pattern in (("vmlinuz", "vmlinu[xz]"), ("initrd.img", "initrd.img")):
        shutil.copyfile(newest(root / "boot", pattern), boot / name)
    shutil.rmtree(root / "boot")
    (root / "boot" / "firmware").mkdir(parents=True)
    for name in ("vmlinuz", "initrd.img", "vmlinuz.old", "initrd.img.old"):
        (root / name).unlink(missing_ok=True)
    (boot / "cmdline.txt").write_text(cmdline(board) + "\n")
    shutil.copyfile(OURS / "boot" / "README.txt", boot / "README.txt")
    if board.firmware:
        firmware.add(root, boot)
    (root / "var").rename(data)
    for name in ("var", "opt/edgeboard", "etc/edgeboard"):
        if name != "var":  # seen there from /var, where it is on the data partition
            (data / name).parent.mkdir(exist_ok=True)
            (root / name).rename(data / name)
        (root / name).mkdir()
    (root / "var" / "tmp").mkdir()  # of services that start before /var is mounted, and have one of their own
    (root / "var" / "tmp").chmod(0o1777)
    say(f"{board.name}: writing the disk ...")
    root_mib = int(disks.used_mib(root) * SPARE) + 64
    disks.make_boot(boot, work / "boot.vfat")
    disks.make_ext4(root, work / "root.ext4", "EDGEROOT", root_mib)
    disks.make_ext4(data, work / "data.ext4", "EDGEDATA", max(DATA_MIB, int(disks.used_mib(data) * 1.5)))
    image.parent.mkdir(parents=True, exist_ok=True)
    disks.assemble((work / "boot.vfat", work / "root.ext4", work / "data.ext4"), image)
    if more:
        disks.put(image, more)
    told = {
        "image": str(image),
        "version": manifest.version,
        "image_mib": image.stat().st_size // disks.MIB,
        "on_disk_mib": image.stat().st_blocks * 512 // disks.MIB,
        "root_mib": disks.used_mib(root),
        "slot_mib": disks.used_mib(data / "opt" / "edgeboard" / "slots"),
        "wheels_mib": round(sum(wheel.length for wheel in manifest.wheels) / disks.MIB, 1),
        "slot_s": round(slot_s, 1),
        "seconds": round(time.monotonic() - began, 1),
    }
    shutil.rmtree(work)
    say(
        f"{image.name}: {told['image_mib']} MiB, {told['on_disk_mib']} MiB of them used; "
        f"Debian {told['root_mib']} MiB, slot {told['slot_mib']} MiB; after {told['seconds']} s"
    )
    return told


def kept_wheels(board: Board) -> Path:
    """Where the wheels lie that `make` has made."""
    return CACHE / "images" / board.house


def pack(image: Path) -> Path:
    """Compress an image; returns the file beside it.

    Raises:
        Trouble: xz is missing, or there is no space.
    """
    packed = image.with_name(f"{image.name}.xz")
    run_quietly("xz", ["xz", "--keep", "--force", "-T0", "-3", image])
    say(f"{packed.name}: {packed.stat().st_size // disks.MIB} MiB")
    return packed


def install(root: Path, trust: Path | None) -> None:
    """Put units, launcher and device rules into the root, as `edgeboard install` does on any machine.

    Raises:
        Trouble: it fails.
    """
    words: list[str | Path] = [sys.executable, "-m", "edgeboard", "install", "--no-start", "--root", root]
    words += ["--trust", trust.resolve()] if trust is not None else []
    run_quietly("edgeboard install", words)


def place(root: Path) -> None:
    """Put our own files into the root; what changes lies on the data partition and is seen from there."""
    for source in sorted((OURS / "root").rglob("*")):
        if source.is_file():
            target = root / source.relative_to(OURS / "root")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            target.chmod(0o644)
    program = root / "usr" / "lib" / "edgeboard" / "provision"  # a folder, as Python runs one
    (program / "images").mkdir(parents=True, exist_ok=True)
    for source in sorted(OURS.glob("*.py")):
        shutil.copyfile(source, (program if source.name == "__main__.py" else program / "images") / source.name)
    sudo = root / "etc" / "sudoers.d" / "board"
    sudo.parent.mkdir(exist_ok=True)
    sudo.write_text("board ALL=(ALL) NOPASSWD: ALL\n")
    sudo.chmod(0o440)
    for name in ("opt/edgeboard", "etc/edgeboard", "boot/firmware"):
        (root / name).mkdir(parents=True, exist_ok=True)


def stock(layout: Layout, house: Path, target: Target, counter: int) -> Manifest:
    """Lay the files of a release where a board keeps verified ones; they also let it mend its slot, and feed others."""
    manifest, sources, made = read_wheelhouse(house, target)
    manifest = replace(manifest, counter=counter)
    layout.blobs.mkdir(parents=True)
    for file in manifest.files:
        blob = layout.blobs / file.sha256
        if file.name in made:
            blob.write_bytes(made[file.name])
        else:
            shutil.copyfile(sources[file.name], blob)
        blob.chmod(0o644)
    (layout.state / RELEASE).write_bytes(manifests.to_bytes(manifest))
    say(f"release {manifest.version}, counter {counter}, {digest_of(manifest)[:8]}")
    return manifest


def inside(board: Board, root: Path, words: list[str]) -> None:
    """Run a program in the root of an image, without a network.

    Raises:
        Trouble: it failed.
    """
    sandbox = [
        *("bwrap", "--die-with-parent", "--unshare-net", "--unshare-pid", "--bind", str(root), "/", "--dev", "/dev"),
        *("--proc", "/proc", "--tmpfs", "/tmp", "--tmpfs", "/run"),
        *("--clearenv", "--setenv", "PATH", "/usr/sbin:/usr/bin", "--setenv", "LANG", "C.UTF-8"),
    ]
    if cpu := CPUS.get(board.wheels.machine):
        sandbox += ["--setenv", "QEMU_CPU", cpu]
    run_quietly(f"{words[0]} in the image", [*sandbox, *words])


def newest(folder: Path, name: str) -> Path:
    """The file `NAME-VERSION` of a folder, NAME as a shell's pattern; an image has one kernel.

    Raises:
        Trouble: there is none.
    """
    found = sorted(folder.glob(f"{name}-*"))
    if not found:
        raise Trouble(f"the base has no {name}; remove it from .cache/bases and make it anew")
    return found[-1]


def cmdline(board: Board) -> str:
    """What the kernel is told."""
    shown = "console=tty0 " if board.firmware else ""
    return f"{shown}console={board.console} root=LABEL=EDGEROOT ro rootwait fsck.repair=yes quiet loglevel=4"


if __name__ == "__main__":
    sys.exit(main())
