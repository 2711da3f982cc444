"""A source that several boards have: one reads it, and when that one is gone, another, with nothing said twice."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.conftest import LOOPBACK

TAKEN_OVER_S = 3.0
NODES = 3


class Boiler:
    """A machine on the network that says how warm it is, and counts who asks."""

    def __init__(self):
        self.celsius = 60
        self.asked = []  # when, monotonic s
        boiler = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                boiler.asked.append(time.monotonic())
                body = json.dumps({"boiler": {"celsius": boiler.celsius}}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/"

    def stop(self):
        if not self.thread.is_alive():
            return
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def boiler():
    made = Boiler()
    yield made
    made.stop()


def boards_of(make_node, mesh_secret, boiler, every_s):
    source = f"{{id: boiler, url: '{boiler.url}', pointer: /boiler/celsius, every_s: {every_s}, keep_s: 7200, " + (
        "text: 'Boiler {value:.0} °C', warning: '> 70'}"
    )
    config = f"{LOOPBACK}marquee:\n  sources: [{source}]\n"
    boards = []
    for number in range(NODES):
        peers = [word for other in boards for word in ("--peer", other.url)]
        board = make_node(f"board{number}", *peers, secret=mesh_secret, config_text=config)
        boards.append(board.start())
    return boards


def listing(board):
    return json.loads(board.ask("GET", "/api/marquee")[1])


def readers(boards):
    """The boards that read the source, if all of them agree on who does."""
    told = [listing(board)["sources"][0] for board in boards]
    agreed = len({each["reader"] for each in told}) == 1 and told[0]["reader"] is not None
    return [board for board, each in zip(boards, told, strict=True) if each["ours"]] if agreed else []


def said(board, text):
    """How often somebody has said that in the room."""
    archive = json.loads(board.ask("GET", "/api/room/lobby/export.json")[1])
    return sum(op.get("value", {}).get("text") == text for op in archive["ops"] if isinstance(op.get("value"), dict))


@pytest.mark.slow
def test_of_boards_that_share_a_source_one_reads_it_and_when_it_is_killed_another_within_three_seconds(
    make_node, mesh_secret, boiler, eventually
):
    boards = boards_of(make_node, mesh_secret, boiler, every_s=600)
    eventually(lambda: all(len(board.status()["links"]) == NODES - 1 for board in boards))
    (reader,) = eventually(lambda: readers(boards))
    eventually(lambda: all([item["text"] for item in listing(board)["items"]] == ["Boiler 60 °C"] for board in boards))
    before = len(boiler.asked)
    rest = [board for board in boards if board is not reader]
    boiler.celsius = 80  # nobody looks again for ten minutes, unless he takes over
    killed = time.monotonic()
    reader.kill()
    eventually(lambda: len(boiler.asked) > before)
    taken_over = boiler.asked[before] - killed
    assert taken_over <= TAKEN_OVER_S, f"it took {taken_over:.1f} s until another board read the source"
    (successor,) = eventually(lambda: readers(rest))
    assert successor in rest
    for board in rest:
        (item,) = eventually(lambda board=board: [each for each in listing(board)["items"] if "80" in each["text"]])
        assert (item["id"], item["text"], item["level"]) == ("boiler", "Boiler 80 °C", "warning")
        assert len(listing(board)["items"]) == 1, "the item was doubled"
    assert len(boiler.asked) == before + 1, "more than one board has taken over"
    assert [said(board, "Boiler 80 °C") for board in rest] == [1, 1]


@pytest.mark.slow
def test_a_source_that_says_the_same_again_and_again_is_not_logged_again(make_node, mesh_secret, boiler, eventually):
    boards = boards_of(make_node, mesh_secret, boiler, every_s=0.5)
    eventually(lambda: all(len(board.status()["links"]) == NODES - 1 for board in boards))
    eventually(lambda: readers(boards))
    eventually(lambda: all(listing(board)["items"] for board in boards))
    once = said(boards[0], "Boiler 60 °C")
    asked = len(boiler.asked)
    eventually(lambda: len(boiler.asked) >= asked + 5)
    assert said(boards[0], "Boiler 60 °C") == once
    boiler.celsius = 61
    eventually(lambda: all(listing(board)["items"][0]["text"] == "Boiler 61 °C" for board in boards))
    asked = len(boiler.asked)
    eventually(lambda: len(boiler.asked) >= asked + 3)
    assert said(boards[0], "Boiler 61 °C") == 1


@pytest.mark.slow
def test_a_source_that_is_away_is_told_of_and_its_item_stays_for_its_time(make_node, boiler, eventually):
    gone = "{id: gone, url: 'http://127.0.0.1:1/', every_s: 0.5}"
    here = f"{{id: here, url: '{boiler.url}', pointer: /boiler/celsius, every_s: 0.5, shared: false}}"
    board = make_node("board", config_text=f"{LOOPBACK}marquee: {{sources: [{gone}, {here}]}}\n").start()
    eventually(lambda: listing(board)["items"])
    by_id = {each["id"]: each for each in listing(board)["sources"]}
    name = board.status()["name"]
    assert set(by_id) == {"gone", f"here@{name}"}
    eventually(lambda: "cannot be reached" in listing(board)["sources"][0]["trouble"])
    assert board.log.read_text().count("source gone (") == 1, "its trouble is told again and again"
    boiler.stop()
    eventually(lambda: listing(board)["sources"][1]["trouble"])
    assert [item["text"] for item in listing(board)["items"]] == ["60"]
