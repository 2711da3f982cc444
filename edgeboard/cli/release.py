"""`edgeboard release`: the desk of who makes releases; each step says what comes next."""

import argparse
import getpass
import json
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgeboard.errors import DecodeError, UserError, VerificationError
from edgeboard.ota.values import Rollout, Schema, Target

if TYPE_CHECKING:
    from edgeboard.ota.repository import Repository

PASSPHRASE_MAX = 4096  # bytes of the file


class Passphrases:
    """Opens keys: by a file, or by asking the person at the terminal for each."""

    def __init__(self, file: Path | None) -> None:
        self._from_file = None if file is None else _read_passphrase(file)
        self._last = b""
        self._path: Path | None = None
        self.opened = 0  # keys

    def __call__(self, path: Path) -> bytes:
        self.opened += 1
        if self._from_file is not None:
            return self._from_file
        is_again, self._path = path == self._path, path
        if is_again:  # for what was typed does not open it
            self._last = b""
        same = ", or Enter for the same as before" if self._last else ""
        wrong = "that does not open it; " if is_again else ""
        self._last = _ask(f"{wrong}passphrase of {path.name}{same}: ") or self._last
        return self._last

    def new(self, what: str) -> bytes:
        """One for new keys, twice."""
        from edgeboard.ota.keys import check_passphrase

        if self._from_file is not None:
            check_passphrase(self._from_file)
            return self._from_file
        first = _ask(f"new passphrase for {what}: ")
        check_passphrase(first)
        if _ask("once more: ") != first:
            raise UserError("the two passphrases differ: begin again")
        return first


def _ask(prompt: str) -> bytes:
    if not sys.stdin.isatty():
        raise UserError("nobody is there to type a passphrase: name a file with --passphrase-file FILE")
    return getpass.getpass(prompt).encode()


