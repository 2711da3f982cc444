"""The IT8951, which drives panels of 6" to 13.3" in 16 greys, behind its SPI: words, commands, registers, memory.

From the vendor's command and register lists. A transfer begins with a preamble: 6000 a command, 0000 data, 1000 a
reading, which gives a word of nothing first. HRDY, the busy pin, is low while it works on a command, and no transfer
may begin then; while it drives the panel it takes commands, and LUTAFSR says that it is not done. Which number A2 has
depends on the waveforms in its flash: "M641" 4, "M841" 6. In 1-bit mode (UP1SR+2, bit 2) a byte of memory is eight
pixels, those of 1 in the grey of the low byte of BGVR and those of 0 in that of its high byte, as the comment in the
vendor's sample says.

Ours: which of the eight is the first (the highest bit), that rotation is not simulated, how long a command keeps it
busy, and that a first refresh after power or reset has to be INIT or GC16 of the whole panel.
"""

from dataclasses import dataclass
from typing import Final, final

from firmware_bridge.panel.values import Rect
from firmware_bridge.sim.chip import Chip, Clock, unpack_bits
from firmware_bridge.sim.glass import A2, DU, GC16, GL16, INIT, Glass, Waveform
from firmware_bridge.sim.pixels import unpack_words

COMMAND, DATA, READ = 0x6000, 0x0000, 0x1000
ADDRESS: Final = 0x0012_36E0  # of the image memory
BOOT_S: Final = 0.2
WORK_S: Final = 0.000_02  # after a transfer
WAKE_S: Final = 0.01

SYS_RUN, STANDBY, SLEEP, REG_RD, REG_WR = 0x0001, 0x0002, 0x0003, 0x0010, 0x0011
MEM_RD_TRIGGER, MEM_RD_START, MEM_WR, MEM_END = 0x0012, 0x0013, 0x0014, 0x0015
LD_IMG, LD_IMG_AREA, LD_IMG_END, DPY_AREA, DPY_BUF_AREA = 0x0020, 0x0021, 0x0022, 0x0034, 0x0037
VCOM, GET_DEV_INFO = 0x0039, 0x0302
_ARGUMENTS: Final = {
    SYS_RUN: 0, STANDBY: 0, SLEEP: 0, REG_RD: 1, REG_WR: 2, MEM_RD_TRIGGER: 4, MEM_RD_START: 0, MEM_WR: 4, MEM_END: 0,
    LD_IMG: 1, LD_IMG_AREA: 5, LD_IMG_END: 0, DPY_AREA: 5, DPY_BUF_AREA: 7, VCOM: 1, GET_DEV_INFO: 0,
}  # fmt: skip
I80CPCR, LISAR, UP1SR, LUTAFSR, BGVR = 0x0004, 0x0208, 0x1138, 0x1224, 0x1250
_BITS: Final = {0: 2, 2: 4, 3: 8}  # of a pixel, by code; 1 is 3 bits, which nobody sends
DU4: Final = Waveform("DU4", 0.29, stays=2)
GLR16: Final = Waveform("GLR16", 0.45, stays=1)
GLD16: Final = Waveform("GLD16", 0.45, stays=1)


@dataclass(frozen=True, slots=True)
class It8951Model:
    """A panel and what stands in the controller's flash."""

    width: int
    height: int
    waveforms: str  # up to 16 characters
    modes: tuple[Waveform, ...]  # by number
    one_bit: tuple[int, int]  # px: multiples of edges in 1-bit mode


MODELS: Final = {
    "6inch": It8951Model(800, 600, "M641", (INIT, DU, GC16, GL16, A2), (32, 16)),
    "10.3inch": It8951Model(1872, 1404, "M841_TFA2812", (INIT, DU, GC16, GL16, GLR16, GLD16, A2, DU4), (8, 1)),
}


