"""What is given away, in bytes: our wheel, all wheels of a machine, and what they are once they are installed."""

import shutil
import tempfile
from pathlib import Path

from benchmarks.disk import occupied
from benchmarks.harness import ROOT, Missing
from shipping import emulated, wheelhouse
from shipping.houses import HOUSES
from shipping.steps import Trouble

TOOLS = ROOT / ".venv-wheels" / "edgeboard.stamp"


def aarch64() -> dict[str, float]:
    return measure("aarch64-cp313")


def riscv64() -> dict[str, float]:
    return measure("riscv64-cp313")


def x86_64() -> dict[str, float]:
    return measure("x86_64-cp313")


def measure(name: str) -> dict[str, float]:
    """KiB of our wheel, MiB of all wheels, MiB that they take of the disk, without the bytecode that Python adds.

    Raises:
        Missing: what builds wheels is not installed, or the index cannot be reached.
    """
    if not TOOLS.exists() or shutil.which("esbuild") is None:
        raise Missing("what builds wheels is not installed; run: ./dev wheels")
    house = HOUSES[name]
    with tempfile.TemporaryDirectory(prefix="edgeboard-sizes-") as place:
        folder, site = Path(place) / "house", Path(place) / "site"
        try:
            wheelhouse.make(house, folder)
            emulated.install(house, folder, site)
        except Trouble as trouble:
            raise Missing(str(trouble)) from None
        wheels = sorted(folder.glob("*.whl"))
        own = next(wheel for wheel in wheels if wheel.name.startswith("edgeboard-"))
        return {
            "wheel_kib": own.stat().st_size / 2**10,
            "house_mib": sum(wheel.stat().st_size for wheel in wheels) / 2**20,
            "installed_mib": sum(occupied(path) for path in site.rglob("*") if path.is_file()) / 2**20,
        }
