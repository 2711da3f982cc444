"""Drawings of other programs: read as items that a room can take, and items written as files that others can open."""
