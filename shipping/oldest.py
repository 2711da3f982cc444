"""`./dev oldest`: the tests under the oldest versions that edgeboard must live with, those of Debian's packages.

They run natively in a Debian root of this machine: what needs a browser, network namespaces or
another program is skipped there, and what takes long is left out unless it is named.
"""

import argparse
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from shipping import locking, roots
from shipping.roots import Root
from shipping.steps import PIP, ROOT, Trouble, run_quietly
from shipping.wheels import copy_tracked_files

SUITE = "trixie"
# All that a board needs, as Debian has it; what is pure Python, in the versions of Debian too.
PACKAGES = (
    *("python3-aiohttp", "python3-aiortc", "python3-cbor2", "python3-cryptography", "python3-dnspython"),
    *("python3-jwt", "python3-msgpack", "python3-pil", "python3-segno", "python3-serial", "python3-spake2"),
    *("python3-yaml", "python3-zeroconf"),
)
OURS = ("securesystemslib", "tuf", "urllib3")  # from the index on every board; Debian's tuf is too old for updates
# What is tried without being named: everything that runs in one process and within minutes.
FOLDERS = (
    *("_native", "blobs", "canvas", "config", "discovery", "identity", "interchange", "marquee", "mesh", "node"),
    *(
        "oplog",
        "peripherals",
        "properties",
        "render",
        "rooms",
        "runtime",
        "signaling",
        "sources",
        "storage",
        "timesync",
    ),
    *("transport", "web", "wire"),
)
# Warnings of Debian's packages about each other, which nobody here can mend.
IGNORED = (
    *("-W", "ignore:Passing pyOpenSSL:DeprecationWarning"),  # aiortc 1.11 hands pyOpenSSL its own certificates
    *("-W", "ignore::pytest.PytestUnraisableExceptionWarning"),  # its hypothesis collects garbage between tests
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev oldest", description=__doc__)
    parser.add_argument("tests", nargs="*", help=f"folders or files below tests (default: {', '.join(FOLDERS)})")
    arguments, rest = parser.parse_known_args()
    machine = platform.machine()
    root = Root(machine, SUITE, (*roots.BASE, *PACKAGES))
    try:
        roots.ensure(root)
        with tempfile.TemporaryDirectory(prefix="edgeboard-oldest-") as place:
            source = Path(place) / "source"
            copy_tracked_files(source)
            lay_kernels(source)
            site = Path(place) / "site"
            pins = locking.read_pins()
            install = [*PIP, "install", "--quiet", "--no-deps", "--only-binary=:all:", "--target", site]
            run_quietly("installing tuf", [*install, *(f"{name}=={pins[name]}" for name in OURS)])
            tests = [f"/opt/source/tests/{name.removeprefix('tests/')}" for name in arguments.tests or FOLDERS]
            config = ["-p", "no:cacheprovider", "-c", "/opt/source/pyproject.toml", *IGNORED]
            words = ["/usr/bin/python3", "-m", "pytest", "-q", *config]
            settings = {"PYTHONPATH": "/opt/source:/opt/site", "PYTHONDONTWRITEBYTECODE": "1"}
            binds = {source: "/opt/source", site: "/opt/site"}
            command = roots.command(root, [*words, *tests, *rest], binds, settings, has_network=True)
            return subprocess.run(command).returncode
    except Trouble as trouble:
        sys.exit(f"dev: {trouble}")


def lay_kernels(source: Path) -> None:
    """Put the compiled kernels into a tree of sources."""
    for built in (ROOT / "edgeboard" / "_native").glob("*.abi3.so"):
        (source / "edgeboard" / "_native" / built.name).write_bytes(built.read_bytes())


if __name__ == "__main__":
    sys.exit(main())
