"""How a board renews itself: releases that several people sign, one path that verifies them, slots that hold them.

Values and rules are pure (`values`, `manifest`, `floors`, `rollout`); the rest does I/O. A running node loads none of
what verifies: `edgeboard ota` runs as processes of its own.
"""
