"""Pens: one engine for each protocol, and what is made of their samples: calibrated, checked, gathered to strokes."""
