"""Makes `launcher.pyz`: the launcher and the few modules that it needs, as one file that Python runs.

The same sources make the same bytes. What is packed is named here, and a test looks that nothing else is imported.
"""

import io
import zipfile
from pathlib import Path
from typing import Final

CONTENTS: Final = (
    "edgeboard/__init__.py",
    "edgeboard/errors.py",
    "edgeboard/ota/__init__.py",
    *(
        f"edgeboard/ota/{name}.py"
        for name in ("collecting", "files", "floors", "gate", "manifest", "proving", "records", "slots", "states")
    ),
    *(f"edgeboard/ota/{name}.py" for name in ("unpacking", "values", "wheels")),
    "edgeboard/ota/launch/__init__.py",
    *(f"edgeboard/ota/launch/{name}.py" for name in ("keeping", "launcher", "looking", "owning", "program", "service")),
    "edgeboard/ota/launch/supervising.py",
)
MAIN: Final = "import sys\n\nfrom edgeboard.ota.launch.program import main\n\nsys.exit(main())\n"
SHEBANG: Final = b"#!/usr/bin/env -S python3 -I\n"
SOURCES: Final = Path(__file__).parents[3]
MADE: Final = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can tell


def pack() -> bytes:
    """The launcher as one file.

    Raises:
        OSError: the sources cannot be read.
    """
    packed = io.BytesIO()
    packed.write(SHEBANG)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_entry("__main__.py"), MAIN)
        for name in sorted(CONTENTS):
            archive.writestr(_entry(name), (SOURCES / name).read_bytes())
    return packed.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, MADE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry
