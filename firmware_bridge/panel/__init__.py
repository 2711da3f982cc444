"""E-ink panels: one driver for each controller, and one policy for all of them: what is refreshed when, and how."""
