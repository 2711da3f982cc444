"""The exchange of blobs over links that are slow, lossy, gone or hostile."""

import hashlib

import pytest

from edgeboard.blobs.values import BlobSettings
from edgeboard.canvas.images import judge_image
from edgeboard.errors import CloseCode, RefusedError
from edgeboard.wire.fields import BLOB_CHUNK_MAX, Held
from edgeboard.wire.messages import BlobChunk, BlobHave, BlobLack, BlobWant
from tests.blobs.simulation import Net, blob

ONE, DATA = blob(1)


def two(net, **how):
    giver, taker = net.peer("giver").holds(ONE, DATA), net.peer("taker")
    return giver, taker, net.link(giver, taker, **how)


def test_a_blob_that_is_wanted_is_fetched_from_who_has_it_and_kept_whole():
    net = Net()
    giver, taker, (to_taker, _) = two(net)
    taker.want(ONE)
    net.run(1)
    assert taker.disk == {}  # nobody has said that he has it
    giver.announce(to_taker, ONE)
    net.run(1)
    assert taker.disk == {ONE: DATA}
    assert taker.exchange.statistics().fetched == 1


def test_what_is_not_wanted_is_not_fetched_and_what_is_here_is_not_fetched_again():
    net = Net()
    giver, taker, (to_taker, to_giver) = two(net)
    giver.announce(to_taker, ONE)
    net.run(1)
    assert net.carried == 0
    taker.want(ONE)
    net.run(1)
    carried = net.carried
    giver.announce(to_taker, ONE)
    taker.want(ONE)
    taker.announce(to_giver, ONE)
    net.run(1)
    assert (net.carried, carried) == (len(DATA), len(DATA))


def test_pieces_are_small_and_few_are_under_way():
    net = Net()
    giver, taker, (to_taker, _) = two(net)
    ahead = []
    asked = given = 0

    def watch(sender, link, message):
        nonlocal asked, given
        if isinstance(message, BlobWant):
            asked += message.length
        if isinstance(message, BlobChunk):
            assert len(message.data) <= BLOB_CHUNK_MAX
            given += len(message.data)
        ahead.append(asked - given)
        return message

    net.change = watch
    taker.want(ONE)
    giver.announce(to_taker, ONE)
    net.run(1)
    assert given == len(DATA)
    assert max(ahead) <= net.settings.ahead_bytes


def test_a_chain_of_nodes_passes_a_blob_on():
    net = Net()
    giver, middle, far = net.peer().holds(ONE, DATA), net.peer(), net.peer()
    to_middle, _ = net.link(giver, middle)
    net.link(middle, far)
    middle.want(ONE)
    far.want(ONE)
    giver.announce(to_middle, ONE)
    net.run(2)
    assert far.disk == {ONE: DATA}


def test_a_fetch_goes_on_where_it_stopped_when_its_link_breaks():
    net = Net()
    first, second, taker = net.peer().holds(ONE, DATA), net.peer().holds(ONE, DATA), net.peer()
    (to_one, one), (to_two, _) = net.link(first, taker), net.link(second, taker)
    chunks = 0

    def break_in_the_middle(sender, link, message):
        nonlocal chunks
        chunks += isinstance(message, BlobChunk)
        if chunks == 4 and one in taker.links:
            net.cut(first, to_one)
            return None
        return message

    net.change = break_in_the_middle
    taker.want(ONE)
    first.announce(to_one, ONE)
    second.announce(to_two, ONE)
    net.run(5)
    assert taker.disk == {ONE: DATA}
    assert net.carried <= len(DATA) + 2 * net.settings.ahead_bytes  # not all of it twice


def test_a_source_that_falls_silent_is_left_for_another_and_asked_again_if_there_is_none():
    net = Net()
    mute, taker, (to_taker, _) = two(net)
    net.change = lambda sender, link, message: None if isinstance(message, BlobChunk) and sender is mute else message
    taker.want(ONE)
    mute.announce(to_taker, ONE)
    net.run(5)
    assert taker.disk == {}
    other = net.peer().holds(ONE, DATA)
    to_it, _ = net.link(other, taker)
    other.announce(to_it, ONE)
    net.run(10)
    assert taker.disk == {ONE: DATA}

    lonely, (to_lonely, _) = net.peer(), (0, 0)
    to_lonely, _ = net.link(mute, lonely)
    lonely.want(ONE)
    mute.announce(to_lonely, ONE)
    net.run(20)
    net.change = lambda sender, link, message: message
    net.run(2 * net.settings.again_last_s)
    assert lonely.disk == {ONE: DATA}


