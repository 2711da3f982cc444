"""InkML as it comes from tablets and collections, and as attackers write it."""

import pytest

from edgeboard.errors import UserError
from edgeboard.interchange.inkml import ELEMENTS_MAX, read_inkml
from edgeboard.interchange.recordings import parse_recording

# As collections of handwritten formulas have it: no units, annotations, groups that refer to traces.
FORMULA = """<ink xmlns="http://www.w3.org/2003/InkML">
<traceFormat><channel name="X" type="decimal"/><channel name="Y" type="decimal"/></traceFormat>
<annotation type="truth">$x^2$</annotation>
<annotationXML type="truth" encoding="Content-MathML"><math xmlns="http://www.w3.org/1998/Math/MathML"/></annotationXML>
<trace id="0">
985 3317, 1019 3340, 1039 3381
</trace>
<trace id="1">
1100 3250, 1120 3230
</trace>
<traceGroup xml:id="3"><annotation type="truth">x</annotation>
<traceView traceDataRef="0"/><annotationXML href="x_1"/></traceGroup>
</ink>
"""

# As drawing programs have it: prefixes, definitions, physical units, brushes, force and tilt, times in seconds.
TABLET = """<?xml version="1.0" encoding="utf-8"?>
<inkml:ink xmlns:inkml="http://www.w3.org/2003/InkML">
  <inkml:definitions>
    <inkml:context xml:id="ctx">
      <inkml:inkSource xml:id="pen">
        <inkml:traceFormat>
          <inkml:channel name="X" type="integer" units="cm" max="30000"/>
          <inkml:channel name="Y" type="integer" units="cm" max="20000"/>
          <inkml:channel name="F" type="integer" max="1023" units="dev"/>
          <inkml:channel name="T" type="decimal" units="s"/>
          <inkml:channel name="OTx" type="integer" units="deg"/>
          <inkml:channel name="OTy" type="integer" units="deg"/>
        </inkml:traceFormat>
        <inkml:channelProperties>
          <inkml:channelProperty channel="X" name="resolution" value="1000" units="1/cm"/>
          <inkml:channelProperty channel="Y" name="resolution" value="1000" units="1/cm"/>
        </inkml:channelProperties>
      </inkml:inkSource>
    </inkml:context>
    <inkml:brush xml:id="base"><inkml:brushProperty name="width" value="1" units="mm"/></inkml:brush>
    <inkml:brush xml:id="red" brushRef="#base">
      <inkml:brushProperty name="color" value="#FF0000"/>
      <inkml:brushProperty name="transparency" value="0"/>
    </inkml:brush>
  </inkml:definitions>
  <inkml:traceGroup contextRef="#ctx">
    <inkml:trace brushRef="#red" timeOffset="1000">2540 5080 0 0.0 10 -20, 2640 5080 1023 0.008 11 -20</inkml:trace>
    <inkml:trace type="penUp">2640 5080 0 1 0 0</inkml:trace>
    <inkml:trace brushRef="#base" timeOffset="1408">0 0 512 5.0 0 95</inkml:trace>
  </inkml:traceGroup>
</inkml:ink>
"""


def read(text):
    return read_inkml("pen.inkml", text if isinstance(text, bytes) else text.encode())


def ink(body):
    return f'<ink xmlns="http://www.w3.org/2003/InkML">\n{body}\n</ink>'


def test_a_formula_of_a_collection():
    first, second = read(FORMULA)
    assert [list(column) for column in (first.stroke.x, first.stroke.y)] == [
        [985 * 20, 1019 * 20, 1039 * 20],
        [3317 * 20, 3340 * 20, 3381 * 20],
    ]
    assert (first.stroke.pressure, first.stroke.t, first.colour, first.width) == (None, None, None, None)
    assert list(second.stroke.x) == [22_000, 22_400]


def test_a_drawing_of_a_tablet():
    first, second = read(TABLET)
    assert list(first.stroke.x) == [round(2.54 * 96 / 2.54 * 20), round(2.64 * 96 / 2.54 * 20)]
    assert list(first.stroke.y) == [3840, 3840]
    assert list(first.stroke.pressure) == [0, 4095]
    assert list(first.stroke.t) == [0, 8]
    assert list(first.stroke.tilt_x) == [10, 11]
    assert list(first.stroke.tilt_y) == [-20, -20]
    assert (first.colour, first.width) == (16 + 0xFF0000, round(8 * 96 / 25.4))
    assert (second.colour, second.width, second.pause_ms) == (None, first.width, 400)
    assert list(second.stroke.tilt_y) == [90]


