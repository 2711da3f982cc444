"""`edgeboard sim`, as somebody types it."""

import json

from edgeboard.cli import main

SMALL = ("sim", "--nodes", "4", "--hours", "0.01", "--partition", "5s", "--partition-every", "20s", "--loss", "1%")


def test_a_site_is_tried_and_reported_for_people(capsys) -> None:
    assert main(SMALL) == 0
    told = capsys.readouterr().out
    assert "4 boards, 1 room" in told
    assert "lost 0, doubled 0" in told
    assert told.rstrip().endswith("sound")


def test_json_has_every_figure_and_the_seed_decides_it(capsys) -> None:
    found = []
    for seed in ("3", "3", "4"):
        assert main([*SMALL, "--seed", seed, "--json"]) == 0
        found.append(json.loads(capsys.readouterr().out))
    assert found[0]["fingerprint"] == found[1]["fingerprint"] != found[2]["fingerprint"]
    assert found[0]["sound"]
    assert found[0]["settings"]["loss"] == 0.01
