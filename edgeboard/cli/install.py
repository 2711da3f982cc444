"""`edgeboard install` and `edgeboard uninstall`: a board that starts with its machine, as a service of systemd.

On the machine that runs this, services are started and stopped too; below another root (`--root`), as of an image, only
files are written, and the first boot makes users and folders.
"""

import argparse
import json
import os
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from edgeboard.cli import placing
from edgeboard.errors import EdgeboardError, UserError
from edgeboard.ota.values import Layout

SYSTEMD: Final = Path("/run/systemd/system")  # sd_booted(3)
COMMAND_S: Final = 120.0
ROOT_MAX: Final = 512 * 1024  # bytes of the first root of trust, as TUF's client takes them
USERS: Final = ("edgeboard", "edgeboard-ota")

Run = Callable[[Sequence[str]], None]


def main(arguments: argparse.Namespace) -> int:
    is_here = arguments.root.resolve() == Path("/")
    if not arguments.dry_run:
        _check(arguments.root, is_here=is_here)
    told = (uninstall if arguments.word == "uninstall" else install)(arguments, is_here=is_here)
    if arguments.json:
        print(json.dumps(told))
    else:
        _show(told, arguments.word)
    return 0


def _check(root: Path, *, is_here: bool) -> None:
    if is_here and os.geteuid() != 0:
        raise UserError("only root can do this; say it with sudo, or look first with --dry-run")
    if is_here and not SYSTEMD.is_dir():
        raise UserError(
            "systemd does not run here; `launcher.pyz run -- run` keeps a board running without it, and --root DIR "
            "prepares another machine"
        )
    if not root.is_dir():
        raise UserError(f"there is no folder {root}; --root names the root folder of a machine")


# -------------------------------------------------------------------------------------- install


def install(arguments: argparse.Namespace, *, is_here: bool, run: Run | None = None) -> dict[str, object]:
    """Put everything in place; says what it did, or with --dry-run would do.

    Raises:
        UserError: something cannot be written, or a command fails.
    """
    run = run or call
    root: Path = arguments.root.absolute()  # slots name themselves in full
    files = placing.files(_read(arguments.trust) if arguments.trust else None)
    new = [file for file in files if not file.is_there(root)]
    commands = _after_install(arguments, root) if is_here else []
    release, slot = _slot_to_build(arguments, Layout.under(root))
    if not arguments.dry_run:
        for file in new:
            _deed(lambda file=file: file.place(root), f"cannot write {root / file.path}")  # type: ignore[misc]
        _deed(lambda: Layout.under(root).slots.mkdir(parents=True, exist_ok=True), "cannot make the slots")
        if slot is not None:
            slot()
        for command in commands:
            run(command)
    has_slot = slot is not None or _has_slot(Layout.under(root))
    return {
        "done": not arguments.dry_run,
        "root": str(root),
        "write": [str(root / file.path) for file in new],
        "unchanged": [str(root / file.path) for file in files if file not in new],
        "slot": has_slot,
        "release": release,
        "commands": [" ".join(command) for command in commands],
    }


def _after_install(arguments: argparse.Namespace, root: Path) -> list[list[str]]:
    commands = [
        ["systemd-sysusers", str(root / placing.PLACES["edgeboard.sysusers"])],
        ["systemd-tmpfiles", "--create", str(root / placing.PLACES["edgeboard.tmpfiles"])],
        ["systemctl", "daemon-reload"],
    ]
    if Path("/run/udev/control").exists():
        commands += [["udevadm", "control", "--reload"], ["udevadm", "trigger", "--action=change"]]
    starts = ["edgeboard-activate.path", "edgeboard-fetch.timer"]
    if arguments.wheelhouse or _has_slot(Layout.under(root)):
        starts.insert(0, "edgeboard.service")
    return commands if arguments.no_start else [*commands, ["systemctl", "start", *starts]]


def _has_slot(layout: Layout) -> bool:
    return layout.current.is_symlink()


