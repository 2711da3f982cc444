"""edgeboard: one whiteboard across many small displays, peer to peer."""

__version__ = "0.1.0"
