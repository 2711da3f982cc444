"""The architecture, executable: who may import whom, what stays pure, how large a module grows.

docs/architecture.md says why; the tables below are the same rows in a form that fails. Each rule is one function from
a tree of parsed sources to a list of faults, and each fault says where, what, and what to do instead. The lower half
feeds every rule a small made-up tree that breaks it, so that a rule that can no longer fail is noticed.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# -------------------------------------------------------------------------------------- the tables

# From low to high: a module imports from lower rows, and from its own package. The longest matching name counts, so
# `signaling.server` stands in row 7 while the rest of `signaling` stands in row 4. A new package gets its place here.
ROWS = [
    ("0", {"errors", "ids", "varints", "vectors", "rate", "timers", "clock", "_native"}),
    ("1", {"canvas", "timesync", "identity"}),
    ("2", {"oplog", "marquee", "ota"}),
    ("3", {"wire", "render"}),
    ("4", {"rooms", "mesh", "blobs", "signaling", "interchange"}),
    ("5", {"ports"}),
    ("6", {"runtime"}),
    (
        "7",
        {"transport", "storage", "discovery", "sources", "peripherals", "web", "telemetry"}
        # the files of otherwise pure packages that do I/O
        | {"identity.keyfile", "ota.client", "ota.slots", "ota.updater", "ota.bundle"}
        | {"ota.repository", "ota.keys", "ota.fetchers", "ota.wheels", "ota.files", "ota.launch"}
        | {"ota.publishing", "ota.staged", "ota.wheelhouse", "ota.verifying", "ota.fetching", "ota.inspection"}
        | {"ota.unpacking", "ota.records", "ota.collecting", "ota.proving", "ota.seeding"}
        | {"ota.chunks", "ota.cutting", "ota.wires"}
        | {"render.framebuffer", "render.png", "render.pngfile", "signaling.client", "signaling.server"}
        | {"signaling.service", "signaling.attendance", "signaling.joiner"},
    ),
    ("8, below node", {"config"}),
    ("8", {"node"}),
    ("9", {"testing"}),
    ("10", {"cli"}),
    ("10, above cli", {"__main__"}),
]
FOUNDATION = 0  # the row whose modules may know each other: each is a file of its own, not a package
LAST_PURE = 4  # rows up to here hold engines and values

# Pure in spite of its row, so that the simulator runs the very path that a board runs.
PURE_ABOVE = {
    "node.pipeline",
    "node.core",
    "node.hosting",
    "node.agreement",
    "node.attachments",
    "node.renewal",
    "node.intake",
    "node.neighbours",
    "node.upkeep",
    "node.timekeeping",
    "node.marquee",
    "node.claims",
} | {
    "node.trust",
    "node.pens",
    "node.hand",
    "node.values",
}

# The bridge is engines, but for these: they open ports, wait and run simulators.
BRIDGE_SHELLS = {
    "port", "opening", "session", "display", "device", "plugged",
    "panel.spi", "panel.spi_session", "pen.evdev", "smp_client", "sim.host", "sim.mcu", "sim.catalogue", "sim.__main__",
}  # fmt: skip

# Not pure in spite of its row.
IMPURE_BELOW = {"clock": "the one place that reads the machine's clock"}

# A pure module is handed the time, the dice and the bytes; it fetches none of them.
IMPURE_IMPORTS = {"asyncio", "socket", "ssl", "time", "datetime", "random", "secrets", "uuid", "os", "threading"} | {
    "subprocess", "sqlite3", "aiohttp", "aiortc", "serial", "zeroconf",
    # the same by other names
    "aioice", "concurrent", "fcntl", "multiprocessing", "select", "selectors", "signal", "tempfile",
}  # fmt: skip

MAX_LINES = 400  # of a module: more than this is two modules
MAX_EXPORTS = 8  # of a package's sign
NAMELESS = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"}

# Modules without a test file of their own, each with the reason: "edgeboard/x/y.py": "why".
# mirrors:
UNMIRRORED = {
    "edgeboard/render/unseen.py": "a panel that does nothing: tests/node/test_screens.py looks at it",
    "edgeboard/node/screen.py": "one of the screens: tests/node/test_screens.py",
    "edgeboard/cli/ota_arguments.py": "the words of a verb: tests/cli/test_ota.py says them",
    "edgeboard/cli/install_arguments.py": "the words of two verbs: tests/cli/test_install.py says them",
    "edgeboard/cli/panel_arguments.py": "the words of a verb: tests/cli/test_panels.py says them",
    "edgeboard/peripherals/listing.py": "what a verb prints: tests/cli/test_devices.py",
    "edgeboard/web/callers.py": "each check is met at its door in tests/web/test_app.py",
    "edgeboard/web/devices.py": "asked over the control socket in tests/cli/test_devices.py",
    "edgeboard/node/hand.py": "one of the pens: tests/node/test_pens.py",
    "edgeboard/peripherals/place.py": "one of the devices: tests/peripherals/test_devices.py",
    "firmware_bridge/errors.py": "names only: each error is met in the tests of whoever raises it",
    "firmware_bridge/engine.py": "values and one protocol: the tests of every engine",
    "firmware_bridge/panel/events.py": "values only, used by tests/firmware_bridge/panel/test_policy.py",
    "firmware_bridge/pen/samples.py": "values only, used by the tests of every pen",
    "edgeboard/ports.py": "protocols only: mypy checks every shell and every fake against them",
    "edgeboard/node/values.py": "values only, used by every test of node",
    "edgeboard/node/polling.py": "sources read by real nodes: tests/scenarios/test_sources.py",
    "edgeboard/node/announcing.py": "asked over its real doors in tests/cli/test_marquee.py",
    "edgeboard/node/api.py": "asked over its real doors in tests/node/test_build.py",
    "edgeboard/node/neighbours.py": "half of the pipeline: tests/node/test_pipeline.py runs it with the other half",
    "edgeboard/node/vitals.py": "asked over the doors of real nodes: tests/node/test_build.py",
    "edgeboard/node/node.py": "a thin shell: tests/node/test_build.py runs it whole, tests/crash kill it",
    "edgeboard/_native/loading.py": "asked in tests/_native/test_strokes.py, soundly and not",
    "edgeboard/ota/collecting.py": "what is left of slots: tests/ota/test_slots.py",
    "edgeboard/ota/proving.py": "half of building a slot: tests/ota/test_slots.py",
    "edgeboard/ota/launch/keeping.py": "states put aside and given back: tests/ota/launch/test_launcher.py",
    "edgeboard/ota/launch/supervising.py": "run whole, as a process, in tests/ota/launch/test_program.py",
    "edgeboard/ota/values.py": "values only, used by every test of ota",
    "edgeboard/canvas/changes.py": "values only, used by tests/canvas/test_document.py",
    "edgeboard/canvas/reach.py": "what a change names: tests/canvas/test_document.py, and covers in test_living.py",
    "edgeboard/oplog/accepted.py": "what a log gives: tests/oplog/test_log.py",
    "edgeboard/blobs/values.py": "values only, used by tests/blobs/test_exchange.py",
    "edgeboard/blobs/fetching.py": "half of an engine: tests/blobs/test_exchange.py runs it with the other half",
    "edgeboard/blobs/giving.py": "half of an engine: tests/blobs/test_exchange.py runs it with the other half",
    "edgeboard/mesh/antientropy.py": "the repairing half of the engine: tests/mesh/test_engine.py",
    "edgeboard/mesh/spread.py": "the spreading part of the engine: tests/mesh/test_engine.py",
    "edgeboard/wire/gossip.py": "messages only: tests/wire/test_messages.py reads and writes each",
    "edgeboard/wire/introductions.py": "one message: tests/wire/test_messages.py",
    "edgeboard/mesh/values.py": "values only, used by tests/mesh/test_engine.py",
    "edgeboard/testing/guest.py": "a script for other tests; tests/node/test_hosting.py is its test",
}

# -------------------------------------------------------------------------------------- the tree


@dataclass(frozen=True)
class Import:
    target: str  # dotted; an imported name is part of it only where that name is a module
    line: int
    typing_only: bool


class Module:
    """One parsed source file and what it imports."""

    def __init__(self, root: Path, path: Path) -> None:
        self.path = path.relative_to(root)
        self.source = path.read_text(encoding="utf-8")
        self.tree = ast.parse(self.source, filename=str(self.path))
        self.is_sign = path.name == "__init__.py"
        parts = self.path.with_suffix("").parts
        self.name = ".".join(parts[:-1] if self.is_sign else parts)
        self.package = self.name if self.is_sign else self.name.rpartition(".")[0]
        self.imports = list(self._find_imports(root))

    def _find_imports(self, root: Path) -> Iterator[Import]:
        guarded = {
            id(inner)
            for outer in ast.walk(self.tree)
            if isinstance(outer, ast.If) and ast.unparse(outer.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
            for statement in outer.body
            for inner in ast.walk(statement)
        }
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(alias.name, node.lineno, id(node) in guarded)
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                if node.level:
                    above = self.package.split(".")[: len(self.package.split(".")) - node.level + 1]
                    base = ".".join([*above, *([base] if base else [])])
                for alias in node.names:
                    full = f"{base}.{alias.name}"
                    yield Import(full if is_module(root, full) else base, node.lineno, id(node) in guarded)

    def at(self, line: int) -> str:
        return f"{self.path}:{line}"


def is_module(root: Path, dotted: str) -> bool:
    path = root.joinpath(*dotted.split("."))
    return path.is_dir() or path.with_suffix(".py").exists()


@dataclass(frozen=True)
class Tree:
    root: Path
    modules: list[Module]


def read_tree(root: Path) -> Tree:
    paths = [path for package in ("edgeboard", "firmware_bridge") for path in sorted((root / package).rglob("*.py"))]
    return Tree(root, [Module(root, path) for path in paths])


def is_inside(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def short(name: str) -> str:
    """The name inside edgeboard: `canvas.merge` for edgeboard.canvas.merge, empty for edgeboard itself."""
    return name.partition(".")[2]


def row_of(name: str) -> int | None:
    """The index in ROWS of a module of edgeboard; None for edgeboard itself and for what the table lacks."""
    found = [
        (len(part), index) for index, (_, parts) in enumerate(ROWS) for part in parts if is_inside(short(name), part)
    ]
    return max(found)[1] if found else None


def is_pure(name: str) -> bool:
    if is_inside(name, "firmware_bridge"):
        return short(name) not in BRIDGE_SHELLS
    if not is_inside(name, "edgeboard") or short(name) in IMPURE_BELOW:
        return False
    row = row_of(name)
    return short(name) in PURE_ABOVE or (row is not None and row <= LAST_PURE)


# -------------------------------------------------------------------------------------- the rules


def check_rows(tree: Tree) -> Iterator[str]:
    for module in tree.modules:
        if not short(module.name) or not is_inside(module.name, "edgeboard"):
            continue
        row = row_of(module.name)
        if row is None:
            yield f"{module.at(1)}: {module.name} has no row; give it one in ROWS, in the lowest row it can live in"
            continue
        for found in module.imports:
            if not is_inside(found.target, "edgeboard") or not short(found.target):
                continue
            other = row_of(found.target)
            if other is None or other < row or (other == row == FOUNDATION):
                continue  # what has no row is reported where it stands
            same_package = short(module.name).split(".")[0] == short(found.target).split(".")[0]
            if other == row and same_package:
                continue
            why = "strangers in one row pass values through node" if other == row else "imports point downwards only"
            yield (
                f"{module.at(found.line)}: {module.name} (row {ROWS[row][0]}) imports {found.target} "
                f"(row {ROWS[other][0]}); {why}"
            )


def check_root_sign(tree: Tree) -> Iterator[str]:
    for module in tree.modules:
        if module.name in ("edgeboard", "firmware_bridge"):
            for found in module.imports:
                yield f"{module.at(found.line)}: root package imports {found.target}, so all the rest would"


def check_purity(tree: Tree) -> Iterator[str]:
    for module in tree.modules:
        if not is_pure(module.name):
            continue
        for found in module.imports:
            foreign = found.target.split(".")[0]
            if foreign in IMPURE_IMPORTS and not (foreign == "random" and found.typing_only):
                yield (
                    f"{module.at(found.line)}: pure module imports {found.target}; take `now`, `rng` or bytes as an "
                    "argument, or move this to a shell (the type of `rng` may be imported under TYPE_CHECKING)"
                )
            ours = bool(short(found.target)) and foreign in ("edgeboard", "firmware_bridge")
            if ours and not is_pure(found.target) and not is_inside(found.target, "edgeboard.ports"):
                yield f"{module.at(found.line)}: pure module imports {found.target}, which is not; let node pass values"
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("open", "input"):
                yield f"{module.at(node.lineno)}: pure module calls {node.func.id}(); take the bytes as an argument"


def check_one_door_to_firmware(tree: Tree) -> Iterator[str]:
    for module in tree.modules:
        inside = is_inside(module.name, "firmware_bridge")
        for found in module.imports:
            if inside and is_inside(found.target, "edgeboard"):
                yield f"{module.at(found.line)}: firmware_bridge imports {found.target}; it must work without edgeboard"
            door = inside or is_inside(module.name, "edgeboard.peripherals")
            if is_inside(found.target, "firmware_bridge") and not door:
                yield (
                    f"{module.at(found.line)}: {module.name} imports {found.target}; only edgeboard/peripherals may, "
                    "the rest speaks to the ports PenInput and Panel"
                )


def check_config_stays_home(tree: Tree) -> Iterator[str]:
    homes = ("edgeboard.config", "edgeboard.node", "edgeboard.cli")
    for module in tree.modules:
        for found in module.imports:
            if is_inside(found.target, "edgeboard.config") and not any(is_inside(module.name, home) for home in homes):
                yield (
                    f"{module.at(found.line)}: {module.name} imports {found.target}; only node and cli may: define a "
                    "frozen Settings in the own package and let config assemble it"
                )


def check_telemetry_pulls(tree: Tree) -> Iterator[str]:
    for module in tree.modules:
        for found in module.imports:
            if is_pure(module.name) and is_inside(found.target, "edgeboard.telemetry"):
                yield f"{module.at(found.line)}: engine imports {found.target}; offer statistics() and let it pull"


def check_size(tree: Tree) -> Iterator[str]:
    for module in tree.modules:
        lines = len(module.source.splitlines())
        if lines > MAX_LINES:
            yield f"{module.path}: {lines} lines, at most {MAX_LINES}; find the noun that wants to be its own module"


def mirror_of(module: Module) -> Path:
    """tests/x/test_y.py for edgeboard/x/y.py; firmware_bridge keeps its name, so that the two cannot meet."""
    parts = module.path.parts if module.path.parts[0] == "firmware_bridge" else module.path.parts[1:]
    return Path("tests", *parts[:-1], f"test_{module.path.stem.lstrip('_')}.py")


def check_mirror(tree: Tree) -> Iterator[str]:
    for module in tree.modules:
        mirror = mirror_of(module)
        exempt = module.is_sign or module.path.name == "__main__.py" or module.path.as_posix() in UNMIRRORED
        if not exempt and not (tree.root / mirror).exists():
            yield f"{module.path}: has no {mirror}; write it, or name the module in UNMIRRORED with the reason"


def check_mirror_exceptions(tree: Tree) -> Iterator[str]:
    for name in UNMIRRORED:
        if not (tree.root / name).exists():
            yield f"UNMIRRORED names {name}, which is gone; take it out"


def check_names(tree: Tree) -> Iterator[str]:
    for module in tree.modules:
        if NAMELESS & {module.path.stem, *module.path.parts[:-1]}:
            yield f"{module.path}: a module is a noun that says what is in it; name it after that"


def check_signs(tree: Tree) -> Iterator[str]:
    for module in tree.modules:
        if ast.get_docstring(module.tree) is None:
            yield f"{module.at(1)}: no docstring; say in one to five sentences what this is for and what holds here"
        if not module.is_sign:
            continue
        exports = [
            alias.asname or alias.name
            for node in module.tree.body
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        ]
        if len(exports) > MAX_EXPORTS:
            yield f"{module.at(1)}: re-exports {len(exports)} names, at most {MAX_EXPORTS}; callers import modules"
        for node in module.tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield f"{module.at(node.lineno)}: {node.name} lives in __init__; a sign holds no logic, so move it"


def check_broad_catches(tree: Tree) -> Iterator[str]:
    for module in tree.modules:
        for node in ast.walk(module.tree) if is_pure(module.name) else ():
            if isinstance(node, ast.ExceptHandler):
                caught = {ast.unparse(part) for part in ast.walk(node.type)} if node.type else {"everything"}
                if broad := caught & {"everything", "Exception", "BaseException"}:
                    yield f"{module.at(node.lineno)}: catches {broad.pop()}; name the one family that is meant"


def check_no_postponed_annotations(tree: Tree) -> Iterator[str]:
    for module in tree.modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                names = {alias.name for alias in node.names}
                if "annotations" in names:
                    yield f"{module.at(node.lineno)}: postponed annotations; quote the one name that needs it"


RULES = [
    check_rows,
    check_root_sign,
    check_purity,
    check_one_door_to_firmware,
    check_config_stays_home,
    check_telemetry_pulls,
    check_size,
    check_mirror,
    check_mirror_exceptions,
    check_names,
    check_signs,
    check_broad_catches,
    check_no_postponed_annotations,
]


@pytest.fixture(scope="module")
def this_tree():
    return read_tree(ROOT)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__.removeprefix("check_"))
def test_the_tree_keeps_the_rule(rule, this_tree):
    if faults := list(rule(this_tree)):
        pytest.fail("\n".join(faults), pytrace=False)


def test_every_place_in_the_table_is_named_once():
    parts = [part for _, parts in ROWS for part in parts]
    assert len(parts) == len(set(parts))
    assert PURE_ABOVE | set(IMPURE_BELOW) <= {
        part for part in [*parts, *PURE_ABOVE] if row_of(f"edgeboard.{part}") is not None
    }


# -------------------------------------------------------------------------------------- the rules can fail


def plant(root, files):
    """A made-up tree; each file is `path: source`."""
    for file in files:
        name, _, source = file.partition(": ")
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    return read_tree(root)


GUARD = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    "

# fmt: off
BROKEN = [
    (check_rows, "(row 1) imports edgeboard.mesh (row 4)", ["edgeboard/canvas/merge.py: import edgeboard.mesh"]),
    (check_rows, "strangers",
     ["edgeboard/rooms/room.py: def f():\n    from edgeboard.mesh import overlay", "edgeboard/mesh/overlay.py: "]),
    (check_rows, "(row 4) imports edgeboard.signaling.server (row 7)",
     ["edgeboard/signaling/__init__.py: from .server import Server", "edgeboard/signaling/server.py: "]),
    (check_rows, "(row 1) imports edgeboard.identity.keyfile (row 7)",
     ["edgeboard/identity/keys.py: from . import keyfile", "edgeboard/identity/keyfile.py: "]),
    (check_rows, "imports edgeboard.mesh.overlay",
     ["edgeboard/canvas/merge.py: from ..mesh.overlay import Peer", "edgeboard/mesh/overlay.py: "]),
    (check_rows, "strangers",
     ["edgeboard/web/app.py: from edgeboard.render.framebuffer import F", "edgeboard/render/framebuffer.py: "]),
    (check_rows, "(row 8, below node) imports edgeboard.node",
     ["edgeboard/config/load.py: from edgeboard.node import build"]),
    (check_rows, "downwards only", ["edgeboard/ids.py: from edgeboard.canvas.ops import Op"]),
    (check_rows, "has no row", ["edgeboard/novelty/thing.py: "]),
    (check_root_sign, "root package imports", ["edgeboard/__init__.py: from edgeboard.node import Node"]),
    (check_purity, "canvas/merge.py:2: pure module imports time", ["edgeboard/canvas/merge.py: \nimport time"]),
    (check_purity, "imports os.path", ["edgeboard/mesh/overlay.py: def f():\n    import os.path"]),
    (check_purity, "imports random", ["edgeboard/mesh/overlay.py: import random"]),
    (check_purity, "imports asyncio", [f"edgeboard/oplog/log.py: {GUARD}import asyncio"]),
    (check_purity, "imports asyncio", ["edgeboard/node/pipeline.py: from asyncio import Queue"]),
    (check_purity, "imports edgeboard.storage", ["edgeboard/node/pipeline.py: from ..storage import Store"]),
    (check_purity, "imports edgeboard.clock", ["edgeboard/ids.py: from edgeboard.clock import SystemClock"]),
    (check_purity, "calls open()", ["edgeboard/identity/keys.py: key = open('key').read()"]),
    (check_one_door_to_firmware, "edgeboard/peripherals may", ["edgeboard/node/build.py: import firmware_bridge.link"]),
    (check_one_door_to_firmware, "without edgeboard", ["firmware_bridge/link.py: from edgeboard.errors import Error"]),
    (check_config_stays_home, "only node and cli may", ["edgeboard/web/app.py: from edgeboard.config import schema"]),
    (check_telemetry_pulls, "let it pull", ["edgeboard/node/pipeline.py: from edgeboard.telemetry import metrics"]),
    (check_size, "401 lines", ["firmware_bridge/link.py: " + "pass\n" * 401]),
    (check_mirror, "has no tests/canvas/test_merge.py", ["edgeboard/canvas/merge.py: ", "tests/test_merge.py: "]),
    (check_mirror, "has no tests/test_ids.py", ["edgeboard/ids.py: "]),
    (check_mirror, "has no tests/firmware_bridge/pen/test_mcu.py", ["firmware_bridge/pen/mcu.py: "]),
    (check_names, "a module is a noun", ["edgeboard/canvas/utils.py: "]),
    (check_names, "a module is a noun", ["edgeboard/helpers/ink.py: "]),
    (check_signs, "no docstring", ["edgeboard/canvas/__init__.py: "]),
    (check_signs, "exports 9 names",
     ["edgeboard/canvas/__init__.py: 'Ink.'\nfrom .a import b, c, d, e, f, g, h, i, k"]),
    (check_signs, "f lives in __init__", ["edgeboard/canvas/__init__.py: 'Ink.'\ndef f(): ..."]),
    (check_broad_catches, "catches Exception",
     ["edgeboard/wire/codec.py: try:\n    pass\nexcept (OSError, Exception):\n    pass"]),
    (check_broad_catches, "catches everything", ["edgeboard/wire/codec.py: try:\n    pass\nexcept:\n    raise"]),
    (check_no_postponed_annotations, "quote the one", ["edgeboard/web/app.py: from __future__ import annotations"]),
]

SOUND = [
    (check_rows, ["edgeboard/mesh/engine.py: import edgeboard\nfrom edgeboard.mesh import overlay"]),
    (check_rows, ["edgeboard/vectors.py: from edgeboard.ids import AuthorTag", "edgeboard/ids.py: "]),
    (check_rows, ["edgeboard/node/build.py: from edgeboard.config import schema\nfrom edgeboard.web.app import App"]),
    (check_rows, ["edgeboard/signaling/server.py: from edgeboard.signaling.lobby import Lobby"]),
    (check_purity, [f"edgeboard/mesh/overlay.py: {GUARD}import random"]),
    (check_purity, ["edgeboard/identity/keyfile.py: import os\nopen('key')"]),
    (check_purity, ["edgeboard/node/pipeline.py: from edgeboard.ports import Store\nfrom edgeboard.rooms import Room"]),
    (check_one_door_to_firmware, ["edgeboard/peripherals/pen.py: import firmware_bridge.link"]),
    (check_one_door_to_firmware, ["firmware_bridge/pen/mcu.py: from firmware_bridge import link"]),
    (check_config_stays_home, ["edgeboard/cli/run.py: from edgeboard.config.load import load"]),
    (check_mirror, ["edgeboard/canvas/__init__.py: ", "edgeboard/canvas/ink.py: ", "tests/canvas/test_ink.py: "]),
    (check_broad_catches, ["edgeboard/web/app.py: try:\n    pass\nexcept Exception:\n    raise"]),
]
# fmt: on


@pytest.mark.parametrize(("rule", "message", "files"), BROKEN)
def test_a_broken_rule_is_found_and_explained(rule, message, files, tmp_path):
    faults = list(rule(plant(tmp_path, files)))
    assert len(faults) == 1
    assert message in faults[0]


@pytest.mark.parametrize(("rule", "files"), SOUND)
def test_sound_code_passes(rule, files, tmp_path):
    assert list(rule(plant(tmp_path, files))) == []


def test_every_rule_has_been_seen_to_fail():
    assert {rule for rule, _, _ in BROKEN} | {check_mirror_exceptions} == set(RULES)  # that one has its own test below


def test_an_exception_for_a_module_that_is_gone_is_found(tmp_path, monkeypatch):
    monkeypatch.setitem(UNMIRRORED, "edgeboard/old.py", "it was only data")
    assert any("edgeboard/old.py, which is gone" in fault for fault in check_mirror_exceptions(plant(tmp_path, [])))
    tree = plant(tmp_path, ["edgeboard/old.py: "])
    assert not any("edgeboard/old.py" in fault for fault in [*check_mirror(tree), *check_mirror_exceptions(tree)])
