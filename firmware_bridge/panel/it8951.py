"""IT8951: the controller of larger panels (6 to 13.3 inches), 16 greys, over SPI.

Words of 16 bits, highest byte first, each transfer behind a preamble, and HRDY high before every one; chip select stays
active from the preamble to the last word, so it needs a pin of its own.

Rules that cost others panels or days: the number of A2 depends on the waveforms on board ("M641": 4, "M841": 6), so it
is looked up, and where they are unknown there is no A2; a picture is loaded only when no waveform runs (LUTAFSR 0); in
black and white 8 px travel in a byte (loaded as if 8 bits a px, an eighth as wide, with a bit of UP1SR set while it is
shown), but not with "M641", which would have it in pieces of 32x16 px. VCOM is printed on the cable of each panel.

Sources: ITE's IT8951 programming guide, Waveshare's and ESPHome's drivers (of a byte of black and white, bit 0 is the
leftmost px).
"""

from collections.abc import Callable
from typing import final

from firmware_bridge.errors import DeviceError
from firmware_bridge.panel import frame
from firmware_bridge.panel.values import Mode, PanelFacts, Rect, Update
from firmware_bridge.panel.wires import Wires, wait_for

COMMAND, WRITE, READ = 0x6000, 0x0000, 0x1000  # preambles

SYS_RUN, SLEEP, REG_RD, REG_WR = 0x0001, 0x0003, 0x0010, 0x0011
LD_IMG_AREA, LD_IMG_END, DPY_AREA, VCOM, GET_DEV_INFO = 0x0021, 0x0022, 0x0034, 0x0039, 0x0302

I80CPCR, LISAR, UP1SR_HIGH, LUTAFSR, BGVR = 0x0004, 0x0208, 0x113A, 0x1224, 0x1250
ONE_BIT = 1 << 2  # of UP1SR_HIGH

BIG_ENDIAN = 1 << 8
DEPTH_4, DEPTH_8 = 2 << 4, 3 << 4
BLACK_AND_WHITE = 0x00FF  # of BGVR: grey of zeros in the high byte, of ones in the low

WAVEFORMS = {Mode.INIT: 0, Mode.FAST: 1, Mode.FULL: 2, Mode.GREY: 3}
DIRECT_BY_LUT = {"M641": 4, "M841": 6}
DURATIONS = ((Mode.INIT, 2.0), (Mode.FULL, 0.45), (Mode.GREY, 0.45), (Mode.FAST, 0.26), (Mode.DIRECT, 0.12))

READY_S = 3.0  # HRDY, at most
SHOWN_S = 10.0  # a waveform; long in the cold
BEGIN_LOOKS = 10  # for its beginning, 2 ms apart
EDGE_MAX = 4096  # px; more is a reading error
VCOM_MAX = 5000  # mV


