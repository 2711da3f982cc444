"""What an owner may set of discovery."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    mdns: bool = True  # announce this board to its neighbours, and look for those of its mesh
    interfaces: tuple[str, ...] = ()  # names or addresses; empty: all but loopback, containers and VPNs
