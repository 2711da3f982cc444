"""Images from one guest to all: through its host, over other nodes, past outages and liars."""

import hashlib

from edgeboard.blobs.values import BlobSettings
from edgeboard.canvas.bodies import Add, Alive, ItemType
from edgeboard.canvas.values import pack_value
from edgeboard.errors import CloseCode
from edgeboard.ids import Origin, PersonId, room_id
from edgeboard.node.values import PipelineSettings
from edgeboard.testing.cluster import Cluster
from edgeboard.testing.guest import ScriptedGuest
from edgeboard.testing.simulated import MESH
from edgeboard.wire.fields import Held
from edgeboard.wire.messages import BlobChunk, BlobHave, BlobWant
from tests.blobs.simulation import blob

LOBBY = room_id(MESH, "lobby")
ONE, DATA = blob(1)


def opened(nodes=2, **settings):
    cluster = Cluster(nodes, settings=PipelineSettings(blobs=BlobSettings(**settings)))
    for node in cluster.nodes:
        node.feed(lambda now, node=node: node.pipeline.open_room("lobby", now))
    cluster.link_all()
    cluster.run(1.0)
    return cluster


def seated(cluster, host, number=1, room="lobby"):
    guest = ScriptedGuest(PersonId(bytes([number]) * 16), Origin(number << 40 | 7))
    guest.stand_up = cluster.seat(guest, host)
    guest.enter(room)
    cluster.run(0.2)
    return guest


def draw(cluster, node, *bodies):
    made = []
    target = cluster.nodes[node]
    target.feed(lambda now: made.extend(target.pipeline.draw("lobby", bodies, now)))
    return made


def image(content=ONE, size=100_000, media="image/png"):
    return Add(0, 0, ItemType.IMAGE, pack_value([0, 0, 64, 64, content, media, size]))


def test_an_image_of_a_guest_reaches_its_host_the_other_node_and_the_guest_there():
    cluster = opened()
    ana, ben = seated(cluster, 0, 1), seated(cluster, 1, 2)
    ana.add_image(DATA)
    cluster.run(2.0)
    assert [node.disk.blobs for node in cluster.nodes] == [{ONE: DATA}] * 2
    assert ben.levels == {ONE: 1}
    ben.fetch(ONE)
    cluster.run(2.0)
    assert ben.blobs == {ONE: DATA}


def test_a_guest_hears_that_its_image_is_saved_and_then_that_it_is_safe():
    cluster = opened()
    cluster.nodes[1].disk.commit_s = 3.0
    ana = seated(cluster, 0)
    ana.add_image(DATA)
    cluster.run(1.5)
    assert ana.levels == {ONE: 1}
    cluster.run(3.0)
    assert ana.levels == {ONE: 2}


def test_alone_an_image_is_safe_when_it_is_saved_and_also_when_the_other_node_goes():
    cluster = opened(1)
    ana = seated(cluster, 0)
    ana.add_image(DATA)
    cluster.run(1.0)
    assert ana.levels == {ONE: 2}
    cluster = opened(2)
    cluster.nodes[1].disk.full = True
    ana = seated(cluster, 0)
    ana.add_image(DATA)
    cluster.run(1.0)
    assert ana.levels == {ONE: 1}
    cluster.nodes[1].kill()
    cluster.run(1.0)
    assert ana.levels == {ONE: 2}


def test_an_image_made_while_the_host_was_away_is_handed_over_by_the_next_link():
    cluster = opened(1)
    ana = seated(cluster, 0)
    ana.stand_up()
    ana.add_image(DATA)
    cluster.run(1.0)
    cluster.seat(ana, 0)
    ana.enter("lobby")
    cluster.run(2.0)
    assert cluster.nodes[0].disk.blobs == {ONE: DATA}
    assert ana.levels == {ONE: 2}


def test_a_late_node_a_restarted_node_and_a_late_guest_get_it():
    cluster = opened(3)
    cluster.nodes[2].kill()
    ana = seated(cluster, 0)
    ana.add_image(DATA)
    cluster.run(2.0)
    cluster.nodes[0].kill()
    cluster.nodes[0].start()
    cluster.nodes[2].start()
    cluster.run(0.5)
    cluster.link(0, 2)  # of those that have it, the one that was restarted
    cluster.run(3.0)
    assert cluster.nodes[2].disk.blobs == {ONE: DATA}
    ben = seated(cluster, 2, 2)
    assert ben.levels == {ONE: 1}
    ben.fetch(ONE)
    cluster.run(2.0)
    assert ben.blobs == {ONE: DATA}


