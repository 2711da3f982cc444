"""Both ends of a handshake in one object, and everything that a stranger may try."""

from dataclasses import replace

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.errors import CloseCode, StateError
from edgeboard.identity.charter import Kind
from edgeboard.identity.credentials import Credentials
from edgeboard.identity.grants import Role
from edgeboard.identity.keys import NodeKey
from edgeboard.identity.membership import Issuer, Membership, found_mesh
from edgeboard.testing.members import TestMesh
from edgeboard.wire.handshake import Auth, Side, read
from edgeboard.wire.messages import Channel, CharterIs, closing, encode
from edgeboard.wire.session import (
    CLONE_TEXT,
    EARLY_MAX,
    HANDSHAKE_S,
    TABLE,
    Closed,
    Early,
    EphemeralKey,
    Event,
    Fingerprints,
    News,
    Opened,
    Send,
    Session,
    State,
    Unsealed,
    close_code,
)

MESH = TestMesh("m")
ANN = MESH.credentials(NodeKey(b"a" * 32), b"boot-ann")
BOB = MESH.credentials(NodeKey(b"b" * 32), b"boot-bob")
CARRIERS = ["webrtc", "websocket"]


def fingerprints(side):
    offerer, answerer = b"f" * 32, b"g" * 32
    return Fingerprints(offerer, answerer) if side is Side.OFFERER else Fingerprints(answerer, offerer)


def start(credentials, side, carrier="webrtc", nonce=None, now=0.0, **more):
    if carrier == "webrtc":
        binding = more.pop("binding", fingerprints(side))
    else:
        binding = EphemeralKey(side.value.encode().ljust(32, b"x"))
    return Session(credentials, side, binding, nonce or side.value.encode().ljust(32, b"n"), now, **more)


class Meeting:
    """Two sessions with a wire between them on which anything may be changed."""

    def __init__(self, left=ANN, right=BOB, carrier="webrtc", **more):
        self.left = start(left, Side.OFFERER, carrier, **more)
        self.right = start(right, Side.ANSWERER, carrier)
        self.results = {self.left: [], self.right: []}
        self.sent = {self.left: [], self.right: []}

    def run(self, change=lambda session, data: data, now=0.1):
        moved = True
        while moved:
            moved = False
            for here, there in ((self.left, self.right), (self.right, self.left)):
                for output in here.drain():
                    moved = True
                    if not isinstance(output, Send):
                        self.results[here].append(output)
                    elif not output.sealed:
                        self.sent[here].append(output.data)
                        if there.state is not State.OPEN:
                            there.receive(change(here, output.data), now)
        return self

    def result(self, session):
        (only,) = self.results[session]
        return only


def split(session):
    outputs = list(session.drain())
    sends = [output for output in outputs if isinstance(output, Send)]
    return sends, [output for output in outputs if not isinstance(output, Send)]


def results(session):
    return split(session)[1]


def hello_of(session):
    return next(iter(session.drain())).data


def changing(number, at, value):
    """A wire that puts `value`, or what it makes of the old one, into field `at` of every message `number`."""

    def change(session, data):
        fields = msgpack.unpackb(data)
        if fields[0] == number:
            fields[at] = value(fields[at]) if callable(value) else value
        return msgpack.packb(fields)

    return change


@pytest.mark.parametrize("carrier", CARRIERS)
def test_two_nodes_of_one_mesh_open(carrier):
    meeting = Meeting(carrier=carrier).run()
    left, right = meeting.result(meeting.left), meeting.result(meeting.right)
    assert isinstance(left, Opened)
    assert isinstance(right, Opened)
    assert (left.public_key, left.boot) == (BOB.key.public_key, b"boot-bob")
    assert (right.public_key, right.boot) == (ANN.key.public_key, b"boot-ann")
    assert left.role is Role.DRAW
    assert meeting.left.next_timer() is None
    if carrier == "webrtc":
        assert left.seal is left.unseal is right.seal is right.unseal is None
    else:
        assert right.unseal.open(left.seal.seal(Channel.LOG, b"ink")) == (Channel.LOG, b"ink")
        assert left.unseal.open(right.seal.seal(Channel.CTL, b"ping")) == (Channel.CTL, b"ping")


