"""What waits in a repository for signatures, as those who are to sign it read it: nobody shall sign unseen."""

from collections.abc import Iterator
from datetime import UTC, datetime

from tuf.api.metadata import Metadata, Root, TargetFile, Targets

from edgeboard.errors import DecodeError, UserError
from edgeboard.ota.files import read_bounded
from edgeboard.ota.manifest import from_bytes
from edgeboard.ota.repository import Repository
from edgeboard.ota.values import MANIFEST_MAX, Manifest, Rollout, Schema

_SHOWN = 16  # digits of a key's id


def lacking(repository: Repository, targets: Metadata[Targets] | None) -> dict[tuple[str, str], list[str]]:
    """By channel and version, machines for which releases among these targets, not published yet, are not there."""
    if targets is None:
        return {}
    there: dict[tuple[str, str], set[str]] = {}
    for name, target, _, version in repository.entries(targets):
        if name not in repository.released().signed.targets:
            there.setdefault((target.channel, version), set()).add(f"{target.machine}-{target.python}")
    needed = set(repository.settings.machines)
    return {release: sorted(needed - machines) for release, machines in there.items() if needed - machines}


def check_complete(repository: Repository, targets: Metadata[Targets]) -> None:
    """Raises UserError unless each new release is there for every machine."""
    for (channel, version), missing in lacking(repository, targets).items():
        raise UserError(
            f"{channel} {version} lacks {', '.join(missing)}: add each with `edgeboard release add WHEELHOUSE "
            f"--machine {missing[0]}`"
        )


def check_alike(repository: Repository, targets: Metadata[Targets], manifest: Manifest) -> None:
    """One release is for all machines under the same conditions: who forgets the share or the floor for one of them
    would let out all boards of it, or leave its hole open.

    Raises:
        UserError: for another machine this release is staged otherwise.
    """
    mine = describe_rollout(manifest.rollout) + _conditions(manifest)
    for name, target, counter, _ in repository.entries(targets):
        is_same = (target.channel, counter) == (manifest.target.channel, manifest.counter)
        if is_same and target.name != manifest.target.name:
            entry = targets.signed.targets[name]
            other = _read_manifest(repository, name, entry.hashes["sha256"])
            theirs = describe_rollout(_rollout_of(entry)) + _conditions(other)
            if mine != theirs:
                raise UserError(
                    f"{manifest.version} is staged for {target.machine}-{target.python} as: {theirs}; and here as: "
                    f"{mine}. Say the same for each machine, or begin again: edgeboard release add --drop"
                )


def describe_staged(repository: Repository) -> list[str]:
    """What is staged, a line for each change; empty if nothing is.

    Raises:
        UserError: a staged file is damaged.
    """
    root, targets = repository.staged(Root), repository.staged(Targets)
    lines = [] if root is None else list(_describe_root(repository.root().signed, root.signed))
    return lines if targets is None else [*lines, *_describe_targets(repository, targets)]


def _describe_root(before: Root, after: Root) -> Iterator[str]:
    if before == after:  # published already; what came after it was broken off
        return
    for role, now in after.roles.items():
        old, new = set(before.roles[role].keyids), set(now.keyids)
        for word, keyids in (("goes", old - new), ("comes", new - old)):
            for keyid in sorted(keyids):
                yield f"root {after.version}: the {role} key {keyid[:_SHOWN]} {word}"
    yield f"root {after.version}: holds until {after.expires:%Y-%m-%d}"


def _describe_targets(repository: Repository, targets: Metadata[Targets]) -> Iterator[str]:
    before = repository.released().signed.targets
    grouped: dict[str, list[str]] = {}
    for name, target, counter, version in repository.entries(targets):
        entry, old = targets.signed.targets[name], before.get(name)
        share = describe_rollout(_rollout_of(entry))
        release = f"{target.channel} {version} (counter {counter})"
        if old is None:
            sha256 = entry.hashes["sha256"]
            text = f"{release}, {share}{_conditions(_read_manifest(repository, name, sha256))}"
        elif old.custom["rollout"] != entry.custom["rollout"]:
            text = f"{release}, {share} in place of: {describe_rollout(_rollout_of(old))}"
        else:
            continue
        grouped.setdefault(text, []).append(f"{target.machine}-{target.python}")
    if not grouped:
        yield f"targets {targets.signed.version}: the same releases, for longer"
    for text, machines in grouped.items():
        yield f"{text}; for {', '.join(sorted(machines))}"


def describe_rollout(rollout: Rollout) -> str:
    """How far a release is let out."""
    since = datetime.fromtimestamp(rollout.not_before, UTC)
    return f"let out to {rollout.percent} %" + (f" from {since:%Y-%m-%d %H:%M} UTC on" if rollout.not_before else "")


def _rollout_of(entry: TargetFile) -> Rollout:
    signed = entry.custom["rollout"]
    return Rollout(int(signed["percent"]), str(signed["salt"]), int(signed["not_before"]))


def _conditions(manifest: Manifest) -> str:
    text = f", nobody goes back below counter {manifest.security_floor}" if manifest.security_floor else ""
    if manifest.min_from_counter:
        text += f", reached only from counter {manifest.min_from_counter} on"
    schema = manifest.state_schema
    if schema != Schema():
        text += f", reads state in the forms {', '.join(map(str, schema.reads))} and writes {schema.writes}"
    return text


def _read_manifest(repository: Repository, name: str, sha256: str) -> Manifest:
    path = repository.targets / f"{sha256}.{name}"
    try:
        return from_bytes(read_bounded(path, MANIFEST_MAX))
    except (OSError, DecodeError) as error:
        raise UserError(
            f"{path} cannot be read ({str(error)[:80]}): drop what is staged with `edgeboard release add --drop`, and "
            "add it again"
        ) from None