def test_an_image_passes_over_a_node_in_the_middle():
    cluster = Cluster(3)
    for node in cluster.nodes:
        node.feed(lambda now, node=node: node.pipeline.open_room("lobby", now))
    cluster.link(0, 1)
    cluster.link(1, 2)
    cluster.run(1.0)
    seated(cluster, 0).add_image(DATA)
    cluster.run(3.0)
    assert cluster.nodes[2].disk.blobs == {ONE: DATA}


def test_a_damaged_image_is_fetched_again():
    cluster = opened()
    ana, ben = seated(cluster, 0, 1), seated(cluster, 1, 2)
    ana.add_image(DATA)
    cluster.run(2.0)
    node = cluster.nodes[1]
    node.kill()
    node.disk.blobs[ONE] = DATA[:-1] + b"?"
    node.start()
    cluster.link(0, 1)
    cluster.run(1.0)
    ben = seated(cluster, 1, 2)
    ben.fetch(ONE)
    cluster.run(3.0)
    assert node.disk.blobs == {ONE: DATA}


def test_what_no_item_names_is_neither_fetched_nor_taken_nor_given():
    cluster = opened()
    ana, ben = seated(cluster, 0, 1), seated(cluster, 1, 2)
    ana.blobs[ONE] = DATA
    ana.say(BlobHave((Held(ONE, len(DATA), 0),)))
    cluster.run(2.0)
    assert [node.disk.blobs for node in cluster.nodes] == [{}, {}]
    (item,) = [ana.add_image(DATA)]
    cluster.run(2.0)
    ana.draw(Alive(item, False))
    cluster.run(1.0)
    ben.fetch(ONE)
    cluster.run(1.0)
    assert ben.blobs == {}
    assert ben.lacked == {ONE: "it is not here"}
    ana.draw(Alive(item, True))  # an undo of the erasing
    cluster.run(1.0)
    ben.fetch(ONE)
    cluster.run(1.0)
    assert ben.blobs == {ONE: DATA}


def test_a_guest_of_another_room_is_given_nothing():
    cluster = opened()
    seated(cluster, 0, 1).add_image(DATA)
    cluster.run(2.0)
    spy = seated(cluster, 0, 3, room="kitchen")
    spy.fetch(ONE)
    cluster.run(1.0)
    assert spy.blobs == {}
    assert spy.levels == {}


def test_an_image_of_another_kind_or_too_large_is_refused_by_name():
    cluster = opened(1)
    ana = seated(cluster, 0)
    ana.draw(image(media="image/svg+xml"))
    ana.draw(image(size=3 * 1024 * 1024))
    ana.draw(Add(0, 0, ItemType.IMAGE, b"\x90"))
    cluster.run(1.0)
    assert ana.refused == {
        1: "only PNG, JPEG, WebP or GIF images can be shown",
        2: "an image has at most 2 MiB",
        3: "an image names its content, its kind and its size",
    }
    assert cluster.nodes[0].pipeline.rooms[LOBBY].document.items() == []


def test_bytes_that_are_no_image_are_refused_whatever_the_item_says():
    cluster = opened(1)
    ana = seated(cluster, 0)
    data = b"<html><script>alert(1)</script></html>"
    ana.add_image(data)
    cluster.run(2.0)
    assert cluster.nodes[0].disk.blobs == {}
    assert ana.lacked == {hashlib.sha256(data).digest(): "this is no PNG, JPEG, WebP or GIF image"}


def test_an_item_that_names_what_nobody_has_costs_nothing_and_harms_nobody():
    cluster = opened()
    draw(cluster, 0, image(b"n" * 32))
    cluster.run(1.0)
    _, before = cluster.traffic()
    cluster.run(100.0)
    _, after = cluster.traffic()
    assert cluster.nodes[1].pipeline.attachments.statistics().wanted == 1
    seated(cluster, 1, 2).add_image(DATA)
    cluster.run(2.0)
    assert cluster.nodes[0].disk.blobs == {ONE: DATA}
    assert after - before < 100_000  # pings and digests


