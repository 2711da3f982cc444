from edgeboard.canvas.bodies import Meta
from edgeboard.node.claims import claim_key, claimed_by, having, mark_of
from edgeboard.node.marquee import TAKEN_BACK_MAX
from tests.node.test_marquee import LOBBY, claim, cluster_of


def of(cluster, number=0):
    core = cluster.nodes[number].pipeline._core
    return core, core.rooms[LOBBY]


def test_what_a_board_says_that_it_reads_others_know():
    cluster = cluster_of(2)
    claim(cluster, 0, "boiler", "door")
    claim(cluster, 1, "door")
    cluster.run(1.0)
    zero, one = (node.node for node in cluster.nodes)
    for number in (0, 1):
        found = having(*of(cluster, number), ["boiler", "door", "gym"])
        assert found == {"boiler": [zero], "door": sorted([zero, one])}
    assert claimed_by(of(cluster)[1], one) == {claim_key("door", one)}


def test_whatever_an_id_is_made_of_it_has_a_mark():
    assert len({mark_of(source) for source in ("", "\ud800", "boiler", "x" * 100_000)}) == 4


def test_of_a_board_that_is_gone_it_counts_for_nothing():
    cluster = cluster_of(2)
    claim(cluster, 1, "door")
    cluster.run(1.0)
    cluster.nodes[1].crash()
    cluster.run(6.0)
    assert having(*of(cluster), ["door"]) == {}


def test_only_a_key_that_is_true_is_a_claim():
    cluster = cluster_of(1)
    node = cluster.nodes[0]
    claim(cluster, 0, "boiler")
    prefix = claim_key("boiler", node.node)[:-32]
    strange = [Meta(prefix + "zz", True), Meta(prefix, True), Meta(prefix + "00" * 3, True), Meta("source/x/y", True)]
    node.feed(lambda now: node.pipeline.draw("lobby", [*strange, Meta(claim_key("door", node.node), 1)], now))
    assert having(*of(cluster), ["boiler", "door", "x"]) == {"boiler": [node.node]}
    assert claimed_by(of(cluster)[1], node.node) == {claim_key("boiler", node.node)}


def test_however_many_claims_others_have_written_only_those_of_boards_that_are_there_are_looked_at(monkeypatch):
    cluster = cluster_of(1)
    node = cluster.nodes[0]
    claim(cluster, 0, "boiler")
    forged = [Meta(claim_key("boiler", bytes([number]) * 16), True) for number in range(200)]
    node.feed(lambda now: node.pipeline.draw("lobby", forged, now))
    core, room = of(cluster)
    looked = []
    monkeypatch.setattr(type(room.document), "meta", lambda document, key: looked.append(key) or True)
    assert having(core, room, ["boiler"]) == {"boiler": [node.node]}
    assert looked == [claim_key("boiler", node.node)]


def test_of_many_claims_that_are_forged_in_its_name_a_board_takes_back_some_at_each_look():
    cluster = cluster_of(1)
    node = cluster.nodes[0]
    claim(cluster, 0, "boiler")
    forged = [Meta(claim_key(f"forged {number}", node.node), True) for number in range(TAKEN_BACK_MAX + 5)]
    node.feed(lambda now: node.pipeline.draw("lobby", forged, now))
    claim(cluster, 0, "boiler")
    assert len(claimed_by(of(cluster)[1], node.node)) == 1 + 5
    claim(cluster, 0, "boiler")
    assert claimed_by(of(cluster)[1], node.node) == {claim_key("boiler", node.node)}
