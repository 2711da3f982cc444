"""Whether a library is as a patch expects it, and the way back.

A patch of tier 0 looks at the names that a function uses; those of tiers 1 and 2 know the source of every function that
they replace or lean on, by its digest, in all versions they were tested with. Where a library carries no sources, they
do not fit.
"""

import hashlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final, final

DIGEST_CHARS = 12

_ABSENT: Final = object()


@final
class Changes:
    """What one patch has replaced, and what stood there."""

    def __init__(self) -> None:
        self._before: list[tuple[object, str, object]] = []

    def replace(self, owner: object, name: str, value: object) -> None:
        self._before.append((owner, name, vars(owner).get(name, _ABSENT)))
        setattr(owner, name, value)

    def undo(self) -> None:
        while self._before:
            owner, name, value = self._before.pop()
            if value is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, value)


Patch = Callable[[Changes], bool]  # False, and nothing changed, where the library is not as expected


def code_of(function: object) -> CodeType | None:
    code = getattr(function, "__code__", None)
    return code if isinstance(code, CodeType) else None


def uses(function: object, names: Iterable[str], parameters: list[str]) -> bool:
    """Whether `function` has these parameters, and these names (globals, attributes) are among those it uses."""
    code = code_of(function)
    if code is None or list(code.co_varnames[: code.co_argcount]) != parameters:
        return False
    return set(names) <= set(code.co_names)


def sources(module: ModuleType) -> list[str]:
    """The lines of a module; none if it carries no source. Read each time: `linecache` would hold them for good."""
    try:
        return Path(str(module.__file__)).read_text(encoding="utf-8").splitlines(keepends=True)
    except (OSError, ValueError, AttributeError):
        return []


def digest_of(function: object, lines: list[str]) -> str:
    """The digest of the source of `function` without decorators, which stands in `lines`; empty if it does not."""
    code = code_of(function)
    if code is None or code.co_firstlineno > len(lines):
        return ""
    block = inspect.getblock(lines[code.co_firstlineno - 1 :])
    while block and block[0].lstrip().startswith("@"):
        del block[0]
    return hashlib.sha256("".join(block).encode()).hexdigest()[:DIGEST_CHARS]


def known(module: ModuleType, owner: str, functions: Mapping[str, str]) -> bool:
    """Whether the class `owner` of `module` has all `functions`, each in one of the forms named by their digests."""
    lines = sources(module)
    found = getattr(module, owner, None)
    return found is not None and all(
        digest_of(vars(found).get(name), lines) in digests.split() for name, digests in functions.items()
    )
