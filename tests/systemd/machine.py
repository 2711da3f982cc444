"""A machine for tests: a Debian that systemd-nspawn boots in half a second, with a network that leads nowhere.

The root is made once, by mmdebstrap, and kept under .cache; a test's changes go with its machine.
"""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
BASE = ROOT / ".cache" / "roots" / "trixie-x86_64-booting"
PACKAGES = "systemd-sysv,udev,python3,dbus"
NEEDS = {"systemd-nspawn": "systemd-container", "mmdebstrap": "mmdebstrap", "nsenter": "util-linux"}
BOOT_S = 120.0  # half a second, where nothing else works
COMMAND_S = 600.0  # an installation, where many others work


def missing():
    """Why no machine can be had here; empty if one can."""
    if os.geteuid() != 0:
        return "booting a machine takes root: sudo ./dev test tests/systemd"
    packages = [package for program, package in NEEDS.items() if shutil.which(program) is None]
    if packages:
        return f"needs: apt-get install --no-install-recommends {' '.join(packages)}"
    if os.uname().machine != "x86_64":
        return "the machine of these tests is made for x86_64"
    return ""


def make_base():
    """The Debian that all machines are made of; a minute and a half, once."""
    if BASE.exists():
        return
    BASE.parent.mkdir(parents=True, exist_ok=True)
    made = BASE.with_suffix(f".{os.getpid()}")
    subprocess.run(
        [
            "mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", "--architectures=amd64",
            f"--include={PACKAGES}",
            '--aptopt=Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false"',
            '--aptopt=Acquire::Languages "none"', "--dpkgopt=path-exclude=/usr/share/man/*",
            "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
            "trixie", str(made), "deb http://deb.debian.org/debian trixie main",
        ],
        check=True, timeout=580, stdin=subprocess.DEVNULL, capture_output=True,
    )  # fmt: skip
    made.rename(BASE)


class Machine:
    """One that runs. `lasting` keeps its changes in `root`."""

    def __init__(self, root, binds=None, lasting=False):
        binds = [f"--bind-ro={source}:{seen}" for source, seen in (binds or {}).items()]
        self.nspawn = subprocess.Popen(
            [
                "systemd-nspawn", "--register=no", "--keep-unit", "-q", "-b", "-D", str(root), "--private-network",
                "--console=pipe", *([] if lasting else ["--volatile=overlay"]), *binds,
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.root = root
        self.pid = None
        try:
            self.wait_for("a first process", self._find)
            self.wait_for(
                "a system that runs", lambda: self.said("systemctl", "is-system-running") in ("running", "degraded")
            )
        except BaseException:
            self.cut()
            raise

    def _find(self):
        """The machine's process 1, as this computer counts it: a child of nspawn with a second number."""
        for number in _children(self.nspawn.pid):
            for line in Path(f"/proc/{number}/status").read_text().splitlines():
                if line.startswith("NSpid:") and len(line.split()) > 2 and line.split()[-1] == "1":
                    self.pid = number
                    return True
        return False

    def run(self, *words, check=True, text=None):
        """A command in the machine."""
        done = subprocess.run(
            ["nsenter", "-t", str(self.pid), "-m", "-u", "-i", "-n", "-p", "--wd=/", *map(str, words)],
            input=text, capture_output=True, text=True, errors="replace", timeout=COMMAND_S, check=False,
            env={"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"},
            **({} if text is not None else {"stdin": subprocess.DEVNULL}),
        )  # fmt: skip
        assert not check or done.returncode == 0, (
            f"{words}: {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
        return done

    def write(self, path, text):
        """A file in the machine, with the folders above it."""
        self.run("sh", "-c", 'mkdir -p "$(dirname "$1")" && cat > "$1"', "write", path, text=text)

    def said(self, *words):
        return self.run(*words, check=False).stdout.strip()

    def python(self, text, *words):
        """A script that may import this repository, run by the machine's Python."""
        return self.run("env", "PYTHONPATH=/src", "PYTHONDONTWRITEBYTECODE=1", "python3", "-", *words, text=text).stdout

    def show(self, unit, name):
        return self.said("systemctl", "show", "--value", f"--property={name}", unit)

    def wait_for(self, what, look, limit_s=BOOT_S, every_s=0.05):
        give_up = time.monotonic() + limit_s
        while True:
            try:
                found = look()
            except (FileNotFoundError, ProcessLookupError):  # a process that has just ended
                found = False
            if found:
                return found
            assert self.nspawn.poll() is None, f"the machine ended while a test waited for {what}"
            if time.monotonic() > give_up:
                journal = self.said("journalctl", "-b", "--no-pager", "-n", "60", "-o", "cat") if self.pid else ""
                raise AssertionError(f"{what} did not come within {limit_s:.0f} s:\n{journal}")
            time.sleep(every_s)

    def wait_until(self, unit, state, limit_s=BOOT_S):
        self.wait_for(f"{unit} {state}", lambda: self.show(unit, "ActiveState") == state, limit_s)

    def log(self, unit):
        return self.said("journalctl", "-b", "--no-pager", "-o", "cat", "-u", unit)

    def stop(self):
        if self.nspawn.poll() is None and self.pid is not None:
            self.run("systemctl", "poweroff", check=False)
        try:
            self.nspawn.wait(20.0)
        except subprocess.TimeoutExpired:
            self.nspawn.kill()
            self.nspawn.wait()

    def cut(self):
        """Power fails: every process of the machine is gone at once."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)  # and the kernel ends all others with it
        else:
            self.nspawn.kill()
        self.nspawn.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def _children(pid):
    return [int(number) for number in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