def test_any_recording_is_known_by_its_beginning():
    assert len(parse_recording("x", b"\xef\xbb\xbf\n" + FORMULA.encode())) == 2
    assert (
        len(
            parse_recording(
                "x", FORMULA.replace("<ink", '<?xml version="1.0" encoding="utf-16"?><ink', 1).encode("utf-16")
            )
        )
        == 2
    )


def test_what_stands_before_a_trace_holds_for_it():
    body = """<brush><brushProperty name="color" value="blue"/></brush><trace>0 0,100 100</trace>
    <context><brush><brushProperty name="colour" value="#0f0"/><brushProperty name="width" value="2"/></brush></context>
    <trace>0 0,100 100</trace>
    <traceGroup><brush><brushProperty name="color" value="plaid"/></brush><trace>0 0,90 90</trace></traceGroup>
    <trace>0 0,100 100</trace>"""
    assert [(each.colour, each.width) for each in read(ink(body))] == [
        (16 + 0x0000FF, None), (16 + 0x00FF00, 16), (None, 16), (16 + 0x00FF00, 16),
    ]  # fmt: skip


def test_black_is_the_black_of_the_palette():
    (only,) = read(ink('<brush><brushProperty name="color" value="#000000"/></brush><trace>0 0,100 100</trace>'))
    assert only.colour == 0


def test_units_that_nobody_names_are_fitted_to_be_seen():
    (small,) = read(ink("<trace>0.1 0.1, 0.9 0.5</trace>"))
    assert list(small.stroke.x) == [40 * 20, 1040 * 20]
    (large,) = read(ink("<trace>0 5000, 50000 0</trace>"))
    assert list(large.stroke.x) == [40 * 20, 1040 * 20]
    assert list(large.stroke.y) == [140 * 20, 40 * 20]
    (away,) = read(ink("<trace>-500 -500, -400 -400</trace>"))
    assert list(away.stroke.x) == [40 * 20, 140 * 20]
    (dot,) = read(ink("<trace>7 7</trace>"))
    assert list(dot.stroke.x) == [140]


def test_an_axis_that_points_the_other_way():
    body = """<traceFormat><channel name="X" units="px"/><channel name="Y" units="px" orientation="-ve"/></traceFormat>
    <trace>10 -20</trace>"""
    assert list(read(ink(body))[0].stroke.y) == [400]


@pytest.mark.parametrize(("values", "expected"), [("0 0.5 1", [0, 2048, 4095]), ("0 128 255", [0, 2056, 4095])])
def test_force_without_a_limit_is_told_by_its_values(values, expected):
    a, b, c = values.split()
    body = f"""<traceFormat><channel name="X"/><channel name="Y"/><channel name="F"/></traceFormat>
    <trace>0 0 {a}, 50 50 {b}, 90 90 {c}</trace>"""
    assert list(read(ink(body))[0].stroke.pressure) == expected


def test_times_by_rate_by_duration_and_by_offset():
    source = '<inkSource><sampleRate uniform="true" value="200"/></inkSource>'
    assert list(read(ink(f"{source}<trace>0 0,50 50,60 60</trace>"))[0].stroke.t) == [0, 5, 10]
    assert list(read(ink('<trace duration="30">0 0,50 50,60 60,70 70</trace>'))[0].stroke.t) == [0, 10, 20, 30]
    times = '<traceFormat><channel name="X"/><channel name="Y"/><channel name="T"/></traceFormat>'
    first, second = read(ink(f"{times}<trace>0 0 100,50 50 150</trace><trace>0 0 400,50 50 401</trace>"))
    assert (list(first.stroke.t), second.pause_ms) == ([0, 50], 250)
    _, late = read(ink('<trace timeOffset="0">0 0,90 90</trace><trace timeOffset="99999">0 0,90 90</trace>'))
    assert late.pause_ms == 2000


def test_a_trace_that_continues_another_is_one_stroke():
    body = """<trace xml:id="a" continuation="begin">0 0,50 50</trace><trace>1 1,90 90</trace>
    <trace continuation="end" priorRef="#a">60 60</trace>"""
    assert [len(each.stroke.x) for each in read(ink(body))] == [3, 2]


