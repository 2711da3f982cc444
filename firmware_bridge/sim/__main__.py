"""Runs one simulated device on a pty: `python -m firmware_bridge.sim NAME`; the path to open is its first line."""

import argparse
import signal
import sys

from firmware_bridge.errors import BridgeError
from firmware_bridge.sim.cable import KINDS
from firmware_bridge.sim.catalogue import LINE_NAMES, describe, make_host

_EPILOG = """\
devices and their options (-o):
{devices}

cables:
  perfect  everything arrives              noisy  bits are flipped
  byte     one byte at a time              late   what is sent waits before it arrives
  lossy    bytes are missing               cut    stops for good in mid packet

examples:
  python -m firmware_bridge.sim isdv4 --file handwriting.jsonl -o loop=1 --link /tmp/tablet
  python -m firmware_bridge.sim waveshare43 --link /tmp/panel --picture /tmp/panel.png
"""


def main() -> int:
    """Runs until it is interrupted."""
    devices = "\n".join(f"  {name:12} {describe(name)}" for name in LINE_NAMES)
    parser = argparse.ArgumentParser(
        prog="python -m firmware_bridge.sim",
        description="Runs a simulated device on a pty and prints the path that stands for its port.",
        epilog=_EPILOG.format(devices=devices),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", choices=LINE_NAMES, metavar="NAME", help=f"one of {', '.join(LINE_NAMES)}")
    parser.add_argument("--link", metavar="PATH", help="a path that points to the pty, such as /tmp/tablet")
    parser.add_argument("--cable", choices=tuple(KINDS), default="perfect", help="how the line behaves")
    parser.add_argument("--seed", metavar="NUMBER", help="of the cable's dice")
    parser.add_argument("--file", metavar="RECORDING", help="the recording a tablet's hand writes")
    parser.add_argument("--picture", metavar="PNG", help="a PNG of what a person sees, written after each refresh")
    parser.add_argument(
        "-o", "--option", action="append", default=[], metavar="KEY=VALUE", help="an option of the device"
    )
    arguments = parser.parse_args()
    options = dict(each.partition("=")[::2] for each in arguments.option)
    for name in ("link", "cable", "seed", "file", "picture"):
        if value := getattr(arguments, name):
            options[name] = value
    try:
        simulated = make_host(arguments.name, options)
    except BridgeError as error:
        parser.error(str(error))
    signals = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # before the thread, which inherits it
    with simulated as host:
        sys.stdout.write(f"{host.path}\n")
        sys.stdout.flush()
        signal.sigwait(signals)
    counts = ", ".join(f"{count} {name}" for name, count in sorted(host.statistics().items()))
    sys.stderr.write(f"{arguments.name}: {counts}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
