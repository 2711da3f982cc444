"""Updates: how long one takes, and for how long there is no board."""

from benchmarks.harness import Figure

FIGURES = [
    Figure(
        "updates: from a verified release to the new node ready, self-test included, against `pip install` of the same",
        "updating:run",
        "ready_s",
        "s",
        "<= 1.0 × pip",
        lambda value, peers: value <= peers["pip"],
        peers={"pip": ("", "pip_s")},
        ratio_to="pip",
        runs=3,
    ),
    Figure(
        "updates: without a node, at the switch",
        "updating:run",
        "down_s",
        "s",
        "<= 2",
        lambda value, peers: value <= 2,
        runs=3,
    ),
    Figure(
        "updates: a slot, installed, with what is compiled",
        "updating:run",
        "slot_mib",
        "MiB",
        "as small as its wheels let it be",
        lambda value, peers: True,
        runs=3,
    ),
    *[
        Figure(
            f"updates: what travels to {machine} for our own code alone, each fifth module and the page changed",
            f"travelling:{machine}",
            "share",
            "of all its files",
            "<= 0.1",
            lambda value, peers: value <= 0.1,
        )
        for machine in ("aarch64", "riscv64", "x86_64")
    ],
    Figure(
        "updates: ten boards take a release of one, each from each: what the one gives, simulated",
        "spreading:run",
        "releases",
        "releases",
        "<= 2.5",
        lambda value, peers: value <= 2.5,
    ),
]
