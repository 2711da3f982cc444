"""The one door to `firmware_bridge`: pens and panels that hang on serial lines, as the node's own values."""
