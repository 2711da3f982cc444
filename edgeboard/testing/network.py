"""A network that loses, delays and cuts, from a seed. It carries messages of links; order holds on ctl and log.

A message of ctl or log that is lost is sent again, as SCTP does: it comes late, and so does what stands behind it.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

from edgeboard.testing.clock import VirtualClock
from edgeboard.wire.messages import Channel


@dataclass(frozen=True, slots=True)
class Weather:
    """How a network behaves."""

    delay_s: float = 0.002
    jitter_s: float = 0.001
    live_loss: float = 0.0  # share of live messages that never arrive
    live_reorder_s: float = 0.0  # live messages may be late by so much more
    loss: float = 0.0  # share of datagrams that never arrive
    resend_s: float = 0.3  # until a lost message is sent again; doubles


@final
class Pipe:
    """One direction of a link."""

    def __init__(
        self, clock: VirtualClock, rng: random.Random, weather: Weather, deliver: Callable[[Channel, bytes], None]
    ) -> None:
        self._clock = clock
        self._rng = rng
        self.weather = weather
        self._deliver = deliver
        self._last = 0.0
        self._held: list[tuple[Channel, bytes]] | None = None
        self._open = True
        self.messages = 0
        self.bytes = 0

    def send(self, channel: Channel, data: bytes) -> None:
        self.messages += 1
        self.bytes += len(data)
        if self._held is not None:
            if channel is not Channel.LIVE:
                self._held.append((channel, data))
            return
        self._pass_on(channel, data)

    def _pass_on(self, channel: Channel, data: bytes) -> None:
        weather, rng = self.weather, self._rng
        when = self._clock.now() + weather.delay_s + rng.random() * weather.jitter_s
        if channel is Channel.LIVE:
            if rng.random() < max(weather.live_loss, weather.loss):
                return
            when += rng.random() * weather.live_reorder_s
        else:
            pause = weather.resend_s
            while weather.loss and rng.random() < weather.loss:
                when, pause = when + pause, pause * 2
            when = self._last = max(when, self._last)
        self._clock.call_at(when, lambda: self._arrive(channel, data))

    def _arrive(self, channel: Channel, data: bytes) -> None:
        if self._open and self._held is None:
            self._deliver(channel, data)
        elif self._open and channel is not Channel.LIVE and self._held is not None:
            self._held.append((channel, data))

    def cut(self) -> None:
        """Nothing arrives any more, for now; ordered messages are kept, as SCTP would re-send them."""
        if self._held is None:
            self._held = []

    def heal(self) -> None:
        held, self._held = self._held or [], None
        for channel, data in held:
            self._pass_on(channel, data)

    def close(self) -> None:
        self._open = False
