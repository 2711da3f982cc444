"""The settings of a node, put together."""

import dataclasses
from typing import get_args, get_origin, get_type_hints

import pytest

from edgeboard.config import schema
from edgeboard.config.schema import FLAT, SHAPES, Config
from edgeboard.config.values import Listen
from edgeboard.storage.settings import Settings as StorageSettings
from edgeboard.transport.settings import Mode
from edgeboard.transport.settings import Settings as TransportSettings

SECTIONS = [schema.NodeSection, TransportSettings, schema.GuestsSection, schema.StorageSection,
            schema.LoggingSection, StorageSettings, Config]  # fmt: skip


def test_a_config_without_any_file_opens_a_lobby_on_every_network():
    config = Config()
    assert config.rooms == ("lobby",)
    assert config.node.listen == Listen("::", 8787)
    assert config.transport.ice_servers == ()
    assert config.storage.kind == "sqlite"


def test_a_config_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Config().rooms = ()


def test_every_shape_belongs_to_a_field():
    for kind, name in [*SHAPES, *FLAT]:
        assert name in {field.name for field in dataclasses.fields(kind)}


@pytest.mark.parametrize("kind", SECTIONS)
def test_every_list_says_what_is_in_it(kind):
    for name, hint in get_type_hints(kind).items():
        if get_origin(hint) is tuple:
            assert (kind, name) in SHAPES


def test_defaults_are_what_the_file_would_allow():
    config = Config()
    for section in (config.guests, config.storage.settings, config.transport, config.node):
        for field in dataclasses.fields(section):
            value = getattr(section, field.name)
            shape = SHAPES.get((type(section), field.name))
            if shape is not None and not isinstance(value, tuple):
                assert shape.read(str(value)) == value


def test_choices_are_named_once():
    assert get_args(Mode) == ("auto", "webrtc", "websocket")
    assert get_args(schema.Level) == ("debug", "info", "warning", "error")
