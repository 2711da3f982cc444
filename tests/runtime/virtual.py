"""An event loop whose time is a number: it jumps to the next timer instead of waiting for it."""

import asyncio
import selectors


class VirtualSelector(selectors.DefaultSelector):
    """Looks at the files without waiting, and moves the time instead."""

    def __init__(self):
        super().__init__()
        self.time = 1_000.0

    def select(self, timeout=None):
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("everything waits, and no timer is set")
        if not ready and timeout > 0:
            self.time += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        self.virtual = VirtualSelector()
        super().__init__(self.virtual)

    def time(self):
        return self.virtual.time


class LoopClock:
    """The clock of the running loop, off by a constant so that nobody takes one for the other."""

    def now(self):
        return asyncio.get_running_loop().time() - 900.0

    def wall_ms(self):
        return 0


def run(test):
    """Run a coroutine to its end in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(test)
