"""What a board remembers of how it lets guests in: its PIN and the tokens it has made, across restarts.

A token's time runs by the board's own monotonic clock: what is left of it is written down now and then, so the time in
which the board is off does not count, and no wall clock does.
"""

import json
import logging
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, final

from edgeboard.clock import Clock
from edgeboard.errors import RefusedError, StateError, UserError
from edgeboard.identity.keyfile import keep_guests, load_guests
from edgeboard.identity.keys import NodeKey
from edgeboard.identity.tokens import ROLES, TOKEN_ID_BYTES, Token, write_token
from edgeboard.ids import MeshId
from edgeboard.rooms.admission import PIN_DIGITS, Door, Issued

MARK_BYTES = 8

_log = logging.getLogger(__name__)


@final
class Guestbook:
    """The PIN and the tokens of one board, and where they are kept.

    Args:
        state: the state directory.
        admission: the door that they open.
        changed: called after something has ended that let guests in.
        end: tells the other boards that a token has ended.
    """

    def __init__(
        self,
        state: Path,
        key: NodeKey,
        mesh: MeshId,
        admission: Door,
        clock: Clock,
        changed: Callable[[], None],
        end: Callable[[bytes], object] = lambda token: None,
    ) -> None:
        self._end = end
        self._state = state
        self._key = key
        self._mesh = mesh
        self._admission = admission
        self._clock = clock
        self._changed = changed
        self._issuer = f"{mesh.hex()}/{key.node_id.hex()}"  # whose tokens are no other's
        self._load()

    # -- the PIN

    def pin(self) -> dict[str, Any]:
        """The PIN, for people at the board; made when it is first asked for."""
        if not self._admission.pin or self._admission.is_guessed_at:
            self.new_pin()
        return {"pin": self._admission.pin, "admit": self._admission.rule.value}

    def new_pin(self) -> dict[str, Any]:
        """Another PIN; who came in by the one before has to say the new one.

        Raises:
            UserError: it cannot be written.
        """
        pin = f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}}"
        self._admission.set_pin(pin, secrets.token_bytes(MARK_BYTES))
        self._keep()
        self._changed()
        return self.pin()

    def look(self) -> None:
        """Now and then: give up a PIN that was guessed at, let go of tokens that are over, write down what is left."""
        if self._admission.is_guessed_at:
            self.new_pin()
            _log.warning("the PIN was guessed at too often and is another one now: %s", self._admission.pin)
        try:
            self._keep()
        except UserError as error:
            _log.warning("what is left of tokens could not be written down: %s", error)
        self._changed()

    # -- tokens

    def issue(self, room: str, role: str, seconds: float | None) -> dict[str, Any]:
        """A new token for one room; `seconds` from now by this board's clock, None for no end.

        Raises:
            StateError: no such role. RefusedError: too many hold. UserError: it cannot be written.
        """
        if role not in ROLES:
            raise StateError(f"a token lets somebody {' or '.join(ROLES)}, not {role!r}")
        token_id = self._key.node_id[: TOKEN_ID_BYTES // 2] + secrets.token_bytes(TOKEN_ID_BYTES // 2)
        token = Token(token_id, self._mesh, self._key.node_id, room, ROLES[role])
        self._admission.issue(token, None if seconds is None else self._clock.now() + seconds)
        self._keep()
        return {"id": token_id.hex(), "token": write_token(token, self._key.private), "room": room, "role": role}

    def revoke(self, text: str) -> dict[str, Any]:
        """End a token by its id, or by the end of it that no other has.

        Raises:
            StateError: none, or several, are called that. UserError: it cannot be written.
        """
        found = [each.token.id for each in self._holding() if text and each.token.id.hex().endswith(text.lower())]
        if len(found) != 1:
            raise StateError(
                f"{'no' if not found else 'more than one'} link of this board ends in {text!r}; list them with: "
                "edgeboard token"
            )
        self._admission.revoke(found[0])
        self._keep()
        self._end(found[0])
        self._changed()
        return {"id": found[0].hex()}

    def tokens(self) -> list[dict[str, Any]]:
        """The tokens that hold."""
        return [
            {"id": each.token.id.hex(), "room": each.token.room, "role": each.token.role.name.lower(), "left_s": left}
            for each, left in self._left()
        ]

    def _holding(self) -> list[Issued]:
        return list(self._admission.issued(self._clock.now()))

    def _left(self) -> Iterator[tuple[Issued, float | None]]:
        now = self._clock.now()
        for each in self._holding():
            yield each, None if each.ends is None else round(each.ends - now, 1)

    # -- the file

    def _keep(self) -> None:
        fields = {
            "pin": self._admission.pin, "mark": self._admission.pin_mark.hex(), "issuer": self._issuer,
            "tokens": self.tokens(),
        }  # fmt: skip
        data = json.dumps(fields, indent=2).encode() + b"\n"
        if data != load_guests(self._state):
            keep_guests(self._state, data)

    def _load(self) -> None:
        data = load_guests(self._state)
        if data is None:
            return
        try:
            fields = json.loads(data)
            if fields["pin"]:
                self._admission.set_pin(str(fields["pin"]), bytes.fromhex(fields["mark"]))
            if fields["tokens"] and fields.get("issuer", self._issuer) != self._issuer:
                _log.warning("links that were made for guests before this board joined its mesh hold no longer")
                return
            for each in fields["tokens"]:
                token = Token(
                    bytes.fromhex(each["id"]), self._mesh, self._key.node_id, str(each["room"]), ROLES[each["role"]]
                )
                left = each["left_s"]
                self._admission.issue(token, None if left is None else self._clock.now() + float(left))
        except (ValueError, KeyError, TypeError, RecursionError, RefusedError):
            _log.warning("%s is damaged: links that were made for guests do not hold any more", self._state)