def _read_passphrase(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            line = file.read(PASSPHRASE_MAX).split(b"\n")[0].rstrip(b"\r")
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from None
    if mode & 0o077:
        raise UserError(f"{path} can be read or changed by others (mode {mode:o}): run chmod 600 {path}")
    return line


def main(arguments: argparse.Namespace) -> int:
    try:
        import tuf  # noqa: F401 - is it there?
    except ImportError:
        raise UserError("python-tuf is missing: install edgeboard[ota]") from None
    steps = {"init": init, "keys": keys, "add": add, "publish": publish, "rotate": rotate}
    try:
        told, following = steps[arguments.what](arguments)
    except (VerificationError, DecodeError) as error:
        raise UserError(f"boards would refuse this: {error}") from None
    if arguments.json:
        print(json.dumps(told))
    else:
        _show(told)
        for line in following:
            print(line)
    return 0 if told.get("done", True) else 1


Told = tuple[dict[str, Any], Sequence[str]]  # what is printed as JSON, and what to do next


def init(arguments: argparse.Namespace) -> Told:
    """Make a repository with its keys."""
    from edgeboard.ota.publishing import Publisher
    from edgeboard.ota.repository import Repository, Settings

    asked = Settings(tuple(arguments.machine))
    settings = replace(
        asked,
        keys={**asked.keys, **dict(arguments.number)},
        thresholds={**asked.thresholds, **dict(arguments.threshold)},
        days={**asked.days, **dict(arguments.days)},
    )
    Repository.check_new(arguments.releases, settings)  # before anybody types a passphrase for nothing
    new = Passphrases(arguments.passphrase_file).new("all keys")
    repository = Repository.create(arguments.releases, settings)
    folders = arguments.keys or [repository.keys]
    made = Publisher(repository, folders, lambda path: new, _now()).begin(new)
    told = {"releases": str(repository.folder), "keys": made, "root": str(repository.metadata / "1.root.json")}
    following = [
        "",
        f"1. Give each person a root and a targets key from {folders[0]}, and remove these from here.",
        "   Snapshot and timestamp keys stay on this machine.",
        f"2. Boards trust {repository.metadata / '1.root.json'}: build it into the image or installation.",
        "3. Add a release: edgeboard release add WHEELHOUSE --machine MACHINE",
    ]
    if settings.thresholds["targets"] == 1:
        following.append("Note: one targets key alone signs releases. Who steals it owns every board.")
    return told, following


def keys(arguments: argparse.Namespace) -> Told:
    """What there is, and who signs."""
    from edgeboard.ota.keys import find_keys
    from edgeboard.ota.repository import Repository
    from edgeboard.ota.staged import describe_staged

    repository = Repository.open(arguments.releases)
    folders = arguments.keys or [repository.keys]
    files = list(find_keys(folders))
    root = repository.root().signed
    expiries = {
        "root": root.expires,
        "targets": repository.released().signed.expires,
        "snapshot": repository.snapshot().signed.expires,
        "timestamp": repository.timestamp().signed.expires,
    }
    roles = {
        role: {
            "threshold": root.roles[role].threshold,
            "expires": expires.isoformat(),
            "keys": {
                keyid: next((str(file.path) for file in files if file.holds(keyid)), None)
                for keyid in root.roles[role].keyids
            },
        }
        for role, expires in expiries.items()
    }
    listed = repository.released()
    released = sorted(
        {
            (target.channel, counter, version, int(listed.signed.targets[name].custom["rollout"]["percent"]))
            for name, target, counter, version in repository.entries(listed)
        }
    )
    staged = describe_staged(repository)
    told = {
        "roles": roles,
        "machines": list(repository.settings.machines),
        "releases": [{"channel": c, "counter": n, "version": v, "percent": p} for c, n, v, p in released],
        "staged": staged,
    }
    if arguments.json:
        return told, ()
    lines = []
    for role, expires in expiries.items():
        left = (expires - _now()).days
        held = f"holds until {expires:%Y-%m-%d} ({left} days)" if left >= 0 else f"expired on {expires:%Y-%m-%d}"
        lines.append(f"{role}: {roles[role]['threshold']} must sign, {held}")
        for keyid in root.roles[role].keyids:
            where = next((str(file.path) for file in files if file.holds(keyid)), "not here")
            lines.append(f"  {keyid[:16]}  {where}")
    lines += [
        f"{channel} {version} (counter {counter}), let out to {percent} %"
        for channel, counter, version, percent in released
    ]
    lines += [f"staged, not published: {line}" for line in staged] or ["nothing is staged"]
    return {}, lines


def add(arguments: argparse.Namespace) -> Told:
    """Stage a wheelhouse."""
    from tuf.api.metadata import Targets

    from edgeboard.ota.publishing import Publisher
    from edgeboard.ota.repository import Repository, read_machine
    from edgeboard.ota.staged import lacking
    from edgeboard.ota.wheelhouse import find_libc, read_audit, read_wheelhouse

    repository = Repository.open(arguments.releases)
    publisher = Publisher(repository, [], Passphrases(None), _now())
    if arguments.drop:
        dropped = publisher.drop()
        return {"dropped": dropped}, ["what was staged is forgotten" if dropped else "nothing was staged"]
    if arguments.wheelhouse is None or arguments.machine is None:
        raise UserError(
            "name a folder of wheels and whom it is for: edgeboard release add FOLDER --machine aarch64-cp313"
        )
    machine, python = read_machine(arguments.machine)
    if arguments.machine not in repository.settings.machines:
        raise UserError(f"releases here are for {', '.join(repository.settings.machines)}, not {arguments.machine}")
    libc = arguments.libc or find_libc(arguments.wheelhouse, machine)
    manifest, sources, made = read_wheelhouse(
        arguments.wheelhouse, Target(machine, python, arguments.channel, libc), arguments.release or ""
    )
    manifest = replace(
        manifest,
        counter=arguments.counter,
        min_from_counter=arguments.from_counter,
        security_floor=arguments.security_floor,
        state_schema=Schema(arguments.state_reads, arguments.state_writes),
        rollout=Rollout(arguments.percent, manifest.version, _seconds(arguments.not_before)),
    )
    staged = publisher.add(manifest, sources, made)
    told = {
        "version": staged.version,
        "counter": staged.counter,
        "channel": arguments.channel,
        "machine": arguments.machine,
        "libc": ".".join(map(str, libc)),
        "wheels": len(staged.wheels),
        "bytes": staged.length,
        "percent": arguments.percent,
        "vulnerabilities": read_audit(arguments.wheelhouse),
    }
    missing = lacking(repository, repository.staged(Targets))
    if missing:
        machines = ", ".join(sorted({machine for each in missing.values() for machine in each}))
        return told, [
            "",
            f"Not there yet: {machines}. Add it for each with: edgeboard release add FOLDER --machine MACHINE",
        ]
    return told, ["", "It is there for all machines. To sign it: edgeboard release publish --keys FOLDER"]


def publish(arguments: argparse.Namespace) -> Told:
    """Sign and publish."""
    from edgeboard.ota.publishing import Publisher
    from edgeboard.ota.repository import Repository
    from edgeboard.ota.staged import describe_staged

    repository = Repository.open(arguments.releases)
    if arguments.not_before is not None and arguments.percent is None:
        raise UserError("--not-before comes with --percent: say how many boards may have it then")
    rollout = None
    if arguments.percent is not None:
        rollout = Rollout(arguments.percent, "", _seconds(arguments.not_before))
    folders = _key_folders(arguments, repository)
    passphrases = Passphrases(arguments.passphrase_file)
    staged = describe_staged(repository)
    if not arguments.json:
        for line in staged:  # before a passphrase is typed: nobody shall sign unseen
            print(f"to sign: {line}", flush=True)
    published = Publisher(repository, folders, passphrases, _now()).publish(rollout, arguments.channel)
    told: dict[str, Any] = {"done": published.done, "released": list(published.released)}
    if arguments.json:
        told["staged"] = staged
    if rollout is not None and published.done:
        told["let out"] = f"the newest of {arguments.channel} to {rollout.percent} % of the boards"
    if not published.done:
        told["missing"] = published.missing
        return told, ["", *_what_lacks(published.missing, repository.folder, has_signed=passphrases.opened > 0)]
    told["versions"] = published.versions
    until = repository.timestamp().signed.expires
    told["expires"] = {
        "root": f"{repository.root().signed.expires:%Y-%m-%d}",
        "targets": f"{repository.released().signed.expires:%Y-%m-%d}",
        "timestamp": f"{until:%Y-%m-%d}",
    }
    return told, [
        "",
        *(f"Soon: {line}" for line in _soon(repository)),
        f"Boards see this until {until:%Y-%m-%d}: publish again before then, even without a release.",
        f"Serve {repository.public}, or pack it with: edgeboard bundle build",
    ]


def _what_lacks(missing: dict[str, int], folder: Path, *, has_signed: bool) -> Iterator[str]:
    yield "Signed, and not published yet." if has_signed else "Nothing was signed: no key that lacks is here."
    if "snapshot" in missing or "timestamp" in missing:
        yield f"Enough people have signed. Bring {folder} to the release machine, and there: edgeboard release publish"
        return
    for role, count in missing.items():
        yield f"{count} more of the {role} keys must sign."
    yield f"Bring {folder} to the next person, who runs: edgeboard release publish --keys FOLDER"


def _key_folders(arguments: argparse.Namespace, repository: "Repository") -> list[Path]:
    """Raises UserError for one that is not there: a stick that was not mounted would else be keys that are missing."""
    for folder in arguments.keys or ():
        if not folder.is_dir():
            raise UserError(f"there is no folder {folder} of keys: see whether the stick is in and mounted")
    return arguments.keys or [repository.keys]


def _soon(repository: "Repository") -> Iterator[str]:
    """What needs people with their keys, before less than half of its time is left."""
    if (repository.root().signed.expires - _now()).days < repository.settings.days["root"] / 2:
        yield "renew the root: edgeboard release rotate --renew, then publish with the root keys"
    if (repository.released().signed.expires - _now()).days < repository.settings.days["targets"] / 2:
        yield "renew the targets: edgeboard release publish with the targets keys"


def rotate(arguments: argparse.Namespace) -> Told:
    """Replace a key, or renew the root."""
    from edgeboard.ota.publishing import Publisher
    from edgeboard.ota.repository import Repository

    repository = Repository.open(arguments.releases)
    folders = _key_folders(arguments, repository)
    passphrases = Passphrases(arguments.passphrase_file)
    publisher = Publisher(repository, folders, passphrases, _now())
    if arguments.renew == (arguments.role is not None):
        raise UserError("say which role gets a new key (edgeboard release rotate targets), or --renew for none")
    told: dict[str, Any] = {"staged": "root"}
    if arguments.renew:
        publisher.renew_root()
    else:
        old, new = publisher.rotate(arguments.role, arguments.retire, folders[0], passphrases.new("the new key"))
        told |= {"retired": old, "new": new, "folder": str(folders[0])}
    return told, [
        "",
        "A new root is staged. Root keys and those of what it changes must sign it:",
        "edgeboard release publish --keys FOLDER --keys FOLDER",
    ]


def _show(told: dict[str, Any]) -> None:
    for name, value in told.items():
        if isinstance(value, dict):
            for key, inner in value.items():
                shown = ", ".join(str(each)[:16] for each in inner) if isinstance(inner, list) else inner
                print(f"{name} {key}: {shown}")
        elif isinstance(value, list):
            for each in value:
                print(f"{name}: {each}")
        elif name != "done":
            print(f"{name}: {value}")


def _seconds(moment: int | None) -> int:
    """Of 1970, from a moment in ms."""
    return 0 if moment is None else moment // 1000


def _now() -> datetime:
    return datetime.now(UTC)
