"""What is read of a session description before aiortc sees it: its fingerprint, and candidates that are addresses.

A description comes from a stranger. Candidates that are names would be looked up: a browser's `.local` names stall
aiortc for a second each where its mDNS fails, as with dnspython from 2.9.1 on, which cannot read Chromium's answers
(hence the pin in pyproject.toml, for who calls aiortc without this). Those of other protocols are never used. They are
dropped, and the link forms from our own addresses.
"""

import ipaddress
from dataclasses import dataclass

from edgeboard.errors import DecodeError, LimitError

SDP_MAX = 16 * 1024  # bytes
CANDIDATES_MAX = 32  # each makes us send a few packets to an address that a stranger chose

_FINGERPRINT = "a=fingerprint:"
_CANDIDATE = "a=candidate:"
_COMPLETE = "a=end-of-candidates"


@dataclass(frozen=True, slots=True)
class Description:
    text: str  # without the candidates that are dropped
    fingerprint: bytes  # of the DTLS certificate, sha-256


def read_sdp(text: str) -> Description:
    """Check a description of one data section.

    Raises:
        DecodeError: more or other sections, no sha-256 fingerprint, or two that differ.
        LimitError: above 16 KiB.
    """
    if len(text.encode(errors="replace")) > SDP_MAX:
        raise LimitError(f"an SDP of more than {SDP_MAX} bytes")
    kept: list[str] = []
    sections = candidates = dropped = 0
    fingerprints: set[bytes] = set()
    for line in text.splitlines():
        if line.startswith(_CANDIDATE):
            candidates += 1
            if candidates > CANDIDATES_MAX or not _is_address(line):
                dropped += 1
                continue
        elif line.startswith("m="):
            sections += 1
            if not line.startswith("m=application ") or "DTLS/SCTP" not in line:
                raise DecodeError("an SDP has a section that is not for data")
        elif line.startswith(_FINGERPRINT):
            fingerprints |= _fingerprint(line)
        kept.append(line)
    if sections != 1:
        raise DecodeError(f"an SDP has {sections} sections instead of one")
    if len(fingerprints) != 1:
        raise DecodeError("an SDP has no sha-256 fingerprint, or several")
    if dropped or not candidates:
        # The other side has more addresses than are named here. Told that these are all, aioice would give up, or
        # with none named not even look at its own.
        kept = [line for line in kept if line != _COMPLETE]
    return Description("".join(f"{line}\r\n" for line in kept), fingerprints.pop())


def _fingerprint(line: str) -> set[bytes]:
    """The value of a sha-256 line; nothing for other hashes."""
    name, _, value = line.removeprefix(_FINGERPRINT).partition(" ")
    if name.lower() != "sha-256":
        return set()
    try:
        digest = bytes.fromhex(value.strip().replace(":", ""))
    except ValueError:
        digest = b""
    if len(digest) != 32:
        raise DecodeError("a sha-256 fingerprint is not 32 bytes")
    return {digest}


def _is_address(line: str) -> bool:
    """Whether a candidate is a UDP port of an address that one host can have."""
    fields = line.removeprefix(_CANDIDATE).split()
    if len(fields) < 8 or fields[2].lower() != "udp" or fields[6] != "typ":
        return False
    try:
        address = ipaddress.ip_address(fields[4])
        port = int(fields[5])
    except ValueError:
        return False
    broadcast = address == ipaddress.IPv4Address("255.255.255.255")
    return 0 < port < 65536 and not (address.is_multicast or address.is_unspecified or broadcast)
