"""Where `edgeboard ota` looks, and where it keeps what it finds: words, then the configuration that the node reads."""

import argparse
from pathlib import Path

import pytest

from edgeboard.cli.placing import CONFIG
from edgeboard.cli.update_sources import read_source, updates_of
from edgeboard.config.load import load
from edgeboard.errors import UserError
from edgeboard.ota.fetchers import FolderSource, HttpSource

TEXT = "updates:\n  addresses: [https://updates.example.org/edgeboard]\n  channel: beta\n  root: {}\n"


def words(root=None, config=None):
    return argparse.Namespace(root=root, config=config)


def test_the_configuration_that_is_named_says_all_three(tmp_path):
    config = tmp_path / "board.yaml"
    config.write_text(TEXT.format(tmp_path / "elsewhere"))
    found = updates_of(words(config=config))
    assert found == load(config).updates, "as the node reads it"
    assert (found.channel, found.root) == ("beta", tmp_path / "elsewhere")
    assert updates_of(words(tmp_path / "said", config)).root == tmp_path / "said", "what is said wins"


def test_the_configuration_of_an_installed_board_need_not_be_named(tmp_path):
    (tmp_path / CONFIG).parent.mkdir(parents=True)
    (tmp_path / CONFIG).write_text(TEXT.format("/"))
    found = updates_of(words(tmp_path))
    assert found.addresses == ("https://updates.example.org/edgeboard",)
    assert found.root == tmp_path


def test_without_a_configuration_updates_lie_below_the_root(tmp_path):
    assert updates_of(words(tmp_path)).addresses == ()
    assert updates_of(words(tmp_path)).root == tmp_path
    if not (Path("/") / CONFIG).exists():
        assert updates_of(words()).root == Path("/")


def test_a_configuration_that_is_wrong_is_said(tmp_path):
    config = tmp_path / "board.yaml"
    config.write_text("updates: {channel: nightly}\n")
    with pytest.raises(UserError, match="nightly"):
        updates_of(words(config=config))


def test_sources_are_addresses_folders_and_bundles(tmp_path):
    assert isinstance(read_source("https://updates.example.org"), HttpSource)
    assert isinstance(read_source(str(tmp_path)), FolderSource)
    with pytest.raises(UserError, match="name a web address, a folder or a bundle"):
        read_source(str(tmp_path / "absent"))
