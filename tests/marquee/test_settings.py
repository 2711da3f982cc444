from edgeboard.marquee.settings import RATE_LEAST, RATE_MOST, Settings
from edgeboard.marquee.ticker import LEAST_FALLBACK, Ticker


def test_text_moves_by_whole_pixels_a_frame_in_the_usual_sizes():
    settings = Settings()
    assert RATE_LEAST <= settings.rate <= RATE_MOST
    for em in (8, 16, 24, 32, 40):
        assert (settings.rate * em / 30).is_integer(), f"at {em} px letters would tremble"


def test_what_panels_fall_back_to_is_for_the_owner_to_say_and_never_blank():
    assert not Settings().fallback
    assert Ticker(Settings().fallback).at(0.0).text == LEAST_FALLBACK
