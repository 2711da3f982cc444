import pytest

from edgeboard.config.load import parse
from edgeboard.errors import UserError
from edgeboard.sources.settings import (
    Settings,
    read_condition,
    read_icon,
    read_id,
    read_line,
    read_pointer,
    read_source,
)


@pytest.mark.parametrize("url", ["http://10.0.0.5/x", "https://[::1]:8080/a?b=c", "/sys/class/thermal/temp"])
def test_a_source_is_an_address_or_a_file(url):
    assert read_source(url) == url


@pytest.mark.parametrize(
    "url", ["", "boiler", "ftp://x/y", "http://", "http:///x", "http://a b/", "http://a:99999/", "./x"]
)
def test_anything_else_is_refused_with_what_is_allowed(url):
    with pytest.raises(ValueError, match="is no source; write"):
        read_source(url)


@pytest.mark.parametrize(
    ("url", "name"),
    [("/run/boiler.txt", "boiler"), ("http://plc.local/api/temp.json", "temp"), ("http://plc.local", "plc.local")],
)
def test_a_source_without_an_id_gets_one_from_where_it_is(url, name):
    assert Settings(url).name == name
    assert Settings(url, "own").name == "own"


@pytest.mark.parametrize("text", ["> 70", ">=70", "= up", "!= ok", "~ error", ""])
def test_conditions_are_an_operator_and_a_value(text):
    assert read_condition(text) == text


@pytest.mark.parametrize("text", ["70", ">", "> ", "between 1 and 2"])
def test_what_is_no_condition_is_refused(text):
    with pytest.raises(ValueError, match="is no condition"):
        read_condition(text)


@pytest.mark.parametrize(
    ("reader", "text"),
    [(read_id, ""), (read_id, "x" * 65), (read_pointer, "a/b"), (read_line, "a\nb"), (read_icon, "Ä")],
)
def test_other_words_are_looked_at_too(reader, text):
    with pytest.raises(ValueError, match=r"; write"):
        reader(text)


WHOLE = """
marquee:
  room: hall
  fallback: All quiet
  sources:
    - /sys/class/thermal/thermal_zone0/temp
    - url: http://plc.local/api
      id: boiler
      pointer: /temperature
      text: Boiler {value:.0} °C
      critical: ">= 90"
      every_s: 5
      shared: false
"""


def test_the_file_of_a_board_names_its_sources():
    marquee = parse(WHOLE, "f").marquee
    assert (marquee.settings.room, marquee.settings.fallback) == ("hall", "All quiet")
    first, second = marquee.sources
    assert (first.name, first.shared, first.every_s) == ("temp", True, 10.0)
    assert second == Settings(
        "http://plc.local/api",
        "boiler",
        "/temperature",
        "Boiler {value:.0} °C",
        critical=">= 90",
        every_s=5.0,
        shared=False,
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("marquee: {sources: [{id: a}]}", "f:1: marquee.sources[1].url: is missing"),
        ("marquee: {sources: [/a/x, /b/x]}", "f:1: marquee.sources: has two sources with one id"),
        (
            "marquee: {sources: [{url: /a, every_s: 60, keep_s: 100}]}",
            "f:1: marquee.sources[1].keep_s: is less than two",
        ),
        ("marquee: {sources: [{url: /a, level: red}]}", "f:1: marquee.sources[1].level: 'red' is not allowed"),
        ("marquee: {rate: 0}", "f:1: marquee.rate: '0' is not allowed"),
        (
            "marquee: {sources: [{url: /a, text: 'It is {valu}'}]}",
            "f:1: marquee.sources[1].text: 'It is {valu}' has braces that are not replaced; write {value}, or ",
        ),
        ("marquee: {sources: [{url: /a, text: '{value:.9q}'}]}", "f:1: marquee.sources[1].text: '{value:.9q}' has"),
        ("marquee: {sources: [{url: /a, text: '{value'}]}", "f:1: marquee.sources[1].text: '{value' has braces"),
        ("marquee: {sources: [{url: /a, text: '{{value}}'}]}", "f:1: marquee.sources[1].text: '{{value}}' has braces"),
        ("marquee: {sources: [{url: /a, warning: hot}]}", "f:1: marquee.sources[1].warning: 'hot' is no condition"),
    ],
)
def test_what_is_wrong_in_the_file_is_told_with_its_line(text, told):
    with pytest.raises(UserError) as caught:
        parse(text, "f")
    assert str(caught.value).startswith(told)
