"""Which wheelhouses there are: machine and Python, where wheels for it come from, and what Debian brings there."""

from dataclasses import dataclass
from pathlib import Path

from shipping.steps import ROOT, Trouble

LOCKS = ROOT / "requirements" / "wheelhouse"


@dataclass(frozen=True, slots=True)
class House:
    """All that one machine and Python install.

    Attributes:
        machine: as Python calls it: "aarch64".
        python: major and minor: (3, 13).
        suite: the release of Debian whose Python that is.
        glibc: minor versions of glibc 2 whose wheels it takes.
        from_debian: what no index has for it comes from the suite's own packages.
    """

    machine: str
    python: tuple[int, int]
    suite: str
    glibc: tuple[int, ...]
    from_debian: bool = False

    @property
    def name(self) -> str:
        """As its folder and its lock are called: "aarch64-cp313"."""
        return f"{self.machine}-{self.abi}"

    @property
    def abi(self) -> str:
        return f"cp{self.python[0]}{self.python[1]}"

    @property
    def lock(self) -> Path:
        """Names, versions and hashes of all wheels but our own."""
        return LOCKS / f"{self.name}.txt"

    @property
    def distribution(self) -> Path:
        """Packages of Debian, one a line: "python3-cryptography>=43.0.0"."""
        return LOCKS / f"{self.name}.distribution.txt"

    @property
    def pip_target(self) -> list[str]:
        """What tells pip to choose wheels for it, the oldest glibc first."""
        platforms = [f"--platform=manylinux_2_{minor}_{self.machine}" for minor in self.glibc]
        python = [f"--python-version={self.python[0]}.{self.python[1]}", "--implementation=cp"]
        return [*platforms, *python, f"--abi={self.abi}", "--abi=abi3", "--abi=none", "--only-binary=:all:"]


_OLD = (17, 28, 31, 34)  # bookworm has 36
HOUSES = {
    house.name: house
    for house in (
        House("aarch64", (3, 11), "bookworm", _OLD),
        House("aarch64", (3, 13), "trixie", _OLD),
        House("riscv64", (3, 13), "trixie", (31, 35, 39), from_debian=True),
        House("x86_64", (3, 11), "bookworm", _OLD),
        House("x86_64", (3, 13), "trixie", _OLD),
    )
}


def chosen(words: list[str]) -> list[House]:
    """The wheelhouses of machines or by their names; all of them without words.

    Raises:
        Trouble: there is none of that name.
    """
    known = {house.machine for house in HOUSES.values()} | set(HOUSES)
    if unknown := sorted(set(words) - known):
        raise Trouble(f"no wheelhouse is made for {', '.join(unknown)}; there are {', '.join(HOUSES)}")
    return [house for house in HOUSES.values() if not words or {house.name, house.machine} & set(words)]
