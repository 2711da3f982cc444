"""Boards of different ages meet: every tier on every version of aiortc that we support, with itself and with others.

Each version lives in an environment of its own below pytest's cache, made when it is first needed, as an image has it:
aiortc without its dependencies and without PyAV, which our stand-in replaces. `./dev soak tests/interop` runs this.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from edgeboard.transport import patches

pytestmark = pytest.mark.soak

ROOT = Path(__file__).resolve().parents[2]
PEER = Path(__file__).with_name("peer.py")
MESSAGES = 2000  # each way, of each size
WINDOW = 200  # messages beyond the last credit, of which the product allows 256 KiB
CAREFUL = 40  # with stock, which overflows the socket of the other; before 1.16 a lost live message may then stop it
VERSIONS = {
    "1.11": ("aiortc==1.11.0", "aioice==0.10.1"),  # Debian 13
    "1.14": ("aiortc==1.14.0", "aioice"),
    "1.16": ("aiortc==1.16.0", "aioice"),
}
BESIDES = ["pyee", "pylibsrtp", "google-crc32c", "pyopenssl", "cryptography", "ifaddr", "dnspython<2.9.1", "msgpack"]
TIER0 = {"av", "bufsz", "drain", "demux", "rto", "mono", "consent", "hosts", "consent-end"} | {
    "forward",
    "deliver",
    "prune",
}
TIER1 = TIER0 | {"batchrx", "markfast", "flush", "pktcap", "bound", "probe", "icepace"}
EXPECTED = {"off": {"av"}, "tier0": TIER0, "tier1": TIER1, "tier2": TIER1 | {"bundle"}}


@pytest.fixture(scope="session")
def python_of(request):
    """The interpreter that has a version of aiortc."""

    def make(version):
        aiortc, aioice = VERSIONS[version]
        wanted = "\n".join([aiortc, aioice, *BESIDES, sys.version])
        home = Path(request.config.cache.mkdir("interop")) / version
        stamp = home / "wanted"
        python = home / "bin" / "python"
        if not stamp.exists() or stamp.read_text() != wanted:
            shutil.rmtree(home, ignore_errors=True)
            venv.create(home, with_pip=True)
            pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
            subprocess.run([*pip, "--no-deps", aiortc], check=True)
            # pip warns that aiortc lacks PyAV, which is the point, and succeeds.
            subprocess.run([*pip, aioice, *BESIDES], check=True)
            stamp.write_text(wanted)
        return python

    return make


async def meet(here, there):
    """Let two peers, each (python, tier), exchange messages; their reports."""
    window = CAREFUL if "off" in (here[1], there[1]) else WINDOW
    made = []
    try:
        for role, (python, tier) in (("offer", here), ("answer", there)):
            made.append(
                await asyncio.create_subprocess_exec(
                    python, PEER, role, tier, str(MESSAGES), str(window),
                    stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
                    env={**os.environ, "PYTHONPATH": str(ROOT)},
                )
            )  # fmt: skip
        offerer, answerer = made
        async with asyncio.timeout(180):
            answerer.stdin.write(await offerer.stdout.readline())
            offerer.stdin.write(await answerer.stdout.readline())
            reports = [json.loads(await process.stdout.readline() or "null") for process in made]
            codes = [await process.wait() for process in made]
        assert codes == [0, 0]
        return reports
    finally:
        for process in made:
            if process.returncode is None:
                process.kill()
                await process.wait()
            process._transport.close()


SAME = [(version, tier, version, tier) for version in VERSIONS for tier in patches.TIERS]
MIXED_TIERS = [(version, "off", version, tier) for version in VERSIONS for tier in patches.TIERS[1:]]
MIXED_VERSIONS = [
    (here, one, there, other)
    for here in VERSIONS
    for there in VERSIONS
    if here != there
    for one, other in [("tier1", "tier1"), ("tier2", "tier2"), ("tier2", "off")]
]


@pytest.mark.parametrize(("here", "one", "there", "other"), [*SAME, *MIXED_TIERS, *MIXED_VERSIONS])
async def test_two_boards_exchange_everything_in_order(python_of, here, one, there, other):
    reports = await meet((python_of(here), one), (python_of(there), other))
    for report, version, tier in zip(reports, (here, there), (one, other), strict=True):
        assert report["versions"][0].startswith(version)
        assert set(report["patches"]) == EXPECTED[tier]
        assert report["same"]
        assert 0 < report["live"] <= report["live_sent"]
        assert report["farewell"] == [1, "all there"]
        assert report["left"] == 0
