"""The marquee of rooms on whole pipelines: what is set on one board shows on all, at one moment."""

import random

import pytest

from edgeboard.canvas.bodies import Add, Alive, Clear, Context, ItemType, Meta
from edgeboard.errors import DecodeError, RefusedError, StateError
from edgeboard.ids import room_id
from edgeboard.marquee.settings import Settings
from edgeboard.marquee.ticker import PLANS_MAX
from edgeboard.node.claims import claim_key
from edgeboard.node.marquee import KEPT_S, LEAD_S, SWEEP_S
from edgeboard.node.values import PipelineSettings
from edgeboard.oplog.floors import context_within
from edgeboard.testing.cluster import Cluster
from edgeboard.testing.lan import LanSettings
from edgeboard.testing.simulated import MESH, Machine

LOBBY = room_id(MESH, "lobby")


def cluster_of(nodes, seed=1, **options):
    cluster = Cluster(nodes, seed, **options)
    for node in cluster.nodes:
        node.feed(lambda now, node=node: node.pipeline.open_room("lobby", now))
    cluster.link_all()
    cluster.run(3.0)
    return cluster


def put(cluster, number, *wishes):
    node, made = cluster.nodes[number], []
    node.feed(lambda now: made.extend(node.pipeline.marquee.put("lobby", wishes, now)))
    return made


def remove(cluster, number, *ids):
    node, gone = cluster.nodes[number], []
    node.feed(lambda now: gone.extend(node.pipeline.marquee.remove("lobby", ids, now)))
    return gone


def mesh_s(cluster):
    return cluster.nodes[0].pipeline.marquee.time.at(cluster.clock.now())


def shown(cluster, moment=None):
    """What each board shows."""
    moment = mesh_s(cluster) if moment is None else moment
    return [node.pipeline.marquee.ticker(LOBBY).at(moment) for node in cluster.nodes if node.alive]


def texts(cluster, moment=None):
    return [frame.text for frame in shown(cluster, moment)]


def listed(cluster, number=0):
    return cluster.nodes[number].pipeline.marquee.listing("lobby", cluster.clock.now())


# ------------------------------------------------------------------------------------------------------ what is shown


def test_what_is_set_on_one_board_shows_on_all_at_one_moment():
    cluster = cluster_of(3)
    (item,) = put(cluster, 0, {"id": "door", "text": "The door is open"})
    cluster.run(LEAD_S / 2)
    assert texts(cluster) == ["edgeboard"] * 3, "it shows before its moment"
    cluster.run(LEAD_S)
    assert texts(cluster, item.at - 0.001) == ["edgeboard"] * 3
    assert texts(cluster, item.at) == ["The door is open"] * 3
    assert len(set(shown(cluster, item.at + 123.4))) == 1


def test_a_board_by_itself_need_not_wait():
    cluster = cluster_of(1)
    put(cluster, 0, {"id": "door", "text": "Open"})
    assert texts(cluster) == ["Open"]


def test_several_items_of_one_call_come_together():
    cluster = cluster_of(2)
    items = put(cluster, 0, {"id": "a", "text": "One"}, {"id": "b", "text": "Two"})
    assert len({item.at for item in items}) == 1
    cluster.run(2.0)
    assert [len(frame.plan.slots) for frame in shown(cluster)] == [2, 2]


def test_items_survive_a_restart():
    cluster = cluster_of(1)
    put(cluster, 0, {"id": "door", "text": "Open"})
    cluster.run(1.0)
    cluster.nodes[0].kill()
    cluster.nodes[0].start()
    cluster.run(1.0)
    assert texts(cluster, mesh_s(cluster)) == ["Open"]


def test_of_one_id_set_on_two_boards_that_do_not_hear_each_other_one_wins_everywhere():
    cluster = cluster_of(2)
    cluster.unlink(0, 1)
    put(cluster, 0, {"id": "door", "text": "Open"})
    put(cluster, 1, {"id": "door", "text": "Shut"})
    cluster.link(0, 1)
    cluster.run(5.0)
    assert len(set(texts(cluster))) == 1
    put(cluster, 0, {"id": "door", "text": "Neither"})
    cluster.run(5.0)
    assert texts(cluster) == ["Neither"] * 2
    for node in cluster.nodes:
        lines = node.pipeline.marquee._lines[LOBBY].lines()
        assert [len(same) for same in lines.values()] == [1], "the item that lost was left lying about"