def test_capabilities_reach_the_other_side():
    meeting = Meeting(capabilities={"eink": True}).run()
    assert meeting.result(meeting.right).capabilities == {"eink": True}


def test_the_role_is_that_of_the_grant():
    meeting = Meeting(MESH.credentials(ANN.key, ANN.boot, Role.ADMIN)).run()
    assert meeting.result(meeting.right).role is Role.ADMIN
    assert meeting.result(meeting.left).role is Role.DRAW


def test_a_grant_must_name_its_bearer():
    meeting = Meeting().run(changing(1, 6, MESH.member(NodeKey(b"c" * 32)).grant.to_bytes()))
    assert meeting.result(meeting.right).code is CloseCode.AUTH_FAILED
    assert "names another node" in meeting.result(meeting.right).text


def test_nobody_comes_without_a_grant():
    meeting = Meeting().run(changing(1, 6, None))
    assert meeting.result(meeting.right).code is CloseCode.AUTH_FAILED
    assert "must be invited" in meeting.result(meeting.right).text


def test_nobody_raises_his_own_grant():
    raised = replace(ANN.membership.grant, role=Role.ADMIN)
    boaster = Credentials(ANN.key, replace(ANN.membership, grant=raised), ANN.boot)
    meeting = Meeting(boaster).run()
    assert meeting.result(meeting.right).code is CloseCode.AUTH_FAILED
    assert "signature" in meeting.result(meeting.right).text


# ------------------------------------------------------------------------------------------------ who is refused


def uninvited():
    """A node that has heard all that a mesh says in the open, and has given itself a grant."""
    key = NodeKey(b"u" * 32)
    own = found_mesh(key, "own", key.public_key, bytes(32), 0)
    grant = Issuer(own.mesh, key, None).admit(key.public_key, Role.DRAW, 1)
    return Credentials(key, replace(MESH.founded, grant=grant), b"boot-one")


OTHER_MESH = TestMesh("other").credentials(BOB.key, BOB.boot)
COPY_OF_ANN = replace(ANN, boot=b"boot-two")
REFUSED = {
    "other mesh": (OTHER_MESH, CloseCode.OTHER_MESH, "another mesh"),
    "uninvited": (uninvited(), CloseCode.AUTH_FAILED, "does not go back to the key of this mesh"),
    "copied card": (COPY_OF_ANN, CloseCode.CLONE, CLONE_TEXT),
    "itself": (ANN, CloseCode.FORBIDDEN, "itself"),
}


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize(("other", "code", "text"), REFUSED.values(), ids=REFUSED)
def test_who_does_not_belong_is_refused_and_told_why(carrier, other, code, text):
    meeting = Meeting(ANN, other, carrier).run()
    for session in (meeting.left, meeting.right):
        closed = meeting.result(session)
        assert isinstance(closed, Closed)
        assert closed.code is code
        assert text in closed.text
        assert session.state is State.CLOSED
        assert session.next_timer() is None


@pytest.mark.parametrize("carrier", CARRIERS)
def test_nobody_comes_without_the_secret(carrier):
    """The grant is real and so is the key; what is missing is what a revoked node does not have."""
    meeting = Meeting(carrier=carrier).run(changing(2, 2, bytes(32)))
    assert_both_refuse(meeting)
    assert "secret" in meeting.result(meeting.left).text


def test_an_old_version_is_refused_by_number():
    session = start(ANN, Side.OFFERER)
    session.receive(msgpack.packb([1, 0]), 0.0)
    (_, told), (closed,) = split(session)
    assert closed.code is CloseCode.TOO_OLD
    assert told.data == closing(CloseCode.TOO_OLD, closed.text)


def test_another_node_than_the_introduced_one_is_refused():
    meeting = Meeting(expected=ANN.key.public_key).run()
    assert meeting.result(meeting.left).code is CloseCode.AUTH_FAILED
    meeting = Meeting(expected=BOB.key.public_key).run()
    assert isinstance(meeting.result(meeting.left), Opened)


# ------------------------------------------------------------------------------------------------ attacks on the wire


def assert_both_refuse(meeting):
    assert meeting.result(meeting.left).code is CloseCode.AUTH_FAILED
    assert meeting.result(meeting.right).code is CloseCode.AUTH_FAILED


