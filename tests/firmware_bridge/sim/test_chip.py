from typing import ClassVar

import pytest

from firmware_bridge.sim.chip import FAULTS_MAX, CommandChip, VirtualClock, unpack_bits
from firmware_bridge.sim.glass import GC16, Glass


class Recorder(CommandChip):
    """A controller with one command of each kind."""

    LENGTHS: ClassVar = {0x01: (2, 2), 0x02: (0, 0), 0x03: (1, 3), 0x10: (0, -1), 0x71: (0, 1)}
    STREAMS = frozenset({0x10})
    WHILE_BUSY = frozenset({0x71})

    def __init__(self, clock):
        super().__init__(clock, Glass(8, 8), busy_level=False)
        self.log = []

    def begin(self, command):
        if command == 0x02:
            self.occupy(0.1)

    def finish(self, command, data):
        self.log.append((command, data))

    def stream(self, command, data):
        self.log.append(data)

    def answer(self, command, size):
        return b"\x55" * size

    def restart(self):
        self.log.append("restart")

    def lose_memory(self):
        self.log.append("lost")


@pytest.fixture
def chip():
    chip = Recorder(VirtualClock())
    chip.select(True)
    return chip


def send(chip, command, *data):
    chip.set_data(False)
    chip.exchange(bytes([command]))
    chip.set_data(True)
    return b"".join(chip.exchange(part) for part in data)


def test_commands_and_data_are_told_apart_by_the_pin(chip):
    send(chip, 0x01, b"\1", b"\2")
    send(chip, 0x02)
    assert chip.log == [(0x01, b"\1\2"), (0x02, b"")]
    assert chip.faults == []


def test_a_memory_is_written_in_any_pieces(chip):
    send(chip, 0x10, b"ab", b"", b"c")
    send(chip, 0x01, b"\1\2")
    assert chip.log == [b"ab", b"", b"c", (0x10, b""), (0x01, b"\1\2")]


def test_a_command_that_may_have_more_ends_with_the_next(chip):
    send(chip, 0x03, b"\1\2")
    assert chip.log == []
    send(chip, 0x02)
    assert chip.log[0] == (0x03, b"\1\2")


def test_it_answers_while_the_host_clocks(chip):
    assert send(chip, 0x71, b"\0") == b"\x55"


def test_busy_ends_with_time_alone(chip):
    send(chip, 0x02)
    assert chip.busy_level() is False
    chip.wait(1.0)
    assert chip.busy_level() is True


def test_looking_takes_time_so_that_a_driver_that_only_looks_gets_on(chip):
    send(chip, 0x02)
    looks = sum(1 for _ in iter(chip.busy_level, True))
    assert 9_000 < looks <= 10_000


def misuse_twice(chip):
    send(chip, 0x02)
    send(chip, 0x01, b"\1\2")


def misuse_unselected(chip):
    chip.select(False)
    chip.exchange(b"\1")


def misuse_reset(chip):
    chip.set_reset(False)
    chip.exchange(b"\1")


def misuse_short(chip):
    send(chip, 0x01, b"\1")
    send(chip, 0x02)


@pytest.mark.parametrize(
    ("misuse", "fault"),
    [
        (misuse_twice, "command 01 while it was busy"),
        (misuse_unselected, "bytes while it was not selected"),
        (misuse_reset, "bytes while it was held in reset"),
        (misuse_short, "command 01 with 1 bytes of data; it takes 2"),
        (lambda chip: send(chip, 0x99), "command 99, which it does not know"),
        (lambda chip: send(chip, 0x01, b"\1\2", b"\3"), "data without a command"),
    ],
)
def test_what_is_done_wrong_is_said(chip, misuse, fault):
    misuse(chip)
    assert chip.faults == [fault]


def test_its_state_may_be_asked_while_it_is_busy(chip):
    send(chip, 0x02)
    send(chip, 0x71)
    assert chip.faults == []


def test_faults_stay_bounded(chip):
    for _ in range(2 * FAULTS_MAX):
        send(chip, 0x99)
    assert len(chip.faults) == FAULTS_MAX


def test_a_reset_interrupts_the_glass_and_begins_anew(chip):
    chip.set_reset(True)  # was high already
    assert chip.log == []
    chip.glass.refresh((rect := chip.glass.whole), bytes(rect.area), GC16, chip.now)
    send(chip, 0x02)
    chip.set_reset(False)
    chip.set_reset(True)
    assert chip.log[-1] == "restart"
    assert chip.busy_level() is True
    assert set(chip.glass.seen) == {127}


def test_without_power_memory_is_lost(chip):
    chip.cut_power()
    assert chip.log == ["lost", "restart"]
    chip.close()
    assert chip.is_closed


def test_bits_are_unpacked_from_the_highest():
    assert unpack_bits(b"\xa0\x01", 5, 9) == bytes([9, 5, 9] + [5] * 12 + [9])
    assert unpack_bits(b"", 0, 1) == b""


@pytest.mark.parametrize("busy_level", [False, True])
def test_the_busy_pin_has_the_level_of_the_controller(busy_level):
    chip = Recorder(VirtualClock())
    chip._busy_level = busy_level
    assert chip.busy_level() is not busy_level
    chip.select(True)
    send(chip, 0x02)
    assert chip.busy_level() is busy_level


def test_one_that_hangs_is_busy_until_it_is_reset(chip):
    chip.hang()
    chip.wait(3600.0)
    assert chip.busy_level() is False
    chip.set_reset(False)
    chip.set_reset(True)
    assert chip.busy_level() is True


def test_with_a_loose_ribbon_nobody_answers_and_nobody_complains(chip):
    chip.pull_out()
    assert send(chip, 0x71, b"\xff") == b"\0"
    assert chip.busy_level() is False
    chip.set_reset(False)
    chip.set_reset(True)
    assert chip.log == []
    assert chip.faults == []
    chip.put_in()
    assert chip.log == ["lost", "restart"]
    assert send(chip, 0x71, b"\xff") == b"\x55"
