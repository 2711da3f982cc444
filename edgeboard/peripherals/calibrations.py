"""The calibrations of this board's pens, in a file of its state directory: device id to what `Calibration` makes of it.

{"serial:/dev/serial/by-id/usb-Wacom...": {"matrix": [...], "rotation": 90, "pressure": {"low": 0.02, "high": 0.9}}}
"""

import json
import logging
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from edgeboard.errors import UserError
from firmware_bridge.errors import BridgeError
from firmware_bridge.pen.calibration import Calibration

FILE: Final = "calibration.json"
FILE_MAX: Final = 1024 * 1024  # bytes

_log = logging.getLogger(__name__)


def load_calibrations(state: Path) -> dict[str, Calibration]:
    """All of them, by device id; what cannot be read is left out, and the log says so.

    Args:
        state: the state directory.
    """
    try:
        values = _read(state / FILE)
    except (OSError, ValueError) as error:
        _log.error("%s cannot be read, so pens are not calibrated: %s", state / FILE, error)
        return {}
    found = {}
    for device, value in values.items():
        try:
            found[device] = Calibration.from_dict(value)
        except (BridgeError, TypeError, AttributeError) as error:
            _log.error("%s: the calibration of %s is left out: %s", state / FILE, device, error)
    return found


def save_calibration(state: Path, device: str, calibration: Calibration | None) -> bool:
    """Put one in the place of the one before, whole or not at all; None takes it away.

    Args:
        state: the state directory; made if need be.
        device: its id.
        calibration: of its pen.

    Returns:
        Whether there was one before.

    Raises:
        UserError: the file cannot be written, or holds something else.
    """
    file = state / FILE
    try:
        values = _read(file)
        before = values.pop(device, None)
        if calibration is not None:
            values[device] = calibration.to_dict()
        if values or before is not None:
            state.mkdir(mode=0o700, parents=True, exist_ok=True)
            _replace(file, json.dumps(values, indent=1).encode() + b"\n")
    except OSError as error:
        raise UserError(f"cannot write {file}: {error.strerror or error}") from None
    except ValueError:
        raise UserError(f"{file} is damaged; remove it, and calibrate this board's pens anew") from None
    return before is not None


def _read(file: Path) -> dict[str, Mapping[str, object]]:
    """Raises: OSError: unreadable. ValueError: no JSON object."""
    try:
        with file.open("rb") as opened:
            data = opened.read(FILE_MAX + 1)
    except FileNotFoundError:
        return {}
    if len(data) > FILE_MAX:
        raise ValueError("it is far larger than calibrations are")
    try:
        values = json.loads(data)
    except RecursionError:
        raise ValueError("it is nested far deeper than calibrations are") from None
    if not isinstance(values, dict):
        raise ValueError("it is no JSON object")
    return values


def _replace(file: Path, data: bytes) -> None:
    temporary = file.with_name(f"{file.name}.{secrets.token_hex(4)}.new")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