def test_the_fall_back_text_shows_while_nothing_is_valid():
    settings = PipelineSettings(marquee=Settings(fallback="All quiet"))
    cluster = cluster_of(2, settings=settings)
    put(cluster, 0, {"id": "door", "text": "Open", "for": 10})
    assert texts(cluster) == ["All quiet"] * 2
    cluster.run(3.0)
    assert texts(cluster) == ["Open"] * 2
    cluster.run(10.0)
    assert texts(cluster) == ["All quiet"] * 2


def test_a_room_that_the_disk_cannot_give_shows_the_fall_back_text():
    cluster = cluster_of(1)
    node = cluster.nodes[0]
    put(cluster, 0, {"id": "door", "text": "Open"})
    cluster.run(1.0)
    node.kill()
    node.disk.batches.clear()
    node.start()
    assert texts(cluster) == ["edgeboard"], "it is blank while it is read"
    cluster.run(1.0)
    assert texts(cluster) == ["edgeboard"]


def test_one_item_that_somebody_broke_is_named_and_the_others_show():
    cluster = cluster_of(1)
    node = cluster.nodes[0]
    bad = Add(0, 0, ItemType.TICKER, b"\x81\xa6ticker\xa1b")
    node.feed(lambda now: node.pipeline.draw("lobby", [bad], now))
    put(cluster, 0, {"id": "door", "text": "Open"})
    assert texts(cluster) == ["Open"]
    assert listed(cluster)["faults"] == ["a marquee item has no text"]


def test_all_panels_of_a_board_show_the_room_that_its_owner_names():
    settings = PipelineSettings(marquee=Settings(room="lobby"))
    cluster = cluster_of(1, settings=settings)
    put(cluster, 0, {"id": "door", "text": "Open"})
    marquee = cluster.nodes[0].pipeline.marquee
    assert marquee.ticker(room_id(MESH, "kitchen")).at(mesh_s(cluster)).text == "Open"


def test_who_listens_hears_of_changes_until_he_has_enough():
    cluster = cluster_of(2)
    heard = []
    stop = cluster.nodes[1].pipeline.marquee.listen(LOBBY, lambda: heard.append(1))
    cluster.nodes[1].pipeline.marquee.ticker(LOBBY)
    put(cluster, 0, {"id": "door", "text": "Open"})
    cluster.run(1.0)
    assert len(heard) == 1
    stop()
    put(cluster, 0, {"id": "door", "text": "Shut"})
    cluster.run(1.0)
    assert len(heard) == 1


# ------------------------------------------------------------------------------------------------- beside the canvas


def test_a_cleared_page_leaves_the_marquee_as_it_is():
    cluster = cluster_of(1)
    node = cluster.nodes[0]
    put(cluster, 0, {"id": "door", "text": "Open"})
    document = node.pipeline.rooms[LOBBY].document
    context = context_within(document, document.held)
    assert isinstance(context, Context)
    node.feed(lambda now: node.pipeline.draw("lobby", [Clear(1, context)], now))
    assert texts(cluster) == ["Open"]


def test_an_erased_item_is_gone_and_an_undo_brings_it_back():
    cluster = cluster_of(1)
    node = cluster.nodes[0]
    put(cluster, 0, {"id": "door", "text": "Open"})
    (op,) = [line.op for same in node.pipeline.marquee._lines[LOBBY].lines().values() for line in same]
    for alive, text in ((False, "edgeboard"), (True, "Open")):
        node.feed(lambda now, alive=alive: node.pipeline.draw("lobby", [Alive(op, alive)], now))
        cluster.run(0.1)
        assert texts(cluster) == [text]


# ---------------------------------------------------------------------------------------------------------- changes


