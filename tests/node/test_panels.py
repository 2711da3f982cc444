"""What a panel is given: the room as it is, ink at once, and nothing where nothing changed."""

import asyncio
import io
import random
import threading

import msgpack
import pytest
from PIL import Image

from edgeboard.canvas.bodies import Add, Alive, ItemType
from edgeboard.canvas.geometry import Rectangle
from edgeboard.canvas.ink import WIDTH_STEPS
from edgeboard.ids import Origin, room_id
from edgeboard.node import panels
from edgeboard.node.panels import PanelView, Welcome, Wish
from edgeboard.node.renderers import open_artist
from edgeboard.node.values import Damaged, Inked, PenPlace
from edgeboard.oplog.codec import TOOL_MAX, Pen
from edgeboard.ports import PenMove, Touch
from edgeboard.render import painter, pictures
from edgeboard.render.frames import Frames, Mirror
from edgeboard.render.idle import IdleFacts, draw_idle
from edgeboard.render.painter import Painter
from edgeboard.render.pictures import decoded
from edgeboard.render.values import Area, PanelContext, PixelFormat, View
from edgeboard.testing.cluster import Cluster
from edgeboard.testing.simulated import MESH

LOBBY = room_id(MESH, "lobby")
KITCHEN = room_id(MESH, "kitchen")


class Screen:
    """Takes frames, and checks that it gets every frame as it was made."""

    def __init__(self, width=200, height=120, greys=2):
        self.context = PanelContext(
            width, height, {2: PixelFormat.GREY1, 4: PixelFormat.GREY2, 16: PixelFormat.GREY4}[greys]
        )
        self.frames, self.mirror = Frames(), Mirror(self.context)
        self.shown = []

    @property
    def pixels(self):
        return self.mirror.pixels

    def show(self, area, pixels, *, is_ink):
        self.mirror.take(self.frames.make(area, pixels, is_ink=is_ink))
        self.shown.append((area, is_ink))


class Wall:
    """One board with a pen and a panel."""

    def __init__(self, greys=2, read_blob=lambda blob: None):
        self.cluster = Cluster(1)
        self.node = self.cluster.nodes[0]
        self.pipeline = self.node.pipeline
        self.node.feed(lambda now: self.pipeline.open_room("lobby", now))
        self.cluster.run(3.0)
        self.node.feed(lambda now: self.pipeline.pens.plug("pen", PenPlace("lobby", 0, 0, 400), Origin(5), now))
        self.screen = Screen(greys=greys)
        self.view = PanelView(
            self.pipeline,
            self.pipeline.rooms[LOBBY],
            self.screen.context,
            Wish((0, 0, 400)),
            read_blob,
            self.screen.show,
            self.cluster.clock.now,
        )
        hand = self.node._hand

        def see(output):
            if isinstance(output, Damaged):
                self.view.damaged(output)
            elif isinstance(output, Inked):
                self.view.inked(output)
            hand(output)

        self.node._hand = see

    @property
    def is_due(self):
        return (
            self.view._news.is_set()
            or len(self.view._damage)
            or self.view._holds_back
            or self.pipeline.scene(self.view.room, 0).is_stale
        )

    async def settle(self):
        """Draw until nothing is left to draw."""
        task = asyncio.ensure_future(self.view.run())
        async with asyncio.timeout(20):
            while self.is_due:  # noqa: ASYNC110 - turns of the loop are what is waited for
                await asyncio.sleep(0)
            for _ in range(50):
                await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})

    def pen(self, *moves):
        now = self.cluster.clock.now()
        self.node.feed(lambda _: self.pipeline.pens.receive("pen", [PenMove(t, now, *rest) for t, *rest in moves], now))

    def draw(self, bodies):
        self.node.feed(lambda now: self.pipeline.draw("lobby", bodies, now))
        self.cluster.run(0.1)

    def reference(self):
        room = self.pipeline.rooms[LOBBY]
        artist = open_artist(self.screen.context)
        items = self.pipeline.scene(LOBBY, 0).items_in(room.document, Rectangle(-1e6, -1e6, 1e6, 1e6))
        for _ in artist.paint(artist.surface.area, self.view.view, items):
            pass
        return artist.pixels(artist.surface.area, is_still=False)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(panels, "GATHER_S", 0)


