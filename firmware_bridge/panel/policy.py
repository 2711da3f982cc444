"""When a panel is refreshed, where and how: one policy for all e-ink, whatever drives it.

It keeps what the panel shows and what is wanted. One update is on its way at a time; what changes meanwhile unites into
a few rectangles, and only the newest state is sent. In this order, whenever the panel is free:

| what | when | mode | rectangle |
|---|---|---|---|
| glass that may show anything: first, reconnected | at once | INIT if it has one, then FULL | whole |
| a frame that the panel does not know (`needs_all`) | after a back-off | FULL | whole |
| ink | at once | FAST, else DIRECT, else as other damage | what differs |
| other damage | at once; after ink, but not for ever | as ink while a pen is busy, else GREY, FULL | what differs |
| what ink has touched, where there are greys | the pen rests | GREY, else FULL | what was touched |
| ghosts: the budget is spent | the pen rests, nothing came for a while, not too often | FULL | whole |
| ghosts: any, or a day has gone | long idle | FULL | whole |
| nothing | longer idle | `Rest` | |

DIRECT (A2) drives black or white to black or white alone: it is used where the glass is white or was drawn by it, and a
white frame follows before greys do. Below `fast_min` degrees all is FULL; outside the panel's range nothing is
refreshed, which is said once. FULL keeps `full_every_s` from the last one. The ghost budget counts updates without a
flash, and px that were erased. Where a refresh takes the whole screen, all damage goes in one, and the next not before
the last has had its time.

Never here: clocks, drivers, rasterising. What a call costs is proportional to its rectangle, but for FULL.

Defaults, by what others do: a flush every 5 to 6 (Good Display, KOReader), 10 (SSD1681, Inkplate), 30 or 50 (ESPHome,
PaperTTY) partial updates; once a day at least and asleep when idle (Waveshare); erased px as Meshtastic counts them.
"""

from math import inf
from typing import final

from firmware_bridge.engine import Rest, Told
from firmware_bridge.panel import frame
from firmware_bridge.panel.events import Damage, Done, Event, Failed, PenState, Reconnected, Settings, Temperature
from firmware_bridge.panel.frame import Frame
from firmware_bridge.panel.ghosts import GhostBudget
from firmware_bridge.panel.patience import Patience
from firmware_bridge.panel.region import Region
from firmware_bridge.panel.values import Mode, PanelFacts, Rect, Update

Output = Update | Rest | Told