def test_a_changed_text_shows_at_its_moment_and_moves_nobody():
    cluster = cluster_of(2)
    put(cluster, 0, {"id": "a", "text": "One"}, {"id": "b", "text": "Two"})
    cluster.run(20.0)
    before = shown(cluster, mesh_s(cluster) + 50)[1]
    (item,) = put(cluster, 1, {"id": "a", "text": "Uno"})
    cluster.run(0.5)
    assert {slot.item.text for slot in shown(cluster, item.at - 0.001)[0].plan.slots} == {"One", "Two"}
    cluster.run(1.0)
    after = shown(cluster, before.mesh_s)[1]
    assert (after.turn, after.elapsed_s) == (before.turn, before.elapsed_s)
    assert {slot.item.text for slot in after.plan.slots} == {"Uno", "Two"}


def test_what_is_so_already_is_not_logged_again():
    cluster = cluster_of(1)
    put(cluster, 0, {"id": "a", "text": "One", "level": "warning"})
    ops = cluster.nodes[0].pipeline.rooms[LOBBY].document.statistics().ops
    assert put(cluster, 0, {"id": "a", "level": "warning"}) == []
    assert cluster.nodes[0].pipeline.rooms[LOBBY].document.statistics().ops == ops


def test_what_is_removed_goes_at_one_moment_everywhere():
    cluster = cluster_of(2)
    put(cluster, 0, {"id": "a", "text": "One"}, {"id": "b", "text": "Two"})
    cluster.run(5.0)
    assert remove(cluster, 1, "a", "never") == ["a"]
    end = mesh_s(cluster) + LEAD_S
    cluster.run(0.9)
    for frame in shown(cluster, end - 0.01):
        assert len(frame.plan.slots) == 2
    for frame in shown(cluster, end + 0.01):
        assert [slot.item.id for slot in frame.plan.slots] == ["b"]
    cluster.run(1.0)
    assert [item["id"] for item in listed(cluster)["items"]] == ["b"]
    assert remove(cluster, 1, "a") == []


def test_what_is_removed_before_it_began_never_shows():
    cluster = cluster_of(2)
    (item,) = put(cluster, 0, {"id": "a", "text": "One"})
    assert remove(cluster, 0, "a") == ["a"]
    cluster.run(3.0)
    assert texts(cluster, item.at + 0.5) == ["edgeboard"] * 2


def test_an_item_can_come_back_after_it_was_removed():
    cluster = cluster_of(1)
    put(cluster, 0, {"id": "a", "text": "One"})
    cluster.run(1.0)
    remove(cluster, 0, "a")
    cluster.run(1.0)
    with pytest.raises(DecodeError, match="needs a text"):
        put(cluster, 0, {"id": "a", "level": "info"})
    put(cluster, 0, {"id": "a", "text": "Again"})
    assert texts(cluster) == ["Again"]


def test_a_wish_that_cannot_be_met_changes_nothing():
    cluster = cluster_of(1)
    with pytest.raises(DecodeError, match="twice"):
        put(cluster, 0, {"id": "a", "text": "One"}, {"id": "a", "text": "Two"})
    with pytest.raises(DecodeError, match="1 to 64"):
        put(cluster, 0)
    assert texts(cluster) == ["edgeboard"]


def test_a_board_that_may_only_look_sets_nothing():
    cluster = cluster_of(2, viewers=frozenset({1}))
    with pytest.raises(RefusedError, match="look"):
        put(cluster, 1, {"id": "a", "text": "One"})


def test_a_room_that_is_not_open_has_no_items_to_list():
    cluster = cluster_of(1)
    with pytest.raises(StateError, match="edgeboard rooms"):
        cluster.nodes[0].pipeline.marquee.listing("attic", 0.0)


