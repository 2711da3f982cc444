"""The mesh as one board sees it."""

from edgeboard.node.survey import picture, survey
from edgeboard.testing.cluster import Cluster


def linked(count: int, *pairs: tuple[int, int]) -> Cluster:
    cluster = Cluster(count)
    for one, other in pairs:
        cluster.link(one, other)
    cluster.run(8.0)
    return cluster


def seen(cluster: Cluster, at: int) -> dict:
    return survey(cluster.nodes[at].pipeline)


def test_a_board_alone_sees_itself() -> None:
    found = seen(linked(1), 0)
    assert [(each["name"], each["self"], each["alive"]) for each in found["boards"]] == [("node 0", True, True)]
    assert found["links"] == []
    assert "node 0" in picture(found)


def test_boards_that_are_not_linked_to_us_are_seen_with_their_links_through_those_that_are() -> None:
    found = seen(linked(3, (0, 1), (1, 2)), 0)
    assert [each["name"] for each in found["boards"]] == ["node 0", "node 1", "node 2"]
    assert [each["linked"] for each in found["boards"]] == [False, True, False]
    assert all(each["alive"] and each["software"] == "simulated" for each in found["boards"])
    ids = {each["node"]: each["name"] for each in found["boards"]}
    links = {tuple(sorted(ids[node] for node in each["nodes"])) for each in found["links"]}
    assert {("node 0", "node 1"), ("node 1", "node 2")} <= links
    ours = next(each for each in found["links"] if {ids[node] for node in each["nodes"]} == {"node 0", "node 1"})
    assert ours["sure"]
    assert ours["round_trip_ms"] is not None


def test_a_board_that_is_gone_is_listed_last_and_without_links() -> None:
    cluster = linked(3, (0, 1), (1, 2))
    cluster.nodes[2].kill()
    cluster.run(20.0)
    found = seen(cluster, 0)
    last = found["boards"][-1]
    assert (last["name"], last["alive"]) == ("node 2", False)
    assert all(last["node"] not in each["nodes"] for each in found["links"])
    assert "mesh-gone" in picture(found)


def test_what_boards_may_do_is_told_by_their_grants() -> None:
    cluster = Cluster(2, viewers=frozenset({1}))
    cluster.link(0, 1)
    cluster.run(8.0)
    assert [each["role"] for each in seen(cluster, 0)["boards"]] == [None, "view"], "the first has no grant here"
