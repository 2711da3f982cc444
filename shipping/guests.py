"""Boots an image of a virtual board under full-system emulation, with the board's page on a port of this computer.

The image itself is never written to; what the guest writes is forgotten, unless a folder for it is given.
"""

import os
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from shipping import disks
from shipping.steps import Trouble

BOOT_S = 600.0  # 30 to 50 s on an idle computer; a busy one takes many times that
PAGE = 8787  # where a node listens
QEMUS = {
    "arm64-virt": ("qemu-system-aarch64", "qemu-system-arm", ["-M", "virt", "-cpu", "cortex-a72"]),
    "riscv64-virt": ("qemu-system-riscv64", "qemu-system-misc", ["-M", "virt"]),
}


@dataclass(slots=True)
class Guest:
    """One board under emulation; as a context it is powered off at the end.

    Attributes:
        board: its kind, as `--board` has it.
        image: its disk.
        folder: for its kernel, its console and what it writes to the disk.
        network: words for qemu; user-mode networking with a forwarded port if there are none.
        port: of this computer, where its page is seen, with user-mode networking.
        memory_mib: of the guest.
    """

    board: str
    image: Path
    folder: Path
    network: Sequence[str] = ()
    port: int = 0
    memory_mib: int = 1024
    more: Sequence[str] = ()  # words for its kernel
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    @property
    def console(self) -> Path:
        """All that the guest has said."""
        return self.folder / "console.log"

    @property
    def disk(self) -> Path:
        """What the guest has written; the image lies below it."""
        return self.folder / "disk.qcow2"

    def command(self) -> list[str]:
        """The words that start it.

        Raises:
            Trouble: qemu is missing.
        """
        program, package, machine = QEMUS[self.board]
        if shutil.which(program) is None or shutil.which("qemu-img") is None:
            raise Trouble(f"install what is missing: apt-get install --no-install-recommends {package} qemu-utils")
        network = self.network or (
            *("-netdev", f"user,id=n,restrict=on,hostfwd=tcp:127.0.0.1:{self.port}-:{PAGE}"),
            *("-device", "virtio-net-pci,netdev=n,romfile="),
        )
        words = (
            (self.folder / "cmdline.txt").read_text().replace("quiet loglevel=4", "systemd.show_status=1 loglevel=4")
        )
        return [
            *(program, *machine, "-smp", "2", "-m", str(self.memory_mib), "-accel", "tcg,thread=multi"),
            *("-display", "none", "-monitor", "none", "-no-reboot", "-serial", f"file:{self.console}"),
            *("-kernel", str(self.folder / "vmlinuz"), "-initrd", str(self.folder / "initrd.img")),
            *("-append", " ".join([words.strip(), *self.more]), "-device", "virtio-rng-pci"),
            *("-drive", f"file={self.disk},format=qcow2,if=none,id=h", "-device", "virtio-blk-pci,drive=h"),
            *network,
        ]

    def start(self, prefix: Sequence[str] = ()) -> None:
        """Switch it on; `prefix` are words before qemu, such as those that enter a network namespace.

        Raises:
            Trouble: qemu is missing, or the image is none.
        """
        if not (self.folder / "vmlinuz").exists():
            disks.get(self.image, ["vmlinuz", "initrd.img", "cmdline.txt"], self.folder)
        words = self.command()
        if not self.disk.exists():
            make = [
                "qemu-img",
                "create",
                "-q",
                "-f",
                "qcow2",
                "-F",
                "raw",
                "-b",
                str(self.image.resolve()),
                str(self.disk),
            ]
            subprocess.run(make, check=True)
        self.process = subprocess.Popen(
            [*prefix, *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
        )

    def wait_for_page(self, url: str = "", limit_s: float = BOOT_S) -> float:
        """Wait until its page answers; returns after how many seconds.

        Raises:
            Trouble: it does not, or the guest ends; with the last it said.
        """
        began = time.monotonic()
        while time.monotonic() - began < limit_s:
            if self.process is None or self.process.poll() is not None:
                raise Trouble(f"the board has ended: {self.last_words()}")
            with suppress(OSError), urllib.request.urlopen(url or f"http://127.0.0.1:{self.port}/", timeout=5) as page:
                page.read()
                return time.monotonic() - began
            time.sleep(0.2)
        raise Trouble(f"the board has no page after {limit_s:.0f} s: {self.last_words()}")

    def last_words(self) -> str:
        """The last lines of its console."""
        try:
            return "\n".join(self.console.read_text(errors="replace").splitlines()[-8:])
        except OSError:
            return "it has said nothing"

    def cut_power(self) -> None:
        """End it at once, as if its cable was pulled."""
        if self.process is not None and self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut_power()
