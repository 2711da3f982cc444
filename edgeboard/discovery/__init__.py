"""Who is nearby: boards announce themselves and hear of each other by multicast DNS.

What is found is a hint: where a board of this mesh may be. Who it is is proved by the handshake, and by nothing here.
"""
