from firmware_bridge.words import plain


def test_control_characters_and_endless_names_do_not_reach_a_terminal():
    assert plain("\x1b[2Jpen\r\n") == "\ufffd[2Jpen\ufffd\ufffd"
    assert plain("тablet ✓") == "тablet ✓"
    assert len(plain("x" * 10_000)) == 200
    assert plain("x" * 200) == "x" * 200
