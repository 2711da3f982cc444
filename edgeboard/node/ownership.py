"""What people and scripts ask a node about its mesh: what it is in it, whom to invite, whom to put out. Plain JSON."""

from collections.abc import Mapping
from typing import Any, final

from edgeboard.errors import CloseCode, DecodeError, RefusedError, StateError
from edgeboard.identity.charter import Kind
from edgeboard.identity.grants import DEFAULT_ROLE, Grant, Role
from edgeboard.ids import NodeId
from edgeboard.node.admission import Admission
from edgeboard.node.directory import Directory, Known
from edgeboard.node.links import Links
from edgeboard.web.trust import TrustDoors

DEFAULT_S = 24 * 3600.0  # of an invitation


@final
class Ownership:
    """The questions and commands, over one node's door.

    Args:
        directory: the boards that are known, by name.
        pair_at_panel: whether whoever stands at the board's own panel may let a board in.
    """

    def __init__(
        self,
        admission: Admission,
        links: Links,
        directory: Directory,
        *,
        pair_at_panel: bool = False,
    ) -> None:
        self._pair_at_panel = pair_at_panel
        self._admission = admission
        self._links = links
        self._directory = directory

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
            "revoked": member.is_out or bool(self._links.put_out),
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
        return {**await self._admission.invite(boards, role, seconds), "doubt": self._links.doubt}

    async def end_invitation(self, name: str) -> dict[str, Any]:
        ids = [row["id"] for row in self._admission.invitations() if row["id"].startswith(name.lower())]
        if len(ids) != 1:
            raise StateError(f"{'no' if not ids else 'more than one'} invitation has the id {name!r}; list them with: "
                             "edgeboard mesh invitations")  # fmt: skip
        return await self._admission.end_invitation(bytes.fromhex(ids[0]))

    async def revoke(self, name: str) -> dict[str, Any]:
        """Put a node out, named by what people call it, by its id or by the beginning of that.

        Returns: who, whether that is news, who falls with it because it has let them in, whether it is sure (the word
        of an admin does not count against whom the mesh key has made one, which of an unknown board nobody knows), and
        the word of a board by which this one was put out itself, so that its own counts no more.

        Raises:
            StateError: nobody, or several, are called that; or as `Trust.revoke`.
        """
        known = self._directory.find(name)
        known = Known(known.node, known.name, known.grant or self._shown(known.node))
        falls = [each.as_fields() for each in self._directory if _has_let_in(known.node, each.grant)]
        issuer = self._admission.trust.issuer
        try:
            is_news = await self._admission.revoke(known.node, known.grant)
        except StateError as error:
            raise StateError(f"{known}: {error}" if known.name else str(error)) from None
        self._directory.name(known)
        await self._directory.keep()
        return {
            **known.as_fields(), "news": is_news, "epoch": self._admission.membership.secret.epoch, "falls": falls,
            "doubt": self._links.doubt,
            "sure": known.grant is not None or (issuer is not None and issuer.grant is None),
        }  # fmt: skip

    def _shown(self, node: NodeId) -> Grant | None:
        """The grant that a linked node has shown."""
        peers = (link.peer for _, link in self._links.all())
        return next((Grant.from_bytes(peer.grant) for peer in peers if peer is not None and peer.node == node), None)

    def revocations(self) -> list[dict[str, Any]]:
        """Who was put out; `counts` is False where the word of an admin does not, as far as is known here."""
        kinds = {int(kind): kind.name.lower() for kind in Kind}
        member = self._admission.membership
        rows = []
        for each in sorted(member.charter.revocations, key=lambda each: each.order):
            by = None if each.issuer_grant is None else self._directory.get(each.issuer_grant.bearer)
            target = self._directory.get(NodeId(each.target)) if each.kind == Kind.NODE else None
            grants = [*member.charter.admins(), member.grant]
            if target is not None:
                grants += [grant for grant in (target.grant, self._shown(target.node)) if grant is not None]
            rows.append(
                {
                    "kind": kinds.get(each.kind, str(each.kind)),
                    "target": each.target.hex(),
                    "name": "" if target is None else target.name,
                    "by": "the mesh key" if by is None else by.node.hex(),
                    "by_name": "" if by is None else by.name,
                    "counts": by is None
                    or target is None
                    or not any(g.bearer == target.node and member.charter.is_above_admins(g) for g in grants),
                }
            )
        return rows

    async def enter(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Join another mesh with the invitation or code in `text`; `peers` are addresses to ask."""
        text, peers = fields.get("text"), fields.get("peers", [])
        if not isinstance(text, str) or not isinstance(peers, list) or not all(isinstance(url, str) for url in peers):
            raise DecodeError("to join takes an invitation or a code, and addresses")
        leave, is_out = fields.get("leave") is True, bool(self._links.put_out)
        return await self._admission.join(text, tuple(peers), leave=leave, is_out=is_out)


def _has_let_in(node: NodeId, grant: Grant | None) -> bool:
    above = None if grant is None else grant.issuer_grant
    return above is not None and above.bearer == node
