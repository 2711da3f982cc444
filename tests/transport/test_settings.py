from typing import get_args

from edgeboard.transport import patches
from edgeboard.transport.settings import Settings, Tier


def test_the_bounds_fit_into_each_other():
    settings = Settings()
    assert settings.linger_s < settings.close_s < 1.0
    assert settings.live_max < settings.send_max
    assert settings.ice_servers == ()  # no outside host is ever contacted


def test_each_tier_can_be_set_and_the_one_that_replaces_most_is_not_the_default():
    assert get_args(Tier) == patches.TIERS
    assert Settings().patches == "tier1"
    assert not Settings().media
