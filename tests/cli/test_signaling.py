"""`edgeboard signal` as a process of its own."""

import http.client
import json
import signal
import subprocess
import sys
import urllib.request

import pytest

from tests.conftest import eventually


@pytest.mark.slow
def test_the_service_starts_says_where_it_is_and_stops():
    command = [sys.executable, "-m", "edgeboard.cli", "signal", "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline().startswith("introducing boards at http://127.0.0.1:")
        line = process.stdout.readline()
        assert line.startswith("on each board: edgeboard run --signal http://127.0.0.1:")
        port = int(line.rpartition(":")[2])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/")
        assert json.loads(connection.getresponse().read())["service"] == "edgeboard signal"
        connection.close()
        second = subprocess.run([*command[:-1], f"127.0.0.1:{port}"], capture_output=True, text=True, timeout=20)
        assert second.returncode == 1
        assert f"port {port} is taken by another program" in second.stderr
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_the_service_stops_at_once_while_boards_are_attached(make_node, mesh_secret):
    command = [sys.executable, "-m", "edgeboard.cli", "signal", "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        process.stdout.readline()
        url = process.stdout.readline().split()[-1]
        make_node("attached", "--signal", url, secret=mesh_secret).start()

        def visitors():
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["visitors"]

        eventually(lambda: visitors() == 1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0, "a board that is attached waits for its heartbeat for 20 s"
    finally:
        process.kill()
        process.communicate()
