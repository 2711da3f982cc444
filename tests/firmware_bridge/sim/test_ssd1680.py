import pytest

from firmware_bridge.sim.chip import VirtualClock
from firmware_bridge.sim.ssd1680 import HEIGHT, WIDTH, Ssd1680

INIT = "12 01:270100 11:03 44:000F 45:00002701 3C:05 18:80 4E:00 4F:0000"
PLANE = WIDTH * HEIGHT // 8
WHITE, BLACK = b"\xff" * PLANE, bytes(PLANE)


@pytest.fixture
def chip():
    return Ssd1680(VirtualClock())


def send(chip, command, data=b""):
    chip.select(True)
    chip.set_data(False)
    chip.exchange(bytes([command]))
    chip.set_data(True)
    if data:
        chip.exchange(data)
    chip.select(False)
    for _ in range(10_000):
        if not chip.busy_level():
            break
        chip.wait(0.01)


def play(chip, sequence):
    for step in sequence.split():
        command, _, data = step.partition(":")
        send(chip, int(command, 16), bytes.fromhex(data))


def begin(chip, sequence=INIT):
    chip.set_reset(False)
    chip.wait(0.01)
    chip.set_reset(True)
    chip.wait(0.01)
    play(chip, sequence)


def write(chip, command, plane):
    play(chip, "4E:00 4F:0000")
    send(chip, command, plane)


def test_a_full_update_shows_the_new_plane(chip):
    begin(chip)
    plane = bytearray(WHITE)
    plane[16 * 3 + 1] = 0b0111_1110
    write(chip, 0x24, bytes(plane))
    before = chip.now
    play(chip, "22:F7 20")
    assert 1.6 < chip.now - before < 2.0
    assert chip.faults == []
    assert [at for at, grey in enumerate(chip.glass.seen) if grey == 0] == [3 * 128 + 8, 3 * 128 + 15]


def test_a_partial_update_moves_what_differs_from_the_old_plane(chip):
    begin(chip)
    write(chip, 0x24, WHITE)
    write(chip, 0x26, WHITE)
    play(chip, "22:F7 20")
    write(chip, 0x24, BLACK)
    play(chip, "22:FF 20")
    assert chip.faults == []
    assert set(chip.glass.seen) == {15}
    assert chip.glass.by_waveform == {"full": 1, "partial": 1}


def test_a_driver_that_forgets_the_old_plane_leaves_what_it_meant_to_erase(chip):
    begin(chip)
    write(chip, 0x24, WHITE)
    write(chip, 0x26, WHITE)
    play(chip, "22:F7 20")
    write(chip, 0x24, BLACK)
    play(chip, "22:FF 20")
    write(chip, 0x24, WHITE)  # 26 says white still
    play(chip, "22:FF 20")
    assert max(chip.glass.seen) == 15
    assert chip.glass.ghosts() == WIDTH * HEIGHT


def test_a_window_is_written_from_where_the_counters_stand(chip):
    begin(chip)
    write(chip, 0x24, WHITE)
    play(chip, "44:0203 45:05000600 4E:02 4F:0500 24:00000000")
    play(chip, "22:F7 20")
    inked = {(at % WIDTH, at // WIDTH) for at, grey in enumerate(chip.glass.seen) if grey == 0}
    assert inked == {(x, y) for x in range(16, 32) for y in (5, 6)}
    assert chip.faults == []


def test_rows_may_be_written_upwards(chip):
    begin(chip, "12 01:270100 11:01 44:000F 45:27010000 18:80 4E:00 4F:2701")
    send(chip, 0x24, bytes(16) + b"\xff" * (PLANE - 16))
    play(chip, "22:F7 20")
    assert set(chip.glass.seen[-128:]) == {0}
    assert set(chip.glass.seen[:-128]) == {255}


def test_columns_may_be_written_first(chip):
    begin(chip, "12 01:270100 11:07 44:000F 45:00002701 18:80 4E:00 4F:0000")
    send(chip, 0x24, bytes(HEIGHT) + b"\xff" * (PLANE - HEIGHT))
    play(chip, "22:F7 20")
    assert {at % WIDTH for at, grey in enumerate(chip.glass.seen) if grey == 0} == set(range(8))


def test_a_stated_temperature_chooses_the_fast_waveform(chip):
    begin(chip)
    write(chip, 0x24, BLACK)
    play(chip, "1A:6400 22:91 20 22:C7 20")
    assert chip.glass.by_waveform == {"fast": 1}
    assert chip.faults == []


@pytest.mark.parametrize(("option", "grey"), [("00", 255), ("08", 0), ("04", 0)])
def test_planes_are_shown_as_the_option_has_them(chip, option, grey):
    begin(chip)
    write(chip, 0x24, WHITE)
    play(chip, f"21:{option} 22:F7 20")
    assert set(chip.glass.seen) == {grey}


@pytest.mark.parametrize(
    ("sequence", "fault"),
    [
        ("01:270100 18:80 22:FF 20", "a partial update after a reset, with neither a full one before it nor the old"),
        ("22:F7 20", "the temperature is loaded, but 18 has not chosen"),
        ("18:80 22:F7 20", "an update before the number of gates (01) is set"),
        ("01:270100 22:C7 20", "an update (C7) in a display mode whose waveform is not loaded"),
        ("01:270100 18:80 22:B1 20 22:CF 20", "an update (CF) in a display mode whose waveform is not loaded"),
        ("01:270100 22:04 20", "an update (04) without clock and high voltage"),
        ("22:10 20", "a waveform loaded without the clock"),
        ("01:FF0000", "256 gates; the panel has 296"),
        ("22:C0 20 10:01", "deep sleep with the high voltage on"),
        ("10:01 12", "command 12 in deep sleep, which only a reset ends"),
        ("44:000F 4E:10 24:00", "memory is written from column 16, row 0, outside its window"),
        ("99", "command 99, which it does not know"),
    ],
)
def test_what_the_controller_would_not_do_is_a_fault(chip, sequence, fault):
    begin(chip, sequence)
    assert chip.faults[0].startswith(fault)


@pytest.mark.parametrize(("mode", "is_kept"), [("01", True), ("03", False)])
def test_deep_sleep_keeps_memory_in_one_mode_alone(chip, mode, is_kept):
    begin(chip)
    write(chip, 0x24, WHITE)
    play(chip, f"22:F7 20 10:{mode}")
    assert chip.busy_level() is True
    begin(chip)
    play(chip, "22:F7 20")
    assert chip.faults == []
    assert (set(chip.glass.seen) == {255}) is is_kept


def test_a_command_during_an_update_is_a_fault(chip):
    begin(chip)
    chip.select(True)
    chip.set_data(False)
    chip.exchange(b"\x20\x24")
    assert chip.faults[-1] == "command 24 while it was busy"


def test_its_temperature_can_be_read(chip):
    begin(chip, "12 18:80")
    chip.select(True)
    chip.set_data(False)
    chip.exchange(b"\x1b")
    chip.set_data(True)
    assert chip.exchange(bytes(2)) == b"\x19\x00"


def test_sleep_mode_zero_is_no_sleep(chip):
    begin(chip, "12 10:00 12")
    assert chip.faults == []
