"""Simulators of every device, written from the vendors' descriptions and never from our own parsers and drivers."""
