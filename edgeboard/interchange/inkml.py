"""InkML, the W3C's form of pen recordings, as tablets, phones and handwriting collections write it.

What is read: traces with any channels, of which X, Y, F (or P), T, OTx and OTy, or OA and OE, are kept; integer,
decimal and difference encodings; contexts, brushes (colour, width), units and resolutions, sample rates, time offsets,
traces in groups and continued ones. Pen-up traces, annotations and trace views are passed over. Section numbers are
those of "Ink Markup Language (InkML)", W3C Recommendation, 20 September 2011.

A file is data of strangers: what declares entities is refused before any is used, and sizes and depths are bounded.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NoReturn, final
from xml.parsers import expat

from edgeboard.errors import UserError
from edgeboard.interchange.colours import read_css
from edgeboard.interchange.inkstrokes import PX, Scale, to_stroke
from edgeboard.interchange.inktraces import Channel, Context, Trace, TraceError, read_points
from edgeboard.interchange.recordings import PAUSE_MAX_MS, POINTS_MAX, Recorded

ELEMENTS_MAX = 500_000
DEPTH_MAX = 64
ADVICE = "export it as InkML once more, or as CSV of x,y,pressure,t"


@dataclass(slots=True)
class Element:
    """An element without its namespace."""

    name: str
    line: int
    attributes: dict[str, str]
    children: "list[Element]" = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def named(self, *names: str) -> "Iterator[Element]":
        return (child for child in self.children if child.name in names)


def read_inkml(source: str, data: bytes) -> list[Recorded]:
    """All strokes of an InkML document, in its order.

    Raises:
        UserError: not InkML, or broken, hostile or too large; the text names file and line.
    """
    root = _Parser(source).parse(data)
    if root.name != "ink":
        _fail(source, root.line, f"the outermost element is <{root.name}>, not <ink>; {ADVICE}")
    traces = [trace for trace in _Reader(source, root).traces() if trace.rows]
    scale = Scale(traces)
    strokes: list[Recorded] = []
    last_end: float | None = None
    for trace in traces:
        try:
            recorded, began, end = to_stroke(trace, scale)
        except ValueError as error:
            _fail(source, trace.line, str(error))
        if began is not None and last_end is not None and began > last_end:
            recorded = replace(recorded, pause_ms=min(round(began - last_end), PAUSE_MAX_MS))
        last_end = end
        strokes.append(recorded)
    if not strokes:
        _fail(source, root.line, f"holds no trace of a pen on the paper; {ADVICE}")
    return strokes


# ------------------------------------------------------------------------------------------------------------- XML


@final
class _Parser:
    """Expat, bounded: elements as a tree, no entities but XML's own five."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._open: list[Element] = []
        self._root: Element | None = None
        self._count = 0

    def parse(self, data: bytes) -> Element:
        parser = self._parser
        parser.buffer_text = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.EntityDeclHandler = self._entity
        parser.ExternalEntityRefHandler = self._entity
        try:
            parser.Parse(data, True)
        except expat.ExpatError as error:
            _fail(self._source, error.lineno, f"not XML: {expat.ErrorString(error.code)}; {ADVICE}")
        except (ValueError, LookupError) as error:  # an encoding that nobody knows
            _fail(self._source, 1, f"not readable: {error!s:.80}; save it as UTF-8")
        assert self._root is not None  # or expat would have found no element
        return self._root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line = self._parser.CurrentLineNumber
        self._count += 1
        if self._count > ELEMENTS_MAX or len(self._open) >= DEPTH_MAX:
            what = f"more than {ELEMENTS_MAX} elements" if self._count > ELEMENTS_MAX else "elements nested too deeply"
            _fail(self._source, line, f"{what}; split it into several recordings")
        made = Element(_local(name), line, {_local(key): value for key, value in attributes.items()})
        if self._open:
            self._open[-1].children.append(made)
        else:
            self._root = made
        self._open.append(made)

    def _end(self, name: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        if self._open and self._open[-1].name == "trace":
            self._open[-1].texts.append(text)

    def _entity(self, *_: object) -> NoReturn:
        _fail(self._source, self._parser.CurrentLineNumber, "declares entities, which no recording needs; remove them")


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


# -------------------------------------------------------------------------------------------------------- contexts


@final
class _Reader:
    """Walks the document and gives every trace its context."""

    def __init__(self, source: str, root: Element) -> None:
        self._source = source
        self._root = root
        self._by_id: dict[str, Element] = {}
        self._resolving: set[int] = set()
        self._index(root)

    def _index(self, element: Element) -> None:
        if name := element.attributes.get("id"):
            self._by_id.setdefault(name, element)
        for child in element.children:
            self._index(child)

    def traces(self) -> list[Trace]:
        """All traces of a pen on the paper; those that continue another are joined to it (section 3.3.1)."""
        made: list[Trace] = []
        by_id: dict[str, Trace] = {}
        for element, context in self._walk(self._root, Context()):
            attributes = element.attributes
            if attributes.get("type", "penDown") == "penUp":
                continue
            trace = self._trace(element, context)
            prior = by_id.get(attributes.get("priorRef", "").lstrip("#"))
            if attributes.get("continuation") in ("middle", "end") and prior is not None:
                prior.rows += trace.rows
                trace = prior
            else:
                made.append(trace)
            if name := attributes.get("id"):
                by_id[name] = trace
            if len(trace.rows) > POINTS_MAX:
                _fail(self._source, element.line, f"a trace of more than {POINTS_MAX} points")
        return made

    def _walk(self, element: Element, context: Context) -> Iterator[tuple[Element, Context]]:
        for child in element.children:
            match child.name:
                case "trace":
                    yield child, self._referred(child, context)
                case "traceGroup":
                    yield from self._walk(child, self._referred(child, context))
                case "context" | "brush" | "traceFormat" | "inkSource" | "timestamp":
                    context = self._apply(child, context)  # holds for what follows (section 4.2)

    def _referred(self, element: Element, context: Context) -> Context:
        """The context with what the attributes of an element refer to."""
        for name in ("contextRef", "inkSourceRef", "traceFormatRef", "timestampRef", "brushRef"):
            reference = element.attributes.get(name, "").rpartition("#")[2]
            if not reference or reference.startswith("Default"):
                continue
            found = self._by_id.get(reference)
            if found is None:
                _fail(self._source, element.line, f"{name} names {reference[:40]!r}, which is nowhere in the file")
            if id(found) in self._resolving or len(self._resolving) > DEPTH_MAX:
                _fail(self._source, element.line, f"{name} {reference[:40]!r} leads in circles")
            self._resolving.add(id(found))
            context = self._apply(found, context)
            self._resolving.discard(id(found))
        return context

    def _apply(self, element: Element, context: Context) -> Context:
        match element.name:
            case "context":
                context = self._referred(element, context)
                for child in element.named("inkSource", "traceFormat", "brush", "timestamp"):
                    context = self._apply(child, context)
            case "inkSource":
                for child in element.named("traceFormat"):
                    context = self._apply(child, context)
                for child in element.named("sampleRate"):
                    context = replace(context, rate_hz=max(0.0, self._number(child, "value", 0.0)))
                for properties in element.named("channelProperties"):
                    context = self._resolutions(properties, context)
            case "traceFormat":
                context = self._format(element, context)
            case "brush":
                context = self._brush(self._inherited(element), context)
            case "timestamp":
                context = replace(context, began_ms=self._number(element, "time", context.began_ms))
        return context

    def _format(self, element: Element, context: Context) -> Context:
        regular = [self._channel(child) for child in element.named("channel")]
        others = [
            self._channel(child) for group in element.named("intermittentChannels") for child in group.named("channel")
        ]
        names = [channel.name for channel in regular]
        if "X" not in names or "Y" not in names:
            _fail(self._source, element.line, "a traceFormat without the channels X and Y")
        return replace(context, channels=(*regular, *others), regular=len(regular))

    def _channel(self, element: Element) -> Channel:
        attributes = element.attributes
        return Channel(
            attributes.get("name", ""),
            units=attributes.get("units", "").lower(),
            most=self._number(element, "max", math.nan),
            least=self._number(element, "min", math.nan),
            sign=-1.0 if attributes.get("orientation") == "-ve" else 1.0,
        )

    def _resolutions(self, properties: Element, context: Context) -> Context:
        """Steps of the device in a unit of length (section 4.1.4)."""
        channels = list(context.channels)
        for child in properties.named("channelProperty"):
            if child.attributes.get("name") != "resolution":
                continue
            unit = child.attributes.get("units", "").lower().replace(" ", "").removeprefix("1/").removeprefix("dev/")
            steps = self._number(child, "value", 0.0)
            for at, channel in enumerate(channels):
                if channel.name == child.attributes.get("channel") and unit in PX and steps > 0:
                    channels[at] = replace(channel, step_px=PX[unit] / steps)
        return replace(context, channels=tuple(channels))

    def _inherited(self, brush: Element) -> list[Element]:
        """A brush and those that it is based on, the base first."""
        chain = [brush]
        while (name := chain[-1].attributes.get("brushRef", "").rpartition("#")[2]) in self._by_id:
            if len(chain) > DEPTH_MAX:
                _fail(self._source, brush.line, f"brushRef {name[:40]!r} leads in circles")
            chain.append(self._by_id[name])
        return chain[::-1]

    def _brush(self, chain: Sequence[Element], context: Context) -> Context:
        for brush in chain:
            for child in brush.named("brushProperty"):
                value = child.attributes.get("value", "").strip()
                match child.attributes.get("name", "").lower():
                    case "color" | "colour":
                        context = replace(context, colour=_colour(value))
                    case "width":
                        unit = PX.get(child.attributes.get("units", "px").lower(), 1.0)
                        context = replace(context, width_px=self._number(child, "value", 0.0) * unit or None)
        return context

    def _number(self, element: Element, name: str, otherwise: float) -> float:
        text = element.attributes.get(name)
        if text is None:
            return otherwise
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            _fail(self._source, element.line, f"{name} of <{element.name}> is {text[:30]!r}, not a number")
        return value

    def _trace(self, element: Element, context: Context) -> Trace:
        try:
            rows = read_points("".join(element.texts), len(context.channels), context.regular, POINTS_MAX)
        except TraceError as error:
            _fail(self._source, element.line + error.line, f"{error}; {ADVICE}")
        offset = self._number(element, "timeOffset", math.nan)
        duration = self._number(element, "duration", math.nan)
        return Trace(
            element.line,
            context,
            rows,
            None if math.isnan(offset) else context.began_ms + offset,
            None if math.isnan(duration) else duration,
        )


def _colour(text: str) -> int | None:
    """A colour as the canvas counts it; None for what is not understood, which then is the pen's."""
    read = read_css(text)
    return None if read is None else 16 + read.rgb if read.rgb else 0


def _fail(source: str, line: int, text: str) -> NoReturn:
    raise UserError(f"{source}:{line}: {text}")
