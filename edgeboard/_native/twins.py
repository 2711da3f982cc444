"""Which twin of each kernel runs, and what would change it, for status pages and reports."""

from importlib import import_module

from edgeboard._native import batches, curve, dither, raster, refine, strokes, tiles


def active() -> dict[str, str]:
    """For each kernel by name: "C", or "Python" where it was not built, is switched off or failed its self-check."""
    kernels = {
        "batches": batches.kernel,
        "curve": curve.kernel,
        "dither": dither.kernel,
        "raster": raster.kernel,
        "refine": refine.kernel,
        "strokes": strokes.kernel,
        "tiles": tiles.kernel,
    }
    return {name: "Python" if kernel is None else "C" for name, kernel in kernels.items()}


def remedy() -> str:
    """Why Python runs where C could, and what to do about it; empty where all kernels run in C."""
    if set(active().values()) == {"C"}:
        return ""
    try:
        import_module("edgeboard._native._kernels")
    except ModuleNotFoundError:
        return (
            "the C kernels were not built: install a compiler (apt-get install gcc libc6-dev python3-dev) and then "
            "edgeboard once more"
        )
    except ImportError as error:
        if "EDGEBOARD_PURE" in str(error):
            return "EDGEBOARD_PURE asks for Python: unset it and start again"
        return f"the C kernels cannot be loaded ({error!s:.120}): install edgeboard once more, on this machine"
    return "the C kernels fail their self-check: install edgeboard once more, and report it if that does not help"
