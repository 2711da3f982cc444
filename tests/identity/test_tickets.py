"""Tickets: read by every node of the mesh, made by nobody else, ended by the epoch."""

import pytest

from edgeboard.errors import CloseCode, DecodeError, RefusedError
from edgeboard.identity.grants import Role
from edgeboard.identity.tickets import TICKET_MAX, Admitted, Ticket, Tickets
from edgeboard.identity.trust import MeshSecret
from edgeboard.ids import MeshId, PersonId, RoomId

MESH = MeshSecret(MeshId(b"m" * 16), 3, b"s" * 32)
TICKET = Ticket(PersonId(b"p" * 16), Admitted.TOKEN, Role.VIEW, RoomId(b"r" * 16), b"t" * 16)


def tickets(secret: MeshSecret = MESH) -> Tickets:
    return Tickets(lambda: secret)


@pytest.mark.parametrize("ticket", [TICKET, Ticket(PersonId(b"p" * 16), Admitted.OPEN, Role.DRAW)])
def test_another_node_of_the_mesh_reads_what_one_has_sealed(ticket) -> None:
    text = tickets().seal(ticket)
    assert len(text) <= TICKET_MAX
    assert tickets().read(text) == ticket
    assert tickets().holds(text)


@pytest.mark.parametrize(
    "secret",
    [
        MeshSecret(MeshId(b"m" * 16), 4, b"t" * 32),  # a new epoch
        MeshSecret(MeshId(b"n" * 16), 3, b"s" * 32),  # another mesh that has the same secret
        MeshSecret(MeshId(b"m" * 16), 3, b"x" * 32),
    ],
)
def test_a_ticket_ends_with_its_epoch_and_holds_in_no_other_mesh(secret) -> None:
    with pytest.raises(RefusedError) as caught:
        tickets(secret).read(tickets().seal(TICKET))
    assert caught.value.code is CloseCode.AUTH_FAILED
    assert not tickets(secret).holds(tickets().seal(TICKET))


def test_no_letter_of_a_ticket_can_be_changed() -> None:
    text = tickets().seal(TICKET)
    for at in range(len(text)):
        other = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
        assert not tickets().holds(other), f"letter {at} does not count"


@pytest.mark.parametrize("text", ["", "x", "é" * 30, "A" * 116, "A" * 5000, "===", "AAAA BBBB"])
def test_what_is_no_ticket_is_said_to_be_none(text) -> None:
    with pytest.raises((DecodeError, RefusedError)):
        tickets().read(text)
    assert not tickets().holds(text)