def shape(*numbers, kind=2):
    return Add(0, 0, ItemType.SHAPE, msgpack.packb([kind, list(numbers), 0, 4, None]))


async def test_a_panel_shows_the_room_as_it_is_when_it_comes():
    wall = Wall()
    wall.draw([shape(20, 20, 200, 100)])
    await wall.settle()
    assert bytes(wall.screen.pixels) == wall.reference()
    assert 0 in wall.screen.pixels


@pytest.mark.parametrize("greys", [2, 16])
async def test_ink_is_shown_in_the_turn_in_which_it_comes_and_stays_when_it_is_logged(greys):
    wall = Wall(greys)
    await wall.settle()
    wall.screen.shown.clear()
    wall.pen((Touch.DOWN, 0.1, 0.1, 3000), (Touch.MOVE, 0.2, 0.1, 3000))
    assert [is_ink for _, is_ink in wall.screen.shown] == [True]
    assert wall.screen.pixels[20 * 200 + 30] < 200
    wall.pen((Touch.MOVE, 0.3, 0.2, 3000), (Touch.UP, 0.3, 0.2))
    await wall.settle()
    assert bytes(wall.screen.pixels) == wall.reference()


@pytest.mark.parametrize("greys", [2, 4, 16])
async def test_ink_is_drawn_over_what_is_there_without_drawing_that_anew(greys, monkeypatch):
    wall = Wall(greys)
    wall.draw([shape(20, 20, 380, 200)] * 3)
    await wall.settle()
    line = 10 * 200 + 100  # of the upper line, in the middle
    assert wall.screen.pixels[line] < 200
    with monkeypatch.context() as patch:
        patch.setattr(Painter, "paint", lambda *_: pytest.fail("what lies below is drawn while the pen waits"))
        wall.pen((Touch.DOWN, 0.5, 0.02, 3000), (Touch.MOVE, 0.5, 0.2, 3000))
    assert wall.screen.pixels[line] < 200
    assert wall.screen.pixels[line + 20 * 200] < 200
    wall.pen((Touch.UP, 0.5, 0.2))
    await wall.settle()
    assert bytes(wall.screen.pixels) == wall.reference()


def marked(*places):
    """Parts of a marker's stroke as a pen of this board tells them: each begins with what was told before."""
    pen = Pen(TOOL_MAX, 0, 40 * WIDTH_STEPS)
    return [Inked(LOBBY, 0, Origin(5), pen, tuple(places[max(0, at - 4) : at + 2]), None) for at in range(len(places))]


@pytest.mark.parametrize("greys", [2, 4, 16])
async def test_a_marker_under_way_is_as_dark_where_its_parts_meet_as_everywhere(greys):
    wall = Wall(greys)
    wall.draw([shape(20, 20, 380, 200)])
    await wall.settle()
    before = bytes(wall.screen.pixels)
    parts = marked(*((60.0 + 20 * at, 60.0 + 6 * at) for at in range(10)))
    for part in parts:
        wall.view.inked(part)
    grown = bytes(wall.screen.pixels)
    assert grown != before
    wall.view.lay_out(Wish((0, 0, 400)))  # draws all of it anew, the stroke as a whole
    await wall.settle()
    assert bytes(wall.screen.pixels) == grown
    whole = open_artist(wall.screen.context)
    whole.ink(wall.view.view, parts[0].pen, [(60.0 + 20 * at, 60.0 + 6 * at) for at in range(10)], None)
    inner = whole.pixels(Area(50, 28, 70, 50), is_still=False)  # away from the shape, and where the curve has settled
    assert inner == b"".join(grown[y * 200 + 50 : y * 200 + 120] for y in range(28, 78))


