"""The panels of this board: which there are, what each shows, and what may be changed while they run.

Rules of this file: nothing of panels is loaded before there is one; a panel that fails takes no other with it; whatever
a panel shows can be looked at in a browser, from the same frames.
"""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, final

from edgeboard.errors import CloseCode, RefusedError, StateError, UserError
from edgeboard.node.node import Node
from edgeboard.peripherals.panels import LAYOUTS, PanelSettings, name_of, parse_driver
from edgeboard.peripherals.settings import EVERYTHING, read_view
from edgeboard.ports import Panel
from edgeboard.rooms.names import check_room_name

if TYPE_CHECKING:
    from edgeboard.node.panels import Welcome
    from edgeboard.node.screen import Screen
    from edgeboard.node.welcome import Host
    from edgeboard.render.album import ReadBlob
    from edgeboard.render.framebuffer import Console
    from edgeboard.web.panels import Show

PANELS_MAX: Final = 32
GREET_S: Final = 2.0  # between two looks at how the mesh is doing
DEVICES: Final = Path("/dev")
DESKTOPS: Final = ("WAYLAND_DISPLAY", "DISPLAY")  # of the environment of whoever works at one
LOOK_AGAIN_S: Final = 60.0  # for framebuffers that were not there: a screen that is plugged in
AGAIN_FIRST_S: Final = 1.0  # until a framebuffer that is lost is opened again; doubles ..
AGAIN_LAST_S: Final = 30.0  # .. up to here
NO_ANSWER: Final = "nothing answers as a panel there; edgeboard devices says what does"
NO_PILLOW: Final = "panels are drawn with Pillow; in the environment that edgeboard runs in: pip install pillow"


def _name_of(settings: PanelSettings) -> str:
    return settings.name or name_of(settings.driver)


