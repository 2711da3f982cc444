import pytest

from firmware_bridge.sim.chip import VirtualClock
from firmware_bridge.sim.it8951 import MODELS, It8951

INIT, DU, GC16, GL16 = range(4)
LITTLE_4, BIG_4, BIG_8, BIG_2 = 0x0020, 0x0120, 0x0130, 0x0100


class Host:
    """The least that speaks to the controller: preambles, words, and waiting for HRDY."""

    def __init__(self, chip):
        self.chip = chip
        chip.set_reset(False)
        chip.wait(0.1)
        chip.set_reset(True)

    def transfer(self, preamble, data):
        while not self.chip.busy_level():
            self.chip.wait(0.001)
        self.chip.select(True)
        answer = self.chip.exchange(preamble.to_bytes(2, "big") + data)
        self.chip.select(False)
        return answer[2:]

    def command(self, code, *arguments):
        self.transfer(0x6000, code.to_bytes(2, "big"))
        for argument in arguments:
            self.transfer(0x0000, argument.to_bytes(2, "big"))

    def read(self, words):
        answer = self.transfer(0x1000, bytes(2 * words + 2))[2:]
        return [int.from_bytes(answer[at : at + 2], "big") for at in range(0, len(answer), 2)]

    def register(self, address):
        self.command(0x0010, address)
        return self.read(1)[0]

    def begin(self):
        self.command(0x0001)
        self.command(0x0302)
        info = self.read(20)
        self.command(0x0011, 0x0004, 1)
        self.command(0x0011, 0x020A, info[3])
        self.command(0x0011, 0x0208, info[2])
        return info

    def settle(self):
        while self.register(0x1224):
            self.chip.wait(0.01)

    def load(self, form, rect, data):
        self.command(0x0021, form, *rect)
        self.transfer(0x0000, data)
        self.command(0x0022)

    def show(self, rect, mode):
        self.command(0x0034, *rect, mode)
        self.settle()


@pytest.fixture
def chip():
    return It8951(VirtualClock())


@pytest.fixture
def host(chip):
    host = Host(chip)
    host.begin()
    return host


WHOLE = (0, 0, 800, 600)


def test_it_says_what_it_is(chip):
    info = Host(chip).begin()
    assert info[:4] == [800, 600, 0x36E0, 0x0012]
    text = b"".join(word.to_bytes(2, "little") for word in info[4:])
    assert text[:16].rstrip(b"\0") == b"SWv_0.1"
    assert text[16:].rstrip(b"\0") == b"M641"
    assert chip.faults == []


@pytest.mark.parametrize(
    ("form", "data", "greys"),
    [
        (BIG_4, "048c", [0, 68, 136, 204]),
        (LITTLE_4, "048c", [204, 136, 68, 0]),
        (BIG_8, "10203040", [0x10, 0x20, 0x30, 0x40]),
    ],
)
def test_a_picture_is_shown_where_it_was_loaded(chip, host, form, data, greys):
    host.show(WHOLE, INIT)
    host.load(form, (8, 3, 4, 1), bytes.fromhex(data))
    host.show((8, 3, 4, 1), GC16)
    assert chip.faults == []
    assert list(chip.glass.seen[3 * 800 + 7 : 3 * 800 + 13]) == [255, *greys, 255]


def test_two_bits_are_four_greys(chip, host):
    host.show(WHOLE, INIT)
    host.load(BIG_2, (0, 0, 8, 1), bytes.fromhex("1be4"))
    host.show((0, 0, 8, 1), GL16)
    assert list(chip.glass.target[:8]) == [0, 85, 170, 255, 255, 170, 85, 0]


def test_modes_take_their_time_and_the_busy_pin_is_not_theirs(chip, host):
    before = chip.now
    host.command(0x0034, *WHOLE, INIT)
    assert host.register(0x1224) == 1
    assert chip.now - before < 0.1
    host.settle()
    assert 2.0 <= chip.now - before < 2.1


@pytest.mark.parametrize(("model", "a2", "beyond"), [("6inch", 4, 5), ("10.3inch", 6, 8)])
def test_the_number_of_a2_depends_on_the_waveforms(model, a2, beyond):
    chip = It8951(VirtualClock(), MODELS[model])
    host = Host(chip)
    host.begin()
    whole = (0, 0, chip.model.width, chip.model.height)
    host.show(whole, INIT)
    host.load(BIG_4, (0, 0, 8, 1), bytes(4))
    before = chip.now
    host.show((0, 0, 8, 1), a2)
    assert chip.now - before < 0.2
    assert chip.glass.by_waveform == {"INIT": 1, "A2": 1}
    assert chip.faults == []
    host.show((0, 0, 8, 1), beyond)
    assert chip.faults[0].startswith(f"mode {beyond}; the waveforms M")


def test_one_bit_mode_takes_eight_pixels_of_a_byte_in_two_greys(chip, host):
    host.show(WHOLE, INIT)
    host.load(BIG_8, (4, 16, 4, 1), b"\x0f\xff\x00\xaa")  # x and w divided by eight
    host.load(BIG_8, (4, 17, 4, 15), b"\xff" * 60)
    host.command(0x0011, 0x113A, host.register(0x113A) | 4)
    host.command(0x0011, 0x1250, 0x00F0)  # ones white, zeros black
    host.show((32, 16, 32, 16), DU)
    row = list(chip.glass.target[16 * 800 + 32 : 16 * 800 + 64])
    assert row == [0] * 4 + [255] * 12 + [0] * 8 + [255, 0] * 4
    assert set(chip.glass.target[17 * 800 : 32 * 800]) == {255}
    assert chip.faults == []
    host.show((40, 16, 32, 16), DU)
    assert chip.faults == ["a refresh of (40, 16, 32, 16); its edges are multiples of 32 and 16 px"]


