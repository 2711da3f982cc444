"""`./dev wheelhouse`: a folder for each machine and Python with all that a board installs, and what is told of it.

edgeboard-…-abi3-….whl, the wheels of its lock, and those that `sources` builds
requirements.txt        all of them by their hashes
distribution.txt        packages that come from Debian, where an index has no wheels
sbom.json               CycloneDX 1.5
licences.txt            the licence of everything that is inside
vulnerabilities.json    what was asked about known vulnerabilities, and what came of it
"""

import argparse
import shutil
import sys
from functools import partial
from pathlib import Path

from packaging.utils import parse_wheel_filename

from shipping import advisories, bom, emulated, houses, locking, roots, sources
from shipping.houses import House
from shipping.steps import PIP, ROOT, Trouble, run_quietly, say
from shipping.wheels import build_wheel, last_commit_time

MIB = 1024 * 1024


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="./dev wheelhouse",
        description="Everything that a board installs, in one folder for each machine and Python, locked by hashes.",
        epilog=f"There are: {', '.join(houses.HOUSES)}. What Debian brings, and which wheels: requirements/wheelhouse.",
    )
    parser.add_argument("machines", metavar="MACHINE", nargs="*", help="of these machines only, or by their names")
    parser.add_argument("--out", metavar="DIR", type=Path, default=ROOT / "dist" / "wheelhouse", help="where they go")
    parser.add_argument("--relock", action="store_true", help="write the locks anew from requirements/board.lock")
    parser.add_argument("--test", action="store_true", help="install and try each under its own Python, emulated")
    parser.add_argument("--table", action="store_true", help="print which packages come from where, for the README")
    parser.add_argument("--advisories", metavar="PATH", type=Path, help=advisories.HELP)
    arguments = parser.parse_args()
    try:
        wanted = houses.chosen(arguments.machines)
        if arguments.table:
            print(table(wanted))
            return 0
        if arguments.relock:
            for house in wanted:
                locking.relock(house, partial(ensure_debian, house))
            return 0
        for house in wanted:
            folder = arguments.out.resolve() / house.name
            make(house, folder, arguments.advisories)
            if arguments.test:
                emulated.try_wheelhouse(house, folder)
    except Trouble as trouble:
        sys.exit(f"dev: {trouble}")
    return 0


def ensure_debian(house: House) -> Path:
    """A root that has all packages of Debian by whose versions a lock is made."""
    return roots.ensure(roots.Root(house.machine, house.suite, (*roots.BASE, *locking.DEBIAN_NAMES.values())))


def make(house: House, folder: Path, database: Path | None = None) -> None:
    """Fill a folder with one wheelhouse; what lay there is gone.

    Raises:
        Trouble: a wheel cannot be built or fetched, or is not the one of the lock.
    """
    if not house.lock.exists():
        name = house.lock.relative_to(ROOT)
        raise Trouble(f"{name} is missing; make it with: ./dev wheelhouse --relock {house.name}")
    count = sum(1 for _ in locking.read_lock(house.lock))
    built = ", ".join(name for name, _, _ in sources.names())
    say(f"{house.name}: building edgeboard and {built}, and fetching {count} wheels ...")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    made = [build_wheel(house.machine, folder), *sources.build(house.machine, folder)]
    words = ["download", "--quiet", "--no-deps", "--require-hashes", *house.pip_target]
    run_quietly("fetching the wheels", [*PIP, *words, "--dest", folder, "-r", house.lock])
    lines = [f"{name}=={version} --hash=sha256:{sha256}" for name, version, sha256 in locking.read_lock(house.lock)]
    for wheel in made:
        called, release, _, _ = parse_wheel_filename(wheel.name)
        lines.append(locking.lock_line(called, str(release), wheel))
    (folder / "requirements.txt").write_text("\n".join(sorted(lines)) + "\n")
    if house.distribution.exists():
        shutil.copy(house.distribution, folder / "distribution.txt")
    wheels = sorted(folder.glob("*.whl"))
    packages = distribution(house)
    version = made[0].name.split("-")[1]
    (folder / "sbom.json").write_text(bom.write(house.name, version, wheels, packages, int(last_commit_time())))
    (folder / "licences.txt").write_text(bom.licences(wheels, packages))
    told = advisories.audit(folder, database)
    say(f"{house.name}: {len(wheels)} wheels, {sum(path.stat().st_size for path in wheels) / MIB:.1f} MiB; {told.line}")


def distribution(house: House) -> list[str]:
    """The packages of Debian that a wheelhouse counts on, as its lock names them."""
    if not house.distribution.exists():
        return []
    return [line for line in house.distribution.read_text().splitlines() if line and not line.startswith("#")]


def table(wanted: list[House]) -> str:
    """Which packages come from where, as Markdown."""
    rows = ["| machine | Python | wheels from the index | built here | packages of Debian |", "|---|---|---|---|---|"]
    built = ", ".join(f"`{name}`" for name, _, _ in sources.names())
    for house in wanted:
        count = sum(1 for _ in locking.read_lock(house.lock))
        packages = ", ".join(f"`{line}`" for line in distribution(house)) or "none"
        python = ".".join(map(str, house.python))
        rows.append(f"| {house.machine} | {python} (Debian {house.suite}) | {count} | {built} | {packages} |")
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
