from edgeboard.canvas.bodies import Meta
from edgeboard.node.claims import claim_key, claimed_by, having, mark_of
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
        assert having(*of(cluster, number)) == {mark_of("boiler"): [zero], mark_of("door"): sorted([zero, one])}
    assert claimed_by(of(cluster)[1], one) == {claim_key("door", one)}


def test_whatever_an_id_is_made_of_it_has_a_mark():
    assert len({mark_of(source) for source in ("", "\ud800", "boiler", "x" * 100_000)}) == 4


def test_of_a_board_that_is_gone_it_counts_for_nothing():
    cluster = cluster_of(2)
    claim(cluster, 1, "door")
    cluster.run(1.0)
    cluster.nodes[1].crash()
    cluster.run(6.0)
    assert having(*of(cluster)) == {}


def test_keys_of_meta_that_only_look_like_a_claim_are_passed_over():
    cluster = cluster_of(1)
    node = cluster.nodes[0]
    claim(cluster, 0, "boiler")
    prefix = claim_key("boiler", None)
    strange = [Meta(prefix + "zz", True), Meta(prefix, True), Meta(prefix + "00" * 3, True), Meta("source/x/y", True)]
    node.feed(lambda now: node.pipeline.draw("lobby", [*strange, Meta(claim_key("door", node.node), 1)], now))
    assert having(*of(cluster)) == {mark_of("boiler"): [node.node]}
