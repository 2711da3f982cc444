"""What may be asked of an export, and how that is written in a query."""

from urllib.parse import parse_qsl

import pytest

from edgeboard.errors import DecodeError
from edgeboard.web.exports import Wanted, read_moment, read_wanted


@pytest.mark.parametrize(
    "wanted",
    [Wanted("svg"), Wanted("png", 4, 1_700_000_000_000, 3, True), Wanted("json", at=0), Wanted("png", scale=4)],
)
def test_a_query_says_what_is_wanted(wanted):
    assert read_wanted(wanted.form, dict(parse_qsl(wanted.query().removeprefix("?")))) == wanted


def test_nothing_said_is_the_first_page_as_it_is():
    assert Wanted("svg").query() == ""
    assert read_wanted("svg", {}) == Wanted("svg", 0, None, 1, False)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"page": "x"}, "`page` is a whole number from 1 to 1000000"),
        ({"page": "0"}, "`page`"),
        ({"scale": "5"}, "`scale` is a whole number from 1 to 4"),
        ({"scale": "2.5"}, "`scale`"),
        ({"at": "yesterday"}, "`at`"),
        ({"at": "-5"}, "`at`"),
        ({"at": "9" * 40}, "`at`"),
        ({"page": "٣"}, "`page`"),
    ],
)
def test_what_is_no_number_or_out_of_range_is_named(query, text):
    with pytest.raises(DecodeError) as error:
        read_wanted("png", query)
    assert str(error.value).startswith(text)


def test_a_moment_may_be_named_or_not():
    assert read_moment({}) is None
    assert read_moment({"at": "17"}) == 17