def test_a_source_that_gives_crumbs_is_left():
    net = Net()
    miser, taker, (to_taker, _) = two(net)
    net.change = lambda sender, link, message: (
        BlobChunk(message.content, message.offset, message.total, message.data[:100])
        if isinstance(message, BlobChunk) and sender is miser
        else message
    )
    taker.want(ONE)
    miser.announce(to_taker, ONE)
    net.run(1)
    other = net.peer().holds(ONE, DATA)
    to_it, _ = net.link(other, taker)
    other.announce(to_it, ONE)
    net.run(5)
    assert taker.disk == {ONE: DATA}


def test_slow_sources_do_not_keep_others_from_their_turn_and_lose_nothing_by_it():
    net = Net(settings=BlobSettings(slow_bytes_per_s=16_384.0))
    host = net.peer()
    slow = [blob(number, 400_000) for number in range(5)]
    guests = []
    for content, data in slow:
        guests.append(net.peer().holds(content, data))
        _, to_host = net.link(host, guests[-1], guest=True)
        host.want(content)
        guests[-1].announce(to_host, content)

    def crawl(sender, link, message):  # a piece every seven seconds
        if isinstance(message, BlobChunk) and sender in guests:
            other, number = sender.links[link]
            net.clock.call_at(net.clock.now() + 7.0, lambda: other.receive(number, message))
            return None
        return message

    net.change = crawl
    quick = net.peer().holds(ONE, DATA)
    _, to_host = net.link(host, quick, guest=True)
    host.want(ONE)
    quick.announce(to_host, ONE)
    net.run(100)
    assert ONE in host.disk
    net.run(600)
    assert set(host.disk) == {ONE, *dict(slow)}
    assert net.carried <= len(DATA) + 5 * 400_000 + 10 * net.settings.ahead_bytes


@pytest.mark.parametrize("seed", range(8))
def test_lost_messages_cost_time_and_nothing_else(seed):
    net = Net(seed, BlobSettings(silent_s=1.0))
    giver, taker = net.peer(), net.peer()
    blobs = dict(blob(number, 60_000) for number in range(12))
    for content, data in blobs.items():
        giver.holds(content, data)
    to_taker, _ = net.link(giver, taker)
    net.change = lambda sender, link, message: None if net.rng.random() < 0.1 else message
    taker.want(*blobs)
    for _ in range(40):
        giver.announce(to_taker, *blobs)  # as on a new link
        net.run(20)
    assert taker.disk == blobs
    assert taker.misled == []


def corrupt(message):
    return BlobChunk(message.content, message.offset, message.total, message.data[:-1] + b"?")


def test_wrong_bytes_are_never_kept_and_the_liar_is_named_and_asked_no_more():
    net = Net()
    liar, taker, (to_taker, to_liar) = two(net)
    net.change = lambda sender, link, message: (
        corrupt(message) if sender is liar and isinstance(message, BlobChunk) and message.offset == 0 else message
    )
    taker.want(ONE)
    liar.announce(to_taker, ONE)
    net.run(300)
    assert taker.disk == {}
    assert taker.misled == [(to_liar, ONE)]
    assert net.carried == len(DATA)
    honest = net.peer().holds(ONE, DATA)
    to_it, _ = net.link(honest, taker)
    honest.announce(to_it, ONE)
    net.run(5)
    assert taker.disk == {ONE: DATA}


def test_a_blob_out_of_two_sources_that_does_not_fit_is_fetched_from_one_alone():
    net = Net(settings=BlobSettings(silent_s=1.0))
    liar, honest, taker = net.peer().holds(ONE, DATA), net.peer().holds(ONE, DATA), net.peer()
    (to_one, _), (to_two, from_honest) = net.link(liar, taker), net.link(honest, taker)

    def begin_and_stop(sender, link, message):
        if sender is liar and isinstance(message, BlobChunk):
            return corrupt(message) if message.offset == 0 else None
        return message

    net.change = begin_and_stop
    taker.want(ONE)
    liar.announce(to_one, ONE)
    net.run(0.5)
    honest.announce(to_two, ONE)
    net.run(60)
    assert taker.disk == {ONE: DATA}
    assert (from_honest, ONE) not in taker.misled


