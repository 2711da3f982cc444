"""The simulator, and what it says of large meshes: times are on the boards' clock, speed is of one core."""

import time

from edgeboard.testing.simulation import Site, SiteSettings

SETTLED_S = 60.0  # on the boards' clock, after which the links of a mesh that started together are those it keeps
MEASURED_S = 30.0


def hundred() -> dict[str, float]:
    """100 boards, each a stroke every 10 s, once their mesh is in order."""
    site = Site(SiteSettings(nodes=100, hours=1.0, changes=0.0))
    nodes, clock = site.cluster.nodes, site.cluster.clock
    clock.run(SETTLED_S)
    before = [(node.pipeline.counters.received, node.pipeline.counters.duplicates) for node in nodes]
    messages, size = site.cluster.traffic()
    started = time.process_time()
    clock.run(MEASURED_S)
    took = time.process_time() - started
    after = [(node.pipeline.counters.received, node.pipeline.counters.duplicates) for node in nodes]
    received = sum(now[0] - then[0] for then, now in zip(before, after, strict=True))
    duplicates = sum(now[1] - then[1] for then, now in zip(before, after, strict=True))
    return {
        "times_real": MEASURED_S / took,
        "copies": 1 + duplicates / received,
        "messages_per_board_s": (site.cluster.traffic()[0] - messages) / MEASURED_S / len(nodes),
        "bytes_per_board_s": (site.cluster.traffic()[1] - size) / MEASURED_S / len(nodes),
    }


def two_hundred() -> dict[str, float]:
    """200 boards that start together and draw nothing: their links a minute and a half later."""
    site = Site(SiteSettings(nodes=200, hours=1.0, stroke_every_s=1e6))
    site.cluster.clock.run(1.5 * SETTLED_S)
    links = [len(node.pipeline.mesh.statistics().links) for node in site.cluster.nodes]
    return {"links_mean": sum(links) / len(links), "links_most": float(max(links))}


def troubled() -> dict[str, float]:
    """100 boards, 5 % loss, 10 power cuts a minute, a partition of 30 s: until all agree again."""
    settings = SiteSettings(
        nodes=100, hours=100 / 3600, loss=0.05, partition_s=30.0, partition_every_s=80.0, churn_per_min=10.0
    )
    report = Site(settings).run()
    healed = [fault.converged_s for fault in report.faults if fault.kind == "partition"]
    worst = max((each if each is not None else float("inf") for each in healed), default=float("inf"))
    return {"converged_s": worst, "lost_or_doubled": float(report.lost + report.doubled + report.canvases)}
