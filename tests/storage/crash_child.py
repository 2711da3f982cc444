"""A process that writes batches and says which are durable, until it is killed; run by test_crash.py.

Arguments: the database, the entry to begin with, the value of EDGEBOARD_FAILPOINT. It prints the number of batches that
are durable after each group commit.
"""

import asyncio
import os
import sys
from pathlib import Path

from edgeboard.clock import SystemClock
from edgeboard.runtime import failpoints
from edgeboard.storage.settings import Settings
from edgeboard.storage.sqlite import SqliteStore
from edgeboard.storage.writer import GroupWriter
from tests.storage.examples import batch

SETTINGS = Settings(group_s=0.001, wal_bytes=16 * 4096)  # checkpoints every few commits
MOST = 5_000  # batches, in case nobody kills it


async def main(path, first, failpoint):
    store = SqliteStore(path, SETTINGS)
    failpoints.arm(failpoint)

    def on_committed(batches):
        os.write(1, b"%d\n" % (batches[-1].first + 1))

    def on_failed(error):
        raise SystemExit(str(error))

    writer = GroupWriter(store, SystemClock(), on_committed, on_failed, lambda: None, SETTINGS)
    for number in range(first, first + MOST):
        writer.put([batch(number, size=number % 700)])
        await asyncio.sleep(0.0003)
    await writer.close()
    store.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
