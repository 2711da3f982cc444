"""The files of the page, under names that change when they do: a browser asks for each of them once, and never again.

`/static/v-VERSION/main.js` is `static/main.js`; VERSION stands for all files together. An installation has the
modules bundled and a compressed copy beside each file (setup.py), which aiohttp serves to whoever takes it.
"""

import hashlib
from pathlib import Path
from typing import Final, final

from aiohttp import web

STATIC: Final = Path(__file__).parent / "static"
_FOREVER: Final = "public, max-age=31536000, immutable"


def html(text: str, status: int = 200) -> web.Response:
    """A page that is asked for anew each time, compressed for whoever takes it so."""
    headers = {"Cache-Control": "no-cache"}
    response = web.Response(text=text, status=status, content_type="text/html", headers=headers)
    response.enable_compression()
    return response


@final
class Assets:
    """A folder of files that pages name."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._folder = folder.resolve()
        self._version = ""
        self._pages: dict[str, str] = {}

    def version(self) -> str:
        """Twelve digits that are others as soon as any file is another."""
        digest = hashlib.sha256()
        for path in sorted(self._folder.rglob("*")):
            if path.is_file():
                state = path.stat()
                digest.update(f"{path.relative_to(self._folder)} {state.st_mtime_ns} {state.st_size}\n".encode())
        version = digest.hexdigest()[:12]
        if version != self._version:
            self._version = version
            self._pages.clear()
        return version

    def page(self, name: str) -> web.Response:
        """A page, naming its files by the version that they have now."""
        version = self.version()
        if name not in self._pages:
            text = (self._folder / name).read_text()
            self._pages[name] = text.replace('="/static/', f'="/static/v-{version}/')
        return html(self._pages[name])

    def file(self, version: str, name: str) -> web.StreamResponse:
        """A file that a page names.

        Raises:
            aiohttp.web.HTTPNotFound: there is none, or it lies outside the folder.
        """
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._folder) or not path.is_file():
            raise web.HTTPNotFound
        kept = _FOREVER if version == self._version else "no-cache"
        return web.FileResponse(path, headers={"Cache-Control": kept})
