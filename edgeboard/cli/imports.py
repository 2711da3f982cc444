"""`edgeboard status --imports`: what a running node has loaded, by package, and what that costs.

The node names its modules; what each costs is measured by loading the same ones in the same order in a fresh process,
because a process cannot tell afterwards, and one that always counted would be slower for it.
"""

import json
import subprocess
import sys
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from edgeboard.cli.control import ask_json
from edgeboard.errors import UserError

WEIGH = Path(__file__).parent / "weigh.py"
WEIGH_S = 120.0  # a slow board loads everything in 10 s
STANDARD = "(standard library)"
MIB = 1024 * 1024


@dataclass(slots=True)
class Package:
    """What the modules of one package cost, without what they import from others."""

    name: str
    seconds: float = 0.0
    bytes: int = 0
    modules: list[str] = field(default_factory=list)


def show_imports(state: Path, *, as_json: bool) -> int:
    """Ask, weigh and print.

    Raises:
        UserError: no node runs there, or nothing can be measured here.
    """
    loaded: dict[str, Any] = ask_json(state, "/control/imports")
    weighed = weigh(loaded)
    packages = sum_up(weighed["modules"], loaded["modules"])
    if as_json:
        fields = {
            **loaded,
            "interpreter_bytes": weighed["before_bytes"],
            "packages": [asdict(each) for each in packages],
        }
        print(json.dumps(fields))
        return 0
    from edgeboard.cli.reports import print_table

    rows = [
        (each.name, len(each.modules), f"{each.seconds * 1000:.0f}", f"{each.bytes / MIB:.1f}") for each in packages
    ]
    total = sum(each.bytes for each in packages) + weighed["before_bytes"]
    rows.append(("(the interpreter)", 0, "", f"{weighed['before_bytes'] / MIB:.1f}"))
    print_table(("package", "modules", "ms", "MiB"), rows)
    seconds = sum(each.seconds for each in packages)
    print(
        f"\n{len(loaded['modules'])} modules, {seconds * 1000:.0f} ms and {total / MIB:.1f} MiB, "
        "measured by loading them once more in a process of its own"
    )
    if loaded["memory_bytes"] is not None:
        print(f"the node holds {loaded['memory_bytes'] / MIB:.1f} MiB now, with its rooms, links and threads")
    return 0


def weigh(loaded: dict[str, Any]) -> dict[str, Any]:
    """Load the node's modules in a process of its own, with the node's interpreter if it is there.

    Raises:
        UserError: it could not.
    """
    python = loaded["executable"] if Path(loaded["executable"]).exists() else sys.executable
    order = {"path": sys.path, "modules": loaded["modules"], "left_out": loaded["left_out"]}
    try:
        done = subprocess.run(
            [python, "-P", str(WEIGH)], input=json.dumps(order), capture_output=True, text=True, timeout=WEIGH_S
        )
        found: dict[str, Any] = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise UserError(f"what the node has loaded could not be measured: {error!s:.200}") from None
    return found


def sum_up(costs: dict[str, list[float]], modules: list[str]) -> list[Package]:
    """By package, the heaviest first; what the interpreter brings along costs nothing more."""
    packages: dict[str, Package] = defaultdict(lambda: Package(""))
    for name in modules:
        top = name.partition(".")[0]
        key = STANDARD if top in sys.stdlib_module_names or top in ("__main__", "__mp_main__") else top
        package = packages[key]
        seconds, size = costs.get(name, (0.0, 0))
        package.name = key
        package.seconds = round(package.seconds + seconds, 6)
        package.bytes += int(size)
        package.modules.append(name)
    return sorted(packages.values(), key=lambda package: (-package.bytes, -package.seconds, package.name))
