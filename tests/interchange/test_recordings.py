"""Recordings in both forms, sound and broken."""

import json
from pathlib import Path

import pytest

import edgeboard.cli.drawing as drawing
import edgeboard.interchange.recordings as recordings
from edgeboard.cli.drawing import read_recording
from edgeboard.errors import UserError
from edgeboard.interchange.recordings import PAUSE_MS
from edgeboard.oplog.codec import decode_columns, encode_columns

BUNDLED = Path(drawing.__file__).parent / "data" / "handwriting.jsonl"


@pytest.fixture
def recording(tmp_path):
    """Writes a file and reads it back as a recording."""

    def read(text, name="pen.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_recording(path)

    return read


def test_the_bundled_recording_is_small_and_exact():
    strokes = read_recording(BUNDLED)
    assert len(strokes) == 51
    lines = [json.loads(line) for line in BUNDLED.read_text().splitlines()]
    for recorded, line in zip(strokes, lines, strict=True):
        assert list(recorded.stroke.x) == line["x"]
        assert list(recorded.stroke.pressure) == line["p"]
        again, _ = decode_columns(encode_columns(recorded.stroke))
        assert (list(again.y), list(again.t)) == (line["y"], line["t"])
    assert BUNDLED.with_name("LICENSE.handwriting.txt").read_text().lstrip().startswith("Apache License")
    assert "Copyright Wacom" in BUNDLED.with_name("NOTICE.handwriting.txt").read_text()


def test_json_lines_need_neither_pressure_nor_time(recording):
    (only,) = recording('\n{"x": [20, 40], "y": [0, -20], "a": 3}\n\n', "pen.jsonl")
    assert only.stroke.pressure is None
    assert only.stroke.t is None
    assert (only.stroke.scale, only.pause_ms, only.duration_ms) == (20, PAUSE_MS, 0)


def test_a_csv_separates_strokes_by_empty_lines(recording):
    first, second = recording("x,y,pressure,t\n0,0,0.5,100\n1,2.5,1,110\n\n\n5,5,0.25,600\n")
    assert list(first.stroke.x) == [0, 20]
    assert list(first.stroke.y) == [0, 50]
    assert list(first.stroke.pressure) == [2048, 4095]
    assert list(first.stroke.t) == [0, 10]
    assert list(second.stroke.pressure) == [1024]
    assert (first.pause_ms, second.pause_ms) == (PAUSE_MS, 490)


def test_a_csv_separates_strokes_by_pressure_0(recording):
    first, second = recording("9,9,0,0\n0,0,2000,10\n1,1,4095,20\n1,1,0,30\n1,2,0,40\n5,5,100,50\n")
    assert list(first.stroke.pressure) == [2000, 4095]
    assert list(second.stroke.x) == [100]


def test_a_csv_may_have_other_delimiters_comments_and_only_two_columns(recording):
    (only,) = recording("# from my tablet\r\n1;2\r\n# still the same stroke\r\n3;4\r\n")
    assert list(only.stroke.x) == [20, 60]
    assert only.stroke.pressure is None
    assert only.stroke.t is None
    (tabs,) = recording("1\t2\t0.5\n3\t4\t0.5\n")
    assert list(tabs.stroke.y) == [40, 80]


def test_a_long_pause_is_shortened(recording):
    _, second = recording("0,0,1,0\n\n1,1,1,3600000\n")
    assert second.pause_ms == 2000


def test_clocks_that_start_again_with_each_stroke_get_the_usual_pause(recording):
    _, second = recording("0,0,1,0\n1,1,1,500\n\n1,1,1,0\n2,2,1,10\n")
    assert second.pause_ms == PAUSE_MS


def test_decimal_commas_are_read_where_something_else_stands_between_values(recording):
    (comma,) = recording("x;y;p;t\n1,5;-2,25;0,5;0\n2,5;3;1;10\n")
    (point,) = recording("1.5,-2.25,0.5,0\n2.5,3,1,10\n")
    assert comma == point
    (tabs,) = recording("1,5\t-2,25\t0,5\t0\n2,5\t3\t1\t10\n")
    assert tabs == point


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "pen.csv: is empty; a recording is JSON lines, CSV or InkML"),
        ("# x\n", "pen.csv: holds no stroke; a line is x,y,pressure,t"),
        (b"\x89PNG\r\n\x1a\n\0\0", "pen.csv: is no text; a recording is JSON lines, CSV or InkML"),
        ("1,5;2;0,5\n1,2,3;4\n", "pen.csv:2: x is '1,2,3', not a number"),
        ("x,y,pressure,t\n", "pen.csv: holds no stroke"),
        ("0,0,0,0\n", "pen.csv: holds no stroke"),
        ("1,2\n1,two\n", "pen.csv:2: y is 'two', not a number; a line is"),
        ("nan,2\n", "pen.csv:1: x is 'nan', not a number"),
        ("1,inf\n", "pen.csv:1: y is 'inf', not a number"),
        ("1\n", "pen.csv:1: 1 values; a line is"),
        ("1,2,3,4,5\n", "pen.csv:1: 5 values; a line is"),
        ("1,2,-1\n", "pen.csv:1: a pressure of -1; write 0 to 1, or 0 to 4095"),
        ("1,2,5000\n", "pen.csv:1: a pressure of 5000"),
        ("1,2,1,5\n1,2,1,4\n", "pen.csv:2: t goes back within a stroke; put an empty line"),
        ("1,2,1,5\n1,2,1\n", "pen.csv:2: not as many values as the lines above"),
        ("1,2,1,0\n1,2,1,1e12\n", "pen.csv:2: a stroke that lasts for weeks"),
        ("1e9,2\n", "pen.csv:1: 1e+09 px is outside the canvas, which ends at 13421772 px"),
        ('{"x": [1]}', "pen.csv:1: lacks y; a line is"),
        ('{"x": [1], "y": [1]}\n[]\n', "pen.csv:2: not a JSON object"),
        ('{"x": [1], "y": [1]}\n{"x"\n', "pen.csv:2: not JSON: Expecting ':' delimiter"),
        ('{"x": [1], "y": [1, 2]}', "pen.csv:1: y has 2 values and x 1; write as many of each"),
        ('{"x": [1], "y": [1], "p": [1, 2]}', "pen.csv:1: p has 2 values and x 1"),
        ('{"x": [], "y": []}', "pen.csv:1: x is not a list of numbers"),
        ('{"x": [1.5], "y": [1]}', "pen.csv:1: x holds 1.5; write whole numbers from"),
        ('{"x": [NaN], "y": [1]}', "pen.csv:1: x holds nan; write whole numbers"),
        ('{"x": [true], "y": [1]}', "pen.csv:1: x holds True; write whole"),
        ('{"x": [1], "y": [268435456]}', "pen.csv:1: y holds 268435456; write whole numbers from -268435455"),
        ('{"x": [1, 1], "y": [1, 1], "p": [4096, 0]}', "pen.csv:1: p holds 4096; write whole numbers from 0 to 4095"),
        ('{"x": [1, 1], "y": [1, 1], "t": [2, 1]}', "pen.csv:1: t goes back"),
        ('{"x": ' + "[" * 100_000, "pen.csv:1: not JSON: nested too deeply"),
        ('{"x": [' + "1" * 5000 + '], "y": [1]}', "pen.csv:1: not JSON: Exceeds the limit"),
        ("1" * 400_000 + ",2\n", "pen.csv:1: x is '1111"),
        (b"1,2\n\xff\n", "pen.csv:2: not UTF-8 text"),
    ],
)
def test_each_fault_is_one_line_with_file_and_line(recording, text, message):
    with pytest.raises(UserError) as caught:
        recording(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_stroke_of_a_hundred_thousand_points_is_taken_and_no_more(recording):
    (only,) = recording("".join(f"{i},0\n" for i in range(100_000)))
    assert len(only.stroke.x) == 100_000
    with pytest.raises(UserError, match=r"pen\.csv:100001: a stroke of more than 100000 points"):
        recording("".join(f"{i},0\n" for i in range(100_001)))
    with pytest.raises(UserError, match=r"pen\.csv:1: a stroke of 100001 points"):
        recording(json.dumps({"x": [0] * 100_001, "y": [0] * 100_001}))


def test_a_file_that_is_not_there_or_too_large_is_one_line(tmp_path, monkeypatch):
    with pytest.raises(UserError, match=r"no\.csv: cannot be read: No such file"):
        read_recording(tmp_path / "no.csv")
    monkeypatch.setattr(recordings, "FILE_MAX", 10)
    (tmp_path / "big.csv").write_text("1,2\n" * 10)
    with pytest.raises(UserError, match=r"big\.csv: larger than"):
        read_recording(tmp_path / "big.csv")


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.inkml", b"", True),
        ("-", b"\xef\xbb\xbf <?xml", True),
        ("-", "<ink/>".encode("utf-16"), True),
        ("a.csv", b"1,2\n", True),
        ("-", b'{"x": [1], "y": [1]}\n', True),
        ("a.json", b'{"format": "edgeboard-room", "x": 1}', False),
        ("a.json", b"12345", False),
        ("-", b"", False),
    ],
)
def test_a_recording_is_told_from_an_archive(name, data, expected):
    assert recordings.is_recording(name, data) is expected