def _slot_to_build(arguments: argparse.Namespace, layout: Layout) -> tuple[str, Callable[[], None] | None]:
    """The first release and what makes its slot of a folder of wheels; a board that has one renews itself otherwise."""
    if arguments.wheelhouse is None:
        return "", None
    if _has_slot(layout):
        raise UserError("a release is installed here already; renew it with: edgeboard ota upgrade, or import FILE")
    from edgeboard.cli.update_desk import Desk
    from edgeboard.ota import records, slots, wheelhouse
    from edgeboard.ota.files import RealDisk
    from edgeboard.ota.floors import after_commit

    manifest, sources, made = wheelhouse.read_wheelhouse(arguments.wheelhouse, slots.board("stable"))
    manifest = replace(manifest, counter=arguments.counter)

    def build() -> None:
        disk = RealDisk()

        def lay() -> None:
            disk.make_folder(layout.blobs)
            for file in manifest.files:
                content = made[file.name] if file.name in made else sources[file.name].read_bytes()
                disk.write(layout.blobs / file.sha256, content)
            disk.sync_tree(layout.blobs)

        _deed(lay, f"cannot write {layout.blobs}")
        desk = Desk(as_json=arguments.json)
        try:
            slot = slots.build(layout, manifest, disk, desk.draw)
        finally:
            desk.clear()
        # Kept on its own from the first day: an older release is refused even if all else is wiped.
        floors = after_commit(records.read_floors(layout), manifest.counter)
        _deed(lambda: records.write_floors(layout, disk, floors), f"cannot write {layout.floors}")
        _deed(lambda: slots.activate(layout, slot.name, disk), f"cannot switch to {slot.name}")

    return f"{manifest.version} ({slots.name_of(manifest)})", build


# -------------------------------------------------------------------------------------- uninstall


def uninstall(arguments: argparse.Namespace, *, is_here: bool, run: Run | None = None) -> dict[str, object]:
    """Take away what `install` has put in place; ink, keys and settings stay unless `--purge` says otherwise.

    Raises:
        UserError: something cannot be removed, or a command fails.
    """
    run = run or call
    root: Path = arguments.root.absolute()
    paths = placing.to_remove(root, purge=arguments.purge)
    units = [unit for unit in placing.own_units() if (root / placing.UNITS / unit).exists()]
    before = [["systemctl", "stop", *units]] if is_here and units else []
    after = [["systemctl", "daemon-reload"], ["systemctl", "reset-failed", "edgeboard*"]] if is_here else []
    if is_here and arguments.purge:
        after += [["userdel", name] for name in USERS]
    if not arguments.dry_run:
        for command in before:
            run(command)
        for path in paths:
            _deed(lambda path=path: placing.remove(root / path), f"cannot remove {root / path}")  # type: ignore[misc]
        for command in after:
            with suppress(UserError):  # nothing had failed; no such user
                run(command)
    kept = [] if arguments.purge else [path for path in (placing.SETTINGS, *placing.STATES) if (root / path).exists()]
    return {
        "done": not arguments.dry_run,
        "root": str(root),
        "remove": [str(root / path) for path in paths],
        "keep": [str(root / path) for path in kept],
        "commands": [" ".join(command) for command in [*before, *after]],
    }


# -------------------------------------------------------------------------------------- both


def call(command: Sequence[str]) -> None:
    """Run a command of the system.

    Raises:
        UserError: it fails; the text is the last line that it said.
    """
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=COMMAND_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UserError(f"{' '.join(command)} failed: {error}") from None
    if done.returncode != 0:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        raise UserError(f"{' '.join(command)} failed: {lines[-1] if lines else f'exit code {done.returncode}'}")


def _deed(do: Callable[[], object], what: str) -> None:
    try:
        do()
    except OSError as error:
        raise UserError(f"{what}: {error.strerror or error}; nothing is lost, mend that and say it again") from None


def _read(path: Path) -> bytes:
    """The first root of trust, looked at before it is believed for years."""
    from edgeboard.ota.files import read_bounded

    try:
        content = read_bounded(path, ROOT_MAX)
        if json.loads(content)["signed"]["_type"] != "root":
            raise UserError(f"{path} is no root of a repository of updates; `edgeboard release` publishes 1.root.json")
    except (OSError, EdgeboardError, ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"cannot read {path}: {error}; `edgeboard release` publishes 1.root.json") from None
    return content


def _show(told: dict[str, object], word: str) -> None:
    is_done = bool(told["done"])
    shown = [("write", "wrote" if is_done else "would write"), ("remove", "removed" if is_done else "would remove")]
    for key, verb in [*shown, ("keep", "kept"), ("commands", "ran" if is_done else "would run")]:
        lines = told.get(key, [])
        for line in lines if isinstance(lines, list) else []:
            print(f"{verb:<13} {line}")
        if key == "write" and told.get("release"):
            print(f"{'built' if is_done else 'would build':<13} release {told['release']}")
    unchanged = told.get("unchanged", [])
    if isinstance(unchanged, list) and unchanged:
        print(f"{'unchanged':<13} {len(unchanged)} files that are there already")
    if word == "uninstall" and not told["remove"]:
        print(f"no service of edgeboard is installed below {told['root']}")
    if word == "install" and not told["slot"]:
        print(
            "no release is installed yet: say --wheelhouse DIR (a folder of wheels), or take a signed one with\n"
            "    edgeboard ota import FILE.ebu && systemctl start edgeboard-activate"
        )
    elif word == "install" and is_done and told["commands"]:
        print("how it is:    systemctl status edgeboard;  what it says:  journalctl -u edgeboard")