def test_a_swapped_fingerprint_breaks_both_proofs():
    assert_both_refuse(Meeting(binding=Fingerprints(b"f" * 32, b"M" * 32)).run())


def test_a_swapped_exchange_key_breaks_both_proofs():
    assert_both_refuse(Meeting(carrier="websocket").run(changing(1, 9, b"\x09" + bytes(31))))


@pytest.mark.parametrize(("key", "text"), [(None, "needs an X25519 key"), (bytes(32), "gives no secret")])
def test_a_websocket_needs_an_exchange_key_that_gives_a_secret(key, text):
    meeting = Meeting(carrier="websocket").run(changing(1, 9, key))
    assert_both_refuse(meeting)
    assert text in meeting.result(meeting.left).text


@pytest.mark.parametrize("field", [7, 8], ids=["nonce", "boot"])
def test_a_changed_hello_breaks_the_proof(field):
    assert_both_refuse(Meeting().run(changing(1, field, lambda old: bytes(len(old)))))


@pytest.mark.parametrize(
    ("field", "value"),
    [(1, 2), (10, {"ink": 2}), (10, {}), (10, {"ink": 1, "more": True})],
    ids=["version", "capability", "no capability", "another capability"],
)
def test_what_a_node_says_of_itself_cannot_be_altered_on_the_way(field, value):
    """Nobody in between may make two nodes speak an older version, or believe in abilities that the other lacks."""
    change = changing(1, field, value)
    meeting = Meeting(capabilities={"ink": 1})
    assert_both_refuse(meeting.run(lambda session, data: change(session, data) if session is meeting.left else data))


def test_fields_of_a_newer_version_are_under_the_proof_too():
    def append(session, data):
        fields = msgpack.unpackb(data)
        return msgpack.packb([*fields, "news"]) if fields[0] == 1 and session is meeting.left else data

    meeting = Meeting()
    assert_both_refuse(meeting.run(append))


def test_a_replayed_meeting_does_not_open():
    meeting = Meeting().run()
    victim = start(ANN, Side.OFFERER, nonce=b"fresh".ljust(32, b"!"))
    for data in meeting.sent[meeting.right]:
        victim.receive(data, 0.0)
    assert results(victim)[0].code is CloseCode.AUTH_FAILED


def test_a_reflected_auth_does_not_open():
    """The attacker shows Bob's HELLO, which anyone may have heard, and gives Ann her own AUTH back."""
    victim = start(ANN, Side.OFFERER)
    victim.receive(hello_of(start(BOB, Side.ANSWERER)), 0.0)
    (_, auth), _ = split(victim)
    assert isinstance(read(auth.data), Auth)
    victim.receive(auth.data, 0.0)
    assert results(victim)[0].code is CloseCode.AUTH_FAILED


def test_a_reflected_hello_is_not_a_meeting():
    victim = start(ANN, Side.OFFERER)
    victim.receive(hello_of(victim), 0.0)
    assert results(victim)[0].code is CloseCode.FORBIDDEN


def test_our_own_nonce_under_another_key_is_refused():
    victim = start(ANN, Side.OFFERER, nonce=b"n" * 32)
    victim.receive(hello_of(start(BOB, Side.ANSWERER, nonce=b"n" * 32)), 0.0)
    assert results(victim)[0].code is CloseCode.AUTH_FAILED


def test_an_auth_of_the_wrong_side_does_not_open():
    """Two offerers, as when an attacker joins two links that both victims opened."""
    left = start(ANN, Side.OFFERER)
    right = start(BOB, Side.OFFERER, nonce=b"r" * 32, binding=fingerprints(Side.ANSWERER))
    left_hello, right_hello = hello_of(left), hello_of(right)
    left.receive(right_hello, 0.0)
    right.receive(left_hello, 0.0)
    (auth,), _ = split(right)
    left.receive(auth.data, 0.0)
    assert results(left)[0].code is CloseCode.AUTH_FAILED


