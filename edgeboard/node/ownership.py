"""What people and scripts ask a node about its mesh: what it is in it, whom to invite, whom to put out. Plain JSON."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, final

from edgeboard.errors import CloseCode, DecodeError, RefusedError, StateError
from edgeboard.identity.charter import Kind
from edgeboard.identity.grants import DEFAULT_ROLE, Role
from edgeboard.ids import NodeId
from edgeboard.node.admission import Admission
from edgeboard.node.links import Links
from edgeboard.web.trust import TrustDoors

DEFAULT_S = 24 * 3600.0  # of an invitation
SHORTEST_ID = 6  # digits of a node id that are enough, if only one board that is known has them


@final
class Ownership:
    """The questions and commands, over one node's door.

    Args:
        roster: the nodes that are known.
        pair_at_panel: whether whoever stands at the board's own panel may let a board in.
    """

    def __init__(
        self,
        admission: Admission,
        links: Links,
        roster: Callable[[], Iterable[NodeId]],
        *,
        pair_at_panel: bool = False,
    ) -> None:
        self._pair_at_panel = pair_at_panel
        self._admission = admission
        self._links = links
        self._roster = roster

    def doors(self) -> TrustDoors:
        """For the web."""
        admission = self._admission
        return TrustDoors(
            join=admission.answer_join,
            pair=admission.answer_pair,
            mesh=self.describe,
            invite=self.invite,
            invitations=admission.invitations,
            end_invitation=self.end_invitation,
            show_code=admission.show_code,
            pairing=admission.pairing_state,
            panel=self.panel,
            pair_at_panel=self.pair_at_panel,
            revoke=self.revoke,
            revocations=self.revocations,
            enter=self.enter,
        )

    def describe(self) -> dict[str, Any]:
        """What this node is in its mesh."""
        trust = self._admission.trust
        member = trust.membership
        return {
            "mesh": member.mesh.hex(),
            "name": member.charter.name,
            "role": member.grant.role.name.lower(),
            "epoch": member.secret.epoch,
            "private": member.is_private,
            "may_invite": trust.issuer is not None,
            "revoked": trust.is_revoked or bool(self._links.put_out),
            "put_out": self._links.put_out,
            "revocations": len(member.charter.revocations),
            "invitations": sum(row["state"] == "open" for row in self._admission.invitations()),
        }

    def panel(self) -> dict[str, Any]:
        """What the panel shows: a code that is open, what became of the last one, and whether it may ask for one."""
        admission = self._admission
        may_start = self._pair_at_panel and admission.trust.issuer is not None
        return {**admission.pairing_state(), "code": admission.shown_code, "may_start": may_start}

    def pair_at_panel(self) -> dict[str, Any]:
        """A new code, because somebody at the panel asks; the owner has to have allowed that.

        Raises:
            RefusedError: nobody has. StateError: this board may not let others in.
        """
        if not self._pair_at_panel:
            raise RefusedError(CloseCode.FORBIDDEN, "on this board a code is shown with: edgeboard pair")
        self._admission.show_code()
        return self.panel()

    async def invite(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Make an invitation out of `boards`, `role` and `seconds`, each of which may be left out."""
        try:
            boards, seconds = int(fields.get("boards", 1)), float(fields.get("seconds", DEFAULT_S))
            role = Role[str(fields.get("role", DEFAULT_ROLE.name)).upper()]
        except (ValueError, TypeError, KeyError):
            raise DecodeError("an invitation is for a number of boards, of a role, for some seconds") from None
        return await self._admission.invite(boards, role, seconds)

    async def end_invitation(self, name: str) -> dict[str, Any]:
        ids = [row["id"] for row in self._admission.invitations() if row["id"].startswith(name.lower())]
        if len(ids) != 1:
            raise StateError(f"{'no' if not ids else 'more than one'} invitation has the id {name!r}; list them with: "
                             "edgeboard mesh invitations")  # fmt: skip
        return await self._admission.end_invitation(bytes.fromhex(ids[0]))

    async def revoke(self, name: str) -> dict[str, Any]:
        """Put a node out, named by its id or the beginning of it."""
        node = self._find(name.lower())
        is_news = await self._admission.revoke(node)
        return {"node": node.hex(), "news": is_news, "epoch": self._admission.membership.secret.epoch}

    def _find(self, name: str) -> NodeId:
        known = {link.peer.node.hex() for _, link in self._links.all() if link.peer is not None}
        known |= {node.hex() for node in self._roster()}
        if len(name) == 32:
            try:
                return NodeId(bytes.fromhex(name))
            except ValueError:
                pass
        found = [node for node in known if len(name) >= SHORTEST_ID and node.startswith(name)]
        if len(found) != 1:
            listed = ", ".join(sorted(known)) or "none"
            raise StateError(
                f"{name!r} is not the id of a board, nor the beginning (of {SHORTEST_ID} digits or more) of one that "
                f"is known here; known are: {listed}. `edgeboard status` on a board shows its id"
            )
        return NodeId(bytes.fromhex(found[0]))

    def revocations(self) -> list[dict[str, Any]]:
        """Who was put out."""
        names = {int(kind): kind.name.lower() for kind in Kind}
        charter = self._admission.membership.charter
        return [
            {
                "kind": names.get(each.kind, str(each.kind)),
                "target": each.target.hex(),
                "by": "the mesh key" if each.issuer_grant is None else each.issuer_grant.bearer.hex(),
            }
            for each in sorted(charter.revocations, key=lambda each: each.order)
        ]

    async def enter(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Join another mesh with the invitation or code in `text`; `peers` are addresses to ask."""
        text, peers = fields.get("text"), fields.get("peers", [])
        if not isinstance(text, str) or not isinstance(peers, list) or not all(isinstance(url, str) for url in peers):
            raise DecodeError("to join takes an invitation or a code, and addresses")
        return await self._admission.join(text, tuple(peers), leave=fields.get("leave") is True)
