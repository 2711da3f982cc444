import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.errors import DecodeError
from edgeboard.identity.grants import GRANT_BYTES, Grant, Role

GRANT = Grant(bytes(range(32)), Role.MODERATE, 5, 2, bytes(64))


def test_round_trip():
    assert Grant.from_bytes(GRANT.to_bytes()) == GRANT
    assert len(GRANT.to_bytes()) == GRANT_BYTES == 110


@pytest.mark.parametrize(
    "data", [b"", GRANT.to_bytes()[:-1], GRANT.to_bytes() + b"\0", b"\2" + GRANT.to_bytes()[1:]], ids=len
)
def test_another_form_is_refused(data):
    with pytest.raises(DecodeError):
        Grant.from_bytes(data)


@given(st.binary(min_size=GRANT_BYTES, max_size=GRANT_BYTES))
def test_from_bytes_raises_one_family(data):
    data = b"\1" + data[1:]
    try:
        assert Grant.from_bytes(data).to_bytes() == data
    except DecodeError:
        assert data[33] not in set(Role)
