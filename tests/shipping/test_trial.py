"""Releases for trying an image."""

import json
import subprocess

import pytest

from shipping import trial
from shipping.bases import BOARDS


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("try")


def test_a_repository_is_made_once_and_has_a_root_that_an_image_can_trust(folder):
    root = trial.ensure(folder, BOARDS["arm64-virt"])
    before = root.read_bytes()
    assert json.loads(before)["signed"]["_type"] == "root"
    assert trial.ensure(folder, BOARDS["arm64-virt"]).read_bytes() == before, "boards would trust another repository"


def test_its_keys_open_without_anybody_there(folder):
    trial.ensure(folder, BOARDS["arm64-virt"])
    done = subprocess.run(trial.release(folder, "publish"), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
