"""What nodes say: messages, fragments and the handshake (docs/formats/wire.md, handshake.md)."""
