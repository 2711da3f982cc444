"""Sizes of what is given away."""

from benchmarks.harness import Figure

NUMBERS = (
    ("wheel of edgeboard, with page, kernels and fonts", "wheel_kib", "KiB"),
    ("wheelhouse, all that is fetched", "house_mib", "MiB"),
    ("installed, without bytecode", "installed_mib", "MiB"),
)
FIGURES = [
    Figure(
        f"sizes: {machine}: {what}",
        f"shipping_sizes:{machine}",
        key,
        unit,
        "as small as its parts let it be",
        lambda value, peers: True,
        runs=1,
    )
    for machine in ("aarch64", "riscv64", "x86_64")
    for what, key, unit in NUMBERS
]
