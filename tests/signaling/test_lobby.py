"""The lobby without a network: who is told of whom, what is refused, and that everything is bounded."""

import pytest

from edgeboard.errors import CloseCode, RefusedError
from edgeboard.identity.keys import NodeKey, verify
from edgeboard.ids import MeshId, mesh_tag
from edgeboard.signaling import lobby as module
from edgeboard.signaling.frames import (
    Attend,
    Challenge,
    Envelope,
    Here,
    Left,
    Refusal,
    attendance,
    decode,
    encode,
)
from edgeboard.signaling.lobby import SEALED_MAX, End, Lobby, LobbySettings, Say

TAG, OTHER_TAG = mesh_tag(MeshId(b"m" * 16)), mesh_tag(MeshId(b"o" * 16))
ANN, BOB, EVE = NodeKey(b"a" * 32), NodeKey(b"b" * 32), NodeKey(b"e" * 32)


class World:
    def __init__(self, **bounds):
        self.lobby = Lobby(LobbySettings(**bounds), verify)
        self.now = 0.0
        self.heard = {}
        self.ended = set()

    def arrive(self, source="10.0.0.1"):
        number = self.lobby.arrive(source, bytes([len(self.heard)]) * 32, self.now)
        self.heard[number] = []
        self.collect()
        return number

    def say(self, number, frame):
        self.lobby.receive(number, frame if isinstance(frame, bytes) else encode(frame), self.now)
        self.collect()

    def collect(self):
        for output in self.lobby.drain():
            match output:
                case Say(visitor, data):
                    assert visitor not in self.ended
                    self.heard[visitor].append(decode(data))
                case End(visitor):
                    self.ended.add(visitor)

    def attend(self, key, tag=TAG, source="10.0.0.1"):
        number = self.arrive(source)
        challenge = self.heard[number].pop().challenge
        self.say(number, Attend(key.public_key, tag, key.sign(attendance(challenge, tag))))
        return number

    def take(self, number):
        heard, self.heard[number] = self.heard[number], []
        return heard


def test_boards_of_one_mesh_hear_of_each_other_and_reach_each_other():
    world = World()
    ann, bob = world.attend(ANN), world.attend(BOB)
    assert world.take(ann) == [Here(()), Here((BOB.node_id,))]
    assert world.take(bob) == [Here((ANN.node_id,))]
    world.say(ann, Envelope(BOB.node_id, b"sealed"))
    assert world.take(bob) == [Envelope(ANN.node_id, b"sealed")]
    world.lobby.leave(bob)
    world.collect()
    assert world.take(ann) == [Left((BOB.node_id,))]
    world.say(ann, Envelope(BOB.node_id, b"sealed"))
    assert world.take(ann) == [Left((BOB.node_id,))]
    assert world.lobby.statistics().carried == 1


def test_meshes_are_strangers_to_each_other():
    world = World()
    ann, eve = world.attend(ANN), world.attend(EVE, OTHER_TAG)
    assert world.take(eve) == [Here(())]
    world.take(ann)
    world.say(eve, Envelope(ANN.node_id, b"sealed"))
    assert world.take(ann) == []
    assert world.take(eve) == [Left((ANN.node_id,))]


def test_nobody_takes_envelopes_in_anothers_name():
    world = World()
    eve = world.arrive()
    challenge = world.take(eve)[0].challenge
    world.say(eve, Attend(BOB.public_key, TAG, EVE.sign(attendance(challenge, TAG))))
    assert world.take(eve) == [Refusal(CloseCode.BAD_SIGNATURE, "the signature does not hold")]
    assert eve in world.ended


def test_a_recorded_proof_is_of_no_use_again():
    world = World()
    bob = world.arrive()
    proof = Attend(BOB.public_key, TAG, BOB.sign(attendance(world.take(bob)[0].challenge, TAG)))
    world.say(bob, proof)
    assert world.take(bob) == [Here(())]
    eve = world.arrive()
    world.take(eve)
    world.say(eve, proof)
    assert world.take(eve)[0].code == CloseCode.BAD_SIGNATURE
    assert bob not in world.ended


