"""What survives a reboot: stores of batches, the writer that feeds them off the hot path, and the state directory.

A store keeps batches as the bytes they were born with; everything else is a view that can be rebuilt from them.
"""
