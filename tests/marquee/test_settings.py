from edgeboard.marquee.settings import RATE_LEAST, RATE_MOST, Settings


def test_text_moves_by_whole_pixels_a_frame_in_the_usual_sizes():
    settings = Settings()
    assert RATE_LEAST <= settings.rate <= RATE_MOST
    for em in (8, 16, 24, 32, 40):
        assert (settings.rate * em / 30).is_integer(), f"at {em} px letters would tremble"


def test_a_board_of_which_nobody_says_anything_has_a_text_to_fall_back_to():
    assert Settings().fallback