async def test_a_marker_over_much_is_shown_at_once_all_the_same(monkeypatch):
    wall = Wall(16)
    wall.draw([shape(20, 20, 380, 200)] * 3)
    await wall.settle()
    monkeypatch.setattr(painter, "WORK_MAX", 1)  # everything is much
    wall.screen.shown.clear()
    for part in marked((60.0, 60.0), (100.0, 60.0), (140.0, 60.0)):
        wall.view.inked(part)
    assert [is_ink for _, is_ink in wall.screen.shown] == [True] * 3
    await wall.settle()
    assert wall.screen.pixels[30 * 200 + 50] == wall.screen.pixels[30 * 200 + 70] == 153  # 40 % black, once


async def test_ink_under_way_survives_that_something_below_it_is_drawn_anew():
    wall = Wall()
    await wall.settle()
    wall.pen((Touch.DOWN, 0.1, 0.1, 3000), (Touch.MOVE, 0.4, 0.1, 3000))
    wall.draw([shape(20, 20, 300, 100)])
    await wall.settle()
    assert wall.screen.pixels[20 * 200 + 50] == 0


async def test_what_is_erased_is_gone_and_what_was_below_it_is_back():
    wall = Wall()
    wall.draw([shape(20, 60, 380, 60, kind=0)])
    wall.pen((Touch.DOWN, 0.2, 0.05, 3000), (Touch.MOVE, 0.2, 0.25, 3000), (Touch.UP, 0.2, 0.25))
    await wall.settle()
    assert wall.screen.pixels[15 * 200 + 40] == 0
    stroke = next(item for item in wall.pipeline.rooms[LOBBY].document.items() if item.type == ItemType.STROKE)
    wall.draw([Alive(stroke.id, False)])
    await wall.settle()
    assert wall.screen.pixels[15 * 200 + 40] == 255
    assert bytes(wall.screen.pixels) == wall.reference()


async def test_only_what_has_changed_is_handed_on():
    wall = Wall()
    await wall.settle()
    wall.screen.shown.clear()
    wall.draw([shape(20, 20, 60, 60)])
    await wall.settle()
    assert all(width < 60 and height < 60 for (_, _, width, height), _ in wall.screen.shown)
    wall.screen.shown.clear()
    wall.draw([shape(10_000, 20, 10_060, 60)])  # nobody sees it here
    await wall.settle()
    assert wall.screen.shown == []


async def test_two_panels_that_show_one_room_both_see_every_change_whoever_looks_first():
    wall = Wall()
    room, screen = wall.pipeline.rooms[LOBBY], Screen()
    other = PanelView(
        wall.pipeline, room, screen.context, Wish((0, 0, 400)), lambda blob: None, screen.show, wall.cluster.clock.now
    )
    await wall.settle()
    for numbers in ((20, 20, 60, 60), (100, 100, 200, 200)):
        wall.draw([shape(*numbers)])
        await wall.settle()
        task = asyncio.ensure_future(other.run())
        async with asyncio.timeout(20):
            while bytes(screen.pixels) != wall.reference():  # noqa: ASYNC110 - turns of the loop
                await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
    assert bytes(wall.screen.pixels) == wall.reference()
    other.close()
    assert len(wall.pipeline.scene(LOBBY, 0).followers) == 1


def hello(state="3 boards together", is_well=True):
    return Welcome(IdleFacts("Kitchen", "lobby", "", state, is_well), ())


async def test_an_empty_room_says_how_to_come_in_until_somebody_draws_and_the_first_ink_takes_its_place_at_once():
    wall = Wall(16)
    wall.view.lay_out(Wish((0, 0, 400), idle=True))
    wall.view.welcome(hello())
    await wall.settle()
    assert wall.view.statistics()["idle"]
    assert min(wall.screen.pixels) == 0, "the name of the board stands there"
    wall.screen.shown.clear()
    wall.pen((Touch.DOWN, 0.5, 0.1, 3000), (Touch.MOVE, 0.6, 0.1, 3000))
    assert wall.screen.shown == [(Area(0, 0, 200, 120), True)], "the page, with the ink, as one frame"
    ink = sum(grey < 200 for grey in wall.screen.pixels)
    assert 20 < ink < 500, "nothing of the idle screen is left"
    wall.pen((Touch.MOVE, 0.7, 0.2, 3000), (Touch.UP, 0.7, 0.2))
    await wall.settle()
    assert bytes(wall.screen.pixels) == wall.reference()
    stroke = next(iter(wall.pipeline.rooms[LOBBY].document.items()))
    wall.draw([Alive(stroke.id, False)])
    await wall.settle()
    assert wall.view.statistics()["idle"], "it is empty again"


