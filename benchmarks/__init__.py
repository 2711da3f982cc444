"""Speed, memory and sizes, measured beside named peers in the same run; never asserted in tests.

Each figure runs in fresh processes, several times, and its median counts. `./dev bench --help` says how.
"""
