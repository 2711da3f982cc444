"""How blobs travel: named by their hash, asked for piece by piece from who has them (docs/formats/wire.md, "Blobs")."""
