"""The incoming side of links: rates, forms and fragments, before anybody acts on a message."""

from typing import final

from edgeboard.errors import CloseCode, RefusedError
from edgeboard.rate import TokenBucket
from edgeboard.wire.fragments import Joiner
from edgeboard.wire.messages import Channel, Fragment, Message, decode

USELESS = 50  # seconds' worth of messages that may bring ink which is here already: all of a large room, twice
UNKNOWN = 4.0  # of them that one message counts as which a later version may understand
FLOOD = 10  # times as many live frames as are taken: dropping them still costs what reading them does


@final
class Intake:
    """What is remembered of one link's incoming side."""

    def __init__(self, messages_per_s: float, live_per_s: float, now: float) -> None:
        self._messages = TokenBucket(messages_per_s, messages_per_s * 4, now)
        self._live = TokenBucket(live_per_s, live_per_s * 2, now)
        self._live_flood = TokenBucket(FLOOD * live_per_s, 2 * FLOOD * live_per_s, now)
        self._rate = messages_per_s
        self._live_rate = live_per_s
        self._useless = TokenBucket(messages_per_s, USELESS * messages_per_s, now)
        self._joiners = {Channel.CTL: Joiner(), Channel.LOG: Joiner()}
        self.live_dropped = 0
        self.unknown = 0

    def read(self, channel: Channel, data: bytes, now: float) -> Message | None:
        """The message to act on; None for one that is unknown, not whole yet, or too much of a lossy thing.

        Raises:
            DecodeError: broken. LimitError: too large. RefusedError: more messages than a link may say.
        """
        if channel is Channel.LIVE:
            if not self._live.take(now):
                self.live_dropped += 1
                if not self._live_flood.take(now):
                    raise RefusedError(CloseCode.RATE, f"far more than {self._live_rate:.0f} live frames a second")
                return None
        elif channel is Channel.CTL and not self._messages.take(now):
            raise RefusedError(CloseCode.RATE, f"more than {self._rate:.0f} messages a second")
        message = decode(channel, data)
        if isinstance(message, Fragment):
            whole = self._joiners[channel].add(message)
            message = None if whole is None else decode(channel, whole)
            if isinstance(message, Fragment):
                raise RefusedError(CloseCode.MALFORMED, "a fragment within fragments")
        elif message is None:
            self.unknown += 1
            if channel is Channel.LOG:
                self.useless(UNKNOWN, now)
        return message

    def useless(self, cost: float, now: float) -> None:
        """A message brought nothing; credit returns for it all the same, so that nothing else would slow a flood.

        Raises:
            RefusedError: too many did.
        """
        if not self._useless.take(now, cost):
            raise RefusedError(CloseCode.RATE, "far too much that is here already, or is of no room here")
