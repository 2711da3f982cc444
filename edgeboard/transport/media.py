"""Keeps out of the process what aiortc imports and data channels never use.

FFmpeg's bindings (PyAV) are 100 MiB of disk, 16 MiB of memory and half of the time that aiortc takes to load. A finder
in front of all others answers for `av` with modules that are empty: whatever name is asked of them is a class that can
be inherited, subscripted and annotated with, and that refuses to be called. So aiortc loads, and the first use of media
would fail. For pylibsrtp stands `srtp`. dnspython looks up names in .local, which `sdp` never lets through, so its
modules are executed when they are first used, if ever.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any, NoReturn, final

from edgeboard.transport import srtp

_NAME = "av"
_SRTP = "pylibsrtp"
_NAMES = "dns"  # of dnspython, all but what aioice calls while it loads
_NAMES_AT_ONCE = frozenset({"dns.enum", "dns.exception", "dns.rdataclass"})


class _Absent(type):
    """The class of the stand-ins."""

    def __call__(cls, *args: object, **kwargs: object) -> NoReturn:
        raise RuntimeError(f"media is left out of this process: {cls.__name__} was called")

    def __getattr__(cls, name: str) -> Any:  # noqa: ANN401 - a stand-in for anything
        return _stand_in(cls.__name__, name)

    def __getitem__(cls, item: object) -> "_Absent":
        return cls


def _stand_in(owner: str, name: str) -> "_Absent":
    if name.startswith("_"):
        raise AttributeError(f"{owner} has no attribute {name}")
    return _Absent(name, (), {"__module__": owner})


def _nothing(*args: object) -> None:
    """What stands for the functions of av.logging, which aiortc calls while it loads."""


class _EmptyModule(ModuleType):
    def __getattr__(self, name: str) -> object:
        quiet = self.__name__ == "av.logging" and name.islower() and not name.startswith("_")
        made = _nothing if quiet else _stand_in(self.__name__, name)
        setattr(self, name, made)
        return made


@final
class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != _NAME and not fullname.startswith(f"{_NAME}."):
            return None
        return importlib.util.spec_from_loader(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return _EmptyModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


@final
class _Deferring(importlib.abc.MetaPathFinder):
    """Finds the modules of dnspython as the finder of files does; they are executed when they are first used."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] != _NAMES or path is None or fullname in _NAMES_AT_ONCE:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = importlib.util.LazyLoader(spec.loader)
        return spec


def leave_out() -> bool:
    """Answer for `av` and pylibsrtp from now on; False if the real ones, or aiortc, are loaded already."""
    if is_left_out():
        return True
    if _NAME in sys.modules or "aiortc" in sys.modules:
        return False
    sys.modules.setdefault(_SRTP, srtp)
    sys.meta_path[:0] = [_Finder(), _Deferring()]
    return True


def is_left_out() -> bool:
    return any(isinstance(finder, _Finder) for finder in sys.meta_path)
