"""Who speaks, and who may: node keys, grants and the secret of a mesh (docs/formats/handshake.md).

All but `keyfile`, which reads and writes the state directory, are values without I/O.
"""
