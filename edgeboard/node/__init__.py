"""A node: the pipeline every message runs through, and the shell that wires it to disk, network and page."""