@final
class RefreshPolicy:
    """Damage goes in, updates come out; begins with a panel just connected, at its first damage."""

    def __init__(self, facts: PanelFacts, settings: Settings) -> None:
        self._facts = facts
        self._modes = facts.modes
        self._settings = settings
        self._whole = Rect(0, 0, facts.width, facts.height)
        self._wanted = Frame(facts.width, facts.height)
        self._shown = Frame(facts.width, facts.height)
        self._frame = 0  # identity of what is shown
        slack = self._whole.area // 96  # of 800x480, a square of 63 px
        self._ink, self._other, self._unsettled, self._direct = (Region(slack) for _ in range(4))
        self._ghosts = GhostBudget(settings.partials, int(settings.erased_share * self._whole.area))
        self._has_picture = False
        self._is_unknown = True  # the glass may show anything
        self._needs_all = True  # the next update is whole
        self._blanked: Rect | None = None  # by a white frame: its greys come next, before all else
        self._flight: Update | None = None
        self._is_ink_flying = False
        self._pen_down = False
        self._pen_at = self._active_at = self._full_at = self._started_at = -inf
        self._other_since = inf
        self._patience = Patience(settings.retry_s, settings.retry_max_s)
        self._celsius: float | None = None
        self._is_out_of_range = False
        self._is_resting = False
        self._timer: float | None = None
        self._outputs: list[Output] = []
        self._count = dict.fromkeys(("updates", "needless", "failures", *(mode.value for mode in Mode)), 0)

    # -- the verbs

    def submit(self, event: Event, now: float) -> None:
        """Raises:
        ValueError: damage reaches out of the panel, or has not as many px as its rectangle; nothing has changed.
        """
        match event:
            case Damage():
                self._take_damage(event, now)
            case PenState():
                self._pen_down, self._pen_at = event.down, now
            case Done():
                self._take_done(event, now)
            case Failed():
                self._take_failure(event, now)
            case Temperature():
                self._take_temperature(event.celsius)
            case Reconnected():
                self._take_reconnection(now)
        self._decide(now)

    def on_timer(self, now: float) -> None:
        self._decide(now)

    def next_timer(self) -> float | None:
        return self._timer

    def drain(self) -> list[Output]:
        outputs, self._outputs = self._outputs, []
        return outputs

    def statistics(self) -> dict[str, int]:
        return {**self._count, "erased_px": self._ghosts.erased}

    # -- what comes in

    def _take_damage(self, damage: Damage, now: float) -> None:
        rect = damage.rect
        if rect.meet(self._whole) != rect or len(damage.pixels) != rect.area:
            raise ValueError(f"damage of {len(damage.pixels)} px at {rect} on a panel of {self._whole}")
        pixels = frame.quantise(damage.pixels, self._facts.greys)
        differs = frame.changed(rect, self._wanted.crop(rect), pixels)
        self._has_picture = True
        if not differs.area:
            return
        self._wanted.paste(rect, pixels)
        self._active_at = now
        if damage.is_ink:
            self._ink.add(differs)
            self._pen_at = now
        else:
            self._other_since = min(self._other_since, now)
            self._other.add(differs)

    def _take_done(self, done: Done, now: float) -> None:
        update, self._flight = self._flight, None
        if update is None or update.number != done.number:
            self._flight = update  # of an earlier connection
            return
        erased = frame.count_erased(self._shown.crop(update.rect), update.pixels)
        self._shown.paste(update.rect, update.pixels)
        self._frame = update.frame
        self._patience.succeed()
        if update.mode is Mode.INIT:
            self._is_unknown = False
            self._needs_all = self._wanted.pixels != self._shown.pixels
        if update.rect == self._whole and update.mode is not Mode.INIT:
            self._is_unknown = self._needs_all = False
        if update.mode in (Mode.INIT, Mode.FULL):
            self._ghosts.flush()
            self._full_at = now
        else:
            self._ghosts.spend(erased)
        self._active_at = now

    def _take_reconnection(self, now: float) -> None:
        if self._flight is not None:  # a panel that goes down with each update is driven ever more slowly
            self._patience.lose(now)
        self._flight = self._blanked = None
        self._is_unknown = self._needs_all = True
        self._is_resting = False

    def _take_failure(self, failed: Failed, now: float) -> None:
        update = self._flight
        if update is None or update.number != failed.number:
            return
        self._flight = None
        self._count["failures"] += 1
        self._patience.fail(now)
        self._needs_all = self._needs_all or failed.needs_all or update.rect == self._whole
        if self._blanked is not None and update.mode is Mode.DIRECT:
            self._direct.add(update.rect)
            self._blanked = None
        elif update.mode is Mode.GREY:
            self._unsettled.add(update.rect)
        (self._ink if self._is_ink_flying else self._other).add(update.rect)

    def _take_temperature(self, celsius: float) -> None:
        least, most = self._facts.temperature_min, self._facts.temperature_max
        margin = 1.0 if self._is_out_of_range else 0.0  # so that it does not come and go
        was_out, was_cold = self._is_out_of_range, self._is_cold
        self._is_out_of_range = not least + margin <= celsius <= most - margin
        self._celsius = celsius
        if self._is_out_of_range and not was_out:
            text = f"the panel has {celsius:.0f} °C and may be refreshed at {least:.0f} to {most:.0f} °C: it waits"
            self._outputs.append(Told(text))
        elif self._is_cold and not was_cold and not self._is_out_of_range:
            self._outputs.append(Told(f"the panel has {celsius:.0f} °C: too cold for its fast modes, it flashes"))

    # -- what is next

    def _decide(self, now: float) -> None:
        self._timer = None
        if self._flight or not self._has_picture or self._is_out_of_range:
            return
        wait = self._patience.until
        if self._facts.is_whole:
            wait = max(wait, self._started_at + dict(self._facts.durations).get(Mode.FULL, 0.0))
        if wait > now:
            self._wake_at(wait)
            return
        if not (self._begin(now) or self._draw(now) or self._settle(now) or self._flush(now)):
            self._rest(now)

    def _begin(self, now: float) -> bool:
        """Glass that may show anything; greys that a white frame has made room for."""
        if self._is_unknown and Mode.INIT in self._modes:
            self._send(self._whole, Mode.INIT, now, bytes([frame.WHITE]) * self._whole.area)
            return True
        if self._needs_all:
            self._send_whole(now)
            return True
        if self._blanked is not None:
            rect, self._blanked = self._blanked, None
            if self._settling_mode is Mode.FULL:
                self._send_whole(now)
            else:
                self._send(rect, Mode.GREY, now)
            return True
        return False

    def _draw(self, now: float) -> bool:
        """Damage; True also if it has to wait."""
        while self._ink or self._other:
            is_late = self._other and now - self._other_since >= self._settings.patience_s
            is_ink = bool(self._ink) and not is_late
            mode = self._drawing_mode(is_ink or now < self._rest_at)
            if mode is Mode.FULL and self._is_full_too_soon(now):
                return True
            region = self._ink if is_ink else self._other
            if self._facts.is_whole:
                rect = self._ink.take_all().unite(self._other.take_all())
            else:
                rect = region.take()
            if not self._other or not is_ink:
                self._other_since = now if self._other else inf
            if self._draw_rect(rect, mode, now, is_ink):
                return True
        return False

    def _draw_rect(self, rect: Rect, mode: Mode, now: float, is_ink: bool) -> bool:
        """Send what differs in it; False if nothing does."""
        rect = self._align(rect)
        wanted, shown = self._wanted.crop(rect), self._shown.crop(rect)
        differs = frame.changed(rect, shown, wanted)
        is_fast = mode in (Mode.FAST, Mode.DIRECT)
        if differs.area and is_fast and self._settles:
            # greys that stand already stay where nothing new is; what black and white cannot tell, settling does
            self._unsettled.add(differs)
            differs = frame.changed(rect, shown, frame.replace_changed(shown, wanted, frame.threshold(wanted)))
        if not differs.area:
            self._count["needless"] += 1
            return False
        differs = self._align(differs)
        if mode is Mode.DIRECT and not self._is_white_or_direct(differs):
            mode = self._drawing_mode(is_ink, may_direct=False)
            if mode is Mode.FULL and self._is_full_too_soon(now):
                (self._ink if is_ink else self._other).add(differs)
                return True
        if mode is Mode.GREY and self._is_page_change(differs, now):
            mode = Mode.FULL
        if mode is Mode.FULL and not self._facts.is_whole:
            self._send_whole(now)
            return True
        if mode is Mode.GREY and any(part.meet(differs).area for part in self._direct):
            self._blank(differs, now)
            return True
        if mode is Mode.DIRECT and self._settles:
            self._direct.add(differs)
        self._send(differs, mode, now, is_ink=is_ink)
        return True

    def _settle(self, now: float) -> bool:
        """Greys for what was drawn in black and white; True also if that has to wait for a flash."""
        if not self._unsettled and not self._direct:
            return False
        if now < self._rest_at:
            self._wake_at(self._rest_at)
            return False
        if self._settling_mode is Mode.FULL:
            if not self._is_full_too_soon(now):
                self._send_whole(now)
        elif self._direct:
            self._blank(self._direct.take(), now)
        else:
            self._send(self._align(self._unsettled.take()), Mode.GREY, now)
        return True

    def _blank(self, rect: Rect, now: float) -> None:
        """A white frame over what was drawn directly; its greys come next."""
        rect = self._align(self._direct.take_meeting(rect))
        self._unsettled.drop_inside(rect)
        self._blanked = rect
        self._send(rect, Mode.DIRECT, now, bytes([frame.WHITE]) * rect.area)

    def _flush(self, now: float) -> bool:
        """A flash against ghosts, and once a day."""
        if Mode.FULL not in self._modes:
            return False
        due = self._full_at + self._settings.daily_s
        if self._ghosts.is_overdrawn:
            due = now
        elif self._ghosts.is_spent:
            due = min(due, self._active_at + self._settings.flush_after_s)
        elif self._ghosts.updates:
            due = min(due, self._active_at + self._settings.clean_after_s)
        least = max(self._facts.full_every_s, self._settings.flush_every_s)
        due = max(due, self._full_at + least, self._rest_at)
        if due > now:
            self._wake_at(due)
            return False
        self._send_whole(now)
        return True

    def _rest(self, now: float) -> None:
        if not self._facts.has_sleep or self._is_resting:
            return
        due = self._active_at + self._settings.sleep_after_s
        if due > now:
            self._wake_at(due)
            return
        self._is_resting = True
        self._outputs.append(Rest())

    # -- what holds now

    @property
    def _settles(self) -> bool:
        """There are greys that black and white must give way to."""
        return self._facts.greys > 2 and bool(self._modes & {Mode.GREY, Mode.FULL})

    @property
    def _is_cold(self) -> bool:
        return self._celsius is not None and self._celsius < self._facts.fast_min

    @property
    def _rest_at(self) -> float:
        """When the pen rests, if nothing more comes from it."""
        return self._pen_at + (self._settings.held_s if self._pen_down else self._settings.settle_s)

    @property
    def _whole_mode(self) -> Mode:
        return next(mode for mode in (Mode.FULL, Mode.GREY, Mode.FAST, Mode.DIRECT) if mode in self._modes)

    @property
    def _settling_mode(self) -> Mode:
        is_full = self._is_cold or self._settings.always_full or Mode.GREY not in self._modes
        return Mode.FULL if is_full and Mode.FULL in self._modes else Mode.GREY

    def _drawing_mode(self, is_fast: bool, may_direct: bool = True) -> Mode:
        if (self._settings.always_full or self._is_cold) and Mode.FULL in self._modes:
            return Mode.FULL
        fast = [Mode.FAST, Mode.DIRECT] if not self._settings.prefers_direct else [Mode.DIRECT, Mode.FAST]
        order = [*fast, Mode.GREY] if is_fast else [Mode.GREY, *fast]
        if not may_direct:
            order.remove(Mode.DIRECT)
        return next((mode for mode in order if mode in self._modes), self._whole_mode)

    def _is_full_too_soon(self, now: float) -> bool:
        due = self._full_at + self._facts.full_every_s
        if due > now:
            self._wake_at(due)
        return due > now

    def _is_page_change(self, rect: Rect, now: float) -> bool:
        """So much changes that a flash is no loss, and there are ghosts to be rid of."""
        is_large = rect.area * 2 >= self._whole.area and self._ghosts.is_half_spent and Mode.FULL in self._modes
        return is_large and now >= max(self._rest_at, self._full_at + self._facts.full_every_s)

    def _is_white_or_direct(self, rect: Rect) -> bool:
        shown = self._shown.crop(rect)
        if not frame.is_black_and_white(shown):
            return False
        dark = frame.changed(rect, bytes([frame.WHITE]) * rect.area, shown)
        return not dark.area or any(part.meet(dark) == dark for part in self._direct)

    def _align(self, rect: Rect) -> Rect:
        return rect.align(self._facts.align_x, self._facts.align_y, self._facts.width, self._facts.height)

    # -- what goes out

    def _send_whole(self, now: float) -> None:
        for region in (self._ink, self._other, self._unsettled, self._direct):
            region.clear()
        self._other_since, self._blanked = inf, None
        self._send(self._whole, self._whole_mode, now)

    def _send(self, rect: Rect, mode: Mode, now: float, pixels: bytes | None = None, is_ink: bool = False) -> None:
        if pixels is None:
            pixels = self._wanted.crop(rect)
            if mode in (Mode.FAST, Mode.DIRECT):
                pixels = frame.threshold(pixels)
        base = 0 if rect == self._whole else self._frame
        self._count["updates"] += 1
        self._count[mode.value] += 1
        name = frame.identify(base, rect, pixels)
        self._flight = Update(self._count["updates"], rect, pixels, mode, base, name)
        self._is_ink_flying, self._is_resting = is_ink, False
        self._started_at = now
        self._outputs.append(self._flight)

    def _wake_at(self, at: float) -> None:
        self._timer = at if self._timer is None else min(self._timer, at)