def test_items_that_have_ended_are_let_go_of_by_one_board_and_nothing_moves():
    cluster = cluster_of(3)
    put(cluster, 0, {"id": "stays", "text": "Here"})
    cluster.run(3.0)
    for name in "abc":
        put(cluster, 0, {"id": name, "text": "x", "for": 5})
        cluster.run(10.0)
    before = shown(cluster, mesh_s(cluster) + 2 * KEPT_S)[0]
    cluster.run(KEPT_S + 2 * SWEEP_S)
    for node in cluster.nodes:
        left = {item.id for item in node.pipeline.marquee._lines[LOBBY].items()}
        assert left == {"stays", "c"}, "all but the last that ended, by which the others stand where they do"
    after = shown(cluster, before.mesh_s)
    assert {(frame.turn, frame.elapsed_s) for frame in after} == {(before.turn, before.elapsed_s)}


# ---------------------------------------------------------------------------------------------------------- sources


def claim(cluster, number, *sources):
    node = cluster.nodes[number]
    node.feed(lambda now: node.pipeline.marquee.claim("lobby", sources, now))


def pollers(cluster, source="boiler"):
    """Which boards read a source."""
    alive = [node for node in cluster.nodes if node.alive]
    return [node.number for node in alive if reader_of(cluster, node, source) == node.node]


def reader_of(cluster, node, source="boiler"):
    """Who a board says reads a source."""
    (found,) = node.pipeline.marquee.readers("lobby", [source], cluster.clock.now())
    return found


def test_a_shared_source_is_read_by_one_of_the_boards_that_have_it():
    cluster = cluster_of(4)
    for number in (0, 1, 3):
        claim(cluster, number, "boiler")
    cluster.run(2.0)
    (reader,) = pollers(cluster)
    assert reader == min((0, 1, 3), key=lambda number: cluster.nodes[number].node)
    assert pollers(cluster, "another") == []


def test_when_it_vanishes_without_a_word_another_reads_it_within_three_seconds():
    cluster = cluster_of(4)
    for number in range(4):
        claim(cluster, number, "boiler")
    cluster.run(5.3)
    (reader,) = pollers(cluster)
    cluster.nodes[reader].crash()
    cluster.run(2.5)
    rest = [node for node in cluster.nodes if node.number != reader]
    assert pollers(cluster) == [min(rest, key=lambda node: node.node).number]
    cluster.nodes[reader].start()
    cluster.link_all()
    cluster.run(5.0)
    assert pollers(cluster) == [reader]


@pytest.mark.slow
@pytest.mark.parametrize(("nodes", "holders", "seed"), [(9, 3, 1), (9, 3, 2), (20, 4, 1)])
def test_in_a_mesh_that_is_not_linked_all_to_all_it_is_taken_over_as_soon(nodes, holders, seed):
    cluster = Cluster(nodes, seed, lan=LanSettings())
    for node in cluster.nodes:
        node.feed(lambda now, node=node: node.pipeline.open_room("lobby", now))
    cluster.run(5.0)
    having = [cluster.nodes[n] for n in random.Random(seed).sample(range(nodes), holders)]
    for node in having:
        claim(cluster, node.number, "boiler")
    warmth, reads = 60, []

    def look():
        """What `node.polling` does, several times a second."""
        for node in having:
            if node.alive and reader_of(cluster, node) == node.node and (not reads or reads[-1][1:] != (node, warmth)):
                reads.append((cluster.clock.now(), node, warmth))
                report(cluster, node.number, f"{warmth} °C")

    for _ in range(40):
        look()
        cluster.run(0.25)
    (reader,) = {node for _, node, _ in reads[-1:]}
    warmth = 80  # nobody has told of it when the reader dies
    died = cluster.clock.now()
    cluster.lan.crash(reader.number)
    while reads[-1][1] is reader and cluster.clock.now() < died + 10:
        cluster.run(0.25)
        look()
    took = reads[-1][0] - died
    assert took <= 3.0, f"it took {took:.2f} s until another of {nodes} boards read the source (seed {seed})"
    for _ in range(30):
        cluster.run(0.25)
        look()
    assert {text for text in texts(cluster)} == {"80 °C"}, "what the reader did not tell any more is lost"
    assert [len(listed(cluster, node.number)["items"]) for node in having if node.alive] == [1] * (holders - 1)
    said = [reader for _, reader, degrees in reads if degrees == 80]
    assert len(said) == 1, "more than one board has taken over"


