"""Shipped fakes: a virtual clock, a seeded network and clusters of real pipelines on them.

Thousands of node-hours run in seconds and repeat from a seed; no sockets, no threads, no waiting.
"""