def test_pieces_that_nobody_asked_for_end_the_link():
    net = Net()
    _, taker, (_, to_flood) = two(net)
    taker.receive(to_flood, BlobChunk(ONE, 0, len(DATA), DATA[:BLOB_CHUNK_MAX]))
    assert taker.closed[to_flood].code is CloseCode.RATE
    assert taker.disk == {}


def test_who_asks_for_more_than_a_browser_would_is_cut_off():
    net = Net(settings=BlobSettings(serve_bytes_per_s=1000.0, serve_bytes_burst=20_000.0))
    giver, _, (to_taker, _) = two(net)
    for _ in range(100):
        giver.receive(to_taker, BlobWant(ONE, 0, BLOB_CHUNK_MAX))
    assert giver.closed[to_taker].code is CloseCode.RATE
    giver, _, (to_taker, _) = two(net)
    giver.receive(to_taker, BlobWant(ONE, 0, 0))
    assert giver.closed[to_taker].code is CloseCode.MALFORMED


def test_who_names_more_than_a_board_has_is_cut_off():
    net = Net(settings=BlobSettings(haves_burst=1000.0))
    host, guest = net.peer(), net.peer()
    to_guest, _ = net.link(host, guest, guest=True)
    for number in range(100):
        host.receive(to_guest, BlobHave(tuple(Held(bytes([number, at]) * 16, 0, 0) for at in range(256))))
    assert host.closed[to_guest].code is CloseCode.RATE
    assert len(host.said) <= 1000


def test_a_crowd_is_served_in_turns_so_that_pens_come_in_between():
    net = Net()
    host = net.peer().holds(ONE, DATA)
    host.loaded(ONE)
    guests = [net.peer() for _ in range(30)]
    most = 0
    for guest in guests:
        to_guest, _ = net.link(host, guest, guest=True)
        guest.want(ONE)
        host.announce(to_guest, ONE)
    give, counted = host.exchange._giving.give, []

    def count(now):
        before = host.exchange._giving.given_bytes
        give(now)
        counted.append(host.exchange._giving.given_bytes - before)

    host.exchange._giving.give = count
    net.run(5)
    most = max(counted)
    assert all(guest.disk == {ONE: DATA} for guest in guests)
    assert most <= 16 * BLOB_CHUNK_MAX


def test_giving_keeps_to_its_pace():
    net = Net(settings=BlobSettings(serve_bytes_per_s=20_000.0, serve_bytes_burst=20_000.0))
    giver, taker, (to_taker, _) = two(net)
    taker.want(ONE)
    giver.announce(to_taker, ONE)
    net.run(2.0)
    assert net.carried <= 60_000
    net.run(5.0)
    assert taker.disk == {ONE: DATA}


def test_a_guest_hands_in_at_its_pace_and_other_links_do_not_wait_for_it():
    net = Net(settings=BlobSettings(guest_bytes_per_s=20_000.0, guest_bytes_burst=20_000.0))
    host, guest = net.peer(), net.peer().holds(ONE, DATA)
    _, to_host = net.link(host, guest, guest=True)
    other, more = blob(2)
    node = net.peer().holds(other, more)
    _, to_it = net.link(host, node)
    host.want(ONE, other)
    guest.announce(to_host, ONE)
    node.announce(to_it, other)
    net.run(1.0)
    assert host.disk == {other: more}
    net.run(5.0)
    assert host.disk == {other: more, ONE: DATA}


def test_nobody_is_given_what_he_may_not_have_or_what_is_not_here():
    net = Net()
    giver, taker, (to_taker, _) = two(net)
    giver.denied.add(to_taker)
    taker.want(ONE)
    giver.announce(to_taker, ONE)
    net.run(5)
    assert taker.disk == {}
    assert (to_taker, BlobLack(ONE, 1, "it is not here")) in giver.said
    giver.receive(to_taker, BlobWant(b"x" * 32, 0, 100))
    giver.receive(to_taker, BlobWant(ONE, len(DATA), 100))
    assert [message.content for _, message in giver.said[-2:]] == [b"x" * 32, ONE]


