"""A wall of panels: one on each board of a simulated mesh, all with the marquee of one room."""

import random
from typing import final

from edgeboard.ids import room_id
from edgeboard.marquee.settings import Settings
from edgeboard.node.ribbon import Ribbon
from edgeboard.node.values import PipelineSettings
from edgeboard.render.frames import Frames, Mirror
from edgeboard.render.surface import Surface
from edgeboard.render.values import Area, PanelContext, PixelFormat, Refresh
from edgeboard.testing.cluster import Cluster
from edgeboard.testing.lan import LanSettings
from edgeboard.testing.network import Weather
from edgeboard.testing.simulated import MESH, Machine, SimulatedNode

HALL = room_id(MESH, "hall")
LCD = PanelContext(240, 32, PixelFormat.GREY8, Refresh.LCD)
NEWS = {"id": "line", "text": "Line 4 runs again. Shift B meets at the east gate. Mind the wet floor in hall 2."}


@final
class WallPanel:
    """The marquee on one board: its frames are numbered and summed, and taken by somebody who checks both."""

    def __init__(self, cluster: Cluster, node: SimulatedNode) -> None:
        self.cluster = cluster
        self.node = node
        self.stalled_until = 0.0  # the renderer gets no turn before; by the clock of the simulation
        self.answers = True  # whether the panel takes anything
        self.frames = Frames()
        self.mirror = Mirror(LCD)
        self.picture_due = False
        self.numbers: list[tuple[float, int]] = []  # (moment of the simulation, marquee frame) as they were shown
        self.surface = Surface(LCD.width, LCD.height, 1)
        self.seen = Surface(LCD.width, LCD.height, 1)  # what was handed on of it
        marquee = node.pipeline.marquee
        self.ribbon = Ribbon(marquee.ticker(HALL), marquee.time, node.now, self.surface.crop, self._show, LCD)
        marquee.listen(HALL, self.ribbon.stir)
        self.ribbon.move_to(self.surface, Area(0, 0, LCD.width, LCD.height))
        self._step()

    @property
    def shown(self) -> int | None:
        """The number of the marquee's frame that is to be seen."""
        return self.numbers[-1][1] if self.numbers else None

    def count(self, name: str) -> int:
        return int(self.ribbon.statistics()[name])

    def _show(self, area: Area, pixels: bytes) -> None:
        frame = self.frames.make(area, pixels)
        self.seen.paste(area, pixels)
        if not self.answers:
            self.picture_due = True
            return
        if self.picture_due:  # whoever has missed some gets all there is to be seen, as a viewer that was slow does
            self.mirror.pixels = bytearray(self.seen.pixels)
            self.mirror.sequence, self.mirror.crc = frame.sequence, frame.crc
            self.picture_due = False
        else:
            self.mirror.take(frame)
        number = self.ribbon.statistics()["marquee_frame"]
        self.numbers.append((self.cluster.clock.now(), number))

    def _step(self) -> None:
        clock = self.cluster.clock
        if clock.now() < self.stalled_until:
            clock.call_at(self.stalled_until, self._step)
            return
        wait = min(max(self.ribbon.step(), 0.0), 0.2)
        clock.call_at(self.node.moment(self.node.now() + wait), self._step)


@final
class Wall:
    """The boards, their panels, and who looks at all of them at once."""

    def __init__(self, boards: int, seed: int, weather: Weather, weather_back: Weather | None = None) -> None:
        rng = random.Random(f"wall {seed}")
        crystals = [
            Machine(rng.uniform(-7_200, 7_200), uptime_s=rng.uniform(0.0, 1e6), drift_ppm=rng.uniform(-100.0, 100.0))
            for _ in range(boards)
        ]
        settings = PipelineSettings(marquee=Settings())
        self.rng = rng
        self.cluster = Cluster(
            boards, seed, weather, settings, LanSettings(), weather_back=weather_back, machine=crystals.__getitem__
        )
        for node in self.cluster.nodes:
            node.feed(lambda now, node=node: node.pipeline.open_room("hall", now))
        self.cluster.run(45.0)  # they meet, and learn each other's clocks
        first = self.cluster.nodes[0]
        first.feed(lambda now: first.pipeline.marquee.put("hall", [NEWS], now))
        self.cluster.run(5.0)
        self.panels = [WallPanel(self.cluster, node) for node in self.cluster.nodes]
        self.cluster.run(5.0)

    def agreement(self, seconds: float, looks: int) -> float:
        """The share of moments, chosen by chance, at which every panel shows the same frame."""
        same = 0
        moments = sorted(self.rng.uniform(0.0, seconds) for _ in range(looks))
        began = self.cluster.clock.now()
        for moment in moments:
            self.cluster.run(began + moment - self.cluster.clock.now())
            same += len({panel.shown for panel in self.panels}) == 1
        return same / looks

    def until_in_step(self, most_s: float) -> float:
        """How long it takes until all panels show one frame, looked at each ms, s."""
        began = self.cluster.clock.now()
        while len({panel.shown for panel in self.panels}) > 1:
            self.cluster.run(0.001)
            taken = self.cluster.clock.now() - began
            assert taken <= most_s, f"not in step after {taken * 1000:.0f} ms: {[panel.shown for panel in self.panels]}"
        return self.cluster.clock.now() - began