def test_a_board_takes_back_what_others_say_that_it_reads():
    cluster = cluster_of(3)
    last = max(cluster.nodes, key=lambda node: node.node)
    claim(cluster, last.number, "boiler")
    others = [Meta(claim_key("boiler", node.node), True) for node in cluster.nodes if node is not last]
    last.feed(lambda now: last.pipeline.draw("lobby", others, now))
    cluster.run(1.0)
    assert reader_of(cluster, last) != last.node, "the claim was not even heard"
    cluster.run(SWEEP_S + 1.0)
    assert {reader_of(cluster, node) for node in cluster.nodes} == {last.node}


def test_who_only_looks_is_no_reader_whatever_is_said_of_him():
    cluster = cluster_of(3, viewers=frozenset({0}))
    last = max(cluster.nodes[1:], key=lambda node: node.node)
    claim(cluster, last.number, "boiler")
    last.feed(lambda now: last.pipeline.draw("lobby", [Meta(claim_key("boiler", cluster.nodes[0].node), True)], now))
    cluster.run(1.0)
    assert {reader_of(cluster, node) for node in cluster.nodes} == {last.node}


def test_a_board_whose_owner_takes_a_source_away_says_so():
    cluster = cluster_of(2)
    for number in (0, 1):
        claim(cluster, number, "boiler")
    cluster.run(1.0)
    (reader,) = pollers(cluster)
    claim(cluster, reader)
    cluster.run(1.0)
    assert pollers(cluster) == [1 - reader]


def test_what_comes_from_a_source_is_changed_at_the_source_alone():
    cluster = cluster_of(2)
    report(cluster, 0, "60 °C")
    claim(cluster, 0, "boiler")
    cluster.run(2.0)
    for number in (0, 1):
        node = cluster.nodes[number]
        (item,) = listed(cluster, number)["items"]
        assert item["source"] == ["node 0"]
        for change in (
            lambda now, node=node: node.pipeline.marquee.remove("lobby", ["boiler"], now),
            lambda now, node=node: node.pipeline.marquee.put("lobby", [{"id": "boiler", "level": "critical"}], now),
        ):
            with pytest.raises(RefusedError, match=r"comes from a source in edgeboard.yaml of node 0; change it there"):
                change(cluster.clock.now())
    claim(cluster, 0)
    cluster.run(1.0)
    assert remove(cluster, 1, "boiler") == ["boiler"], "what no board reads any more is everybody's"


def test_while_there_is_nothing_to_tell_it_says_so():
    cluster = cluster_of(1)
    assert listed(cluster)["shows"]["fallback"]
    put(cluster, 0, {"id": "a", "text": "One"})
    assert not listed(cluster)["shows"]["fallback"]


def report(cluster, number, text, keep_s=600.0):
    node, said = cluster.nodes[number], []
    wish = {"id": "boiler", "text": text}
    node.feed(lambda now: said.append(node.pipeline.marquee.report("lobby", wish, keep_s, now)))
    return said[0]


def test_what_a_source_says_is_logged_when_it_is_news():
    cluster = cluster_of(2)
    assert report(cluster, 0, "60 °C")
    cluster.run(2.0)
    assert not report(cluster, 0, "60 °C")
    assert not report(cluster, 1, "60 °C"), "who takes a source over repeats nothing"
    assert report(cluster, 1, "61 °C")
    cluster.run(2.0)
    assert texts(cluster) == ["61 °C"] * 2


def test_an_item_of_a_source_that_falls_silent_ends_and_one_that_goes_on_does_not():
    cluster = cluster_of(1)
    report(cluster, 0, "60 °C", keep_s=100.0)
    cluster.run(60.0)
    assert report(cluster, 0, "60 °C", keep_s=100.0), "it would soon have ended"
    cluster.run(90.0)
    assert texts(cluster) == ["60 °C"]
    cluster.run(20.0)
    assert texts(cluster) == ["edgeboard"]


