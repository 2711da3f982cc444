import pytest

from firmware_bridge.errors import DeviceError
from firmware_bridge.panel.it8951 import It8951
from firmware_bridge.panel.values import Mode, Rect, Update

W, H = 64, 16
WHOLE = Rect(0, 0, W, H)


class Chip:
    """As much of an IT8951 as its driver needs, with what it must not do noted down."""

    def __init__(self, lut="M841_TFA2812", width=W, height=H):
        self.lut, self.size = lut, (width, height)
        self.registers = {0x1224: 0, 0x113A: 0x20 | 4}  # left over: one bit a px
        self.vcom, self.vcom_selector = 2000, 2
        self.commands, self.loads, self.faults = [], [], []
        self.words, self.answer = [], b""
        self.is_selected = self.is_asked = False
        self.preamble = None
        self.is_stuck = False
        self.polls = 0

    def select(self, on):
        self.is_selected, self.preamble = on, None

    def exchange(self, data):
        if not self.is_asked:
            self.faults.append("not asked whether it is ready")
        if not self.is_selected:
            self.faults.append("not selected")
        if len(data) % 2:
            self.faults.append("half a word")
        self.is_asked = False
        words = [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]
        if self.preamble is None:
            self.preamble = words[0]
            return bytes(2)
        if self.preamble == 0x6000:
            self.commands.append([words[0]])
            if words[0] == 0x0302:
                text = self.lut.encode().ljust(16, b"\0")
                swapped = b"".join(text[at : at + 2][::-1] for at in range(0, 16, 2))
                numbers = (*self.size, 0x36E0, 0x0012)
                self.answer = b"".join(n.to_bytes(2, "big") for n in numbers) + bytes(16) + swapped
        elif self.preamble == 0x0000:
            if self.commands[-1][0] == 0x0021 and len(self.commands[-1]) == 6:
                self.loads.append((self.commands[-1][1:], data))
                if self.registers[0x1224]:
                    self.faults.append("loaded while a waveform runs")
            else:
                self.commands[-1] += words
                self.act(self.commands[-1])
        else:
            if self.polls:
                self.polls -= 1
                if not self.polls:
                    self.registers[0x1224] = 0
            if len(data) == 2 and not self.answer_due:
                self.answer_due = True
                return bytes(2)  # the dummy word
            self.answer_due = False
            return self.answer[: len(data)]
        return bytes(len(data))

    answer_due = False

    def act(self, command):
        match command:
            case [0x0010, address]:
                self.answer = self.registers.get(address, 0).to_bytes(2, "big")
            case [0x0011, address, value]:
                self.registers[address] = value
            case [0x0039, 0]:
                self.answer = self.vcom.to_bytes(2, "big")
            case [0x0039, selector, value] if selector == self.vcom_selector:
                self.vcom = value
            case [0x0034, _, _, _, _, _]:
                self.registers[0x1224], self.polls = 1, 3

    def set_data(self, level):
        self.faults.append("it has no such pin")

    def busy_level(self):
        self.is_asked = True
        return not self.is_stuck

    def set_reset(self, level):
        pass

    def wait(self, seconds):
        pass

    def close(self):
        pass

    def shown(self):
        return [command[1:] for command in self.commands if command[0] == 0x0034]


def begun(**options):
    chip = Chip(**options)
    panel = It8951(chip)
    facts = panel.start()
    chip.commands.clear()
    return chip, panel, facts


def show(panel, rect, mode, pixels=None):
    count = []
    panel.show(Update(1, rect, pixels or bytes(rect.area), mode, 0, 1), lambda: count.append(1))
    assert count == [1]


def test_it_says_what_it_is_and_is_put_in_order():
    chip, _, facts = begun()
    assert (facts.width, facts.height, facts.greys, facts.has_sleep) == (W, H, 16, True)
    assert facts.modes == frozenset(Mode)
    assert chip.registers[0x0004] == 1
    assert chip.registers[0x113A] == 0x20  # eight bits a px, and what else stood there
    assert chip.faults == []