def test_a_member_of_the_mesh_cannot_take_the_name_of_another():
    """Mallory knows the secret but not Bob's key: every field is right, only the signature is not Bob's."""
    victim, bob = start(ANN, Side.OFFERER), start(BOB, Side.ANSWERER)
    hello = hello_of(bob)
    bob.receive(hello_of(victim), 0.0)
    victim.receive(hello, 0.0)
    (auth,), _ = split(bob)
    victim.receive(replace(read(auth.data), signature=bytes(64)).to_bytes(), 0.0)
    closed = [output for output in victim.drain() if isinstance(output, Closed)]
    assert closed[0].code is CloseCode.AUTH_FAILED
    assert "key that it names" in closed[0].text


# ------------------------------------------------------------------------------------------------ time, size, order


def test_a_silent_side_is_closed_after_three_seconds():
    session = start(ANN, Side.OFFERER, now=100.0)
    assert session.next_timer() == 100.0 + HANDSHAKE_S
    session.on_timer(102.9)
    assert session.state is State.WAIT_HELLO
    session.on_timer(103.0)
    (closed,) = results(session)
    assert closed.code is CloseCode.AUTH_FAILED
    assert closed.cause is Event.LATE
    assert "3 s" in closed.text
    session.on_timer(200.0)
    assert list(session.drain()) == []


def test_a_proof_that_comes_too_late_is_not_read():
    assert_both_refuse(Meeting().run(now=HANDSHAKE_S))


