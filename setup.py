"""The C kernels; everything else about the installation stands in pyproject.toml."""

from setuptools import Extension, setup

SOURCES = ("module", "module_batches", "module_refine", "eb_strokes", "eb_refine", "eb_batches", "eb_hashes")
HEADERS = ("module", "eb_strokes", "eb_refine", "eb_batches", "eb_hashes")
KERNELS = Extension(
    "edgeboard._native._kernels",
    sources=[f"edgeboard/_native/{name}.c" for name in SOURCES],
    depends=[f"edgeboard/_native/{name}.h" for name in HEADERS],
    # without contraction, because thinning has to find the same points on every machine
    extra_compile_args=["-std=c11", "-O2", "-ftree-vectorize", "-fvisibility=hidden", "-ffp-contract=off"],
    libraries=["m"],
    py_limited_api=True,  # one build for CPython 3.11 and all later ones
    optional=True,  # where it cannot be compiled, the installation goes on and the twins in Python run
)

setup(ext_modules=[KERNELS], options={"bdist_wheel": {"py_limited_api": "cp311"}})
