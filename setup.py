"""The C kernels, and the page made small; everything else about the installation stands in pyproject.toml."""

import gzip
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_py import build_py

FOLDER = Path("edgeboard") / "_native"
FLAGS = ["-std=c11", "-O2", "-ftree-vectorize", "-fvisibility=hidden"]
FLAGS += ["-ffp-contract=off"]  # because every machine has to keep the same points and draw the same px
FLAGS += ["-fno-math-errno"]  # which square roots would set
KERNELS = Extension(
    "edgeboard._native._kernels",
    sources=sorted(map(str, FOLDER.glob("*.c"))),
    depends=sorted(map(str, FOLDER.glob("*.h"))),
    extra_compile_args=FLAGS,
    libraries=["m"],
    py_limited_api=True,  # one build for CPython 3.11 and all later ones
    optional=True,  # where it cannot be compiled, the installation goes on and the twins in Python run
)


class BuildPage(build_py):
    """Makes the page small, and lays a compressed copy beside each of its files.

    With esbuild (docs/decisions/0011) the modules become one script, and a few more that are fetched when somebody
    asks for what is in them; without it, comments and spaces go from each file.
    """

    def run(self) -> None:
        page = Path(self.build_lib) / "edgeboard" / "web" / "static"
        if not self.editable_mode:
            shutil.rmtree(page, ignore_errors=True)  # what an earlier build made of it
        super().run()
        if self.editable_mode or not page.exists():
            return
        shutil.copytree("systemd", Path(self.build_lib) / "edgeboard" / "cli" / "data" / "systemd", dirs_exist_ok=True)
        if esbuild := shutil.which("esbuild"):
            self._bundle(page, esbuild)
        else:
            self._shorten(page)
        for path in [*page.rglob("*")]:
            if path.suffix in (".js", ".mjs", ".css", ".svg"):
                squeezed = gzip.compress(path.read_bytes(), 9, mtime=0)
                path.with_name(path.name + ".gz").write_bytes(squeezed)

    @staticmethod
    def _bundle(page: Path, esbuild: str) -> None:
        modules = [path for path in page.rglob("*") if path.suffix in (".js", ".mjs")]
        with tempfile.TemporaryDirectory() as folder:
            made, meta = Path(folder) / "made", Path(folder) / "meta.json"
            parts = ("--bundle", "--splitting", "--format=esm", f"--outdir={made}", f"--metafile={meta}")
            for words in (
                ("main.js", "mesh.js", "panel.js", "panels.js", *parts),
                ("style.css", f"--outfile={made / 'style.css'}"),
            ):
                subprocess.run([esbuild, *words, "--minify", "--log-level=warning"], cwd=page, check=True)
            outputs = {Path(path).name: about for path, about in json.loads(meta.read_text())["outputs"].items()}
            for path in modules:
                path.unlink()
            shutil.rmtree(page / "locales")  # it held nothing else
            shutil.copytree(made, page, dirs_exist_ok=True)
        ahead: dict[str, None] = {}  # what main.js cannot run without, in the order of its imports
        waiting = ["main.js"]
        while waiting:
            needs = (each for each in outputs[waiting.pop()]["imports"] if each["kind"] == "import-statement")
            found = [name for each in needs if (name := Path(each["path"]).name) not in ahead]
            ahead.update(dict.fromkeys(found))
            waiting += found
        index = page / "index.html"
        lines = [line for line in index.read_text().splitlines() if 'rel="modulepreload"' not in line]
        at = next(number for number, line in enumerate(lines) if "/static/main.js" in line)
        lines[at:at] = [f'<link rel="modulepreload" href="/static/{name}">' for name in ahead]
        index.write_text("\n".join(lines) + "\n")

    @staticmethod
    def _shorten(page: Path) -> None:
        try:
            from rcssmin import cssmin
            from rjsmin import jsmin
        except ImportError:  # they are not needed to run
            return
        for path in page.rglob("*"):
            if path.suffix in (".js", ".mjs", ".css"):
                path.write_text((cssmin if path.suffix == ".css" else jsmin)(path.read_text()))


setup(
    ext_modules=[KERNELS],
    cmdclass={"build_py": BuildPage},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