@pytest.mark.parametrize(("lut", "direct"), [("M641", 4), ("M841", 6), ("M841_TFAB512", 6)])
def test_the_number_of_a2_is_that_of_the_waveforms_on_board(lut, direct):
    chip, panel, _ = begun(lut=lut)
    show(panel, Rect(0, 0, 16, 2), Mode.DIRECT)
    assert chip.shown() == [[0, 0, 16, 2, direct]]
    assert chip.faults == []


def test_where_the_waveforms_are_unknown_there_is_no_a2():
    _, panel, facts = begun(lut="X123")
    assert Mode.DIRECT not in facts.modes
    with pytest.raises(DeviceError, match="no mode direct"):
        show(panel, Rect(0, 0, 16, 2), Mode.DIRECT)


def test_ink_travels_with_eight_px_in_a_byte_and_the_bit_is_taken_back():
    chip, panel, facts = begun()
    assert facts.align_x == 16
    pixels = bytes([0] + [255] * 15) + bytes(16)
    show(panel, Rect(16, 3, 16, 2), Mode.FAST, pixels)
    assert chip.loads == [([0x0130, 2, 3, 2, 2], bytes.fromhex("feff0000"))]
    assert chip.shown() == [[16, 3, 16, 2, 1]]
    assert chip.registers[0x1250] == 0x00FF
    assert chip.registers[0x113A] == 0x20
    assert chip.registers[0x0208], chip.registers[0x020A] == (0x36E0, 0x0012)
    assert chip.faults == []


def test_greys_travel_in_four_bits():
    chip, panel, _ = begun()
    show(panel, Rect(4, 0, 4, 1), Mode.GREY, bytes([0, 17, 238, 255]))
    assert chip.loads == [([0x0120, 4, 0, 4, 1], bytes.fromhex("01ef"))]
    assert chip.shown() == [[4, 0, 4, 1, 3]]
    assert chip.faults == []


def test_small_panels_get_their_ink_in_four_bits_too():
    chip, panel, facts = begun(lut="M641")
    assert facts.align_x == 8
    show(panel, Rect(8, 0, 8, 1), Mode.FAST)
    assert chip.loads == [([0x0120, 8, 0, 8, 1], bytes(4))]


def test_vcom_is_set_whichever_way_the_firmware_takes_it():
    for selector in (1, 2):
        chip = Chip()
        chip.vcom_selector = selector
        It8951(chip, vcom=1530).start()
        assert chip.vcom == 1530


def test_a_vcom_that_is_not_taken_or_cannot_be_is_an_error():
    chip = Chip()
    chip.vcom_selector = 9
    with pytest.raises(DeviceError, match=r"-1\.53 V"):
        It8951(chip, vcom=1530).start()
    for wrong in (0, -1530, 15300):
        with pytest.raises(DeviceError, match="without its sign"):
            It8951(chip, vcom=wrong)


@pytest.mark.parametrize("size", [(0, 0), (0xFFFF, 0xFFFF)])
def test_nobody_there_is_said_with_what_to_look_at(size):
    with pytest.raises(DeviceError, match="MISO"):
        begun(width=size[0], height=size[1])


def test_one_that_is_never_ready_is_an_error_and_left_unselected():
    chip, panel, _ = begun()
    chip.is_stuck = True
    with pytest.raises(DeviceError, match="HRDY"):
        show(panel, WHOLE, Mode.FULL)
    assert not chip.is_selected


def test_it_sleeps_once_and_runs_before_it_shows():
    chip, panel, _ = begun()
    panel.rest()
    panel.rest()
    assert chip.commands == [[0x0003]]
    show(panel, WHOLE, Mode.FULL)
    assert chip.commands[1] == [0x0001]


def test_nothing_is_loaded_while_a_waveform_of_before_still_runs():
    chip, panel, _ = begun()
    chip.registers[0x1224], chip.polls = 1, 4
    show(panel, WHOLE, Mode.FULL)
    assert chip.faults == []