async def test_ink_that_comes_while_the_idle_screen_is_drawn_is_seen_first_and_the_idle_screen_never(monkeypatch):
    wall = Wall()
    begun = asyncio.Event()

    def slowly(*arguments):
        begun.set()
        yield from draw_idle(*arguments)

    monkeypatch.setattr(panels, "draw_idle", slowly)
    wall.view.lay_out(Wish((0, 0, 400), idle=True))
    wall.view.welcome(Welcome(IdleFacts("kitchen", "lobby", "http://10.0.0.2:8787/room/lobby", "no other board"), ()))
    task = asyncio.ensure_future(wall.view.run())
    await asyncio.wait_for(begun.wait(), 10)
    assert not wall.screen.shown, "the idle screen comes in steps, and as one frame"
    wall.pen((Touch.DOWN, 0.1, 0.1, 3000), (Touch.MOVE, 0.2, 0.1, 3000), (Touch.UP, 0.2, 0.1))
    assert not wall.screen.shown
    async with asyncio.timeout(10):
        while wall.is_due:  # noqa: ASYNC110 - turns of the loop are what is waited for
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    assert not wall.view.statistics()["idle"]
    assert bytes(wall.screen.pixels) == wall.reference()


async def test_another_part_of_the_page_comes_as_one_frame():
    wall = Wall()
    wall.draw([shape(20, 20, 200, 100), shape(300, 100, 380, 220)])
    await wall.settle()
    for covers in ((50, 20, 400), (60, 10, 400), (0, 0, 200), (0, 0, 400)):
        wall.screen.shown.clear()
        wall.view.lay_out(Wish(covers))
        await wall.settle()
        assert wall.screen.shown == [(Area(0, 0, 200, 120), False)]
        assert bytes(wall.screen.pixels) == wall.reference()


async def test_ink_that_comes_while_another_part_is_drawn_is_in_its_first_frame():
    wall = Wall()
    wall.draw([shape(20, 20, 200, 100)])
    await wall.settle()
    wall.view.lay_out(Wish((0, 0, 200)))
    wall.view._settle()  # and before it is painted, the pen moves
    wall.screen.shown.clear()
    wall.pen((Touch.DOWN, 0.2, 0.2, 3000), (Touch.MOVE, 0.3, 0.2, 3000))
    assert wall.screen.shown == [], "half of a frame is nobody's"
    await wall.settle()
    assert wall.screen.shown == [(Area(0, 0, 200, 120), False)]
    assert wall.screen.pixels[80 * 200 + 100] == 0


async def test_the_marquee_takes_its_place_below_the_page_while_it_has_something_to_say():
    wall = Wall(16)
    wall.draw([shape(20, 20, 390, 230)])
    wall.view.lay_out(Wish((0, 0, 400), "both"))
    await wall.settle()
    assert not wall.view.statistics()["marquee"]
    assert bytes(wall.screen.pixels) == wall.reference()
    wall.node.feed(lambda now: wall.pipeline.marquee.put("lobby", [{"id": "tea", "text": "Tea at four"}], now))
    wall.cluster.run(2.0)
    await wall.settle()
    assert wall.view.statistics()["marquee"]
    above = 100 * 200
    assert wall.screen.pixels[:above] == wall.reference()[:above]
    assert wall.screen.pixels[above:] != wall.reference()[above:]
    before = bytes(wall.screen.pixels[above:])
    wall.pen((Touch.DOWN, 0.5, 0.3, 3000), (Touch.MOVE, 0.5, 0.59, 3000))
    assert wall.screen.pixels[above:] == before, "ink stays on the page"
    wall.view.lay_out(Wish((0, 0, 400), "board"))
    await wall.settle()
    assert not wall.view.statistics()["marquee"]


