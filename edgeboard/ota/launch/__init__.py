"""The launcher: switches a board to the release that is armed, watches it from outside, and goes back if it must.

It runs alone, as `launcher.pyz`, with the standard library of whatever Python the board has; no update replaces it. So
it holds copies of those modules of `edgeboard.ota` that it needs (`packing.CONTENTS`), and imports nothing else.
"""
