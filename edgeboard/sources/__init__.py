"""What boards read for the marquee by themselves: web addresses and files, and what of an answer becomes an item."""