@final
class It8951:
    """Driver of one controller."""

    def __init__(self, wires: Wires, vcom: int | None = None) -> None:
        """
        Args:
            wires: its pins.
            vcom: mV below zero, as on the panel's cable: 1530 for -1.53 V; None leaves what is set.
        """
        if vcom is not None and not 0 < vcom <= VCOM_MAX:
            raise DeviceError(
                f"a VCOM of {vcom} mV: give what the panel's cable says without its sign, 1530 for -1.53 V"
            )
        self._wires = wires
        self._vcom = vcom
        self._modes: dict[Mode, int] = {}
        self._packs_bits = False
        self._memory = 0  # where pictures go, in the controller
        self._is_asleep = False

    def start(self) -> PanelFacts:
        wires = self._wires
        wires.set_reset(False)
        wires.wait(0.1)
        wires.set_reset(True)
        wires.wait(0.1)
        self._is_asleep = False
        self._command(SYS_RUN)
        info = self._ask(GET_DEV_INFO, 20)
        width, height = info[0], info[1]
        if not (0 < width <= EDGE_MAX and 0 < height <= EDGE_MAX):
            raise DeviceError(f"no IT8951 answers (it would have {width}x{height} px): see to MISO, CS and its power")
        self._memory = info[3] << 16 | info[2]
        waveforms = _read_text(info[12:20])
        direct = next((number for lut, number in DIRECT_BY_LUT.items() if waveforms.startswith(lut)), None)
        self._modes = dict(WAVEFORMS) if direct is None else {**WAVEFORMS, Mode.DIRECT: direct}
        self._packs_bits = direct is not None and not waveforms.startswith("M641") and width % 16 == 0
        self._write_register(I80CPCR, 1)
        self._write_register(UP1SR_HIGH, self._read_register(UP1SR_HIGH) & ~ONE_BIT)
        if self._vcom is not None:
            self._set_vcom(self._vcom)
        return PanelFacts(
            width,
            height,
            greys=16,
            modes=frozenset(self._modes),
            align_x=16 if self._packs_bits else 8,  # whole words in every depth
            durations=tuple((mode, seconds) for mode, seconds in DURATIONS if mode in self._modes),
            fast_min=5.0,
            has_sleep=True,
        )

    def show(self, update: Update, started: Callable[[], None]) -> None:
        if self._is_asleep:
            self._command(SYS_RUN)
            self._is_asleep = False
        if update.mode not in self._modes:
            raise DeviceError(f"this IT8951 has no mode {update.mode.value}")
        is_fast = update.mode in (Mode.FAST, Mode.DIRECT)
        in_bits = self._packs_bits and is_fast and update.rect.w % 16 == update.rect.x % 16 == 0
        self._wait_until_shown()
        self._load(update.rect, update.pixels, in_bits)
        if in_bits:
            self._write_register(UP1SR_HIGH, self._read_register(UP1SR_HIGH) | ONE_BIT)
            self._write_register(BGVR, BLACK_AND_WHITE)
        self._command(DPY_AREA, *update.rect, self._modes[update.mode])
        started()
        for _ in range(BEGIN_LOOKS):  # where nothing differs there is no waveform, so none is no fault
            if self._read_register(LUTAFSR):
                break
            self._wires.wait(0.002)
        self._wait_until_shown()
        if in_bits:
            self._write_register(UP1SR_HIGH, self._read_register(UP1SR_HIGH) & ~ONE_BIT)

    def rest(self) -> None:
        if not self._is_asleep:
            self._command(SLEEP)
            self._is_asleep = True

    def close(self) -> None:
        self._wires.close()

    # -- pictures

    def _load(self, rect: Rect, pixels: bytes, in_bits: bool) -> None:
        self._write_register(LISAR + 2, self._memory >> 16)
        self._write_register(LISAR, self._memory & 0xFFFF)
        if in_bits:
            form, area = DEPTH_8, Rect(rect.x // 8, rect.y, rect.w // 8, rect.h)
            data = frame.pack(pixels, rect.w, 2, order="little")
        else:
            form, area = DEPTH_4, rect
            data = frame.pack(pixels, rect.w, 16)
        self._command(LD_IMG_AREA, BIG_ENDIAN | form, *area)
        self._write(data)
        self._command(LD_IMG_END)

    def _wait_until_shown(self) -> None:
        wait_for(self._wires, lambda: self._read_register(LUTAFSR) == 0, SHOWN_S, "its waveform", 0.005)

    def _set_vcom(self, vcom: int) -> None:
        for selector in (1, 2):  # by firmware: one of them is taken
            if self._ask(VCOM, 1, 0)[0] == vcom:
                return
            self._command(VCOM, selector, vcom)
        if self._ask(VCOM, 1, 0)[0] != vcom:
            raise DeviceError(f"the IT8951 does not take a VCOM of -{vcom / 1000:.2f} V")

    # -- words

    def _command(self, code: int, *words: int) -> None:
        self._transfer(COMMAND, code.to_bytes(2, "big"))
        for word in words:  # each behind a preamble of its own: not every firmware takes them in a row
            self._write(word.to_bytes(2, "big"))

    def _write(self, data: bytes) -> None:
        self._transfer(WRITE, data)

    def _ask(self, code: int, count: int, *words: int) -> list[int]:
        self._command(code, *words)
        data = self._transfer(READ, bytes(2), bytes(2 * count))
        return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]

    def _read_register(self, address: int) -> int:
        return self._ask(REG_RD, 1, address)[0]

    def _write_register(self, address: int, value: int) -> None:
        self._command(REG_WR, address, value)

    def _transfer(self, preamble: int, *parts: bytes) -> bytes:
        """What came back with the last part."""
        wires = self._wires
        self._wait_until_ready()
        wires.select(True)
        try:
            answer = wires.exchange(preamble.to_bytes(2, "big"))
            for part in parts:
                self._wait_until_ready()
                answer = wires.exchange(part)
            return answer
        finally:
            wires.select(False)

    def _wait_until_ready(self) -> None:
        wait_for(self._wires, self._wires.busy_level, READY_S, "what it was told (HRDY stays low)", 0.0005)


def _read_text(words: list[int]) -> str:
    """ASCII whose bytes are swapped in each word, or not, by firmware: that way which begins with a letter M."""
    texts = [b"".join([word.to_bytes(2, order) for word in words]) for order in ("little", "big")]
    readable = [text.split(b"\0")[0].decode("ascii", "replace") for text in texts]
    return next((text for text in readable if text.startswith("M")), readable[0])