def test_angles_become_tilt():
    body = """<traceFormat><channel name="X"/><channel name="Y"/><channel name="OA" units="deg"/>
    <channel name="OE" units="deg"/></traceFormat><trace>0 0 0 45, 90 90 90 45, 99 99 0 90</trace>"""
    stroke = read(ink(body))[0].stroke
    assert [list(stroke.tilt_x), list(stroke.tilt_y)] == [[45, 0, 0], [0, 45, 0]]


def test_an_unknown_channel_is_passed_over_and_a_missing_value_is_that_before():
    body = """<traceFormat><channel name="X"/><channel name="B"/><channel name="Y"/>
    <intermittentChannels><channel name="F" max="10"/></intermittentChannels></traceFormat>
    <trace>0 T 0 5,50 F ?,60 T 60 10</trace>"""
    stroke = read(ink(body))[0].stroke
    assert list(stroke.y) == [0, 0, 1200]
    assert list(stroke.pressure) == [2048, 2048, 4095]


BOMB = '<?xml version="1.0"?>\n<!DOCTYPE ink [\n<!ENTITY a "aaaaaaaaaa">\n<!ENTITY b "&a;&a;">]>\n<ink>&b;</ink>'
OUTSIDE = '<!DOCTYPE ink [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<ink><trace>&x;</trace></ink>'
BY_NAME = ink('<trace contextRef="#c">1 1</trace><definitions><context xml:id="c" contextRef="#c"/></definitions>')
BRUSHES = ink('<trace brushRef="#b">1 1</trace><definitions><brush xml:id="b" brushRef="#b"/></definitions>')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<ink>", "pen.inkml:1: not XML: no element found; export it as InkML once more"),
        ("<ink></pen>", "pen.inkml:1: not XML: mismatched tag"),
        ("<svg/>", "pen.inkml:1: the outermost element is <svg>, not <ink>"),
        (ink(""), "pen.inkml:1: holds no trace of a pen on the paper"),
        (ink('<trace type="penUp">1 1</trace>'), "holds no trace"),
        (ink("<trace>1 1,\n2 zwei</trace>"), "pen.inkml:3: 'zwei' is not a number"),
        (ink("<trace>1</trace>"), "pen.inkml:2: a point with 1 values where the format has 2"),
        (ink('<trace contextRef="#nowhere">1 1</trace>'), "pen.inkml:2: contextRef names 'nowhere', which is nowhere"),
        (ink('<trace timeOffset="soon">1 1</trace>'), "timeOffset of <trace> is 'soon', not a number"),
        (ink('<traceFormat><channel name="X"/></traceFormat>'), "a traceFormat without the channels X and Y"),
        (ink('<traceFormat><channel name="X" units="m"/><channel name="Y"/></traceFormat><trace>1e9 1</trace>'),
         "pen.inkml:2: X lies outside the canvas"),
        (ink('<traceFormat><channel name="X"/><channel name="Y"/><channel name="T"/></traceFormat>'
             "<trace>1 1 5, 2 2 4</trace>"), "T goes back within a trace"),
        (ink('<trace duration="1e13">1 1, 99 99</trace>'), "a trace that lasts for weeks"),
        (BOMB, "pen.inkml:3: declares entities, which no recording needs"),
        (OUTSIDE, "pen.inkml:1: declares entities"),
        (BY_NAME, "leads in circles"),
        (BRUSHES, "brushRef 'b' leads in circles"),
        ("<a>" * 100, "pen.inkml:1: elements nested too deeply"),
        (b'<?xml version="1.0" encoding="klingon"?><ink/>', "pen.inkml:1: not"),
        (b"<ink>\n\xff</ink>", "pen.inkml:2: not XML"),
        (ink("<trace>" + "1 1," * 100_001 + "1 1</trace>"), "a trace of more than 100000 points"),
    ],
)  # fmt: skip
def test_each_fault_is_one_line_with_file_and_line(text, message):
    with pytest.raises(UserError) as caught:
        read(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_flood_of_elements_is_refused():
    with pytest.raises(UserError, match="more than 500000 elements"):
        read("<ink>" + "<a/>" * ELEMENTS_MAX + "</ink>")