@final
class Screens:
    """What this board shows, and where."""

    def __init__(
        self,
        node: Node,
        settings: Sequence[PanelSettings],
        default_room: str,
        read_blob: "ReadBlob",
        told: Callable[..., None],
        now: Callable[[], float],
        host: "Callable[[], Host]",
        folder: Path = DEVICES,
    ) -> None:
        """
        Args:
            node: whose rooms these are.
            settings: what the owner names; one with the driver `auto` stands for all that are found.
            default_room: what panels show of which nothing else is said.
            read_blob: the bytes of an image, if they are here.
            told: hears lines for people, with `is_trouble`.
            now: monotonic seconds, as the node's.
            host: makes what says how to come in; asked when there is a panel.
            folder: in which framebuffers are looked for.
        """
        self._node = node
        self._named = [each for each in settings if each.driver != EVERYTHING]
        self._auto = next((each for each in settings if each.driver == EVERYTHING), None)
        self._default_room = default_room
        self._read_blob = read_blob
        self._told = told
        self._now = now
        self._make_host = host
        self._host: Host | None = None
        self._greeting: asyncio.Task[None] | None = None
        self._folder = folder
        self._turns = asyncio.Lock()  # of drawing: one panel in a turn of the loop
        self._console: Console | None = None
        self._screens: dict[str, Screen] = {}
        self._faults: dict[str, tuple[PanelSettings, str]] = {}  # why a panel shows nothing, by its name

    def _framebuffers_found(self) -> list[Path]:
        """Those of this machine."""
        return [path for path in sorted(self._folder.glob("fb[0-9]*")) if os.access(path, os.R_OK | os.W_OK)]

    @property
    def _looks_for_framebuffers(self) -> bool:
        """Not where a desktop draws on them."""
        return self._auto is not None and not any(os.environ.get(name) for name in DESKTOPS)

    @property
    def is_wanted(self) -> bool:
        """Whether there is anything to open, or to look for."""
        return any(not each.is_bridged for each in self._named) or self._looks_for_framebuffers

    async def run(self) -> None:
        """Show rooms on the panels of this board itself until this is cancelled."""
        held = {
            Path(parse_driver(each.driver).place): each for each in self._named if each.driver.startswith("fb:")
        }  # fmt: skip
        try:
            for settings in self._named:
                if not settings.is_bridged and not settings.driver.startswith("fb:"):
                    self._open(settings)
            async with asyncio.TaskGroup() as tasks:
                for path, settings in held.items():
                    tasks.create_task(self._hold(settings, path), name=f"hold {path}")
                while True:
                    if self._auto is not None and self._looks_for_framebuffers:
                        for path in self._framebuffers_found():
                            if path not in held:
                                held[path] = replace(self._auto, driver=f"fb:{path}")
                                tasks.create_task(self._hold(held[path], path), name=f"hold {path}")
                    await asyncio.sleep(LOOK_AGAIN_S)
        finally:
            await self.close()

    async def _hold(self, settings: PanelSettings, path: Path) -> None:
        """Show on a framebuffer whenever it is there; that it is not is said once."""
        from edgeboard.render import framebuffer

        name = _name_of(settings)
        pause, said = AGAIN_FIRST_S, ""
        while True:
            lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            try:
                panel = framebuffer.Framebuffer(path, settings.theme, lost.set_result, framebuffer.ask_device)
            except UserError as error:
                if str(error) != said:
                    said = str(error)
                    self._failed(name, settings, said)
                await asyncio.sleep(pause)
                pause = min(2 * pause, AGAIN_LAST_S)
                continue
            if self._console is None:
                self._console = framebuffer.Console(framebuffer.CONSOLE)
                self._console.take()
            self._failed(name, settings, "")
            self.add(name, panel, settings)
            said = await lost
            self._failed(name, settings, said)
            screen = self._screens.pop(name, None)
            if screen is not None:
                screen.end()
            await asyncio.sleep(AGAIN_FIRST_S)
            pause = AGAIN_FIRST_S

    def _open(self, settings: PanelSettings) -> None:
        from edgeboard.render.pngfile import PngFile
        from edgeboard.render.unseen import Unseen
        from edgeboard.render.values import PanelContext, PixelFormat, Refresh

        driver = parse_driver(settings.driver)
        name = _name_of(settings)
        context = PanelContext(
            driver.width, driver.height, PixelFormat(driver.format), Refresh(driver.refresh), settings.theme
        )
        panel: Panel
        if driver.scheme == "png":
            panel = PngFile(Path(driver.place), context, partial(self._failed, name, settings))
        else:
            panel = Unseen(context)
        self.add(name, panel, settings)

    def wish_of(self, url: str) -> PanelSettings:
        """What the owner says of a panel that the bridge drives, by the URL of its device."""
        place = url.partition("?")[0]
        named = next((each for each in self._named if each.driver.partition("?")[0] == place), None)
        return named or self._auto or PanelSettings()

    def _failed(self, name: str, settings: PanelSettings, fault: str) -> None:
        """A panel shows nothing, for this reason; an empty one: it does again."""
        if fault:
            self._faults[name] = settings, fault
            self._told(f"{name}: {fault}", is_trouble=True)
        else:
            self._faults.pop(name, None)

    def add(self, name: str, panel: Panel, settings: PanelSettings) -> None:
        """A panel is there, and wants to show something; one of the same name gives way."""
        try:
            from edgeboard.node.screen import Screen
        except ImportError:
            panel.close()
            self._failed(name, settings, NO_PILLOW)
            return
        before = self._screens.pop(name, None)
        if before is not None:
            before.end()
        elif len(self._screens) >= PANELS_MAX:
            panel.close()
            self._failed(name, settings, f"a board has at most {PANELS_MAX} panels; this one stays dark")
            return
        if settings.rotation != "0":
            from edgeboard.node.screen import Turned

            panel = Turned(panel, int(settings.rotation))
        screen = Screen(
            name, settings, panel, self._node, self._read_blob, self._told, self._greet, self._now, self._turns
        )
        self._screens[name] = screen
        if settings.room and not self._has_room(settings.room):
            text = f"{name} opens the room {settings.room!r}, which is not among this board's rooms"
            self._told(f"{text}; if that is no slip, name it in edgeboard.yaml under rooms:", is_trouble=True)
        try:
            screen.enter(settings.room or self._default_room)
        except RefusedError as error:
            screen.fault = str(error)
            self._told(f"{name}: {error}", is_trouble=True)
        if self._greeting is None:
            self._greeting = asyncio.create_task(self._keep_greeting(), name="say how the mesh is doing")

    def _greet(self, room: str) -> "Welcome":
        if self._host is None:
            self._host = self._make_host()
        return self._host.greet(room)

    async def _keep_greeting(self) -> None:
        while True:
            await asyncio.sleep(GREET_S)
            for screen in self._screens.values():
                screen.greet()

    async def close(self) -> None:
        """Draw on nothing any more."""
        if self._greeting is not None:
            self._greeting.cancel()
            self._greeting = None
        screens, self._screens = list(self._screens.values()), {}
        await asyncio.gather(*(screen.close() for screen in screens))
        if self._console is not None:
            self._console.give_back()

    # -- what people ask

    def describe(self, devices: Mapping[str, str] = MappingProxyType({})) -> list[dict[str, Any]]:
        """Every panel as JSON values; `fault` says why one shows nothing. What could not be opened has little more.

        Args:
            devices: what the bridge says of each device that it drives, by URL without its options.
        """
        faults = {
            _name_of(each): (each, devices.get(each.driver.partition("?")[0], NO_ANSWER))
            for each in self._named
            if each.is_bridged
        }
        faults = {name: told for name, told in faults.items() if name not in self._screens} | self._faults
        found = []
        for name in sorted(self._screens.keys() | faults.keys()):
            settings, fault = faults.get(name, (None, ""))
            if name in self._screens:
                facts = self._screens[name].describe()
                found.append({**facts, "fault": facts["fault"] or fault})
            elif settings is not None:
                room = settings.room or self._default_room
                found.append({"name": name, "driver": settings.driver, "room": room, "fault": fault})
        return found

    def watch(self, name: str) -> "Show":
        """What others look at of a panel.

        Raises:
            StateError: there is none of that name.
        """
        return self.named(name).watched()

    async def change(self, name: str, wish: Mapping[str, str]) -> dict[str, Any]:
        """Let a panel show another room, another part of it, or lay it out otherwise, from the next frame on.

        Args:
            name: of the panel.
            wish: any of view (left, top, width), room and layout; `new`: yes, if the room may be one that this board
                does not have yet.

        Raises:
            StateError: there is none of that name.
            RefusedError: what is wished for cannot be; the text says what can. StateError: it has no such room.
        """
        screen = self.named(name)
        unknown = set(wish) - {"view", "room", "layout", "new"}
        if unknown or not set(wish) - {"new"}:
            raise RefusedError(CloseCode.MALFORMED, "a panel's view, room and layout may be changed")
        layout = wish.get("layout")
        if layout is not None and layout not in LAYOUTS:
            raise RefusedError(CloseCode.MALFORMED, f"a layout is one of {', '.join(LAYOUTS)}")
        try:
            view = read_view(wish["view"]) if "view" in wish else None
        except ValueError as error:
            raise RefusedError(CloseCode.MALFORMED, str(error)) from None
        if "room" in wish and wish.get("new") != "yes":
            self._check_known(wish["room"])
        screen.lay_out(view, layout)
        if "room" in wish:
            screen.enter(wish["room"])
        return screen.describe()

    def _has_room(self, name: str) -> bool:
        return any(room.name == name for room in self._node.pipeline.rooms.values())

    def _check_known(self, name: str) -> None:
        """Rooms are opened for ever: a slip of the pen shall open none."""
        check_room_name(name)
        if not self._has_room(name):
            from difflib import get_close_matches

            near = get_close_matches(name, [room.name for room in self._node.pipeline.rooms.values()], 1)
            hint = f"did you mean {near[0]}?" if near else "edgeboard rooms lists them;"
            raise StateError(f"this board has no room {name!r}; {hint} --new (new=yes) opens it")

    def named(self, name: str) -> "Screen":
        """A panel by its name; raises StateError if there is none of that name."""
        if name not in self._screens:
            if name in self._faults:
                raise StateError(f"the panel {name} shows nothing: {self._faults[name][1]}")
            have = ", ".join(sorted(self._screens)) or "none"
            raise StateError(f"this board has no panel {name[:40]!r}; it has {have}")
        return self._screens[name]
