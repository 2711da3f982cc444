"""Who may come in as a guest, and do what: the rule of one board (`guests: admit`), its PIN, and its tokens.

Rules of this file: who was let in by a PIN or a token elsewhere in the mesh shows a ticket and need not show it again;
this board's own tickets end with the PIN or the token that they stand for; wrong PINs are counted per source and
together, and a PIN that was guessed at too often is given up. No clock and no dice: both come in.
"""

import hmac
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, final

from edgeboard.errors import CloseCode, DecodeError, RefusedError
from edgeboard.identity.grants import Role
from edgeboard.identity.tickets import Admitted, Ticket
from edgeboard.identity.tokens import Token
from edgeboard.ids import NodeId, PersonId, RoomId
from edgeboard.rate import TokenBucket

PIN_DIGITS: Final = 6
MISSES_MAX: Final = 1_000  # wrong PINs until the PIN is given up: one chance in a thousand to have guessed it
_SOURCES_MAX: Final = 1_024
_TOKENS_MAX: Final = 1_024
_HALF: Final = 8  # bytes of a mark: of the node, and of its PIN

# What a page translates: no others with these codes.
NEED_PIN: Final = "This board asks for its PIN."
WRONG_PIN: Final = "That is not the PIN."
TOO_MANY: Final = "Too many wrong PINs. Wait half a minute."
NEED_TOKEN: Final = "This board lets in only who has a link made for them."
ENDED: Final = "The link that let you in has ended."
OTHER_ROOM: Final = "The link that let you in is for another room."
MAY_NOT_DRAW: Final = "You may look at this room, and not draw."
TOO_FAR: Final = "This board is only for people on its network."


class Rule(Enum):
    """What `guests: admit` says."""

    DRAW = "draw"  # whoever is on the network may draw
    VIEW = "view"  # and may look
    PIN = "pin"  # whoever knows the PIN may draw
    TOKEN = "token"  # whoever has a token may do what it says


@dataclass(frozen=True, slots=True)
class Source:
    """Where a guest comes from.

    Attributes:
        key: what tries are counted by: an address, or the network of an IPv6 one.
        is_near: whether that is on the board's network.
        is_owner: whether it came by the control socket.
    """

    key: str
    is_near: bool = True
    is_owner: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """How a guest was let in, and what it may do.

    Attributes:
        room: the only room it may enter, or None.
        mark: id of the token, or which PIN it was; 16 bytes, or None.
    """

    admitted: Admitted = Admitted.OPEN
    role: Role = Role.DRAW
    room: RoomId | None = None
    mark: bytes | None = None

    def ticket(self, person: PersonId) -> Ticket:
        return Ticket(person, self.admitted, self.role, self.room, self.mark)


@dataclass(frozen=True, slots=True)
class Issued:
    """A token that this board has made and that holds.

    Attributes:
        ends: by this board's own uptime, s; None for one without an end.
    """

    token: Token
    ends: float | None


