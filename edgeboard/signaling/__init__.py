"""How strangers are introduced: offers and answers in signed envelopes (docs/formats/signaling.md).

`messages` and `doorkeeper` are pure; `server` and `client` carry the envelopes over HTTP.
"""
