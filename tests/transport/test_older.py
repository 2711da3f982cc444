"""The mends, on top of the installed version, which they must not disturb, and of what older ones do."""

from types import SimpleNamespace

import aiortc.rtcsctptransport as sctp
import pytest

from edgeboard.transport import older, patches
from edgeboard.transport.fitting import Changes

FIRST, LAST = sctp.SCTP_DATA_FIRST_FRAG, sctp.SCTP_DATA_LAST_FRAG


@pytest.mark.parametrize("name", older.PATCHES)
def test_it_fits_what_is_installed(name):
    changes = Changes()
    assert name in patches.active() or older.PATCHES[name](changes)  # another test may have put it in force
    changes.undo()


def test_the_old_form_is_replaced_and_an_unknown_one_is_not(monkeypatch):
    done = []
    digests = {"old": "1234", "new": "5678"}
    for present, expected in (("1234", (True, ["x"])), ("5678", (True, [])), ("9999", (False, []))):
        done.clear()
        monkeypatch.setattr(older, "known", lambda module, owner, wanted, present=present: present in wanted.values())
        assert (older._mend(sctp, "X", "y", *digests.values(), lambda: done.append("x")), done) == expected


@pytest.mark.parametrize("name", older.PATCHES)
def test_what_is_replaced_comes_back(monkeypatch, name):
    before = dict(vars(sctp.RTCSctpTransport)), dict(vars(sctp.InboundStream))
    monkeypatch.setattr(older, "known", lambda *anything: True)
    changes = Changes()
    assert older.PATCHES[name](changes)
    assert (dict(vars(sctp.RTCSctpTransport)), dict(vars(sctp.InboundStream))) != before
    changes.undo()
    assert (dict(vars(sctp.RTCSctpTransport)), dict(vars(sctp.InboundStream))) == before


# ------------------------------------------------------------------------------------------------ forward


def old_advance(self):
    """Builds a chunk for what was newly given up, and only then."""
    if self.newly:
        self._advanced_peer_ack_tsn, streams = self.newly.pop(0)
        self._forward_tsn_chunk = sctp.ForwardTsnChunk()
        self._forward_tsn_chunk.cumulative_tsn = self._advanced_peer_ack_tsn
        self._forward_tsn_chunk.streams = streams


def test_what_was_given_up_is_said_until_it_is_known():
    advance = older.saying_again(old_advance, sctp)
    association = SimpleNamespace(
        newly=[(110, [(2, 7)]), (112, [])], _forward_tsn_chunk=None, _last_sacked_tsn=100, _advanced_peer_ack_tsn=100
    )

    def said():
        advance(association)
        chunk, association._forward_tsn_chunk = association._forward_tsn_chunk, None  # as when it is sent
        return chunk and (chunk.cumulative_tsn, chunk.streams)

    assert said() == (110, [(2, 7)])
    assert said() == (112, [(2, 7)])
    assert said() == (112, [(2, 7)])  # nothing is new, and the other side may not have heard
    association._last_sacked_tsn = 110
    assert said() == (112, [])
    association._last_sacked_tsn = 112
    assert said() is None


# ------------------------------------------------------------------------------------------------ deliver, prune


def chunk(tsn, flags, data=b"x", sequence=0):
    made = sctp.DataChunk(flags=flags)
    made.tsn, made.user_data, made.stream_seq = tsn, data, sequence
    return made


def stream_of(*chunks):
    stream = sctp.InboundStream()
    for made in chunks:
        stream.add_chunk(made)
    return stream


def test_messages_between_those_of_other_channels_are_all_handed_on():
    def old_pop(stream):
        """Stops after each one, as where numbers are not consecutive."""
        if stream.reassembly:
            yield 1, 53, stream.reassembly.pop(0).user_data

    stream = stream_of(*(chunk(tsn, FIRST | LAST, b"%d" % tsn) for tsn in (1, 3, 5)))
    assert [data for _, _, data in older.popping_all(old_pop)(stream)] == [b"1", b"3", b"5"]
    stream = stream_of(*(chunk(tsn, FIRST | LAST, b"%d" % tsn, at) for at, tsn in enumerate((1, 3, 5))))
    pop = older.popping_all(sctp.InboundStream.pop_messages)
    assert [data for _, _, data in pop(stream)] == [b"1", b"3", b"5"]
    assert stream.reassembly == []


def old_prune(stream, tsn):
    gone = [made for made in stream.reassembly if made.tsn <= tsn]
    stream.reassembly = stream.reassembly[len(gone) :]
    return sum(len(made.user_data) for made in gone)


@pytest.mark.parametrize("stock", [old_prune, sctp.InboundStream.prune_chunks], ids=["old", "installed"])
@pytest.mark.parametrize(
    ("flags", "kept", "size"),
    [
        ({8: FIRST, 9: 0, 10: 0, 11: LAST}, [8, 9, 10, 11], 0),  # goes on behind 10
        ({6: FIRST, 8: FIRST, 9: 0, 10: 0, 12: LAST}, [8, 9, 10, 12], 1),  # 11 may still come
        ({8: FIRST, 9: 0}, [], 2),  # 10 was given up, and it with it
        ({9: 0, 10: 0, 11: LAST}, [11], 2),  # its beginning was given up
        ({8: FIRST, 10: 0, 11: LAST}, [11], 2),  # likewise its middle
        ({9: FIRST, 10: LAST}, [], 2),  # complete, and was handed on
        ({12: FIRST}, [12], 0),
        ({}, [], 0),
    ],
)
def test_a_message_that_goes_on_behind_what_was_given_up_is_kept(stock, flags, kept, size):
    stream = stream_of(*(chunk(tsn, flag) for tsn, flag in flags.items()))
    assert older.keeping_begun(stock, sctp)(stream, 10) == size
    assert [made.tsn for made in stream.reassembly] == kept
