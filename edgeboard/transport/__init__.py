"""How bytes reach a peer: links over WebRTC and over WebSockets, opened here or by others.

A `carrier` moves messages; `link.OpenLink` is the one face of an open link whatever carries it; `meeting` lets two
nodes prove who they are before there is a link; `dialer.LinkTransport` opens, accepts, counts and closes.
"""
