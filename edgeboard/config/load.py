"""A YAML file read into a `Config`.

Rules of this file: whatever is wrong with the file is one `UserError` of the form ``FILE:LINE: KEY: what is wrong; what
is allowed``; nothing of the file is executed or looked up (tags are refused); no value is guessed from how it looks:
the schema says what a key holds, so `name: on` is a name.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Literal, NoReturn, TypeVar, final, get_args, get_origin, get_type_hints

import yaml

from edgeboard.config.schema import FLAT, RULES, SHAPES, Config, Shape
from edgeboard.config.values import read_choice, read_flag, read_number, read_whole
from edgeboard.errors import UserError

FILE_MAX = 256 * 1024  # bytes; a configuration has a few hundred
DEPTH_MAX = 32  # of brackets, so that a hostile file cannot exhaust the stack
NULLS = ("", "~", "null", "Null", "NULL")

T = TypeVar("T")


def load(path: Path) -> Config:
    """Read a configuration file; a relative path in it is meant from where the file lies.

    Raises:
        UserError: unreadable, not YAML, or not a configuration; the line says where and what.
    """
    try:
        with path.open("rb") as file:
            data = file.read(FILE_MAX + 1)
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}; give the path of a YAML file") from None
    if len(data) > FILE_MAX:
        raise UserError(f"{path}: larger than {FILE_MAX // 1024} KiB; this is not a configuration")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path}:{line}: file: not UTF-8 text; save it as UTF-8") from None
    return parse(text, str(path), path.parent)


def parse(text: str, source: str, base: Path = Path()) -> Config:
    """Read the text of a configuration.

    Args:
        text: YAML.
        source: how errors name the file.
        base: what relative paths are meant from.

    Raises:
        UserError: as `load`.
    """
    root = _compose(text, source)
    if root is None:
        return Config()
    return _Reader(source, base).section(root, "", Config)


def _compose(text: str, source: str) -> yaml.Node | None:
    try:
        _check_depth(text, source)
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise UserError(f"{source}:{line}: file: a control character; remove it") from None
    except yaml.MarkedYAMLError as error:
        line = 1
        for mark in (error.context_mark, error.problem_mark):
            line = mark.line + 1 if mark is not None else line
        problem = (error.problem or "cannot be read").replace("\n", " ")
        raise UserError(
            f"{source}:{line}: {_key_near(text, line)}: not YAML: {problem}; "
            "write `key: value`, indent sections with two blanks, quote text that holds : or #"
        ) from None


def _check_depth(text: str, source: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEPTH_MAX:
                line = event.start_mark.line + 1 if event.start_mark is not None else 1
                raise UserError(f"{source}:{line}: {_key_near(text, line)}: nested too deeply; a section has values")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _key_near(text: str, line: int) -> str:
    """The key that somebody was writing where the YAML breaks: the last one at or above that line."""
    for candidate in reversed(text.splitlines()[:line]):
        found = re.match(r"\s*(?:- )?([A-Za-z_][\w-]*)\s*:", candidate)
        if found:
            return found[1]
    return "file"


@final
class _Reader:
    """Turns nodes of one file into sections."""

    def __init__(self, source: str, base: Path) -> None:
        self._source = source
        self._base = base

    def section(self, node: yaml.Node, key: str, kind: type[T]) -> T:
        """A section: a dataclass whose fields are the keys."""
        if _is_null(node):
            return kind()
        names = _keys_of(kind)
        if not isinstance(node, yaml.MappingNode):
            self._fail(node, key, f"is {_what(node)}; write a section with {_list_keys(names)}")
        values: dict[type, dict[str, object]] = {}
        seen: dict[str, yaml.Node] = {}
        for key_node, value_node in node.value:
            name = self._key(key_node, key)
            full = f"{key}.{name}" if key else name
            if name in seen:
                self._fail(key_node, full, f"stands here twice, first in line {_line(seen[name])}; remove one of them")
            seen[name] = key_node
            if name not in names:
                near = difflib.get_close_matches(name, names, 1)
                hint = f"did you mean {near[0]}?" if near else f"allowed are {_list_keys(names)}"
                self._fail(key_node, full, f"is not a setting; {hint}")
            owner, hint_type = names[name]
            values.setdefault(owner, {})[name] = self._value(value_node, full, owner, name, hint_type)
        mine = values.get(kind, {})
        for flat_kind, name in FLAT:
            if flat_kind is kind:
                inner = get_type_hints(kind)[name]
                mine[name] = inner(**values.get(inner, {}))
        section = kind(**mine)
        for owner, name, holds, text in RULES:
            if owner is kind and not holds(section):
                self._fail(seen.get(name, node), f"{key}.{name}" if key else name, text)
        return section

    def _key(self, node: yaml.Node, around: str) -> str:
        if not isinstance(node, yaml.ScalarNode):
            self._fail(node, around or "file", "has a key that is not a word; write `key: value`")
        return str(node.value)

    def _value(self, node: yaml.Node, key: str, owner: type, name: str, hint: object) -> object:
        if isinstance(hint, type) and is_dataclass(hint) and (owner, name) not in SHAPES:
            return self.section(node, key, hint)
        shape = SHAPES.get((owner, name)) or _shape_of(hint)
        if get_origin(hint) is tuple:
            return self._list(node, key, shape, get_args(hint)[0])
        if not isinstance(node, yaml.ScalarNode):
            self._fail(node, key, f"is {_what(node)}; write one value")
        return self._scalar(node, key, shape)

    def _list(self, node: yaml.Node, key: str, shape: Shape, kind: type) -> tuple[object, ...]:
        if isinstance(node, yaml.ScalarNode) and shape.word and node.value == shape.word:
            return ()
        if _is_null(node):
            elements: list[yaml.Node] = []
        elif isinstance(node, yaml.SequenceNode):
            elements = node.value
        else:
            word = f" or the word {shape.word}" if shape.word else ""
            self._fail(node, key, f"is {_what(node)}; write a list, [a, b]{word}")
        if not shape.least <= len(elements) <= shape.most:
            self._fail(node, key, f"has {len(elements)} entries; write {shape.least} to {shape.most}")
        values: list[object] = []
        for at, element in enumerate(elements, 1):
            place = f"{key}[{at}]"
            value: object
            if shape.section and isinstance(element, yaml.MappingNode):
                value = self.section(element, place, kind)
            elif not isinstance(element, yaml.ScalarNode) or _is_null(element):
                self._fail(element, place, f"is {_what(element)}; write one value")
            else:
                value = self._scalar(element, place, shape)
                if shape.section:
                    value = kind(**{shape.section: value})
            if value in values:
                said = repr(element.value) if isinstance(element, yaml.ScalarNode) else "this"
                self._fail(element, place, f"{said} stands in the list twice; remove one of them")
            values.append(value)
        return tuple(values)

    def _scalar(self, node: yaml.ScalarNode, key: str, shape: Shape) -> object:
        if not node.tag.startswith("tag:yaml.org,2002:") or node.tag.startswith("tag:yaml.org,2002:python"):
            self._fail(node, key, f"has the tag {node.tag[:60]}; write the value without a tag")
        if _is_null(node):
            self._fail(node, key, "has no value; write one behind the colon, or remove the line")
        try:
            value = shape.read(node.value)
        except ValueError as error:
            self._fail(node, key, str(error))
        if isinstance(value, Path):
            return self._base / value
        return value

    def _fail(self, node: yaml.Node, key: str, text: str) -> NoReturn:
        raise UserError(f"{self._source}:{_line(node)}: {key or 'file'}: {text}")


def _keys_of(kind: type) -> Mapping[str, tuple[type, object]]:
    """What a section may hold: key to (the dataclass it belongs to, the type of the field)."""
    return dict(_each_key(kind))


def _each_key(kind: type) -> Iterator[tuple[str, tuple[type, object]]]:
    hints = get_type_hints(kind)
    for item in fields(kind):
        if (kind, item.name) in FLAT:
            yield from _each_key(hints[item.name])
        else:
            yield item.name, (kind, hints[item.name])


def _shape_of(hint: object) -> Shape:
    """How a field is written whose type says enough."""
    if get_origin(hint) is Literal:
        return Shape(lambda text: read_choice(text, get_args(hint)))
    readers: dict[object, Shape] = {bool: Shape(read_flag), int: Shape(read_whole), float: Shape(read_number)}
    return readers[hint]


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.style is None and node.value in NULLS


def _what(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a section"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return "empty" if _is_null(node) else f"the value {node.value[:40]!r}"


def _list_keys(names: Mapping[str, object]) -> str:
    return ", ".join(names)
