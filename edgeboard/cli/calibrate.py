"""`edgeboard pen calibrate`: four corners and two lines, and the board knows how a tablet lies and is pressed."""

import argparse
import asyncio
import json
import sys

from edgeboard.cli.borrowing import borrowed
from edgeboard.cli.control import state_of
from edgeboard.errors import UserError
from edgeboard.peripherals.calibrating import Wishes, calibrate, device_id
from edgeboard.peripherals.calibrations import FILE, save_calibration

LATER = "a board that runs takes it when it is started again"


def main(arguments: argparse.Namespace) -> int:
    """Returns the exit code."""
    state = state_of(arguments.state)
    if arguments.forget:
        device = device_id(arguments.port)
        if not save_calibration(state, device, None):
            raise UserError(f"{device} is not calibrated in {state / FILE}")
        print(json.dumps({"device": device, "forgotten": True}) if arguments.json else f"{device}: forgotten; {LATER}")
        return 0
    wishes = Wishes(int(arguments.rotation), arguments.left_handed, arguments.affine)
    with borrowed(state, arguments.port) as is_lent:
        done = asyncio.run(calibrate(arguments.port, wishes, lambda line: print(line, file=sys.stderr, flush=True)))
        save_calibration(state, done.device, done.calibration)
    if arguments.json:
        values = {"device": done.device, "name": done.name, "calibration": done.calibration.to_dict()}
        print(json.dumps(values | {"file": str(state / FILE)}))
    else:
        print(f"{done.device} is calibrated, and it is kept in {state / FILE}" + ("" if is_lent else f"; {LATER}"))
    return 0
