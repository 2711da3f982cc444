import pytest

from edgeboard.peripherals.settings import Covers, read_url, read_view


def test_a_url_is_kept_in_one_form():
    assert read_url("/dev/ttyUSB0?baud=19200") == "serial:/dev/ttyUSB0?baud=19200"
    assert read_url("auto") == "auto"


def test_a_url_that_means_nothing_is_refused_with_what_would():
    with pytest.raises(ValueError, match="did you mean serial"):
        read_url("seral:/dev/x")


def test_a_view_is_left_top_and_width():
    assert read_view(" 10, -20.5 ,640") == Covers(10, -20.5, 640)


@pytest.mark.parametrize("text", ["", "1,2", "1,2,3,4", "a,b,c", "0,0,0", "0,0,-5", "0,0,nan", "1e9,0,100", "0,0,inf"])
def test_what_is_no_view_is_refused(text):
    with pytest.raises(ValueError, match="no view"):
        read_view(text)
