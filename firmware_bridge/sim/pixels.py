"""How an IT8951 takes pixels out of 16-bit words: 2, 4 or 8 bits each, from either end of the word."""

from typing import Final

_QUARTERS: Final = [bytes(85 * (byte >> shift & 3) for shift in (6, 4, 2, 0)) for byte in range(256)]
_NIBBLES: Final = bytes.maketrans(b"0123456789abcdef", bytes(17 * nibble for nibble in range(16)))


def unpack_words(data: bytes, bits: int, *, is_big: bool) -> bytes:
    """An 8-bit grey for each pixel.

    Args:
        data: whole words as they come over the wire, the high byte first.
        bits: of a pixel: 2, 4 or 8.
        is_big: the first pixel is in the highest bits of its word; otherwise in the lowest.
    """
    if bits == 4:
        pixels = data.hex().encode().translate(_NIBBLES)
    elif bits == 2:
        pixels = b"".join(map(_QUARTERS.__getitem__, data))
    else:
        pixels = data
    if is_big:
        return pixels
    in_word = 16 // bits
    turned = bytearray(len(pixels))
    for place in range(in_word):
        turned[place::in_word] = pixels[in_word - 1 - place :: in_word]
    return bytes(turned)
