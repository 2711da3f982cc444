from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.errors import DecodeError, LimitError
from edgeboard.transport.sdp import CANDIDATES_MAX, SDP_MAX, read_sdp

DIGEST = bytes(range(32))
FINGERPRINT = "a=fingerprint:sha-256 " + ":".join(f"{byte:02X}" for byte in DIGEST)
UDP = "a=candidate:1 1 udp 2130706431 192.168.1.7 40000 typ host"
HEAD = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel"]


def sdp(*lines):
    return "\r\n".join([*HEAD, *lines]) + "\r\n"


def test_a_plain_description_is_kept_as_it_is():
    text = sdp(FINGERPRINT, UDP, "a=end-of-candidates")
    assert read_sdp(text).text == text
    assert read_sdp(text).fingerprint == DIGEST
    assert read_sdp(text.replace("\r\n", "\n")).text == text
    assert read_sdp(sdp(FINGERPRINT.lower())).fingerprint == DIGEST


def test_other_hashes_are_passed_on_and_not_used():
    text = sdp("a=fingerprint:sha-384 " + "AB:" * 47 + "AB", FINGERPRINT)
    assert read_sdp(text).fingerprint == DIGEST
    assert "sha-384" in read_sdp(text).text


DROPPED = [
    "a=candidate:1 1 udp 2130706431 4bd4dd6a-1e5d-4c4a-9b0d-d5a7a1a0a3f2.local 40000 typ host generation 0",
    "a=candidate:1 1 udp 2130706431 board.example 40000 typ host",
    "a=candidate:1 1 tcp 2130706431 192.168.1.7 9 typ host tcptype active",
    "a=candidate:1 1 udp 2130706431 224.0.0.251 5353 typ host",
    "a=candidate:1 1 udp 2130706431 255.255.255.255 40000 typ host",
    "a=candidate:1 1 udp 2130706431 0.0.0.0 40000 typ host",
    "a=candidate:1 1 udp 2130706431 :: 40000 typ host",
    "a=candidate:1 1 udp 2130706431 192.168.1.7 0 typ host",
    "a=candidate:1 1 udp 2130706431 192.168.1.7 65536 typ host",
    "a=candidate:1 1 udp 2130706431 192.168.1.7 x typ host",
    "a=candidate:1 1 udp 2130706431 192.168.1.7 40000",
    "a=candidate:",
]


@pytest.mark.parametrize("line", DROPPED)
def test_candidates_that_are_not_addresses_are_dropped(line):
    assert read_sdp(sdp(FINGERPRINT, line, UDP)).text == sdp(FINGERPRINT, UDP)


def test_what_is_left_is_not_said_to_be_all():
    complete = "a=end-of-candidates"
    assert read_sdp(sdp(FINGERPRINT, UDP, complete)).text == sdp(FINGERPRINT, UDP, complete)
    assert read_sdp(sdp(FINGERPRINT, UDP, DROPPED[0], complete)).text == sdp(FINGERPRINT, UDP)
    assert read_sdp(sdp(FINGERPRINT, complete)).text == sdp(FINGERPRINT)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "fd00::1", "2001:db8::7", "fe80::1"])
def test_addresses_are_kept(address):
    line = f"a=candidate:1 1 UDP 2130706431 {address} 40000 typ host"
    assert line in read_sdp(sdp(FINGERPRINT, line)).text


def test_only_so_many_candidates_are_kept():
    lines = [UDP.replace("40000", str(40000 + n)) for n in range(CANDIDATES_MAX + 5)]
    assert read_sdp(sdp(FINGERPRINT, *lines)).text == sdp(FINGERPRINT, *lines[:CANDIDATES_MAX])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v=0\r\n" + FINGERPRINT,
        sdp(),
        sdp("a=fingerprint:sha-384 AB:CD"),
        sdp(FINGERPRINT, FINGERPRINT.replace("00:01", "01:00")),
        sdp(FINGERPRINT + ":00"),
        sdp(FINGERPRINT[:-3]),
        sdp("a=fingerprint:sha-256 xyz"),
        sdp("a=fingerprint:sha-256"),
        sdp(FINGERPRINT, "m=audio 9 UDP/TLS/RTP/SAVPF 96"),
        sdp(FINGERPRINT, HEAD[-1]),
        sdp(FINGERPRINT).replace("UDP/DTLS/SCTP", "RTP/AVP"),
    ],
)
def test_other_descriptions_are_refused(text):
    with pytest.raises(DecodeError):
        read_sdp(text)


def test_too_large_is_a_limit():
    with pytest.raises(LimitError):
        read_sdp(sdp(FINGERPRINT, "a=" + "x" * SDP_MAX))


LINES = st.sampled_from([*HEAD, FINGERPRINT, UDP, *DROPPED, "a=fingerprint:", "m=", "\ud800"]) | st.text(max_size=60)


@given(st.lists(LINES, max_size=12))
def test_read_sdp_raises_one_family(lines):
    with suppress(DecodeError):
        assert read_sdp("\n".join(lines)).fingerprint == DIGEST