@final
class It8951(Chip):
    """The controller with its panel."""

    def __init__(self, clock: Clock, model: It8951Model = MODELS["6inch"]) -> None:
        super().__init__(clock, Glass(model.width, model.height), busy_level=False)
        self.model = model
        self.lose_memory()
        self.restart()

    def lose_memory(self) -> None:
        self._memory = bytearray(b"\xa5" * (self.model.width * self.model.height))

    def restart(self) -> None:
        self._is_running = True
        self._is_deaf = False  # for the rest of a transfer
        self._registers = {I80CPCR: 0, LISAR: 0, LISAR + 2: 0, UP1SR: 0, UP1SR + 2: 0, BGVR: 0}
        self._vcom = 1_500
        self._has_begun = False
        self._command: int | None = None
        self._arguments: list[int] = []
        self._reply = b""
        self._load: tuple[Rect, int, bool] | None = None  # where, bits of a pixel, the order in words
        self._loaded = bytearray()
        self._transfer = bytearray()  # since it was selected
        self.occupy(BOOT_S)

    def select(self, on: bool) -> None:
        was_on = self._is_selected
        super().select(on)
        if on and not was_on:
            self._transfer.clear()
            self._is_deaf = False
            if self.is_busy:
                self._is_deaf = True
                self.fault("a transfer while HRDY was low")
        elif was_on and not on and not self._is_deaf and self._transfer:
            self._take(bytes(self._transfer))
            self.occupy(WORK_S)

    def hear(self, data: bytes) -> bytes:
        before = len(self._transfer)
        self._transfer += data
        if self._is_deaf or int.from_bytes(self._transfer[:2], "big") != READ:
            return bytes(len(data))
        said = (bytes(4) + self._reply)[before : before + len(data)]  # nothing during the preamble and one word more
        return said + bytes(len(data) - len(said))

    # -- transfers

    def _take(self, transfer: bytes) -> None:
        if len(transfer) % 2 or len(transfer) < 4:
            self.fault(f"a transfer of {len(transfer)} bytes; it takes a preamble and whole words")
            return
        preamble, body = int.from_bytes(transfer[:2], "big"), transfer[2:]
        if preamble == COMMAND:
            for word in _words(body):
                self._begin(word)
        elif preamble == DATA:
            self._take_data(body)
        elif preamble == READ:
            if not self._reply:
                self.fault("a reading without anything to read")
            self._reply = self._reply[max(len(body) - 2, 0) :]
        else:
            self.fault(f"the preamble {preamble:04X}, which it does not know")

    def _begin(self, command: int) -> None:
        if self._command is not None and self._arguments != [] and len(self._arguments) < self._expected():
            self.fault(f"command {command:04X} in the middle of the arguments of {self._command:04X}")
        self._command, self._arguments, self._reply = None, [], b""
        if command not in _ARGUMENTS:
            self.fault(f"command {command:04X}, which it does not know")
        elif not self._is_running and command != SYS_RUN:
            self.fault(f"command {command:04X} while it sleeps; SYS_RUN (0001) wakes it")
        else:
            self._command = command
            if _ARGUMENTS[command] == 0:
                self._do(command, [])

    def _expected(self) -> int:
        if self._command is None:
            return 0
        if self._command == VCOM and self._arguments[:1] == [1]:
            return 2
        return _ARGUMENTS[self._command]

    def _take_data(self, body: bytes) -> None:
        if self._load is not None and len(self._arguments) == self._expected():
            self._loaded += body
            return
        for word in _words(body):
            if self._command is None or len(self._arguments) >= self._expected():
                self.fault("data that no command takes")
                return
            self._arguments.append(word)
            if len(self._arguments) == self._expected():
                self._do(self._command, self._arguments)

    # -- commands

    def _do(self, command: int, arguments: list[int]) -> None:
        match command:
            case 0x0001:
                self._is_running = True
                self.occupy(WAKE_S)
            case 0x0002 | 0x0003:
                if self.glass.busy_until is not None:
                    self.fault("sleep while the panel is driven")
                self._is_running = False
            case 0x0010:
                self._reply = self._read_register(arguments[0]).to_bytes(2, "big")
            case 0x0011:
                self._write_register(*arguments)
            case 0x0020:
                self._begin_load(arguments[0], self.glass.whole)
            case 0x0021:
                self._begin_load(arguments[0], Rect(*arguments[1:]))
            case 0x0022:
                self._end_load()
            case 0x0034:
                self._display(Rect(*arguments[:4]), arguments[4])
            case 0x0037:
                if arguments[5] | arguments[6] << 16 != ADDRESS:
                    self.fault("a picture shown from where none was loaded")
                self._display(Rect(*arguments[:4]), arguments[4])
            case 0x0039:
                self._do_vcom(arguments)
            case 0x0302:
                self._reply = self._describe()
            case _:
                self.fault(f"command {command:04X}, reading or writing memory in bursts, is not simulated")

    def _describe(self) -> bytes:
        """20 words; of the texts the two bytes of each word are swapped."""
        numbers = (self.model.width, self.model.height, ADDRESS & 0xFFFF, ADDRESS >> 16)
        texts = "SWv_0.1".ljust(16, "\0") + self.model.waveforms.ljust(16, "\0")
        swapped = "".join(texts[at + 1] + texts[at] for at in range(0, 32, 2))
        return b"".join(number.to_bytes(2, "big") for number in numbers) + swapped.encode()

    def _read_register(self, address: int) -> int:
        if address == LUTAFSR:
            return int(self.glass.busy_until is not None)
        if address not in self._registers:
            self.fault(f"register {address:04X}, which is not simulated")
        return self._registers.get(address, 0)

    def _write_register(self, address: int, value: int) -> None:
        if address in (I80CPCR, LISAR, LISAR + 2, UP1SR, UP1SR + 2, BGVR):
            self._registers[address] = value
        else:
            self.fault(f"register {address:04X}, which is not simulated")

    def _do_vcom(self, arguments: list[int]) -> None:
        if arguments[0] == 0:
            self._reply = self._vcom.to_bytes(2, "big")
        elif arguments[0] == 1 and len(arguments) == 2:
            if 0 < arguments[1] <= 5_000:
                self._vcom = arguments[1]
            else:
                self.fault(f"VCOM of -{arguments[1]} mV, which no panel has")
        elif arguments[0] > 1:
            self.fault(f"VCOM with {arguments[0]}; it takes 0 to read and 1 to set")

    def _begin_load(self, info: int, rect: Rect) -> None:
        bits = _BITS.get(info >> 4 & 0xF)
        address = self._registers[LISAR] | self._registers[LISAR + 2] << 16
        if self._load is not None:
            self.fault("a picture is loaded before the one before is ended")
        if bits is None or info >> 8 > 1:
            self.fault(f"pixels in the form {info:04X}, which is not simulated")
        elif info & 0xF:
            self.fault("a picture is loaded turned, which is not simulated")
        elif address != ADDRESS:
            self.fault(f"a picture is loaded to {address:08X}; its memory is at {ADDRESS:08X}")
        elif self._registers[I80CPCR] != 1:
            self.fault("a picture is loaded in words before packed mode (I80CPCR) is on")
        elif self.glass.busy_until is not None:
            self.fault("a picture is loaded while the panel is driven; LUTAFSR says when it is done")
        elif not rect.area or rect.meet(self.glass.whole) != rect:
            self.fault(f"a picture is loaded to {tuple(rect)}, which is not on the panel")
        elif rect.w * bits % 16 or (bits < 8 and (rect.x % 4 or rect.w % 4)):
            self.fault(f"a picture is loaded to {tuple(rect)}, whose rows are not whole words")
        else:
            self._load = (rect, bits, info >> 8 == 1)
            self._loaded.clear()

    def _end_load(self) -> None:
        if self._load is None:
            self.fault("a picture is ended that was not begun")
            return
        (rect, bits, is_big), self._load = self._load, None
        if len(self._loaded) != rect.area * bits // 8:
            self.fault(f"{len(self._loaded)} bytes for a picture of {rect.area * bits // 8}")
            return
        pixels, width = unpack_words(bytes(self._loaded), bits, is_big=is_big), self.model.width
        for row in range(rect.h):
            start = (rect.y + row) * width + rect.x
            self._memory[start : start + rect.w] = pixels[row * rect.w : (row + 1) * rect.w]

    # -- the panel

    def _display(self, rect: Rect, mode: int) -> None:
        if mode >= len(self.model.modes):
            self.fault(f"mode {mode}; the waveforms {self.model.waveforms} have 0 to {len(self.model.modes) - 1}")
            return
        waveform = self.model.modes[mode]
        is_one_bit = bool(self._registers[UP1SR + 2] & 4)
        step_x, step_y = (4, 1) if waveform.has_greys else (8, 1)
        if is_one_bit:
            step_x, step_y = self.model.one_bit
        if self.glass.busy_until is not None:
            self.fault("a refresh while the panel is driven; LUTAFSR says when it is done")
        elif not rect.area or rect.meet(self.glass.whole) != rect:
            self.fault(f"a refresh of {tuple(rect)}, which is not on the panel")
        elif rect.align(step_x, step_y, self.model.width, self.model.height) != rect:
            self.fault(f"a refresh of {tuple(rect)}; its edges are multiples of {step_x} and {step_y} px")
        elif not self._has_begun and not (waveform in (INIT, GC16) and rect == self.glass.whole):
            self.fault("a first refresh that is not INIT or GC16 of the whole panel: what it shows is not known")
        else:
            pixels = self._picture(rect, is_one_bit)
            self._has_begun = True
            self.glass.refresh(rect, pixels, waveform, self.now)

    def _picture(self, rect: Rect, is_one_bit: bool) -> bytes:
        width, memory = self.model.width, self._memory
        rows = range(rect.y * width, (rect.y + rect.h) * width, width)
        if not is_one_bit:
            return b"".join(bytes(memory[row + rect.x : row + rect.x + rect.w]) for row in rows)
        first, size, skipped = rect.x // 8, -(-(rect.x % 8 + rect.w) // 8), rect.x % 8
        ones, zeros = self._registers[BGVR] & 0xFF, self._registers[BGVR] >> 8
        return b"".join(
            unpack_bits(bytes(memory[row + first : row + first + size]), _grey(zeros), _grey(ones))[skipped:][: rect.w]
            for row in rows
        )


def _grey(value: int) -> int:
    """A grey of four bits, in the high half of its byte, as one of eight."""
    return (value >> 4) * 17


def _words(data: bytes) -> list[int]:
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]
