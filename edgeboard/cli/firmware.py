"""`edgeboard firmware`: look after the firmware of a microcontroller that makes a pen or a panel."""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from edgeboard.cli.borrowing import borrowed
from edgeboard.cli.control import state_of
from edgeboard.errors import TransportError, UserError
from edgeboard.peripherals.firmware import FirmwareDevice, Image, Slot, read_image

BAR = 30  # characters
FILE_MAX = 64 * 1024 * 1024  # bytes; what is larger is no image
HASH_SHOWN = 12  # hex digits
SHOW_EVERY_S = 0.1
CANNOT_LIST = "the device answers, and its firmware cannot list its images"


def main(arguments: argparse.Namespace) -> int:
    """Returns the exit code."""
    image = read_file(arguments.image) if arguments.what == "upload" else None
    with borrowed(state_of(arguments.state), arguments.port):
        report = asyncio.run(_serve(arguments, image))
    lines = report.pop("lines")
    print(json.dumps(report) if arguments.json else "\n".join(lines))
    return 0


def read_file(path: Path) -> Image:
    """The image in a file.

    Raises:
        UserError: unreadable, no image, or damaged.
    """
    try:
        with path.open("rb") as file:
            data = file.read(FILE_MAX + 1)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from None
    return read_image(str(path), data)


async def _serve(arguments: argparse.Namespace, image: Image | None) -> dict[str, Any]:
    device = await FirmwareDevice.open(arguments.port)
    try:
        if image is not None:
            return await upload(device, image, arguments)
        match arguments.what:
            case "info":
                size = await device.buffer_size()
                slots = await device.slots()
                if slots is None:
                    return {"images": None, "buffer_size": size, "lines": [CANNOT_LIST]}
                return {"images": as_json(slots), "buffer_size": size, "lines": describe(slots)}
            case "confirm":
                slots = await device.confirm()
                return {"images": as_json(slots), "lines": [f"{running(slots)} stays", *describe(slots)]}
            case _:
                return await restart(device)
    finally:
        device.close()


async def restart(device: FirmwareDevice) -> dict[str, Any]:
    before = await device.slots()
    await device.reset()
    if before is None:
        return {"images": None, "lines": ["the device restarts; its firmware cannot list its images"]}
    slots = await device.wait_for_restart()
    return {"images": as_json(slots), "lines": [f"the device is back; {running(slots)} runs", *describe(slots)]}


async def upload(device: FirmwareDevice, image: Image, arguments: argparse.Namespace) -> dict[str, Any]:
    """Bring an image onto the device as far as it was asked for."""
    before = await device.slots() or ()
    mine = [slot for slot in before if slot.image == arguments.image_number]
    report: dict[str, Any] = {"version": image.version, "hash": image.hash.hex(), "bytes": len(image.data)}
    lines: list[str] = []
    if not image.signed:
        print("edgeboard: the image is not signed; most bootloaders refuse to start such ones", file=sys.stderr)
    if any(slot.active and slot.hash == image.hash for slot in mine):
        return report | {"state": "runs already", "lines": [f"{image.version} runs on the device already"]}
    began = time.monotonic()
    if any(slot.hash == image.hash for slot in mine):
        lines.append(f"{image.version} is on the device already")
    else:
        show = show_progress(quiet=arguments.json or not sys.stderr.isatty())
        sent = await device.upload(image, show, arguments.image_number)
        took = time.monotonic() - began
        report |= {"seconds": round(took, 3), "resumed_at": sent.resumed_at, "checked": sent.checked}
        again = f", resumed at {sent.resumed_at}" if sent.resumed_at else ""
        lines.append(f"{image.version} sent: {len(image.data)} bytes in {took:.1f} s{again}")
    state = "sent" if arguments.no_test else await _mark(device, image, mine)
    if not arguments.reset:
        advice = {
            "sent": "the next start stays with what runs now",
            "marked": f"the next start tries it: edgeboard firmware reset --port {arguments.port}",
        }.get(state, "the device decides by itself whether the next start tries it")
        return report | {"state": state, "lines": [*lines, advice]}
    await device.reset()
    after = await device.wait_for_restart()
    now = next((slot for slot in after if slot.active and slot.image == arguments.image_number), None)
    if state != "sent" and now is not None and now.hash != image.hash:
        raise TransportError(
            f"the device has restarted with {now.version} and not with {image.version}: its bootloader did not take "
            "it; is it signed with the key that the bootloader knows, and built for this board?"
        )
    lines.append(f"the device is back; {running(after)} runs")
    if now is not None and now.hash == image.hash and not now.confirmed:
        lines.append(f"it is on trial; to keep it: edgeboard firmware confirm --port {arguments.port}")
    return report | {"state": "runs" if now and now.hash == image.hash else state, "lines": lines}


async def _mark(device: FirmwareDevice, image: Image, before: Iterable[Slot]) -> str:
    """Let the next start try it, where that is not settled already."""
    if any(slot.hash == image.hash and slot.pending for slot in before):
        return "marked"
    slots = await device.slots()
    is_run = any(slot.active for slot in slots or ())
    if slots and any(slot.hash == image.hash and (slot.active or not is_run) for slot in slots):
        return "placed"  # a bootloader in recovery runs nothing, and writes where it starts from
    return "marked" if await device.try_next(image.hash) else "placed"


def show_progress(*, quiet: bool) -> Callable[[int, int], None]:
    """One line on the terminal that is written over again and again."""
    began = time.monotonic()
    shown = 0.0

    def show(done: int, whole: int) -> None:
        nonlocal shown
        now = time.monotonic()
        if quiet or (now - shown < SHOW_EVERY_S and done < whole):
            return
        shown = now
        full = done * BAR // max(whole, 1)
        rate = done / max(now - began, 1e-3) / 1024
        line = f"[{'#' * full}{'.' * (BAR - full)}] {done * 100 // max(whole, 1):3} %  {rate:.1f} KiB/s"
        print(f"\r\x1b[K{line}", end="\n" if done >= whole else "", file=sys.stderr, flush=True)

    return show


def describe(slots: Iterable[Slot]) -> list[str]:
    """The images, a line each."""
    lines = []
    for slot in slots:
        marks = [
            "runs" if slot.active else "",
            "confirmed" if slot.confirmed else "on trial" if slot.active else "",
            ("next start, for good" if slot.permanent else "next start, on trial") if slot.pending else "",
        ]
        told = ", ".join(mark for mark in marks if mark) or "kept"
        lines.append(f"image {slot.image} slot {slot.slot}  {slot.version:<12} {slot.hash.hex()[:HASH_SHOWN]}  {told}")
    return lines or ["no valid image is on the device"]


def running(slots: Iterable[Slot]) -> str:
    """The version that runs."""
    return next((slot.version for slot in slots if slot.active), "nothing that it lists")


def as_json(slots: Iterable[Slot]) -> list[dict[str, Any]]:
    return [
        {
            "image": slot.image, "slot": slot.slot, "version": slot.version, "hash": slot.hash.hex(),
            "active": slot.active, "confirmed": slot.confirmed, "pending": slot.pending,
            "permanent": slot.permanent, "bootable": slot.bootable,
        }
        for slot in slots
    ]  # fmt: skip