def test_vcom_is_kept(chip, host):
    host.command(0x0039, 1, 2_300)
    host.command(0x0039, 0)
    assert host.read(1) == [2_300]
    assert chip.faults == []


def load_while_driven(host):
    host.command(0x0034, *WHOLE, INIT)
    host.command(0x0021, BIG_4, 0, 0, 4, 1)


def show_while_driven(host):
    host.command(0x0034, *WHOLE, INIT)
    host.command(0x0034, *WHOLE, GC16)


def sleep_and_load(host):
    host.command(0x0003)
    host.command(0x0022)


def sleep_while_driven(host):
    host.command(0x0034, *WHOLE, INIT)
    host.command(0x0003)


def load_twice(host):
    host.command(0x0021, BIG_4, 0, 0, 4, 1)
    host.command(0x0021, BIG_4, 0, 0, 4, 1)


def hurry(host):
    host.chip.select(True)
    host.chip.exchange(b"\x60\x00\x00\x01")
    host.chip.select(False)
    host.chip.select(True)


def read_nothing(host):
    host.command(0x0001)
    host.read(1)


def load_short(host):
    host.load(BIG_4, (0, 0, 8, 2), bytes(6))


def load_elsewhere(host):
    host.command(0x0011, 0x0208, 0)
    host.command(0x0021, BIG_4, 0, 0, 4, 1)


def load_unpacked(host):
    host.command(0x0011, 0x0004, 0)
    host.command(0x0021, BIG_4, 0, 0, 4, 1)


@pytest.mark.parametrize(
    ("misuse", "fault"),
    [
        (load_while_driven, "a picture is loaded while the panel is driven"),
        (show_while_driven, "a refresh while the panel is driven"),
        (sleep_and_load, "command 0022 while it sleeps"),
        (hurry, "a transfer while HRDY was low"),
        (read_nothing, "a reading without anything to read"),
        (load_short, "6 bytes for a picture of 8"),
        (load_elsewhere, "a picture is loaded to 00120000"),
        (load_unpacked, "a picture is loaded in words before packed mode"),
        (lambda host: host.show((0, 0, 8, 8), GC16), "a first refresh that is not INIT or GC16 of the whole panel"),
        (lambda host: host.show(WHOLE, DU), "a first refresh that is not INIT or GC16 of the whole panel"),
        (lambda host: host.show((2, 0, 8, 8), GC16), "a refresh of (2, 0, 8, 8); its edges are multiples of 4"),
        (lambda host: host.show((4, 0, 8, 8), DU), "a refresh of (4, 0, 8, 8); its edges are multiples of 8"),
        (lambda host: host.show((0, 0, 808, 8), DU), "a refresh of (0, 0, 808, 8), which is not on the panel"),
        (lambda host: host.load(BIG_4, (0, 0, 6, 1), bytes(3)), "a picture is loaded to (0, 0, 6, 1), whose rows"),
        (lambda host: host.load(BIG_4, (0, 600, 4, 1), b""), "a picture is loaded to (0, 600, 4, 1), which is not"),
        (lambda host: host.command(0x0021, 0x0021, 0, 0, 4, 1), "a picture is loaded turned"),
        (lambda host: host.command(0x0021, 0x0010, 0, 0, 4, 1), "pixels in the form 0010"),
        (lambda host: host.command(0x0022), "a picture is ended that was not begun"),
        (lambda host: host.command(0x0039, 1, 6_000), "VCOM of -6000 mV"),
        (lambda host: host.command(0x9999), "command 9999, which it does not know"),
        (lambda host: host.command(0x0001, 5), "data that no command takes"),
        (lambda host: host.transfer(0x7000, b"\0\1"), "the preamble 7000"),
        (lambda host: host.transfer(0x6000, b"\0"), "a transfer of 3 bytes"),
        (lambda host: (host.command(0x0034, 0, 0), host.command(0x0001)), "command 0001 in the middle of the arg"),
        (lambda host: host.register(0x0038), "register 0038, which is not simulated"),
        (lambda host: host.command(0x0011, 0x0038, 0x0602), "register 0038, which is not simulated"),
        (lambda host: host.command(0x0012, 0, 0, 2, 0), "command 0012, reading or writing memory in bursts"),
        (lambda host: host.command(0x0037, *WHOLE, INIT, 0, 0), "a picture shown from where none was loaded"),
        (lambda host: host.command(0x0039, 2), "VCOM with 2; it takes 0 to read and 1 to set"),
        (sleep_while_driven, "sleep while the panel is driven"),
        (load_twice, "a picture is loaded before the one before is ended"),
    ],
)
def test_what_the_controller_would_not_do_is_a_fault(chip, host, misuse, fault):
    misuse(host)
    assert chip.faults[0].startswith(fault)


def test_asleep_it_is_woken_by_sys_run(chip, host):
    host.command(0x0003)
    host.command(0x0001)
    host.show(WHOLE, INIT)
    assert chip.faults == []


def test_without_power_the_picture_stays_and_memory_is_noise(chip, host):
    host.show(WHOLE, INIT)
    chip.cut_power()
    assert set(chip.glass.seen) == {255}
    host.begin()
    host.show(WHOLE, GC16)
    assert set(chip.glass.seen) == {0xA5}
    assert chip.faults == []


def test_a_whole_picture_may_be_loaded_and_shown_from_its_address(chip, host):
    host.command(0x0020, BIG_4)
    host.transfer(0x0000, b"\x77" * 120_000)
    host.transfer(0x0000, b"\x77" * 120_000)
    host.command(0x0022)
    host.command(0x0037, *WHOLE, GC16, 0x36E0, 0x0012)
    host.settle()
    assert set(chip.glass.seen) == {119}
    assert chip.faults == []
