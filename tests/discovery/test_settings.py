from edgeboard.discovery.settings import Settings


def test_boards_look_for_each_other_unless_told_otherwise():
    assert Settings() == Settings(mdns=True, interfaces=())
