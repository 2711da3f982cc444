"""How a release spreads over ten boards, of which one has it: whole nodes on a virtual clock.

Chunks are as many and as large as those of a release of all wheels of a board. All nine others want it at once.
"""

import hashlib
import random

from edgeboard.ids import BlobHash
from edgeboard.ota.values import CHUNK_BYTES
from edgeboard.testing.cluster import Cluster
from edgeboard.testing.lan import LanSettings
from edgeboard.wire.releases import ReleaseIs

BOARDS = 10
CHUNKS = 48  # 12 MiB
PATIENCE_S = 600.0


def run() -> dict[str, float]:
    """Releases that the first board gave away, and seconds of virtual time until all nine had it."""
    rng = random.Random(1)
    content = {}
    for _ in range(CHUNKS):
        data = rng.randbytes(CHUNK_BYTES)
        content[BlobHash(hashlib.sha256(data).digest())] = data
    cluster = Cluster(BOARDS, lan=LanSettings())
    cluster.run(20.0)
    seed, *others = cluster.nodes
    seed.disk.chunks.update(content)
    told = ReleaseIs("stable", "aarch64", "1", 1, 0, 1, ())
    own = dict.fromkeys(content, CHUNK_BYTES)
    seed.feed(lambda now: seed.pipeline.renewal.offer(own, told, (), now))
    start = cluster.clock.now()
    for node in others:
        node.feed(lambda now, node=node: node.pipeline.renewal.want(content, now))
    while not all(len(node.disk.chunks) == CHUNKS for node in others):
        cluster.run(0.5)
        if cluster.clock.now() - start > PATIENCE_S:
            raise TimeoutError(f"not all boards have the release after {PATIENCE_S:.0f} s of virtual time")
    given = seed.pipeline.renewal.statistics().given_bytes
    return {"releases": given / (CHUNKS * CHUNK_BYTES), "seconds": cluster.clock.now() - start}
