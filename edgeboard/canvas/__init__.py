"""What the board looks like: ops, and the canvas as a pure function of the set of ops (docs/formats/oplog.md)."""
