"""The verbs about pens and panels that hang on a board."""

import argparse
from functools import partial
from pathlib import Path

from edgeboard.cli.verbs import Verb, add_json, add_state, reads
from edgeboard.config import values


def read_url(text: str) -> str:
    """A device URL; the bridge, which is loaded later, says what is wrong with it."""
    if not text or len(text) > 1024:
        raise ValueError("write a device URL, such as serial:/dev/serial/by-id/NAME or socket://HOST:PORT")
    return text


def _firmware(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(title="what", metavar="WHAT", required=True, dest="what", parser_class=type(parser))

    def add(name: str, summary: str) -> argparse.ArgumentParser:
        sub = what.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.", allow_abbrev=False)
        sub.add_argument(
            "--port", metavar="URL", required=True, type=reads(read_url),
            help="where the device is: serial:/dev/serial/by-id/NAME?baud=115200, a path, or socket://HOST:PORT",
        )  # fmt: skip
        add_state(sub, "the node that may use the device")
        add_json(sub)
        return sub

    add("info", "list the images on the device: what runs, what is kept, what starts next")
    upload = add("upload", "send an image and let the next start try it")
    upload.add_argument("image", metavar="IMAGE", type=Path, help="what `imgtool sign` wrote: zephyr.signed.bin")
    upload.add_argument(
        "--image-number", metavar="N", type=reads(partial(values.read_whole, least=0, most=15)), default=0,
        help="which of the device's programs it is (default: 0, its only one mostly)",
    )  # fmt: skip
    upload.add_argument("--reset", action="store_true", help="restart the device at once, and see that the image runs")
    upload.add_argument("--no-test", action="store_true", help="only send it: the next start stays with what runs now")
    add("confirm", "keep the image that runs; without it the start after next goes back")
    add("reset", "restart the device, wait for it, and say what runs then")


def _pen(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(title="what", metavar="WHAT", required=True, dest="what", parser_class=type(parser))
    summary = "tap four corners and write two lines, so that ink comes where the pen is"
    calibrate = what.add_parser(
        "calibrate", help=summary, description=f"{summary[0].upper()}{summary[1:]}.", allow_abbrev=False
    )
    calibrate.add_argument(
        "--port", metavar="URL", required=True, type=reads(read_url),
        help="where the pen is: serial:/dev/serial/by-id/NAME, a path, socket://HOST:PORT, or sim:isdv4",
    )  # fmt: skip
    calibrate.add_argument(
        "--rotation", choices=("0", "90", "180", "270"), default="0",
        help="degrees clockwise that the tablet lies turned by (default: 0; the corners tell it too)",
    )  # fmt: skip
    calibrate.add_argument("--left-handed", action="store_true", help="the tablet lies turned by a further half turn")
    calibrate.add_argument(
        "--affine", action="store_true", help="forgive a corner that was tapped badly, and know no perspective"
    )
    calibrate.add_argument("--forget", action="store_true", help="go back to what the tablet says itself")
    add_state(calibrate, "the node that uses the pen")
    add_json(calibrate)


def _devices(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "urls", metavar="URL", nargs="*", type=reads(read_url),
        help="ask only there: a path, serial:, socket:, evdev:, spi: or sim: (default: all that is plugged in)",
    )  # fmt: skip
    parser.add_argument("--no-ask", action="store_true", help="only list what is plugged in, and write to no line")
    parser.add_argument("--udev", action="store_true", help="print rules that let a group use pens and panels")
    parser.add_argument("--group", metavar="NAME", help="of these rules (default: edgeboard)")
    add_state(parser, "the node that may run here")
    add_json(parser)


DEVICE_VERBS: tuple[Verb, ...] = (
    Verb(
        "devices", "devices", "list pens and panels that are plugged in, and what they answered",
        "A node uses what is plugged in by itself. This says what it has found, and why something does not work:\n"
        "a line that is held by another program, that this user may not open, or where nobody answers.\n\n"
        "    edgeboard devices                             * answers, - does not, ? not asked\n"
        "    edgeboard devices /dev/ttyUSB0                ask one line, in every language there is\n"
        "    edgeboard devices sim:isdv4 sim:waveshare43   simulated ones: no hardware needed\n"
        "    edgeboard devices --udev                      rules for /etc/udev/rules.d, with how to install them\n\n"
        "Asking writes a few bytes to each line in the languages of tablets and panels; what is no device of ours\n"
        "may take them for something else. To keep a node from asking, name its devices in edgeboard.yaml:\n\n"
        "    devices: []                                   none\n"
        "    devices: [serial:/dev/serial/by-id/NAME]      only these; auto stands for whatever is plugged in",
        _devices,
    ),
    Verb(
        "firmware", "firmware", "update the firmware of a pen or a panel that you have built",
        "For microcontrollers with MCUboot and an mcumgr (SMP) server on their serial line, such as Zephyr's, or in\n"
        "MCUboot's serial recovery. The device checks the signature itself, and falls back by itself: an image is\n"
        "tried once, and unless it is confirmed then, the start after it goes back to the one before.\n\n"
        "    edgeboard firmware info --port /dev/ttyACM0\n"
        "    edgeboard firmware upload zephyr.signed.bin --port /dev/ttyACM0 --reset     and it runs, on trial\n"
        "    edgeboard firmware confirm --port /dev/ttyACM0                              and stays\n"
        "    edgeboard firmware reset --port /dev/ttyACM0                                or goes back\n\n"
        "An upload that was broken off goes on where it was, unless the device has restarted.\n"
        "A node that runs on this machine lets go of the device meanwhile; --state says which node.",
        _firmware,
    ),
    Verb(
        "pen", "calibrate", "calibrate a pen tablet",
        "A tablet works without it. Calibrated, it can lie turned or askew, a part of it can stand for the whole\n"
        "board, and its pressure suits the hand that writes.\n\n"
        "    edgeboard pen calibrate --port /dev/serial/by-id/usb-Wacom...   asks for corners and lines\n"
        "    edgeboard pen calibrate --port /dev/ttyUSB0 --rotation 90\n"
        "    edgeboard pen calibrate --port /dev/ttyUSB0 --forget            as before\n\n"
        "Tap the corners of what shall be written on. A node that runs on this machine lets go of the pen meanwhile,\n"
        "and takes the result, which is kept in calibration.json of its state directory: --state says which node.",
        _pen,
    ),
)  # fmt: skip