def test_a_blob_that_may_not_be_kept_is_refused_by_name_and_not_fetched_again():
    net = Net(judge=judge_image)
    host, guest = net.peer(), net.peer()
    data = b"<svg onload='alert(1)'/>"
    content = hashlib.sha256(data).digest()
    guest.holds(content, data)
    _, to_host = net.link(host, guest, guest=True)
    host.want(content)
    guest.announce(to_host, content)
    net.run(2)
    lack = next(message for _, message in host.said if isinstance(message, BlobLack))
    assert (lack.content, lack.code, lack.text) == (content, 15, "this is no PNG, JPEG, WebP or GIF image")
    assert host.disk == {}
    carried = net.carried
    host.want(content)
    guest.announce(to_host, content)
    net.run(100)
    assert net.carried == carried


@pytest.mark.parametrize("size", [0, 2 * 1024 * 1024 + 1, 1 << 50])
def test_a_size_beyond_the_limit_is_refused_before_a_byte_is_asked_for(size):
    net = Net()
    host, guest = net.peer(), net.peer()
    to_guest, _ = net.link(host, guest, guest=True)
    host.want(ONE)
    host.receive(to_guest, BlobHave((Held(ONE, size, 0),)))
    assert [type(message) for _, message in host.said] == [BlobLack]
    assert host.said[0][1].code == CloseCode.TOO_BIG


def test_a_source_that_changes_its_mind_about_the_size_is_left():
    net = Net()
    liar, taker, (to_taker, to_liar) = two(net)
    net.change = lambda sender, link, message: (
        BlobChunk(message.content, message.offset, message.total + 1, message.data)
        if isinstance(message, BlobChunk)
        else message
    )
    taker.want(ONE)
    liar.announce(to_taker, ONE)
    net.run(100)
    assert taker.disk == {}
    assert to_liar in taker.links


def test_the_oldest_that_nobody_needs_goes_when_room_is_wanted_and_never_what_is_needed():
    size = 100_000
    net = Net(settings=BlobSettings(keep_bytes=4 * size))
    taker, giver = net.peer(), net.peer()
    old = [blob(number) for number in range(4)]
    for content, data in old:
        taker.holds(content, data)
    taker.needed = {old[0][0], old[2][0]}
    fresh = [blob(number) for number in range(10, 13)]
    for content, data in fresh:
        giver.holds(content, data)
    to_taker, _ = net.link(giver, taker)
    taker.want(*(content for content, _ in fresh))
    giver.announce(to_taker, *(content for content, _ in fresh))
    net.run(10)
    assert set(taker.disk) == {old[0][0], old[2][0], fresh[0][0], fresh[1][0]}
    assert taker.exchange.statistics().full > 0
    taker.needed.discard(old[0][0])
    net.run(200)
    assert fresh[2][0] in taker.disk
    assert old[0][0] not in taker.disk


def test_a_guest_is_told_when_there_is_no_room():
    net = Net(settings=BlobSettings(keep_bytes=50_000))
    host, guest = net.peer(), net.peer().holds(ONE, DATA)
    _, to_host = net.link(host, guest, guest=True)
    host.want(ONE)
    guest.announce(to_host, ONE)
    net.run(1)
    lack = next(message for _, message in host.said if isinstance(message, BlobLack))
    assert lack.code == CloseCode.STORE_FULL
    assert net.carried == 0


def test_a_damaged_blob_is_lacked_and_can_be_fetched_again():
    net = Net()
    giver, taker, (to_taker, _) = two(net)
    giver.disk[ONE] = DATA[:-1] + b"?"
    taker.want(ONE)
    giver.announce(to_taker, ONE)
    net.run(5)
    assert taker.disk == {}
    assert ONE not in giver.exchange.shelf
    third = net.peer().holds(ONE, DATA)
    to_giver, _ = net.link(third, giver)
    giver.want(ONE)
    third.announce(to_giver, ONE)
    net.run(5)
    assert giver.disk[ONE] == DATA
    assert taker.disk == {ONE: DATA}  # it was told


def test_a_disk_that_takes_nothing_is_tried_again():
    net = Net()
    giver, taker, (to_taker, _) = two(net)
    taker.disk_fails = True
    taker.want(ONE)
    giver.announce(to_taker, ONE)
    net.run(5)
    assert ONE not in taker.exchange.shelf
    taker.disk_fails = False
    net.run(2 * net.settings.again_last_s)
    assert taker.disk == {ONE: DATA}


