import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.errors import CloseCode, DecodeError, LimitError, RefusedError
from edgeboard.identity.grants import Role
from edgeboard.identity.invitations import INVITATIONS_MAX, Invitation, Invitations, decode_file, token_id
from edgeboard.ids import MeshId, NodeId

URLS = ("http://192.168.1.20:8787", "http://[fe80::1]:8787")
INVITATION = Invitation(MeshId(bytes(range(16))), NodeId(b"n" * 16), b"t" * 16, URLS)
TEXT = INVITATION.to_text()
HOUR = 3600.0


# ------------------------------------------------------------------------------------------------ what is handed over


@given(
    st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16),
    st.lists(st.sampled_from(URLS), max_size=3),
)  # fmt: skip
def test_text_round_trip(mesh, issuer, token, urls):
    invitation = Invitation(MeshId(mesh), NodeId(issuer), token, tuple(urls))
    assert Invitation.from_text(invitation.to_text()) == invitation


def test_capitals_blanks_and_line_breaks_do_not_matter():
    """As they come out of a QR code, a letter, or a mail that breaks its lines."""
    assert Invitation.from_text(f"  {TEXT.upper()}\r\n") == INVITATION
    assert Invitation.from_text(f"{TEXT[:40]}\n{TEXT[40:80]} {TEXT[80:]}") == INVITATION


def test_a_file_says_what_it_is_and_is_read_back():
    file = INVITATION.to_file("school")
    assert file.startswith('# This file lets an edgeboard board join the mesh "school".')
    assert Invitation.from_text(file) == INVITATION
    assert Invitation.from_text(file.replace("\n", "\r\n")) == INVITATION


def test_every_mistyped_letter_is_noticed():
    for at in range(5, len(TEXT) - 1):
        wrong = TEXT[:at] + ("b" if TEXT[at] != "b" else "c") + TEXT[at + 1 :]
        with pytest.raises(DecodeError):
            Invitation.from_text(wrong)


@pytest.mark.parametrize("text", ["", "ebi1-", "ebi2-aaaa", TEXT[:-4], TEXT + "aaaa", "ebi1-ä", "ebi1-1111", "# only"])
def test_other_texts_are_refused(text):
    with pytest.raises(DecodeError):
        Invitation.from_text(text)


@given(st.text(max_size=200))
def test_from_text_raises_one_family(text):
    with pytest.raises(DecodeError):
        Invitation.from_text("ebi1-" + text)


def test_the_text_of_an_invitation_hides_its_token():
    assert repr(INVITATION.token) not in repr(INVITATION)
    assert INVITATION.token_id == token_id(b"t" * 16)


# ------------------------------------------------------------------------------------------------ the book


def refused(call, *args):
    with pytest.raises(RefusedError) as caught:
        call(*args)
    assert caught.value.code is CloseCode.FORBIDDEN
    return str(caught.value)


def test_an_invitation_ends_when_as_many_have_come_as_it_was_for():
    book = Invitations()
    given_out = book.give(b"t" * 16, Role.DRAW, 2, HOUR, 0.0)
    assert book.admit(given_out, b"one", 1, 1.0) == 1
    assert book.admit(given_out, b"two", 2, 2.0) == 2
    assert "is used up" in refused(book.admit, given_out, b"three", 3, 3.0)


def test_who_asks_again_is_the_same_board():
    """Its answer may have been lost."""
    book = Invitations()
    given_out = book.give(b"t" * 16, Role.DRAW, 1, HOUR, 0.0)
    assert book.admit(given_out, b"one", 1, 1.0) == 1
    assert book.admit(given_out, b"one", 99, 2.0) == 1
    assert len(given_out.admitted) == 1


def test_an_invitation_ends_by_the_clock_of_whoever_gave_it():
    book = Invitations()
    given_out = book.give(b"t" * 16, Role.DRAW, 1, HOUR, 500.0)
    assert given_out.state(500.0 + HOUR - 1) == "open"
    assert "is out of time" in refused(book.admit, given_out, b"one", 1, 500.0 + HOUR)


def test_an_invitation_that_was_taken_back_lets_nobody_in():
    book = Invitations()
    given_out = book.give(b"t" * 16, Role.DRAW, 2, HOUR, 0.0)
    book.admit(given_out, b"one", 1, 1.0)
    book.revoke(given_out.token_id)
    for key in (b"one", b"two"):
        assert "is revoked" in refused(book.admit, given_out, key, 2, 2.0)
    assert "knows no such invitation" in refused(book.find, bytes(8))


def test_the_time_that_is_left_outlives_a_restart_and_the_count_too():
    book = Invitations()
    given_out = book.give(b"t" * 16, Role.ADMIN, 2, HOUR, 1_000.0)
    book.admit(given_out, b"one", 7, 1_001.0)
    book.give(b"u" * 16, Role.DRAW, 1, HOUR, 1_000.0, name=b"guess...", lasting=False)
    kept = book.to_json(1_600.0)
    again = Invitations.from_json(kept, 5.0)  # the clock of a machine begins anew with each boot
    assert again.describe(5.0) == book.describe(1_600.0)
    (row,) = again.describe(5.0)
    assert (row["left_s"], row["used"], row["boards"], row["role"]) == (3_000, 1, 2, "admin")
    assert again.admit(again.find(given_out.token_id), b"one", 99, 6.0) == 7


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"invitations": [{}]}', '{"invitations": 5}', '{"invitations": [{"token": "x"}]}', "[" * 9999],
)
def test_a_damaged_book_is_said_to_be_damaged(text):
    with pytest.raises(DecodeError, match="damaged"):
        Invitations.from_json(text, 0.0)


@pytest.mark.parametrize(("boards", "seconds"), [(0, HOUR), (1_001, HOUR), (1, 0.0), (1, 31 * 86_400.0)])
def test_nobody_is_invited_for_ever(boards, seconds):
    with pytest.raises(LimitError):
        Invitations().give(b"t" * 16, Role.DRAW, boards, seconds, 0.0)


def test_the_book_is_bounded_and_forgets_what_has_ended():
    book = Invitations()
    for number in range(INVITATIONS_MAX):
        book.give(number.to_bytes(16, "big"), Role.DRAW, 1, HOUR, 0.0)
    with pytest.raises(LimitError, match="take some back"):
        book.give(b"t" * 16, Role.DRAW, 1, HOUR, 0.0)
    book.revoke(token_id((3).to_bytes(16, "big")))
    book.give(b"t" * 16, Role.DRAW, 1, HOUR, 0.0)
    assert len(json.loads(book.to_json(0.0))["invitations"]) == INVITATIONS_MAX


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_is_read_whatever_has_written_it(encoding):
    assert decode_file("# école\n".encode(encoding)) == "# école\n"