@final
class Door:
    """The door of one board.

    Args:
        node: the board.
        rule: what it asks of guests.
        read_ticket: the ticket that a text is; raises `DecodeError` or `RefusedError`.
        read_token: likewise, for a token that this board has signed.
        room_of: the room of a name.
        is_ended: whether the mesh knows that another board has ended its token of this id.
    """

    def __init__(
        self,
        node: NodeId,
        rule: Rule,
        read_ticket: Callable[[str], Ticket],
        read_token: Callable[[str], Token],
        room_of: Callable[[str], RoomId],
        is_ended: Callable[[bytes], bool] = lambda token: False,
    ) -> None:
        self._is_ended = is_ended
        self.rule = rule
        self._node = node
        self._read_ticket = read_ticket
        self._read_token = read_token
        self._room_of = room_of
        self._pin = ""
        self._pin_mark = bytes(_HALF)
        self._misses = 0
        self._tries: OrderedDict[str, TokenBucket] = OrderedDict()
        self._all_tries = TokenBucket(0.2, 30.0, 0.0)
        self._issued: dict[bytes, Issued] = {}

    # -- the PIN and the tokens

    @property
    def pin(self) -> str:
        """The PIN, empty without one."""
        return self._pin

    @property
    def pin_mark(self) -> bytes:
        """Which PIN it is: 8 random bytes."""
        return self._pin_mark

    @property
    def is_guessed_at(self) -> bool:
        """Whether there were so many wrong ones that it should be given up."""
        return self._misses >= MISSES_MAX

    def set_pin(self, pin: str, mark: bytes) -> None:
        """From now on this is the PIN; who was let in here by another one is not any more."""
        self._pin, self._pin_mark, self._misses = pin, mark, 0

    def issue(self, token: Token, ends: float | None) -> None:
        """A token holds from now on.

        Raises:
            RefusedError: too many hold.
        """
        if len(self._issued) >= _TOKENS_MAX:
            raise RefusedError(CloseCode.LIMIT, f"{_TOKENS_MAX} tokens hold already; revoke some")
        self._issued[token.id] = Issued(token, ends)

    def revoke(self, token: bytes) -> bool:
        """End a token; False if none of that id holds."""
        return self._issued.pop(token, None) is not None

    def issued(self, now: float) -> Iterator[Issued]:
        """The tokens that hold; those whose time is over are forgotten."""
        for token, each in list(self._issued.items()):
            if each.ends is not None and each.ends <= now:
                del self._issued[token]
            else:
                yield each

    # -- guests

    def admit(self, person: PersonId, shown: Mapping[str, Any], source: Source, now: float) -> Entry:
        """Let a guest in.

        Args:
            person: who it says it is.
            shown: the capabilities of its GUEST: `ticket`, `pin`, `token`.
            source: where it comes from.
            now: s.

        Raises:
            RefusedError: PIN (one is needed, or this one is wrong), FORBIDDEN.
        """
        if source.is_owner:
            return Entry()
        token = shown.get("token")
        if isinstance(token, str):
            return self._by_token(token, now)
        return self._enter(self._by_ticket(shown.get("ticket"), person, now), shown, source, now)

    def _enter(self, held: Entry | None, shown: Mapping[str, Any], source: Source, now: float) -> Entry:
        """By what was shown elsewhere, or is shown now."""
        if held is not None and held.admitted is Admitted.TOKEN:
            return held
        if self.rule is Rule.TOKEN:
            raise RefusedError(CloseCode.FORBIDDEN, NEED_TOKEN)
        if held is not None and held.admitted is Admitted.PIN:
            return held if self.rule is Rule.PIN else self._open(source, held.role)
        if self.rule is Rule.PIN:
            self._check_pin(shown.get("pin"), source, now)
            return Entry(Admitted.PIN, Role.DRAW, None, self._node[:_HALF] + self._pin_mark)
        return self._open(source, Role.DRAW)

    def check_reader(self, ticket: str, room: RoomId, source: Source, now: float) -> None:
        """Whether somebody may fetch what a room holds.

        Raises:
            RefusedError: as `admit`.
        """
        held = self._ticket(ticket)
        entry = None if held is None else Entry(held.admitted, held.role, held.room, held.token)
        least = {Rule.TOKEN: Admitted.TOKEN, Rule.PIN: Admitted.PIN}.get(self.rule)
        if entry is not None and self.holds(entry, now) and (least is None or entry.admitted >= least):
            self.check_room(entry, room)
        elif least is not None:
            raise RefusedError(CloseCode.FORBIDDEN, NEED_TOKEN if self.rule is Rule.TOKEN else NEED_PIN)
        else:
            self._open(source, Role.VIEW)

    def check_writer(self, shown: Mapping[str, str], room: RoomId, source: Source, now: float) -> None:
        """Whether somebody who is no guest may put something into a room.

        Args:
            shown: `ticket`, `pin` or `token`.
            room: which.
            source: where it comes from.
            now: s.

        Raises:
            RefusedError: as `admit`, or FORBIDDEN: to look, and not to draw.
        """
        if source.is_owner:
            return
        token = shown.get("token")
        if token:
            entry = self._by_token(token, now)
        else:
            ticket = self._ticket(shown.get("ticket"))
            held = None if ticket is None else Entry(ticket.admitted, ticket.role, ticket.room, ticket.token)
            entry = self._enter(held if held is not None and self.holds(held, now) else None, shown, source, now)
        self.check_room(entry, room)
        if entry.role < Role.DRAW:
            raise RefusedError(CloseCode.FORBIDDEN, MAY_NOT_DRAW)

    def check_room(self, entry: Entry, room: RoomId) -> None:
        """Raises: RefusedError: FORBIDDEN, the token was for another room."""
        if entry.room is not None and entry.room != room:
            raise RefusedError(CloseCode.FORBIDDEN, OTHER_ROOM)

    def holds(self, entry: Entry, now: float) -> bool:
        """Whether what let a guest in still does; other boards' PINs and tokens are theirs to end, and they say so."""
        mark = entry.mark
        if mark is None or entry.admitted is Admitted.OPEN:
            return True
        if entry.admitted is Admitted.PIN:
            return mark[:_HALF] != self._node[:_HALF] or mark[_HALF:] == self._pin_mark
        if mark[:_HALF] != self._node[:_HALF]:
            return not self._is_ended(mark)
        return any(each.token.id == mark for each in self.issued(now))

    def why_ended(self, entry: Entry) -> RefusedError:
        """What a guest is told whose entry does not hold any more."""
        if entry.admitted is Admitted.PIN:
            return RefusedError(CloseCode.PIN, NEED_PIN)
        return RefusedError(CloseCode.FORBIDDEN, ENDED)

    def _open(self, source: Source, role: Role) -> Entry:
        if not source.is_near:
            raise RefusedError(CloseCode.FORBIDDEN, TOO_FAR)
        return Entry(Admitted.OPEN, Role.VIEW if self.rule is Rule.VIEW else role)

    def _by_token(self, text: str, now: float) -> Entry:
        try:
            token = self._read_token(text)
        except DecodeError as error:
            raise RefusedError(CloseCode.FORBIDDEN, str(error)) from None
        entry = Entry(Admitted.TOKEN, token.role, self._room_of(token.room), token.id)
        if not any(each.token == token for each in self.issued(now)):
            raise RefusedError(CloseCode.FORBIDDEN, ENDED)
        return entry

    def _by_ticket(self, text: object, person: PersonId, now: float) -> Entry | None:
        ticket = self._ticket(text)
        if ticket is None or ticket.person != person:
            return None
        entry = Entry(ticket.admitted, ticket.role, ticket.room, ticket.token)
        if self.holds(entry, now):
            return entry
        if entry.admitted is Admitted.TOKEN:
            raise self.why_ended(entry)
        return None

    def _ticket(self, text: object) -> Ticket | None:
        if not isinstance(text, str) or not text:
            return None
        try:
            return self._read_ticket(text)
        except (DecodeError, RefusedError):
            return None  # of another epoch, most likely: what the rule asks is asked again

    def _check_pin(self, given: object, source: Source, now: float) -> None:
        if not isinstance(given, str) or not given:
            raise RefusedError(CloseCode.PIN, NEED_PIN)
        tries = self._tries.pop(source.key, None) or TokenBucket(1 / 30, 5.0, now)
        self._tries[source.key] = tries
        if len(self._tries) > _SOURCES_MAX:
            self._tries.popitem(last=False)
        if not tries.take(now) or not self._all_tries.take(now):
            raise RefusedError(CloseCode.PIN, TOO_MANY)
        if not self._pin or self.is_guessed_at or not hmac.compare_digest(given.encode(), self._pin.encode()):
            self._misses += 1
            raise RefusedError(CloseCode.PIN, WRONG_PIN)
        del self._tries[source.key]
