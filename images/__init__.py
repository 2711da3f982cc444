"""What the images of boards have beside Debian and the node: files of their root, and what is done at each start."""
