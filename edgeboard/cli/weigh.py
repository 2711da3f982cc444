"""Run as a file of its own: loads modules one after the other and says what each costs, without what it imports.

Knows nothing of edgeboard but where the media stack is left out, so that nothing is loaded before it is measured. Reads
{"path", "modules", "left_out"} as JSON and writes {"before_bytes", "modules": {name: [seconds, bytes]}}. Memory is the
growth of the resident set, so what a module takes from memory that another has given back counts as nothing.
"""

import sys
import time
from importlib import import_module
from importlib.machinery import ExtensionFileLoader, SourceFileLoader
from typing import Any, BinaryIO, final

PAGE = 4096  # bytes; corrected by `main`, which may load `os` for it


@final
class Scales:
    """Counts time and memory of what is loaded; nested imports are taken off."""

    def __init__(self, statm: BinaryIO) -> None:
        self.costs: dict[str, list[float]] = {}
        self._statm = statm
        self._inner = [[0.0, 0.0]]

    def resident(self) -> int:
        self._statm.seek(0)
        return int(self._statm.read().split()[1]) * PAGE

    def watch(self, loader: type, method: str) -> None:
        """Count every call of a loader's method, whose argument is a module or a spec."""
        stock = getattr(loader, method)

        def counted(this: Any, subject: Any) -> Any:  # noqa: ANN401 - as the loaders have it
            name = getattr(subject, "__name__", None) or subject.name
            self._inner.append([0.0, 0.0])
            size, began = self.resident(), time.perf_counter()
            try:
                return stock(this, subject)
            finally:
                seconds, grown = time.perf_counter() - began, self.resident() - size
                inner = self._inner.pop()
                self._inner[-1][0] += seconds
                self._inner[-1][1] += grown
                cost = self.costs.setdefault(name, [0.0, 0.0])
                cost[0] += seconds - inner[0]
                cost[1] += grown - inner[1]

        setattr(loader, method, counted)


def main() -> None:
    global PAGE
    import json
    import os

    order = json.load(sys.stdin)
    PAGE = os.sysconf("SC_PAGESIZE")
    sys.path[:] = order["path"]
    with open("/proc/self/statm", "rb", buffering=0) as statm:  # noqa: PTH123 - pathlib is one of those to be weighed
        scales = Scales(statm)
        before = scales.resident()
        scales.watch(SourceFileLoader, "exec_module")
        scales.watch(ExtensionFileLoader, "exec_module")
        scales.watch(ExtensionFileLoader, "create_module")
        for name in order["modules"]:
            try:
                module = import_module(name)
            except Exception:  # it is there under another name, or was made by hand
                continue
            if name == "edgeboard.runtime.lean":
                lean = module.lean_imports()  # as the node did
                lean.__enter__()
            elif name == "edgeboard.transport.media" and order["left_out"]:
                module.leave_out()
    json.dump({"before_bytes": before, "modules": scales.costs}, sys.stdout)


if __name__ == "__main__":
    main()
