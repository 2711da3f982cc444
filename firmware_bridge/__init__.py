"""What hangs on a serial line: pen tablets come in, e-ink panels go out.

A package of its own, usable without edgeboard. Engines are pure: bytes, time and commands go in through `receive`,
`submit` and `on_timer`, values come out of `drain`. `port` and `session` do the input and output, `sim` has a simulator
for every device.
"""