@pytest.mark.parametrize("loner", [0, 1])
def test_what_a_board_set_that_was_alone_with_its_clock_ahead_shows_when_it_is_back(loner):
    machines = [Machine(), Machine()]
    machines[loner] = Machine(clock_ahead_s=5 * 3_600.0)
    cluster = Cluster(2, 1, machine=lambda number: machines[number])
    for node in cluster.nodes:
        node.feed(lambda now, node=node: node.pipeline.open_room("lobby", now))
    cluster.run(3.0)
    put(cluster, loner, {"id": "door", "text": "Shut", "for": 7_200})
    cluster.run(1.0)
    put(cluster, loner, {"id": "door", "text": "Open", "for": 7_200})
    put(cluster, 1 - loner, {"id": "soup", "text": "Soup", "interval": 5})
    cluster.run(1.0)
    cluster.link_all()
    cluster.run(20.0)
    for number in (0, 1):
        items = {item["id"]: item for item in listed(cluster, number)["items"]}
        assert (items["door"]["text"], items["door"]["valid"]) == ("Open", True), f"node {number} hides it for hours"
        assert items["soup"]["valid"]
        left = items["door"]["expires"] - mesh_s(cluster)
        assert 7_100 < left <= 7_201, f"it lasts {left:.0f} s more"
    assert len({frame[1:3] for frame in shown(cluster)}) == 1, "the two boards show different things"


def test_the_latest_moment_of_all_changes_is_known():
    cluster = cluster_of(2)
    assert cluster.nodes[1].pipeline.marquee.reached() == 0.0
    (item,) = put(cluster, 0, {"id": "a", "text": "One"})
    cluster.run(1.0)
    assert cluster.nodes[1].pipeline.marquee.reached() == item.at


def test_a_new_item_that_would_end_before_its_turn_is_shown_next():
    cluster = cluster_of(1)
    put(cluster, 0, *({"id": name, "text": name, "interval": 6} for name in "ab"))
    put(cluster, 0, {"id": "short", "text": "Bus 4 leaves", "for": 10})
    assert texts(cluster) == ["Bus 4 leaves"], "who has ten seconds cannot wait for twelve"
    put(cluster, 0, {"id": "long", "text": "Friday: fish", "for": 600})
    assert {item["id"]: item["priority"] for item in listed(cluster)["items"]}["long"] == 0


def test_a_room_that_is_not_there_is_not_opened_by_a_slip_of_the_pen():
    cluster = cluster_of(1)
    pipeline = cluster.nodes[0].pipeline
    rooms = set(pipeline.rooms)
    with pytest.raises(StateError, match="no room 'nosuch'"):
        pipeline.marquee.put("nosuch", [{"id": "a", "text": "x"}], 0.0)
    with pytest.raises(StateError, match="no room 'nosuch'"):
        pipeline.marquee.remove("nosuch", ["a"], 0.0)
    assert set(pipeline.rooms) == rooms


# What is kept for 128 items has reached its bounds after 500 changes; a minute of them is for the soak.
@pytest.mark.slow
@pytest.mark.parametrize("changes", [1_500, pytest.param(6_000, marks=pytest.mark.soak)])
def test_a_script_that_changes_an_item_a_hundred_times_a_second_leaves_nothing_behind_but_its_log(changes):
    cluster = cluster_of(1)
    marquee = cluster.nodes[0].pipeline.marquee
    for begin in range(0, 128, 64):
        put(cluster, 0, *({"id": f"i{n}", "text": f"Line {n}"} for n in range(begin, begin + 64)))
    ticker = marquee.ticker(LOBBY)
    for count in range(changes):
        put(cluster, 0, {"id": f"i{count % 128}", "text": f"value {count}"})
        if count % 3 == 0:
            ticker.at(mesh_s(cluster))  # a panel looks
        cluster.run(0.01)
    ticker.check()
    assert len(ticker.items) == len(marquee._lines[LOBBY].lines()) == 128
    assert len(ticker._spans) <= 4 * 128 + 1
    assert len(ticker._plans) <= PLANS_MAX
    assert listed(cluster)["items"][0]["text"].startswith("value ")
