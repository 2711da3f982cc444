"""What stands for pylibsrtp while the media stack is left out.

aiortc names it for every connection and uses it for media. The library and the OpenSSL inside it are 4 MiB of memory,
and for RISC-V there is no wheel of it. A connection of data channels agrees on a profile as always (the other side may
ask for it) and never sends media; media that somebody else sends is dropped, as stock drops what it cannot decrypt.
"""

from typing import NoReturn, final


class Error(Exception):
    """What pylibsrtp raises for packets that it cannot protect or unprotect."""


@final
class Policy:
    """The keys of a direction; nobody uses them."""

    # As libsrtp numbers them.
    SRTP_PROFILE_AES128_CM_SHA1_80 = 1
    SRTP_PROFILE_AES128_CM_SHA1_32 = 2
    SRTP_PROFILE_AEAD_AES_128_GCM = 7
    SRTP_PROFILE_AEAD_AES_256_GCM = 8
    SSRC_UNDEFINED = 0
    SSRC_SPECIFIC = 1
    SSRC_ANY_INBOUND = 2
    SSRC_ANY_OUTBOUND = 3

    allow_repeat_tx = False
    window_size = 0

    def __init__(
        self, key: bytes | None = None, ssrc_type: int = 0, ssrc_value: int = 0, srtp_profile: int = 1
    ) -> None:
        pass


@final
class Session:
    """One direction of media, of which there is none."""

    def __init__(self, policy: Policy | None = None) -> None:
        pass

    def _refuse(self, packet: bytes) -> NoReturn:
        raise Error("media is left out of this process")

    protect = protect_rtcp = unprotect = unprotect_rtcp = _refuse
