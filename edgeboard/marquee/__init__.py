"""The status ticker: what its items are, how they take turns, and what of them is to be seen at a moment of mesh time.

Pure functions of items and mesh time, so that panels in step exchange nothing but the items.
"""