async def test_a_page_is_not_drawn_anew_for_what_is_not_to_be_seen_on_it():
    wall = Wall(16)
    wall.draw([shape(20, 60, 390, 230)])
    wall.view.lay_out(Wish((0, 0, 400), idle=True))
    wall.view.welcome(hello())
    await wall.settle()
    wall.screen.shown.clear()
    wall.view.welcome(hello("4 boards together"))
    await wall.settle()
    assert wall.screen.shown == []


async def test_a_board_that_has_lost_the_mesh_says_so_above_the_page_and_goes_on_drawing():
    wall = Wall(16)
    wall.draw([shape(20, 60, 390, 230)])
    wall.view.welcome(hello())
    await wall.settle()
    wall.view.welcome(hello("No other board since 14:05", is_well=False))
    await wall.settle()
    assert wall.view.statistics()["notice"] == "No other board since 14:05"
    assert wall.screen.pixels[0] == 0
    wall.draw([shape(100, 100, 110, 110)])
    await wall.settle()
    below = 20 * 200
    assert wall.screen.pixels[below:] == wall.reference()[below:]
    wall.view.welcome(hello())
    await wall.settle()
    assert bytes(wall.screen.pixels) == wall.reference()


async def test_a_panel_that_shows_the_marquee_alone_does_not_claim_to_say_that_the_mesh_is_lost():
    wall = Wall(16)
    wall.view.lay_out(Wish(layout="marquee"))
    wall.view.welcome(hello("No other board since 14:05", is_well=False))
    await wall.settle()
    assert wall.view.statistics()["notice"] == ""
    wall.view.lay_out(Wish(layout="board"))
    await wall.settle()
    assert wall.view.statistics()["notice"] == "No other board since 14:05"


async def test_of_the_panels_of_a_board_one_draws_in_a_turn_of_the_loop(monkeypatch):
    monkeypatch.setattr(painter, "WORK_MAX", 6)  # so that each picture takes many turns
    wall, turns, turn, drawn = Wall(16), asyncio.Lock(), 0, []
    wall.draw([shape(20, 60, 390, 230) for _ in range(20)])
    room, paint = wall.pipeline.rooms[LOBBY], Painter.paint

    def watched(self, *what):
        for done in paint(self, *what):
            drawn.append((turn, id(self)))
            yield done

    monkeypatch.setattr(Painter, "paint", watched)
    screens = [Screen(greys=16) for _ in range(3)]
    wish, clock = Wish((0, 0, 400)), wall.cluster.clock.now
    views = [
        PanelView(wall.pipeline, room, each.context, wish, lambda blob: None, each.show, clock, turns=turns)
        for each in screens
    ]
    tasks = [asyncio.ensure_future(each.run()) for each in views]
    async with asyncio.timeout(20):
        while not all(sum(each.pixels) and each.shown for each in screens):
            await asyncio.sleep(0)
            turn += 1
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert len({who for _, who in drawn}) == 3
    who = dict(drawn)
    assert all(who[at] == each for at, each in drawn), "two panels draw in one turn"


async def test_an_image_that_takes_long_to_read_is_read_beside_the_loop(monkeypatch):
    out, readers = io.BytesIO(), []
    Image.new("L", (800, 600), 0).save(out, "PNG")

    def read(data):
        readers.append(threading.current_thread())
        return decoded(data)

    monkeypatch.setattr(pictures, "decoded", read)
    wall = Wall(read_blob=lambda blob: out.getvalue())
    fields = [0, 0, 400, 240, bytes(32), "image/png", len(out.getvalue())]
    wall.draw([Add(0, 0, ItemType.IMAGE, msgpack.packb(fields))])
    task = asyncio.ensure_future(wall.view.run())
    async with asyncio.timeout(20):
        while sum(wall.screen.pixels):  # noqa: ASYNC110 - turns of the loop are what is waited for
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    assert len(readers) == 1, "an image is read more than once"
    assert readers[0] is not threading.main_thread(), "the loop waits for an image to be read"


