"""What an owner may set of the transport, and the bounds that hold it in 512 MB."""

from dataclasses import dataclass
from typing import Literal

Mode = Literal["auto", "webrtc", "websocket"]
Tier = Literal["off", "tier0", "tier1", "tier2"]


@dataclass(frozen=True, slots=True)
class Settings:
    mode: Mode = "auto"  # auto: WebRTC, and a WebSocket where that does not open
    addresses: tuple[str, ...] = ()  # offered to peers, or names of interfaces; empty: all but containers and VPNs
    include_loopback: bool = False  # offer 127.0.0.1 too: to try boards on one machine (with discovery.interfaces lo)
    ice_servers: tuple[str, ...] = ()  # stun: or turn: URLs; none, because an unreachable one costs 5 s of gathering

    patches: Tier = "tier1"  # what is changed in aiortc to make it fast; off is stock, which heeds no `addresses`
    media: bool = False  # load FFmpeg's bindings with aiortc: 16 MiB of memory, of use to nobody here

    open_s: float = 5.0  # from offer to open; a LAN takes 0.1 s, a browser with hidden addresses 1.3 s
    knock_s: float = 1.0  # for an address to answer at all; on a LAN it does so in milliseconds, or never
    linger_s: float = 0.5  # for the last words to arrive; above the round trip of a bad radio, below what a user waits
    close_s: float = 0.9  # for everything to end when the node stops; then it is cut off

    half_open_nodes: int = 4  # WebRTC connections of nodes under way: each costs 3 ms of processor and a few sockets
    half_open_guests: int = 16  # likewise of browsers: a class that scans one QR code
    half_open_relay: int = 32  # WebSockets before their proof: cheap, but strangers can open them

    send_max: int = 1024 * 1024  # bytes handed over and not sent; beyond it `send` says False
    live_max: int = 64 * 1024  # bytes handed over and not sent; beyond it live messages are dropped, they age
    receive_max: int = 1024 * 1024  # bytes arrived and not yet taken; four times what credit allows
