"""The stand-in for pylibsrtp, held against the real one where it is installed."""

import pytest

from edgeboard.transport import srtp

PACKET = bytes((0x80, 0x60)) + bytes(30)


@pytest.mark.parametrize("name", [name for name in vars(srtp.Policy) if name.isupper()])
def test_profiles_and_sources_are_numbered_as_in_the_library(name):
    pylibsrtp = pytest.importorskip("pylibsrtp")
    if pylibsrtp is srtp:
        pytest.skip("the stand-in is in force in this process; run this file alone")
    assert getattr(srtp.Policy, name) == getattr(pylibsrtp.Policy, name)


@pytest.mark.parametrize("method", ["protect", "protect_rtcp", "unprotect", "unprotect_rtcp"])
def test_media_is_refused_as_the_library_refuses_what_it_cannot_read(method):
    policy = srtp.Policy(key=bytes(46), ssrc_type=srtp.Policy.SSRC_ANY_INBOUND, srtp_profile=1)
    policy.allow_repeat_tx, policy.window_size = True, 1024
    with pytest.raises(srtp.Error, match="media is left out"):
        getattr(srtp.Session(policy), method)(PACKET)
