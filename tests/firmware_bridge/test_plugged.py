from firmware_bridge.plugged import Line, describe, plugged_lines, without


def test_lines_are_found_by_the_names_that_stay(tmp_path):
    by_id = tmp_path / "by-id"
    by_id.mkdir()
    (tmp_path / "ttyUSB0").touch()
    (by_id / "usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0").symlink_to(tmp_path / "ttyUSB0")
    (by_id / "usb-other-name-of-it").symlink_to(tmp_path / "ttyUSB0")
    (by_id / "usb-unplugged").symlink_to(tmp_path / "ttyUSB9")
    (line,) = plugged_lines([f"{by_id}/*"])
    assert line.port == str(tmp_path / "ttyUSB0")
    assert line.description == "FTDI FT232R USB UART A50285BI"
    assert plugged_lines([f"{tmp_path}/nowhere/*"]) == []


def test_lines_that_are_spoken_for_are_left_alone_under_either_name(tmp_path):
    (tmp_path / "ttyUSB0").touch()
    (tmp_path / "link").symlink_to(tmp_path / "ttyUSB0")
    line = Line(str(tmp_path / "link"), str(tmp_path / "ttyUSB0"), "")
    assert without([line], [str(tmp_path / "ttyUSB0")]) == []
    assert without([line], [str(tmp_path / "link")]) == []
    assert without([line], ["/dev/gone"]) == [line]


def test_a_description_is_what_the_adapter_says():
    assert describe("/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0") == "1a86 USB Serial"
