"""One request and one answer, and what becomes of them in other hands."""

from contextlib import suppress
from dataclasses import replace

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.errors import CloseCode, DecodeError, RefusedError, SignatureError
from edgeboard.identity.grants import Role
from edgeboard.identity.joining import REQUEST_MAX, Admitted, Request
from edgeboard.identity.keys import NodeKey
from edgeboard.testing.members import TestMesh

MESH = TestMesh("m")
KEY = NodeKey(b"k" * 32)
TOKEN, NAME = b"t" * 16, b"n" * 8
MINE, THEIRS = b"\1" * 32, b"\2" * 32
REQUEST = Request.make(NAME, TOKEN, KEY, MINE, b"x" * 16)
ADMITTED = Admitted(MESH.member(KEY, Role.MODERATE), ("http://a:1", "http://b:2"))
ANSWER = ADMITTED.seal(REQUEST, TOKEN, THEIRS)


def open_answer(answer=ANSWER, request=REQUEST, token=TOKEN, private=MINE, mesh=MESH.founded.mesh, key=KEY):
    return Admitted.open(answer, request, token, private, mesh, key.public_key)


def test_who_has_the_token_is_given_a_place():
    received = Request.from_bytes(REQUEST.data)
    received.check(TOKEN)
    assert received == REQUEST
    assert open_answer() == ADMITTED
    assert open_answer(mesh=None) == ADMITTED  # with a code, nobody knows which mesh it will be


def refusal(call, *args, **how):
    with pytest.raises(RefusedError) as caught:
        call(*args, **how)
    return caught.value.code


def test_a_request_without_the_token_or_the_key_is_refused():
    assert refusal(REQUEST.check, b"w" * 16) is CloseCode.AUTH_FAILED
    other = Request.make(NAME, TOKEN, NodeKey(b"o" * 32), MINE, b"x" * 16)
    stolen = replace(REQUEST, signature=other.signature, mac=other.mac)
    assert refusal(stolen.check, TOKEN) is CloseCode.AUTH_FAILED
    forged = Request.make(NAME, TOKEN, Pretender(), MINE, b"x" * 16)
    with pytest.raises(SignatureError):  # whoever has the token, and names a node that is not his
        forged.check(TOKEN)


class Pretender:
    public_key = KEY.public_key

    def sign(self, message):
        return NodeKey(b"p" * 32).sign(message)


def test_an_answer_is_for_one_request_and_one_token():
    assert refusal(open_answer, token=b"w" * 16) is CloseCode.AUTH_FAILED
    assert refusal(open_answer, private=THEIRS) is CloseCode.AUTH_FAILED
    again = Request.make(NAME, TOKEN, KEY, MINE, b"y" * 16)
    assert refusal(open_answer, request=again) is CloseCode.AUTH_FAILED


def test_who_finds_the_token_later_reads_nothing():
    """He has heard the request and the answer, and lacks both private keys."""
    for private in (bytes(32), b"\3" * 32, TOKEN * 2):
        assert refusal(open_answer, private=private) is CloseCode.AUTH_FAILED


def test_an_answer_of_another_mesh_or_for_another_node_is_refused():
    assert refusal(open_answer, mesh=TestMesh("o").founded.mesh) is CloseCode.OTHER_MESH
    other = Admitted(MESH.member(NodeKey(b"o" * 32)), ()).seal(REQUEST, TOKEN, THEIRS)
    assert refusal(open_answer, other) is CloseCode.AUTH_FAILED


def test_a_key_that_gives_no_secret_is_refused():
    fields = msgpack.unpackb(REQUEST.data)
    fields[3] = bytes(32)
    weak = Request.from_bytes(msgpack.packb(fields))
    assert refusal(ADMITTED.seal, weak, TOKEN, THEIRS) is CloseCode.AUTH_FAILED
    assert refusal(open_answer, msgpack.packb([1, bytes(32), b"box"])) is CloseCode.AUTH_FAILED


def test_a_promise_of_another_mesh_s_secret_is_refused():
    member = MESH.member(KEY)
    bad = object.__new__(type(member))
    for name, value in (("charter", member.charter), ("secret", replace(member.secret, secret=bytes(32))),
                        ("grant", member.grant), ("is_private", False)):  # fmt: skip
        object.__setattr__(bad, name, value)
    with pytest.raises(DecodeError, match="secret of its charter"):
        open_answer(Admitted(bad, ()).seal(REQUEST, TOKEN, THEIRS))


OTHER_FORMS = [b"", b"noise", msgpack.packb(None), msgpack.packb([]), msgpack.packb([2]), msgpack.packb([1, b"", b""])]


@pytest.mark.parametrize("data", [*OTHER_FORMS, bytes(REQUEST_MAX + 1), REQUEST.data[:-1]], ids=range(8))
def test_another_form_of_request_is_refused(data):
    with pytest.raises(DecodeError):
        Request.from_bytes(data)


@pytest.mark.parametrize("data", [*OTHER_FORMS, bytes(200_000), msgpack.packb([1, bytes(32), 5])], ids=range(8))
def test_another_form_of_answer_is_refused(data):
    with pytest.raises(DecodeError):
        open_answer(data)


@given(st.binary(max_size=300))
def test_noise_raises_two_families(data):
    with suppress(DecodeError, RefusedError):
        Request.from_bytes(data).check(TOKEN)
        raise AssertionError("noise was taken for a request")
    with suppress(DecodeError, RefusedError):
        open_answer(data)
        raise AssertionError("noise was taken for an answer")


@given(st.integers(0, 2000), st.integers(1, 255))
def test_no_bit_of_an_answer_can_be_changed(at, bend):
    data = bytearray(ANSWER)
    data[at % len(data)] ^= bend
    with suppress(DecodeError, RefusedError):
        assert open_answer(bytes(data)) == ADMITTED
