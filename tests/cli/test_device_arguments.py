"""The words of the verbs about devices."""

import pytest

from edgeboard.cli.device_arguments import DEVICE_VERBS, read_url
from edgeboard.cli.entry import make_parser


def test_every_part_of_firmware_takes_a_port_and_json():
    for words in ("info", "upload new.bin", "confirm", "reset"):
        parsed = make_parser().parse_args(["firmware", *words.split(), "--port", "/dev/ttyACM0", "--json"])
        assert (parsed.port, parsed.json, parsed.what) == ("/dev/ttyACM0", True, words.split()[0])


def test_the_lesson_shows_every_part():
    lesson = next(verb.lesson for verb in DEVICE_VERBS if verb.name == "firmware")
    for what in ("info", "upload", "confirm", "reset"):
        assert f"edgeboard firmware {what}" in lesson


@pytest.mark.parametrize("text", ["", "x" * 2000])
def test_what_is_no_url_is_explained(text):
    with pytest.raises(ValueError, match="write a device URL"):
        read_url(text)
