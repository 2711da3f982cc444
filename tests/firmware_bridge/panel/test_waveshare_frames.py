import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.panel import waveshare_frames as frames
from firmware_bridge.panel.values import Rect
from firmware_bridge.panel.waveshare_frames import Reply, ReplyReader


@pytest.mark.parametrize(
    ("made", "manual"),
    [
        (frames.frame(frames.HANDSHAKE), "A5 00 09 00 CC 33 C3 3C AC"),
        (frames.frame(frames.REFRESH), "A5 00 09 0A CC 33 C3 3C A6"),
        (frames.frame(frames.ROTATE, b"\1"), "A5 00 0A 0D 01 CC 33 C3 3C A3"),
        (frames.colour(0), "A5 00 0B 10 00 03 CC 33 C3 3C BD"),
        (frames.frame(frames.CLEAR), "A5 00 09 2E CC 33 C3 3C 82"),
        (frames.fill(Rect(10, 10, 1, 1)), "A5 00 0D 20 00 0A 00 0A CC 33 C3 3C 88"),
        (frames.frame(frames.LINE, bytes.fromhex("000A000A00FF00FF")),
         "A5 00 11 22 00 0A 00 0A 00 FF 00 FF CC 33 C3 3C 96"),
        (frames.fill(Rect(10, 10, 246, 246)), "A5 00 11 24 00 0A 00 0A 00 FF 00 FF CC 33 C3 3C 90"),
    ],
)  # fmt: skip
def test_commands_are_those_of_the_manual(made, manual):
    assert made == bytes.fromhex(manual)


def test_one_px_high_or_wide_is_a_line():
    assert frames.fill(Rect(1, 2, 9, 1))[3] == frames.LINE
    assert frames.fill(Rect(1, 2, 1, 9))[3] == frames.LINE


def test_every_number_of_the_manual_is_a_sentence_and_so_is_any_other():
    for code in (*frames.ERRORS, 77):
        assert f"(error {code})" in frames.explain(code)


@pytest.mark.parametrize(
    ("text", "replies"),
    [
        (b"OK", [Reply()]),
        (b"\r\nOK\r\n", [Reply()]),
        (b"OKOK", [Reply(), Reply()]),
        (b"Error:20OK", [Reply(20), Reply()]),
        (b"Error:2", [Reply(2)]),
        (b"Error:250", [Reply(250)]),
        (b"Error:0\r\nError:21\n", [Reply(0), Reply(21)]),
        (b"\xff\x00xOErrorOK", [Reply()]),
        (b"Error:", []),
        (b"Error:xOK", [Reply()]),
        (b"ErErError:3", [Reply(3)]),
    ],
)
def test_replies_are_found_however_the_bytes_come(text, replies):
    whole, single = ReplyReader(), ReplyReader()
    assert whole.receive(text, 0.0) + whole.settle() == replies
    found = [reply for byte in text for reply in single.receive(bytes([byte]), 0.0)]
    assert found + single.settle() == replies
    assert whole.noise == single.noise


def test_a_number_ends_where_the_line_falls_silent():
    reader = ReplyReader()
    assert reader.receive(b"Error:2", 5.0) == []
    assert reader.silent_at == 5.0 + ReplyReader.GAP_S
    assert reader.settle() == [Reply(2)]
    assert reader.silent_at is None


def test_okay_needs_no_silence():
    reader = ReplyReader()
    assert reader.receive(b"OK", 1.0) == [Reply()]
    assert reader.silent_at is None


@given(st.lists(st.binary(max_size=20), max_size=8))
def test_any_bytes_are_taken_and_little_of_them_is_kept(parts):
    reader = ReplyReader()
    for part in parts:
        reader.receive(part, 0.0)
        assert len(reader._text) <= 8
    reader.settle()
    assert reader._text == b""


def test_errors_without_a_number_in_any_amount_are_noise():
    reader = ReplyReader()
    assert reader.receive(b"Error:x" * 20_000 + b"OK", 0.0) == [Reply()]
    assert reader.noise == 7 * 20_000
