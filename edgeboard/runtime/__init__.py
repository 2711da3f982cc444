"""How engines are driven: drivers, bounded queues, supervision of tasks, and fail points for crash tests.

Nothing here knows what a board is; it is the part of the shell that every shell shares.
"""
