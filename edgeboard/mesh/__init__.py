"""How news travels: links, pushes, repair by version vectors, credits, and the pings that find the dead."""