def test_a_guest_that_floods_with_pieces_is_cut_off_and_its_neighbour_draws_on():
    cluster = opened(1)
    flood, ana = seated(cluster, 0, 1), seated(cluster, 0, 2)
    for _ in range(50):
        flood.say(BlobChunk(ONE, 0, 1 << 20, bytes(16 * 1024)))
    cluster.run(0.5)
    assert {closed.code for closed in cluster.nodes[0].closed} == {CloseCode.RATE}
    assert cluster.nodes[0].disk.blobs == {}
    ana.add_image(DATA)
    cluster.run(1.0)
    assert cluster.nodes[0].disk.blobs == {ONE: DATA}


def test_a_guest_that_asks_without_end_is_cut_off():
    cluster = opened(1, serve_bytes_per_s=10_000.0, serve_bytes_burst=20_000.0)
    seated(cluster, 0, 1).add_image(DATA)
    cluster.run(1.0)
    greedy = seated(cluster, 0, 2)
    for _ in range(200):
        greedy.say(BlobWant(ONE, 0, 16 * 1024))
    cluster.run(1.0)
    assert {closed.code for closed in cluster.nodes[0].closed} == {CloseCode.RATE}


def test_more_images_than_there_is_room_for_are_refused_and_none_that_is_shown_goes():
    size = 100_000
    cluster = opened(1, keep_bytes=3 * size)
    ana = seated(cluster, 0)
    blobs = dict(blob(number, size) for number in range(5))
    for data in blobs.values():
        ana.add_image(data)
        cluster.run(1.0)
    node = cluster.nodes[0]
    first, second, third, fourth, fifth = blobs
    assert list(node.disk.blobs) == [first, second, third]
    assert set(ana.lacked) == {fourth, fifth}
    assert "are used up" in ana.lacked[fourth]
    ana.draw(Alive(next(iter(node.pipeline.rooms[LOBBY].document.items())).id, False))  # the first
    cluster.run(200.0)
    assert list(node.disk.blobs) in ([second, third, fourth], [second, third, fifth])


def test_a_full_disk_keeps_the_image_at_its_maker_until_it_can_be_saved():
    cluster = opened(1)
    cluster.nodes[0].disk.full = True
    ana = seated(cluster, 0)
    ana.add_image(DATA)
    cluster.run(5.0)
    assert ana.levels == {}
    assert ana.lacked == {ONE: "this board's disk takes no images just now"}
    cluster.nodes[0].disk.full = False
    cluster.run(130.0)
    assert ana.levels == {ONE: 2}


def test_a_lying_node_is_named_in_an_alarm():
    cluster = opened()
    draw(cluster, 0, image())
    cluster.run(0.5)
    liar = cluster.nodes[1]
    liar.disk.blobs[ONE] = DATA[:-1] + b"?"
    liar.pipeline.attachments._exchange.shelf.restore([(ONE, len(DATA))])
    liar.pipeline.attachments._exchange.shelf.cache(ONE, liar.disk.blobs[ONE])  # it does not look
    link = liar.pipeline.mesh.link_to(cluster.nodes[0].node)
    liar.feed(lambda now: liar.pipeline.attachments.joined(link, LOBBY))
    cluster.run(5.0)
    assert cluster.nodes[0].disk.blobs == {}
    assert [text for text in cluster.nodes[0].alarms if "wrong bytes for blob" in text]


def test_ink_does_not_wait_for_images():
    cluster = opened(2, node_bytes_per_s=200_000.0, node_bytes_burst=200_000.0)
    ana = seated(cluster, 0)
    for number in range(10):
        ana.add_image(blob(number, 500_000)[1])
    cluster.run(0.5)
    (made,) = draw(cluster, 0, Add(0, 0, ItemType.TEXT, pack_value([0, 0, "now", 16, 0])))
    cluster.run(0.1)
    assert cluster.nodes[1].pipeline.rooms[LOBBY].document.is_alive(made)
    assert len(cluster.nodes[1].disk.blobs) < 10
