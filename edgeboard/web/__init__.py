"""The board in a browser: static page, the two doors of signaling, and the answers that scripts ask for."""