@pytest.mark.parametrize("channel", list(Channel))
def test_too_much_before_the_proof_is_closed(channel):
    session = start(ANN, Side.OFFERER)
    if channel is not Channel.CTL:
        for _ in range(4):
            session.receive(bytes(EARLY_MAX // 4), 0.0, channel)
        assert session.state is State.WAIT_HELLO
    session.receive(bytes(EARLY_MAX + 1), 0.0, channel)
    assert results(session)[0].code is CloseCode.AUTH_FAILED


def test_log_that_overtook_the_proof_comes_after_it_and_live_is_dropped():
    left, right = start(ANN, Side.OFFERER), start(BOB, Side.ANSWERER)
    left_hello, right_hello = hello_of(left), hello_of(right)
    left.receive(right_hello, 0.0)
    right.receive(left_hello, 0.0)
    (auth,), _ = split(right)
    left.receive(b"batch", 0.0, Channel.LOG)
    left.receive(b"cursor", 0.0, Channel.LIVE)
    left.receive(auth.data, 0.0)
    opened, early = results(left)
    assert isinstance(opened, Opened)
    assert early == Early(Channel.LOG, b"batch")


FIRST_WORDS = [
    (b"", CloseCode.MALFORMED),
    (b"\xc1", CloseCode.MALFORMED),
    (msgpack.packb([1, 1, b"short"]), CloseCode.MALFORMED),
    (msgpack.packb([4, 1, {}]), CloseCode.MALFORMED),
    (Auth(bytes(64), bytes(32)).to_bytes(), CloseCode.AUTH_FAILED),
]


@pytest.mark.parametrize(("data", "code"), FIRST_WORDS)
def test_anything_but_hello_first_is_closed(data, code):
    session = start(ANN, Side.OFFERER)
    session.receive(data, 0.0)
    assert results(session)[0].code is code


HELLO_OF_BOB = hello_of(start(BOB, Side.ANSWERER))
SECOND_WORDS = [b"", msgpack.packb([2, b"short"]), Auth(bytes(64), bytes(32)).to_bytes(), HELLO_OF_BOB]


@pytest.mark.parametrize("data", SECOND_WORDS, ids=range(len(SECOND_WORDS)))
def test_anything_but_a_proof_that_holds_is_closed_with_one_code(data):
    session = start(ANN, Side.OFFERER)
    session.receive(HELLO_OF_BOB, 0.0)
    session.receive(data, 0.0)
    assert results(session)[0].code is CloseCode.AUTH_FAILED


def test_the_reason_of_the_other_side_is_passed_on_and_not_answered():
    session = start(ANN, Side.OFFERER)
    list(session.drain())
    session.receive(closing(CloseCode.GOING_AWAY, "restarting"), 0.0)
    assert list(session.drain()) == [Closed(CloseCode.GOING_AWAY, "restarting", Event.TOLD)]
    session.receive(b"more", 0.0)
    assert list(session.drain()) == []


def test_a_code_of_the_future_counts_as_going_away():
    assert close_code(200) is CloseCode.GOING_AWAY
    assert close_code(9) is CloseCode.CLONE


def test_on_a_websocket_what_follows_auth_is_sealed():
    session = start(ANN, Side.OFFERER, "websocket")
    assert session.sealer is None
    session.receive(hello_of(start(BOB, Side.ANSWERER, "websocket")), 0.0)
    session.on_timer(10.0)
    sends, _ = split(session)
    assert [send.sealed for send in sends] == [False, False, True]
    assert session.sealer is not None


def test_an_open_session_reads_no_more():
    meeting = Meeting().run()
    with pytest.raises(StateError):
        meeting.left.receive(b"", 0.0)
    assert meeting.left.state is State.OPEN


# ------------------------------------------------------------------------------------------------ epochs and revocation


def in_epoch(credentials, number=2, revoked=(), secret=b"2" * 32):
    """The same node after an epoch has changed, with these nodes put out."""
    member = credentials.membership
    for node in revoked:
        charter = member.charter.with_revocation(MESH.issuer.revoke(Kind.NODE, node))
        member = Membership(charter, member.secret, member.grant)
    for _ in range(number - 1):
        member = MESH.issuer.next_epoch(member, secret)
    return Credentials(credentials.key, member, credentials.boot)


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("sleeper", ["left", "right"])
def test_who_slept_through_an_epoch_is_told_and_may_come_again(carrier, sleeper):
    stranger = NodeKey(b"c" * 32).node_id
    awake = in_epoch(BOB if sleeper == "left" else ANN, 3, [stranger])
    sessions = (ANN, awake) if sleeper == "left" else (awake, BOB)
    meeting = Meeting(*sessions, carrier)
    older, newer = (meeting.left, meeting.right) if sleeper == "left" else (meeting.right, meeting.left)
    keys = {}
    moved = True
    while moved:
        moved = False
        for here, there in ((older, newer), (newer, older)):
            for output in here.drain():
                moved = True
                if isinstance(output, Unsealed):
                    keys[here] = output.unseal
                elif not isinstance(output, Send):
                    meeting.results[here].append(output)
                elif there.state not in (State.OPEN, State.CLOSED):
                    data = output.data
                    if output.sealed and carrier == "websocket":
                        data = keys[there].open(here.sealer.seal(Channel.CTL, data))[1]
                    there.receive(data, 0.1)
    news, closed = meeting.results[older]
    assert isinstance(news, News)
    assert (closed.code, closed.cause) == (CloseCode.EPOCH, Event.NEWS)
    assert meeting.result(newer).code is CloseCode.EPOCH
    slept = ANN if sleeper == "left" else BOB
    caught_up = Credentials(slept.key, slept.membership.learn(news.charter, news.secret), slept.boot)
    assert caught_up.mesh == awake.mesh
    again = Meeting(caught_up, awake).run()
    assert isinstance(again.result(again.left), Opened)


def test_of_two_epochs_of_one_number_the_higher_commitment_is_the_newer():
    """Two admins in two halves of a network: whoever has the lower one is told the other, and they meet."""
    one, two = in_epoch(ANN, secret=b"1" * 32), in_epoch(BOB, secret=b"2" * 32)
    meeting = Meeting(one, two).run()
    told = [session for session, results in meeting.results.items() if isinstance(results[0], News)]
    assert told == [meeting.left if one.mesh.rank < two.mesh.rank else meeting.right]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_revoked_node_is_refused_by_name_whatever_epoch_it_knows(carrier):
    for bob in (BOB, in_epoch(BOB)):
        meeting = Meeting(in_epoch(ANN, 2, [BOB.key.node_id]), bob, carrier).run()
        closed = meeting.result(meeting.left)
        assert closed.code is CloseCode.REVOKED
        assert f"board {BOB.key.node_id.hex()[:8]} was put out of the mesh m" in closed.text
        assert meeting.result(meeting.right).code is CloseCode.REVOKED


def test_the_grant_of_a_revoked_admin_is_refused():
    admin = NodeKey(b"d" * 32)
    bob = Credentials(BOB.key, MESH.member(BOB.key, issuer=MESH.admin(admin)), BOB.boot)
    meeting = Meeting(ANN, bob).run()
    assert isinstance(meeting.result(meeting.left), Opened)
    meeting = Meeting(in_epoch(ANN, 2, [admin.node_id]), bob).run()
    assert meeting.result(meeting.left).code is CloseCode.REVOKED
    assert "that let board" in meeting.result(meeting.left).text


def waiting_for_news():
    """Ann, who waits for the news of Bob's newer epoch."""
    left, right = start(ANN, Side.OFFERER), start(in_epoch(BOB), Side.ANSWERER)
    left_hello, right_hello = hello_of(left), hello_of(right)
    left.receive(right_hello, 0.0)
    right.receive(left_hello, 0.0)
    (auth,), _ = split(right)
    left.receive(auth.data, 0.0)
    assert left.state is State.WAIT_NEWS
    list(left.drain())
    return left


def forged_charter():
    charter = in_epoch(BOB).membership.charter
    return charter.with_epoch(replace(charter.epoch, signature=bytes(64))).to_bytes()


NEWS = {
    "forged": (forged_charter(), b"2" * 32, CloseCode.BAD_SIGNATURE),
    "rolled back": (MESH.founded.charter.to_bytes(), MESH.founded.secret.secret, CloseCode.AUTH_FAILED),
    "without its secret": (in_epoch(BOB).membership.charter.to_bytes(), bytes(32), CloseCode.AUTH_FAILED),
    "of another mesh": (TestMesh("o").founded.charter.to_bytes(), bytes(32), CloseCode.OTHER_MESH),
    "noise": (b"noise", bytes(32), CloseCode.AUTH_FAILED),
}


@pytest.mark.parametrize(("charter", "secret", "code"), NEWS.values(), ids=NEWS)
def test_news_that_do_not_hold_are_refused(charter, secret, code):
    session = waiting_for_news()
    session.receive(encode(CharterIs(charter, secret)), 0.0)
    (closed,) = results(session)
    assert closed.code is code


def test_who_claims_news_and_brings_none_is_left_after_a_while():
    session = waiting_for_news()
    session.on_timer(HANDSHAKE_S)
    assert results(session)[0].cause is Event.LATE


def test_a_charter_before_the_proof_is_refused():
    session = start(ANN, Side.OFFERER)
    session.receive(encode(CharterIs(MESH.founded.charter.to_bytes(), bytes(32))), 0.0)
    assert results(session)[0].code is CloseCode.AUTH_FAILED


# ------------------------------------------------------------------------------------------------ the table


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("event", list(Event))
def test_the_table_is_all_there_is(state, event):
    session = start(ANN, Side.OFFERER)
    session.state = state
    if event in TABLE[state]:
        session._step(event)
        assert session.state is TABLE[state][event]
    else:
        with pytest.raises(StateError):
            session._step(event)
        assert session.state is state


MUTATION = st.tuples(st.sampled_from([0, 1]), st.integers(0, 1000), st.integers(1, 255))


@given(st.lists(MUTATION, min_size=1, max_size=4), st.sampled_from(CARRIERS))
def test_bent_messages_end_in_closed(mutations, carrier):
    """Nothing may be bent without notice."""
    meeting = Meeting(carrier=carrier)
    count = 0
    changed = False

    def bend(session, data):
        nonlocal count, changed
        if session is meeting.left:
            return data
        bent = bytearray(data)
        for message, at, by in mutations:
            if message == count:
                bent[at % len(bent)] ^= by
        count += 1
        changed |= bent != data
        return bytes(bent)

    meeting.run(bend)
    meeting.left.on_timer(HANDSHAKE_S)
    (output,) = meeting.results[meeting.left] + results(meeting.left)
    assert isinstance(output, Closed if changed else Opened)


@given(st.lists(st.tuples(st.binary(max_size=300), st.sampled_from(list(Channel))), max_size=8))
def test_noise_ends_in_closed(messages):
    session = start(ANN, Side.OFFERER)
    for data, channel in messages:
        session.receive(data, 0.0, channel)
    session.on_timer(HANDSHAKE_S)
    (output,) = results(session)
    assert isinstance(output, Closed)
