"""The door where new boards are let in, and the errand of a board that wants to be: invitations, codes, the join file.

A thin shell around the book of invitations (`identity.invitations`), a code (`identity.pairing`) and the request to
join (`identity.joining`). Rules of this file: what is counted is on the disk before it is answered; whatever can be
told from a request is told before anything is signed for it; what takes long is done in a thread.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, final

from edgeboard.clock import Clock
from edgeboard.errors import CloseCode, DecodeError, EdgeboardError, RefusedError, StateError, TransportError, UserError
from edgeboard.identity.grants import Grant, Role
from edgeboard.identity.invitations import TOKEN_BYTES, Given, Invitation, Invitations
from edgeboard.identity.joining import Admitted, Request
from edgeboard.identity.keyfile import keep_invitations, load_invitations
from edgeboard.identity.keys import NodeKey
from edgeboard.identity.membership import Issuer, Membership
from edgeboard.identity.pairing import CODE_S, Pairing
from edgeboard.ids import NodeId, node_id
from edgeboard.node.errand import Look, enter, read_join_file, refuse_to_leave
from edgeboard.node.gate import Gate
from edgeboard.node.trust import Trust
from edgeboard.runtime.detached import run_detached
from edgeboard.signaling.doorkeeper import Doorkeeper
from edgeboard.web.addresses import try_key

FIRST_PAUSE_S = 2.0  # between attempts with a join file, growing ..
LAST_PAUSE_S = 60.0  # .. up to here: the issuer may be switched on tomorrow
KEEP_S = 60.0  # between two looks at the time that invitations have left
RESTART_S = 0.2  # for the answer to leave before the doors close
GUESS_S = 30.0  # for the request to join that follows a pairing

NEW_FILE = "make a new one with `edgeboard mesh invite --file` on a board of the mesh, or remove this one"

_log = logging.getLogger(__name__)


@final
class Admission:
    """One node's door.

    Args:
        key: of this node.
        gate: where its membership is.
        clock: the time.
        state: the directory where invitations are kept.
        urls: by which others reach this board.
        restart: starts this board anew, in the mesh it has joined.
        alarm: tells people.
        look: who is on this network; None where multicast is switched off.
    """

    def __init__(
        self,
        key: NodeKey,
        gate: Gate,
        clock: Clock,
        state: Path,
        urls: Callable[[], list[str]],
        restart: Callable[[], None],
        alarm: Callable[[str], None],
        *,
        look: Look | None = None,
    ) -> None:
        self._look = look
        self._key = key
        self._gate = gate
        self._clock = clock
        self._state = state
        self._urls = urls
        self._restart = restart
        self._alarm = alarm
        self._book = Invitations()
        self._pairing: Pairing | None = None
        self._guesses: set[bytes] = set()  # tokens that came of pairings and were not proved yet
        self._joins, self._pairs = Doorkeeper("request"), Doorkeeper("request")
        self._keeping, self._meeting, self._joining = asyncio.Lock(), asyncio.Lock(), asyncio.Lock()

    @property
    def trust(self) -> Trust:
        """To be asked."""
        return self._gate.trust

    @property
    def membership(self) -> Membership:
        return self._gate.trust.membership

    async def start(self) -> None:
        """Bring the invitations that were given before this start."""
        try:
            kept = await asyncio.to_thread(load_invitations, self._state)
            if kept is not None:
                self._book = Invitations.from_json(kept, self._clock.now())
        except (DecodeError, UserError) as error:
            _log.error("%s: invitations given before hold no longer", error)

    async def keep_time(self) -> None:
        """Write down now and then how much time is left; ends when cancelled."""
        while True:
            await asyncio.sleep(KEEP_S)
            if self._book.describe(self._clock.now()):
                await self.keep()

    async def keep(self) -> None:
        """Put the book on the disk.

        Raises:
            UserError: it cannot be written.
        """
        async with self._keeping:
            await asyncio.to_thread(keep_invitations, self._state, self._book.to_json(self._clock.now()).encode())

    async def stop(self) -> None:
        """Write down what is not on the disk yet."""
        try:
            await self._gate.keep()
            if self._book.describe(self._clock.now()):
                await self.keep()
        except UserError as error:
            _log.error("the invitations of this board could not be kept: %s", error)

    # -- what the owner wants

    def _issuer(self) -> Issuer:
        issuer = self._gate.trust.issuer
        if issuer is None and self.membership.is_out:
            raise StateError(f"this board was itself put out of the mesh {self.membership.charter.name}")
        if issuer is None:
            raise StateError(
                f"this board may not invite into the mesh {self.membership.charter.name}: do that on the board that "
                "made it, or on one with the role admin"
            )
        return issuer

    async def invite(self, boards: int, role: Role, seconds: float) -> dict[str, Any]:
        """Make an invitation.

        Raises:
            StateError: this node may not. LimitError: too many. RefusedError: more than this node can give.
        """
        issuer = self._issuer()
        if role > issuer.most:
            issuer.admit(self._key.public_key, role, 0)  # says why
        token = secrets.token_bytes(TOKEN_BYTES)
        given = self._book.give(token, role, boards, seconds, self._clock.now())
        await self.keep()
        urls = await asyncio.to_thread(self._urls)
        name = self.membership.charter.name
        invitation = Invitation(self.membership.mesh, self._key.node_id, token, tuple(urls))
        return {
            "id": given.token_id.hex(), "mesh": name, "text": invitation.to_text(), "file": invitation.to_file(name),
            "boards": boards, "role": role.name.lower(), "left_s": round(seconds), "urls": list(invitation.urls),
        }  # fmt: skip

    def invitations(self) -> list[dict[str, Any]]:
        return self._book.describe(self._clock.now())

    async def end_invitation(self, name: bytes) -> dict[str, Any]:
        """Take an invitation back; raises as `Invitations.find`."""
        given = self._book.revoke(name)
        await self.keep()
        return {"id": given.token_id.hex(), "used": len(given.admitted)}

    def show_code(self) -> dict[str, Any]:
        """A new code; the one before ends."""
        self._issuer()
        self._drop_guesses()
        self._pairing = Pairing(f"{secrets.randbelow(1_000_000):06d}", self._clock.now())
        return {"code": self._pairing.code, "left_s": CODE_S, "mesh": self.membership.charter.name}

    def pairing_state(self) -> dict[str, Any]:
        """How the code does, for whoever watches it: its guesses, its time, and whether a board has come."""
        pairing, now = self._pairing, self._clock.now()
        if pairing is None:
            return {"open": False, "used": False, "tries_left": 0, "left_s": 0.0}
        return {
            "open": pairing.is_open(now), "used": pairing.is_used, "tries_left": pairing.tries_left,
            "left_s": max(0.0, pairing.ends - now),
        }  # fmt: skip

    @property
    def shown_code(self) -> str:
        """The code, while it lets somebody in, else empty: for whoever stands at this board."""
        pairing = self._pairing
        return pairing.code if pairing is not None and pairing.is_open(self._clock.now()) else ""

    async def revoke(self, node: NodeId, grant: Grant | None = None) -> bool:
        """Put a node out, whose grant this is if that is known; raises as `Trust.revoke`."""
        is_news = self._gate.feed(lambda now: self._gate.trust.revoke(node, now, grant))
        await self._gate.keep()
        return is_news

    # -- the door

    async def answer_join(self, body: bytes, source: str) -> bytes:
        """The answer to a request to join.

        Raises:
            RefusedError: too often, seen before, an invitation that is not open, or proofs that do not hold.
            DecodeError: not a request.
        """
        now = self._clock.now()
        self._joins.knock(try_key(source), now)
        request = Request.from_bytes(body)
        given = self._book.find(request.token_id)
        try:
            request.check(given.token)
        except RefusedError:
            if request.token_id in self._guesses:
                self._drop_guess(request.token_id)
                raise RefusedError(CloseCode.AUTH_FAILED, f"the code is wrong; {self._tries()}") from None
            raise
        self._joins.remember(request.public_key, request.nonce, now)
        return await self._let_in(request, given, source, now)

    async def _let_in(self, request: Request, given: Given, source: str, now: float) -> bytes:
        issuer, node = self._issuer(), node_id(request.public_key)
        if node == self._key.node_id:
            raise RefusedError(CloseCode.FORBIDDEN, "a board does not join itself; run this on the new one")
        serial = given.admitted.get(request.public_key, secrets.randbits(64))
        grant = issuer.admit(request.public_key, given.role, serial)
        self.membership.charter.role_of(grant)  # who was put out does not come back by an invitation
        known = len(given.admitted)
        self._book.admit(given, request.public_key, serial, now)
        if request.token_id in self._guesses and self._pairing is not None:
            self._pairing.is_used = True
            for other in self._guesses - {request.token_id}:  # one code lets one board in
                self._drop_guess(other)
        inhabited = self.membership.inhabited()
        if inhabited is not self.membership:
            self._gate.feed(lambda at: self._gate.trust.take(inhabited, at))
            await self._gate.keep()
        if len(given.admitted) > known:
            await self.keep()
            _log.info("let board %s at %s into the mesh as %s", node.hex()[:8], source, given.role.name.lower())
        member = Membership(self.membership.charter, self.membership.secret, grant)
        admitted = Admitted(member, tuple(await asyncio.to_thread(self._urls)))
        return admitted.seal(request, given.token, secrets.token_bytes(32))

    async def answer_pair(self, body: bytes, source: str) -> bytes:
        """The answer to the first message of a pairing; raises as `answer_join`."""
        now = self._clock.now()
        self._pairs.knock(try_key(source), now)
        pairing = self._pairing
        if pairing is None:
            raise RefusedError(CloseCode.FORBIDDEN, "this board shows no code; show one with: edgeboard pair")
        async with self._meeting:
            answer, name, token = await asyncio.to_thread(pairing.meet, body, now, secrets.token_bytes)
        if pairing is not self._pairing:
            raise RefusedError(CloseCode.FORBIDDEN, "this board shows another code by now")
        self._book.give(token, Role.DRAW, 1, GUESS_S, now, name=name, lasting=False)
        self._guesses.add(name)
        return answer

    def _tries(self) -> str:
        left = 0 if self._pairing is None else self._pairing.tries_left
        return f"{left} more {'try' if left == 1 else 'tries'}" if left else "show a new one with: edgeboard pair"

    def _drop_guess(self, name: bytes) -> None:
        self._guesses.discard(name)
        self._book.forget(name)

    def _drop_guesses(self) -> None:
        for name in list(self._guesses):
            self._drop_guess(name)

    # -- the errand

    async def join(
        self, text: str, peers: tuple[str, ...], *, leave: bool = False, is_out: bool = False
    ) -> dict[str, Any]:
        """Join another mesh with an invitation or a code, and start anew in it.

        Args:
            text: the invitation or the code.
            peers: addresses to ask.
            leave: although this board is in a mesh with others.
            is_out: others say that it was put out of that mesh, so there is nothing to leave.

        Raises:
            StateError: this board is in a mesh with others, and was not told to leave it.
            DecodeError: neither an invitation nor a code. RefusedError, TransportError: as whoever was asked says.
        """
        is_out = is_out or self.membership.is_out
        if not self.membership.is_private and not leave and not is_out:
            raise StateError(refuse_to_leave(self.membership.charter.name))
        return await self._join(text, peers, is_out=is_out)

    async def _join(self, text: str, peers: tuple[str, ...], *, is_out: bool = False) -> dict[str, Any]:
        async with self._joining:
            entry = await run_detached(partial(enter, text, self._key, peers, self._look), name="ask to be let in")
            member = entry.admitted.membership
            if member.mesh == self.membership.mesh and entry.seed is None and not is_out:
                return entry.as_fields("", known=True)
            await self._gate.keep()
            self._gate.stop()  # nothing of the mesh before is written from now on
            try:
                kept = await asyncio.to_thread(entry.settle, self._state)
            finally:  # a disk that takes nothing has left all as it was, so that is what begins anew
                asyncio.get_running_loop().call_later(RESTART_S, self._restart)
            _log.info("joined the mesh %s; starting anew in it", member.charter.name)
            return entry.as_fields(kept)

    async def follow_file(self, path: Path) -> None:
        """Join with the invitation in a file, if this board has no mesh but its own; tries on while nobody answers."""
        if not self.membership.is_private:
            return
        try:
            text = await asyncio.to_thread(read_join_file, path)
        except UserError as error:
            self._warn(f"this board cannot join: {error}; {NEW_FILE}")
            return
        pause, say = FIRST_PAUSE_S, _log.warning  # once; then it is no news
        while text is not None and self.membership.is_private:
            try:
                await self._join(text, ())
            except TransportError as error:
                say("this board cannot join with %s yet, and tries on: %s", path, error)
                say = _log.info
            except EdgeboardError as error:
                self._warn(f"this board cannot join with {path}: {error}; {NEW_FILE}")
                if not isinstance(error, RefusedError) or error.code not in (CloseCode.RATE, CloseCode.LIMIT):
                    return
            else:
                return
            await asyncio.sleep(pause * (0.5 + secrets.randbelow(1000) / 2000))
            pause = min(LAST_PAUSE_S, pause * 2)

    def _warn(self, text: str) -> None:
        _log.warning("%s", text)
        self._alarm(text)
