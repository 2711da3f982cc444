import pytest

from firmware_bridge.sim.chip import VirtualClock
from firmware_bridge.sim.uc8179 import HEIGHT, WIDTH, Uc8179

FULL_INIT = "06:17172817 01:07072817 04 00:1F 61:032001E0 15:00 50:1007 60:22"
FAST_INIT = "00:1F 50:1007 04 06:27271817 E0:02 E5:5A"
PARTIAL_INIT = "00:1F 04 E0:02 E5:6E"
GREY_INIT = "00:1F 50:1007 04 06:27271817 E0:02 E5:5F"
WHITE, BLACK = bytes(48_000), b"\xff" * 48_000  # with 50: 10, as the vendor's driver sends them


@pytest.fixture
def chip():
    return Uc8179(VirtualClock())


def reset(chip):
    chip.set_reset(False)
    chip.wait(0.002)
    chip.set_reset(True)
    chip.wait(0.02)


def send(chip, command, data=b""):
    chip.select(True)
    chip.set_data(False)
    chip.exchange(bytes([command]))
    chip.set_data(True)
    if data:
        chip.exchange(data)
    chip.select(False)
    chip.wait(0.000_1)
    while not chip.busy_level():
        chip.wait(0.01)


def play(chip, sequence):
    for step in sequence.split():
        command, _, data = step.partition(":")
        send(chip, int(command, 16), bytes.fromhex(data))


def begin(chip, sequence=FULL_INIT):
    reset(chip)
    play(chip, sequence)


def show(chip, new, old=None):
    send(chip, 0x10, bytes(255 - byte for byte in new) if old is None else old)
    send(chip, 0x13, new)
    send(chip, 0x12)


def window(x0, y0, x1, y1):
    return b"".join(n.to_bytes(2, "big") for n in (x0, x1, y0, y1)) + b"\1"


def show_part(chip, x, y, w, h, data):
    """As the vendor's driver does: 50 A9 turns the meaning of bits, and copies new to old."""
    send(chip, 0x50, b"\xa9\x07")
    send(chip, 0x91)
    send(chip, 0x90, window(x, y, x + w - 1, y + h - 1))
    send(chip, 0x13, data)
    send(chip, 0x12)


@pytest.mark.parametrize(("sequence", "seconds"), [(FULL_INIT, 4.2), (FAST_INIT, 1.3), (GREY_INIT, 2.0)])
def test_the_vendors_sequences_show_a_picture_without_a_fault(chip, sequence, seconds):
    begin(chip, sequence)
    before = chip.now
    show(chip, BLACK, BLACK)
    assert seconds < chip.now - before < seconds + 0.1
    assert chip.faults == []
    assert set(chip.glass.seen) == {0}


def test_pixels_lie_where_the_bits_say(chip):
    begin(chip)
    plane = bytearray(48_000)
    plane[100 * 5 + 3] = 0b1000_0001
    show(chip, bytes(plane))
    row = chip.glass.seen[5 * WIDTH : 6 * WIDTH]
    assert [x for x in range(WIDTH) if row[x] == 0] == [24, 31]


def test_a_partial_refresh_after_a_full_one_is_quick_and_copies_new_to_old(chip):
    begin(chip)
    show(chip, WHITE)
    play(chip, "E0:02 E5:6E")
    before = chip.now
    show_part(chip, 80, 40, 16, 2, b"\x00" * 4)  # with A9, 0 is black
    assert 0.45 < chip.now - before < 0.5
    assert chip.glass.ghosts() == 32  # a shade is left of the white
    assert chip.glass.seen[40 * WIDTH + 80] == 255 // 16
    show_part(chip, 80, 40, 16, 2, b"\xff" * 4)
    assert chip.glass.seen[40 * WIDTH + 80] > 230
    assert chip.faults == []


def test_a_driver_that_does_not_keep_the_old_plane_leaves_what_it_meant_to_erase(chip):
    begin(chip)
    show(chip, WHITE)
    play(chip, "E0:02 E5:6E 50:2107")  # 1 is white, and nothing is copied
    send(chip, 0x13, bytes(48_000))
    send(chip, 0x12)
    assert max(chip.glass.seen) < 20
    send(chip, 0x13, b"\xff" * 48_000)
    send(chip, 0x12)
    assert max(chip.glass.seen) < 20  # the old plane says white still, so nothing is driven
    assert chip.glass.ghosts() == WIDTH * HEIGHT


