"""Boots an image of a virtual board under full-system emulation, with the board's page on a port of this computer.

The image itself is never written to; what the guest writes is in its folder. Its console is a shell of root, which the
kernel is asked for from outside: an image by itself lets nobody in there.
"""

import base64
import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from shipping import disks
from shipping.steps import Trouble

BOOT_S = 600.0  # 30 to 50 s on an idle computer; a busy one takes many times that
PAGE = 8787  # where a node listens
# A slow computer makes a slow board, which is no fault of the board's: what it waits for, it waits for longer.
ANSWER_S = 60.0  # of its shell
PATIENCE = ("systemd.default_device_timeout_sec=600", "systemd.default_timeout_start_sec=600")
PATIENT_NODE = "[Service]\nTimeoutStartSec=20min\nWatchdogSec=5min\n"
CONSOLES = {"arm64-virt": "ttyAMA0", "riscv64-virt": "ttyS0"}
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
        card_mib: how large its disk is; as large as the image if 0.
        more: words for its kernel.
        drop_ins: what is added to its units, by their names; the image itself is left as it is.
    """

    board: str
    image: Path
    folder: Path
    network: Sequence[str] = ()
    port: int = 0
    memory_mib: int = 1024
    card_mib: int = 0
    more: Sequence[str] = ()
    drop_ins: Mapping[str, str] = field(default_factory=lambda: {"edgeboard.service": PATIENT_NODE})
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count, init=False)

    @property
    def console(self) -> Path:
        """All that the guest has said."""
        return self.folder / "console.log"

    @property
    def socket(self) -> Path:
        """Of its console; the path of such a socket is at most 107 bytes long."""
        return self.folder / "console"

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
        console = CONSOLES[self.board]
        shell = ("systemd.debug_shell=1", f"systemd.default_debug_tty={console}")
        nobody = f"systemd.mask=serial-getty@{console}.service"  # who would ask for a name on the same console
        line = " ".join([words.strip(), *shell, nobody, *PATIENCE, *self._added(), *self.more])
        return [
            *(program, *machine, "-smp", "2", "-m", str(self.memory_mib), "-accel", "tcg,thread=multi"),
            *("-display", "none", "-monitor", "none", "-no-reboot", "-serial", "chardev:console"),
            "-chardev",
            f"socket,id=console,path={self.socket},server=on,wait=off,logfile={self.console},logappend=on",
            *("-kernel", str(self.folder / "vmlinuz"), "-initrd", str(self.folder / "initrd.img")),
            *("-append", line, "-device", "virtio-rng-pci"),
            *("-drive", f"file={self.disk},format=qcow2,if=none,id=h", "-device", "virtio-blk-pci,drive=h"),
            *network,
        ]

    def _added(self) -> Iterator[str]:
        """Drop-ins as credentials, systemd.system-credentials(7)."""
        for unit, text in self.drop_ins.items():
            encoded = base64.b64encode(text.encode()).decode()
            yield f"systemd.set_credential_binary=systemd.unit-dropin.{unit}:{encoded}"

    def start(self, prefix: Sequence[str] = ()) -> None:
        """Switch it on; `prefix` are words before qemu, such as those that enter a network namespace.

        Raises:
            Trouble: qemu is missing, or the image is none.
        """
        if not (self.folder / "vmlinuz").exists():
            disks.get(self.image, ["vmlinuz", "initrd.img", "cmdline.txt"], self.folder)
        words = self.command()
        if not self.disk.exists():
            make = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(self.image.resolve())]
            size = [f"{self.card_mib}M"] if self.card_mib else []
            subprocess.run([*make, str(self.disk), *size], check=True)
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

    def ask(self, command: str, limit_s: float = ANSWER_S) -> str:
        """What a command of the guest's shell prints, both of its streams; its exit code is left out.

        Raises:
            Trouble: no answer within `limit_s`, or the guest has ended.
        """
        number = next(self._numbers)
        # The console shows what is typed, too: there the marks are not in one piece.
        # The signal keeps systemd from speaking in between (systemd(1), SIGRTMIN+21).
        typed = f"\nkill -RTMIN+21 1; echo BEG''IN{number}; {{ {command}; }} 2>&1; echo E''ND{number}\n"
        answer = re.compile(rb"BEGIN%d\r?\n(.*?)END%d\r?\n" % (number, number), re.DOTALL)
        said, deadline = b"", time.monotonic() + limit_s
        try:
            with socket.socket(socket.AF_UNIX) as console:
                console.settimeout(1.0)
                console.connect(str(self.socket))
                console.sendall(typed.encode())
                while time.monotonic() < deadline:
                    with suppress(TimeoutError):
                        said += console.recv(65536)
                    if found := answer.search(said):
                        return found[1].decode(errors="replace").replace("\r", "")
        except OSError as error:
            raise Trouble(f"the board's console is gone: {error}; {self.last_words()}") from None
        raise Trouble(f"no answer to {command!r} after {limit_s:.0f} s: {self.last_words()}")

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
