import pytest

from edgeboard.errors import CloseCode, RefusedError
from edgeboard.transport.half_open import HalfOpen


def test_so_many_are_under_way_and_no_more():
    bound = HalfOpen(1)
    with bound.slot():
        with pytest.raises(RefusedError) as caught, bound.slot():
            pass
        assert caught.value.code is CloseCode.LIMIT
        assert bound.count == 1
    assert bound.count == 0
    with bound.slot():
        assert bound.count == 1
