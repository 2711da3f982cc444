"""What is plugged into this machine and who is there, for people at the command line; and the rules for udev."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from edgeboard.errors import UserError
from firmware_bridge.address import Address, parse_address
from firmware_bridge.errors import AddressError, BridgeError
from firmware_bridge.plugged import Line, all_lines, without
from firmware_bridge.udev import write_rules


def list_lines(taken: Iterable[str] = ()) -> list[dict[str, str]]:
    """The serial lines of this machine that are not spoken of in `taken`: device, port and description of each."""
    return [line_values(line) for line in without(all_lines(), taken)]


def line_values(line: Line) -> dict[str, str]:
    return {"device": str(Address("serial", line.path)), "port": line.port, "description": line.description}


def list_tablets() -> list[dict[str, str]]:
    """The tablets that Linux knows already; none where the package for that is not installed."""
    from firmware_bridge.pen import evdev

    try:
        found = evdev.list_tablets()
    except BridgeError:
        return []
    return [
        {"device": f"evdev:{tablet.path}", "port": str(tablet.path), "description": tablet.name} for tablet in found
    ]


async def ask_all(urls: Sequence[str]) -> list[dict[str, Any]]:
    """Who is at these addresses, side by side: device, whether it answers, and what it says or why it does not.

    Raises:
        UserError: one of them is no address.
    """
    try:
        addresses = [parse_address(url) for url in urls]
    except AddressError as error:
        raise UserError(str(error)) from None
    return list(await asyncio.gather(*map(_ask, addresses)))


async def _ask(address: Address) -> dict[str, Any]:
    from firmware_bridge.device import Device, Silence

    try:
        device = Device(address, Silence())
        change = await device.ask()
    except BridgeError as error:
        return {"device": str(address), "answers": False, "text": str(error)}
    return {"device": str(address), "answers": change.is_ready, "text": change.text}


def udev_rules(group: str | None) -> str:
    """The file of rules that lets a group use pens and panels.

    Raises:
        UserError: no name of a group.
    """
    try:
        return write_rules() if group is None else write_rules(group)
    except ValueError as error:
        raise UserError(str(error)) from None