@pytest.mark.parametrize("seed", range(8))
async def test_no_frame_is_torn_whichever_room_part_zoom_or_format_comes_next_and_whenever(seed, monkeypatch):
    monkeypatch.setattr(painter, "WORK_MAX", 6)  # so that each picture takes many turns, and something comes between
    rng = random.Random(seed)
    wall = Wall(16)
    wall.node.feed(lambda now: wall.pipeline.open_room("kitchen", now))
    wall.cluster.run(3.0)
    wall.draw([shape(20 * at, 20, 30 + 20 * at, 200, kind=at % 4) for at in range(12)])
    circles = [shape(30 * at, 10 * at, 60 + 30 * at, 90 + 10 * at, kind=3) for at in range(9)]
    wall.node.feed(lambda now: wall.pipeline.draw("kitchen", circles, now))
    wall.cluster.run(0.1)
    pictures, asked = {}, []

    def whole(room, covers, greys):
        """All of what may be seen, drawn from scratch by an artist of its own."""
        key = (room, covers, greys)
        if key not in pictures:
            artist = open_artist(Screen(greys=greys).context)
            document, view = wall.pipeline.rooms[room].document, View(*covers[:2], artist.surface.width / covers[2])
            items = wall.pipeline.scene(room, 0).items_in(document, Rectangle(-1e6, -1e6, 1e6, 1e6))
            for _ in artist.paint(artist.surface.area, view, items):
                pass
            pictures[key] = artist.pixels(artist.surface.area, is_still=False)
        return pictures[key]

    def show(area, pixels, *, is_ink):
        wall.screen.show(area, pixels, is_ink=is_ink)  # which looks at number and sum of the frame
        seen = bytes(wall.screen.pixels)
        assert any(seen == whole(*each) for each in asked if each[2] == wall.greys), f"seed {seed}: {asked[-1]} is torn"

    def enter(room, covers, greys, screen):
        wall.view.close()
        wall.screen, wall.greys = screen, greys
        wish, read = Wish(covers), lambda blob: None
        opened = wall.pipeline.rooms[room]
        wall.view = PanelView(wall.pipeline, opened, screen.context, wish, read, show, wall.cluster.clock.now)
        return asyncio.ensure_future(wall.view.run())

    async def leave(task):
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled(), f"seed {seed}: {task.exception()!r}"

    now = (LOBBY, (0.0, 0.0, 400.0), 16)
    asked.append(now)
    task = enter(*now, Screen(greys=16))
    for _ in range(16):
        room, covers, greys = now
        what = rng.choice(("part", "part", "zoom", "room", "format"))
        if what in ("part", "zoom"):
            left, top = rng.choice((covers[0], rng.uniform(-50, 250))), rng.choice((covers[1], rng.uniform(-50, 100)))
            zoom = rng.choice((150.0, 400.0, 1_000.0)) if what == "zoom" else covers[2]
            now = (room, (left, top, zoom), greys)
            asked.append(now)
            wall.view.lay_out(Wish(now[1]))
        else:
            await leave(task)
            now = (rng.choice((LOBBY, KITCHEN)), covers, greys if what == "room" else rng.choice((2, 4, 16)))
            asked.append(now)
            task = enter(*now, wall.screen if now[2] == greys else Screen(greys=now[2]))
        for _ in range(rng.choice((0, 1, 3, 40, 400))):
            await asyncio.sleep(0)
    async with asyncio.timeout(20):
        while wall.is_due and not task.done():  # noqa: ASYNC110 - turns of the loop are what is waited for
            await asyncio.sleep(0)
    await leave(task)
    assert bytes(wall.screen.pixels) == whole(*now)
    assert wall.screen.frames.sequence == wall.screen.mirror.sequence
