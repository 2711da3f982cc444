"""The C kernels, and the page made small; everything else about the installation stands in pyproject.toml."""

import gzip
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_py import build_py

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


class BuildPage(build_py):
    """Takes comments and spaces out of the page's files, and lays a compressed copy beside each."""

    def run(self) -> None:
        super().run()
        page = Path(self.build_lib) / "edgeboard" / "web" / "static"
        if self.editable_mode or not page.exists():
            return
        for path in page.rglob("*"):
            if path.suffix in (".js", ".mjs", ".css"):
                path.write_text(self._shortened(path))
            if path.suffix in (".js", ".mjs", ".css", ".svg"):
                squeezed = gzip.compress(path.read_bytes(), 9, mtime=0)
                path.with_name(path.name + ".gz").write_bytes(squeezed)

    @staticmethod
    def _shortened(path: Path) -> str:
        text = path.read_text()
        try:
            from rcssmin import cssmin
            from rjsmin import jsmin
        except ImportError:  # they are not needed to run
            return text
        return cssmin(text) if path.suffix == ".css" else jsmin(text)


setup(
    ext_modules=[KERNELS],
    cmdclass={"build_py": BuildPage},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
