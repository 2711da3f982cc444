"""The rules with which Linux gives the devices of a board to the group that its node runs in.

Sources: udev(7) for the form; systemd's 50-udev-default.rules, which give ttys to dialout and event devices to input;
60-input-id.rules, which set ID_INPUT_TABLET; ModemManager's description of ID_MM_DEVICE_IGNORE. The file has to come
after 60 (ID_INPUT_TABLET is known then) and before 80 (ModemManager looks then): 70.
"""

import re
from typing import Final

PATH: Final = "/etc/udev/rules.d/70-edgeboard.rules"
GROUP: Final = "edgeboard"
_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,30}", re.ASCII)

_RULES: Final = """\
# Pens and panels for edgeboard. To install, as root:
#
#     edgeboard devices --udev > {path}
#     groupadd --system --force {group}
#     usermod --append --groups {group} USER      (who runs the node; then log in again, or restart the service)
#     udevadm control --reload && udevadm trigger --subsystem-match=tty --subsystem-match=input \\
#         --subsystem-match=spidev --subsystem-match=gpio
#
# Each device has one group: who used these by another one (dialout, input, spi, gpio) joins {group} too.

# Serial lines on USB: tablets, panels and microcontrollers, also behind adapters.
SUBSYSTEM=="tty", SUBSYSTEMS=="usb", GROUP="{group}", MODE="0660", TAG+="systemd"

# Serial lines of the machine itself.
SUBSYSTEM=="tty", KERNEL=="ttyS[0-9]*|ttyAMA[0-9]*|ttymxc[0-9]*|ttySC[0-9]*", GROUP="{group}", MODE="0660"

# Tablets that Linux knows itself, on USB or Bluetooth.
SUBSYSTEM=="input", KERNEL=="event[0-9]*", ENV{{ID_INPUT_TABLET}}=="1", GROUP="{group}", MODE="0660", TAG+="systemd"

# Panels on the pins of the board.
SUBSYSTEM=="spidev", GROUP="{group}", MODE="0660", TAG+="systemd"
SUBSYSTEM=="gpio", KERNEL=="gpiochip[0-9]*", GROUP="{group}", MODE="0660", TAG+="systemd"

# ModemManager asks every new serial line whether it is a modem, which disturbs a pen. Where no modem is plugged in:
# SUBSYSTEM=="tty", SUBSYSTEMS=="usb", ENV{{ID_MM_DEVICE_IGNORE}}="1"
"""


def write_rules(group: str = GROUP) -> str:
    """The file of rules, with how to install it.

    Args:
        group: that gets the devices.

    Raises:
        ValueError: no name of a group.
    """
    if not _NAME.fullmatch(group):
        raise ValueError(f"{group!r} is no name of a group; write small letters, digits, - and _, a letter first")
    return _RULES.format(group=group, path=PATH)
