"""What carries a release to a board in tests: a web server, a node's control socket, a bundle."""

import json
import socketserver
import tarfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from edgeboard.ota.bundle import BundleSource
from edgeboard.ota.fetchers import HttpSource, MeshSource
from edgeboard.ota.values import CHUNK_BYTES

CARRIERS = ("web", "mesh", "bundle")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words):
        pass

    def address_string(self):
        return ""

    def translate_path(self, path):
        return super().translate_path(path.removeprefix("/control/release"))


class AsANode(Quiet):
    """Gives files by their chunks, as a node does whose neighbours say what stands in the folder."""

    def do_GET(self):
        name = self.path.rpartition("/")[2]
        if not name.endswith(".chunk"):
            super().do_GET()
            return
        data = self._chunk(name.removesuffix(".chunk"))
        if data is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _chunk(self, wanted):
        targets = Path(self.directory) / "targets"
        for path in targets.glob("*.json"):
            try:
                files = json.loads(path.read_bytes())["files"]
            except (ValueError, KeyError, TypeError):
                continue
            for file in files:
                held = targets / f"{file['sha256']}.{file['name']}"
                if wanted in file["chunks"] and held.exists():
                    at = file["chunks"].index(wanted)
                    sizes = file.get("sizes", [CHUNK_BYTES] * len(file["chunks"]))
                    return held.read_bytes()[sum(sizes[:at]) :][: sizes[at]]
        return None


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class Carrier:
    """Carries a folder of releases to a board: over HTTP, over a node's control socket, or as a bundle."""

    def __init__(self, kind, folder):
        self.kind = kind
        self._folder = folder
        self._running = []

    def __call__(self, folder):
        if self.kind == "bundle":
            return BundleSource(pack(folder, self._folder / f"{folder.name}.ebu"))
        if self.kind == "web":
            server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
            self._serve(server)
            return HttpSource(f"http://127.0.0.1:{server.server_port}/")
        path = self._folder / f"{len(self._running)}.sock"
        self._serve(UnixServer(str(path), partial(AsANode, directory=folder)))
        return MeshSource(path)

    def _serve(self, server):
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self._running.append((server, thread))

    def close(self):
        for server, thread in self._running:
            server.shutdown()
            server.server_close()
            thread.join()


def pack(folder, path):
    """Whatever lies in a folder, as a bundle: the packer of a thief asks nothing."""
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for file in sorted([*folder.glob("metadata/*"), *folder.glob("targets/*")]):
            name = f"metadata/{file.name}" if file.parent.name == "metadata" else f"targets/{file.name[:64]}"
            if name not in tar.getnames():
                info = tarfile.TarInfo(name)
                info.size = file.stat().st_size
                with file.open("rb") as opened:
                    tar.addfile(info, opened)
    return path
