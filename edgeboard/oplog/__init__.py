"""What happened in a room: strokes as columns, signed batches, and the log that takes them in order."""