def test_four_greys_come_of_two_planes(chip):
    begin(chip, GREY_INIT)
    old, new = bytearray(48_000), bytearray(48_000)
    old[0], new[0] = 0b0101_0000, 0b0011_0000
    show(chip, bytes(new), bytes(old))
    assert list(chip.glass.seen[:4]) == [255, 170, 85, 0]


def test_a_first_refresh_that_is_partial_is_a_fault_unless_the_old_plane_is_written(chip):
    begin(chip, PARTIAL_INIT)
    show_part(chip, 0, 0, 8, 1, b"\0")
    assert chip.faults == [
        "a partial refresh after a reset, with neither a full one before it nor the old plane written"
    ]
    other = Uc8179(VirtualClock())
    begin(other, PARTIAL_INIT)
    send(other, 0x10, b"\xff" * 48_000)
    show_part(other, 0, 0, 8, 1, b"\0")
    assert other.faults == []
    assert list(other.glass.seen[:9]) == [15] * 8 + [255]


@pytest.mark.parametrize(
    ("sequence", "fault"),
    [
        ("12", "a refresh before power on (04) and panel setting (00)"),
        ("04 12", "a refresh before power on (04) and panel setting (00)"),
        ("61:00000000", "resolution 00 00 00 00; the panel has 800 x 480 px"),
        ("00:0F", "panel setting 0F; with waveforms of its own it is 1F"),
        ("90:0001000F0000000101", "a window from x 1 to 15: it begins at a multiple of 8 and ends before one"),
        ("90:0000000E0000000101", "a window from x 0 to 14: it begins at a multiple of 8 and ends before one"),
        ("90:0008000700000001ff", "a window from 8, 0 to 7, 1, which is not on the panel"),
        ("90:00000327000001e001", "a window from 0, 0 to 807, 480, which is not on the panel"),
        ("04 07:A5", "deep sleep with the high voltage on, which harms the panel; 02 comes first"),
        ("07:00", "deep sleep with 00; it asks for A5"),
        ("02 07:A5 04", "command 04 in deep sleep, which only a reset ends"),
        ("10:0000 12", "command 10 with 2 bytes for a window of 48000"),
        ("04 00:1F E0:02 E5:33 12", "a stated temperature of 51, for which no waveform is known"),
        ("04 00:1F 91 12", "a partial refresh without a window (90)"),
        ("77", "command 77, which it does not know"),
        ("06:17", "command 06 with 1 bytes of data; it takes 3 to 4"),
    ],
)
def test_what_the_controller_would_not_do_is_a_fault(chip, sequence, fault):
    begin(chip, sequence + (" 71" if not sequence.endswith("04") else ""))
    assert chip.faults[0] == fault


def test_more_data_than_the_window_takes_is_a_fault(chip):
    begin(chip)
    send(chip, 0x13, bytes(48_001))
    assert chip.faults == ["command 13 with more data than its window of 800 x 480 px takes"]


def test_a_command_during_a_refresh_is_a_fault_but_asking_its_state_is_not(chip):
    begin(chip)
    send(chip, 0x13, WHITE)
    chip.select(True)
    chip.set_data(False)
    chip.exchange(b"\x12\x71")
    chip.set_data(True)
    assert chip.exchange(b"\0") == b"\0"
    assert chip.faults == []
    chip.set_data(False)
    chip.exchange(b"\x13")
    assert chip.faults == ["command 13 while it was busy"]


def test_deep_sleep_ends_with_a_reset_that_forgets_everything(chip):
    begin(chip)
    show(chip, BLACK)
    play(chip, "50:F7 02 07:A5")
    begin(chip)
    show(chip, WHITE)
    assert chip.faults == []
    assert set(chip.glass.seen) == {255}


def test_power_that_is_cut_in_a_refresh_leaves_the_glass_halfway(chip):
    begin(chip)
    send(chip, 0x13, BLACK)
    chip.select(True)
    chip.set_data(False)
    chip.exchange(b"\x12")
    chip.cut_power()
    assert set(chip.glass.seen) == {127}
    begin(chip)
    show(chip, WHITE)
    assert set(chip.glass.seen) == {255}


def test_outside_a_window_the_whole_panel_is_written_again(chip):
    begin(chip)
    send(chip, 0x91)
    send(chip, 0x90, window(0, 0, 7, 0))
    play(chip, "13:FF 92")
    show(chip, WHITE)
    assert chip.faults == []
    assert set(chip.glass.seen) == {255}