def test_a_board_that_comes_again_takes_the_place_of_its_former_visit():
    world = World()
    ann, bob = world.attend(ANN), world.attend(BOB)
    again = world.attend(BOB)
    assert bob in world.ended
    world.take(ann)
    world.say(ann, Envelope(BOB.node_id, b"sealed"))
    assert world.take(again)[-1] == Envelope(ANN.node_id, b"sealed")
    world.lobby.leave(bob)  # the end of the former connection comes late
    world.collect()
    world.say(ann, Envelope(BOB.node_id, b"more"))
    assert world.take(again)[-1] == Envelope(ANN.node_id, b"more")


@pytest.mark.parametrize(
    "frame",
    [b"\xc1", b"x" * 20_000, encode(Here(())), encode(Challenge(1, b"c" * 32)), encode(Envelope(b"n" * 16, b""))],
    ids=["noise", "huge", "here", "challenge", "an envelope before the proof"],
)
def test_a_visitor_that_breaks_the_rules_is_told_and_let_go(frame):
    world = World()
    number = world.arrive()
    world.take(number)
    world.say(number, frame)
    assert isinstance(world.take(number)[0], Refusal)
    assert number in world.ended
    world.say(number, encode(Envelope(ANN.node_id, b"x")))  # nothing more is heard
    assert world.take(number) == []


def test_an_envelope_too_large_and_a_second_proof_end_the_visit():
    world = World()
    ann = world.attend(ANN)
    world.say(ann, Envelope(ANN.node_id, bytes(SEALED_MAX + 1)))
    assert world.take(ann)[-1].code == CloseCode.TOO_BIG
    bob = world.attend(BOB)
    world.say(bob, Attend(BOB.public_key, TAG, bytes(64)))
    assert world.take(bob)[-1].code == CloseCode.MALFORMED


def test_a_flood_of_envelopes_reaches_nobody():
    world = World(envelopes_per_s=1.0, envelopes_burst=3.0)
    ann, bob = world.attend(ANN), world.attend(BOB)
    world.take(bob)
    for _ in range(100):
        world.say(ann, Envelope(BOB.node_id, b"sealed"))
    assert len(world.take(bob)) == 3
    assert world.take(ann)[-1].code == CloseCode.RATE
    assert ann not in world.ended
    world.now += 1.0
    world.say(ann, Envelope(BOB.node_id, b"sealed"))
    assert len(world.take(bob)) == 1


def test_a_flood_of_connections_of_one_address_does_not_keep_others_out():
    world = World(per_source=3, arrivals_per_s=1.0, arrivals_burst=5.0)
    for _ in range(3):
        world.arrive("10.6.6.6")
    with pytest.raises(RefusedError) as caught:
        world.arrive("10.6.6.6")
    assert caught.value.code is CloseCode.LIMIT
    for number in list(world.heard):
        world.lobby.leave(number)
    world.arrive("10.6.6.6")
    world.arrive("10.6.6.6")
    with pytest.raises(RefusedError) as caught:
        world.arrive("10.6.6.6")
    assert caught.value.code is CloseCode.RATE
    world.arrive("10.0.0.1")


def test_everything_is_bounded(monkeypatch):
    world = World(visitors=2, sources=1)
    world.arrive("a")
    world.arrive("b")
    with pytest.raises(RefusedError):
        world.arrive("c")
    assert len(world.lobby._arrivals) == 1
    monkeypatch.setattr(module, "NODES_MAX", 1)
    world = World()
    world.attend(ANN)
    bob = world.attend(BOB)
    assert world.take(bob)[-1].code == CloseCode.LIMIT


def test_nothing_is_kept_of_who_has_left():
    world = World()
    for number in (world.attend(ANN), world.attend(BOB, OTHER_TAG), world.arrive()):
        world.lobby.leave(number)
        world.lobby.leave(number)
    assert world.lobby._visitors == {}
    assert world.lobby._rooms == {}
    assert not world.lobby._per_source
    found = world.lobby.statistics()
    assert (found.visitors, found.meshes) == (0, 0)
