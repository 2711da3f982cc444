"""What Raspberry Pi Imager is told of an image."""

import hashlib
import json
import urllib.request

import pytest

from shipping import imager

# The required fields of doc/json-schema/os-list-schema.json of rpi-imager, and their types.
REQUIRED = {
    "name": str, "description": str, "icon": str, "url": str, "extract_size": int, "extract_sha256": str,
    "image_download_size": int, "release_date": str, "devices": list,
}  # fmt: skip


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "edgeboard-rpi.img"
    path.write_bytes(b"a card" * 1000)
    return path


def test_the_list_has_what_imager_requires_and_asks_for_settings(image, tmp_path):
    imager.write_list(imager.describe(image, image, "1.2", "2026-11-22"), tmp_path / "list.json")
    (entry,) = json.loads((tmp_path / "list.json").read_text())["os_list"]
    assert {name: type(entry[name]) for name in REQUIRED} == REQUIRED
    assert entry["init_format"] == "cloudinit-rpi", (
        "Imager would offer no settings, or write them where none reads them"
    )
    assert entry["extract_size"] == 6000
    assert entry["extract_sha256"] == hashlib.sha256(image.read_bytes()).hexdigest()


def test_a_list_without_an_address_names_the_file_itself(image):
    url = imager.describe(image, image, "1.2", "2026-11-22")["url"]
    with urllib.request.urlopen(url) as file:
        assert file.read() == image.read_bytes()


def test_a_compressed_image_is_named_with_both_of_its_sizes(image, tmp_path):
    packed = tmp_path / "edgeboard-rpi.img.xz"
    packed.write_bytes(b"small")
    entry = imager.describe(image, packed, "1.2", "2026-11-22", "https://example.org/boards/")
    assert entry["url"] == "https://example.org/boards/edgeboard-rpi.img.xz"
    assert (entry["extract_size"], entry["image_download_size"]) == (6000, 5)
    assert entry["image_download_sha256"] == hashlib.sha256(b"small").hexdigest() != entry["extract_sha256"]
