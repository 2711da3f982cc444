from edgeboard.transport.settings import Settings


def test_the_bounds_fit_into_each_other():
    settings = Settings()
    assert settings.linger_s < settings.close_s < 1.0
    assert settings.live_max < settings.send_max
    assert settings.ice_servers == ()  # no outside host is ever contacted