def test_what_is_wanted_no_more_is_given_up():
    net = Net(settings=BlobSettings(serve_bytes_per_s=20_000.0, serve_bytes_burst=20_000.0))
    giver, taker, (to_taker, _) = two(net)
    taker.want(ONE)
    giver.announce(to_taker, ONE)
    net.run(1)
    taker.exchange.unwant(ONE)
    net.run(20)
    assert taker.disk == {}
    assert taker.exchange.statistics().wanted == 0
    taker.want(ONE)
    net.run(20)
    assert taker.disk == {ONE: DATA}


@pytest.mark.parametrize("seed", range(20))
def test_whatever_links_say_they_are_only_refused_and_nothing_wrong_is_kept(seed):
    net = Net(seed, BlobSettings(blob_bytes_max=50_000, keep_bytes=200_000, haves_burst=2000.0))
    rng, node = net.rng, net.peer()
    blobs = [blob(number, rng.randrange(100, 50_000)) for number in range(6)]
    node.holds(*blobs[0])
    links = [net.link(node, net.peer(), guest=at % 2 == 0)[0] for at in range(4)]

    def chunk(content, data):
        offset = rng.choice([0, 0, BLOB_CHUNK_MAX, rng.randrange(60_000)])
        piece = data[offset : offset + BLOB_CHUNK_MAX]
        total = rng.choice([len(data), len(data), rng.randrange(1 << 40)])
        return BlobChunk(content, offset, total, rng.choice([piece, piece, b"", rng.randbytes(100)]))

    for _ in range(400):
        content, data = rng.choice(blobs)
        size = rng.choice([len(data), len(data), 0, rng.randrange(1 << 53)])
        message = rng.choice([
            BlobHave(tuple(Held(content, size, rng.randrange(256)) for _ in range(rng.choice([0, 1, 1, 200])))),
            BlobWant(content, rng.choice([0, rng.randrange(1 << 53)]), rng.randrange(BLOB_CHUNK_MAX + 1)),
            chunk(content, data),
            BlobLack(content, rng.randrange(256), "x" * rng.randrange(400)),
        ])  # fmt: skip
        node.receive(rng.choice(links), message)
        if rng.random() < 0.2:
            rng.choice([node.exchange.want, node.exchange.unwant])(content)
            node.drain()
        if rng.random() < 0.1:
            net.run(rng.random() * 20)
    net.run(100)
    statistics = node.exchange.statistics()
    assert all(hashlib.sha256(data).digest() == content for content, data in node.disk.items())
    assert statistics.held_bytes == sum(map(len, node.disk.values())) <= 200_000
    assert statistics.fetching <= net.settings.fetches_max


def test_so_many_are_wanted_and_no_more():
    net = Net(settings=BlobSettings(wanted_max=3))
    peer = net.peer()
    taken = [peer.exchange.want(bytes([number]) * 32) for number in range(5)]
    assert taken == [True, True, True, False, False]


def test_few_are_on_their_way_at_the_same_time():
    net = Net()
    taker = net.peer()
    most = 0

    def watch(sender, link, message):
        nonlocal most
        most = max(most, taker.exchange.statistics().fetching)
        return message

    net.change = watch
    blobs = [blob(number, 40_000) for number in range(8)]
    for content, data in blobs:
        giver = net.peer().holds(content, data)
        to_taker, _ = net.link(giver, taker)
        giver.announce(to_taker, content)
    taker.want(*(content for content, _ in blobs))
    net.run(5)
    assert len(taker.disk) == 8
    assert 1 < most <= net.settings.fetches_max


def test_a_blob_of_an_archive_is_kept_like_any_other():
    net = Net(judge=judge_image)
    peer = net.peer()
    assert peer.exchange.take(ONE, DATA)
    peer.drain()
    net.run(1)
    assert peer.disk == {ONE: DATA}
    assert not peer.exchange.take(ONE, DATA)
    with pytest.raises(RefusedError, match="does not fit its name"):
        peer.exchange.take(b"y" * 32, DATA)
    text = b"words"
    with pytest.raises(RefusedError, match="no PNG"):
        peer.exchange.take(hashlib.sha256(text).digest(), text)
