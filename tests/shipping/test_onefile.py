"""One file that runs: what is packed, where it is unpacked, and whom it does not believe."""

import os
import subprocess
import sys
from zipfile import ZipFile

import pytest

from shipping import onefile
from shipping.steps import Trouble

HERE = sys.version_info[:2]
ENTRY = "import os, sys\ndef main():\n    print('ran', sys.argv[1:], os.environ['PYTHONPATH'])\n    return 7\n"


@pytest.fixture
def packed(tmp_path):
    def pack(python=HERE, needs=None, **more):
        files = {"edgeboard/__init__.py": "", "edgeboard/cli/__init__.py": "", "edgeboard/cli/entry.py": ENTRY, **more}
        path = tmp_path / "edgeboard-1-py3-none-any.whl"
        with ZipFile(path, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        return onefile.build([path], python, tmp_path / "edgeboard.pyz", needs)

    return pack


@pytest.fixture
def start(tmp_path):
    def run(file, *words, cache=None):
        settings = {**os.environ, "EDGEBOARD_PYZ_CACHE": str(cache or tmp_path / "cache")}
        return subprocess.run([sys.executable, file, *words], capture_output=True, text=True, env=settings, check=False)

    return run


def test_it_runs_and_a_second_start_unpacks_nothing(packed, start, tmp_path):
    file = packed()
    done = start(file, "status", "--json")
    assert (done.returncode, done.stderr) == (7, "")
    (folder,) = (tmp_path / "cache").iterdir()
    assert done.stdout == f"ran ['status', '--json'] {folder}\n"
    before = (folder / "edgeboard" / "cli" / "entry.py").stat().st_mtime_ns
    assert start(file).returncode == 7
    assert (folder / "edgeboard" / "cli" / "entry.py").stat().st_mtime_ns == before
    assert folder.stat().st_mode & 0o777 == 0o700
    assert os.access(file, os.X_OK)


def test_another_content_has_another_folder(packed, start, tmp_path):
    start(packed())
    start(packed(**{"edgeboard/more.py": "x = 1\n"}))
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_the_same_wheels_make_the_same_bytes(packed):
    assert packed().read_bytes() == packed().read_bytes()


def test_a_folder_in_which_others_may_write_is_not_believed(packed, start, tmp_path):
    cache = tmp_path / "open"
    cache.mkdir()
    cache.chmod(0o777)
    done = start(packed(), cache=cache)
    assert done.returncode == 1
    assert "others may write in" in done.stderr
    assert list(cache.iterdir()) == []


def test_what_somebody_laid_in_its_place_is_not_run(packed, start, tmp_path):
    file = packed()
    start(file)
    (folder,) = (tmp_path / "cache").iterdir()
    elsewhere = tmp_path / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    done = start(file)
    assert done.returncode == 1
    assert "is not this user's alone; delete it and start again" in done.stderr


def test_a_start_that_was_cut_short_is_made_up_for(packed, start, tmp_path):
    (tmp_path / "cache" / ".unpacking-x" / "edgeboard").mkdir(parents=True)
    (tmp_path / "cache").chmod(0o700)
    assert start(packed()).returncode == 7


def test_another_python_is_told_which_it_needs(packed, start):
    done = start(packed(python=(3, 9)))
    assert done.returncode == 1
    assert "this file is for Python 3.9" in done.stderr


def test_what_debian_is_to_bring_is_asked_for_before_anything_is_unpacked(packed, start, tmp_path):
    assert start(packed(needs={"pytest": "python3-pytest"})).returncode == 7
    needs = {"no-such-thing": "python3-no-such-thing", "pytest": "python3-pytest"}
    done = start(packed(needs=needs, **{"edgeboard/other.py": ""}), cache=tmp_path / "untouched")
    assert done.returncode == 1
    assert done.stderr == ("edgeboard: run first: sudo apt-get install --no-install-recommends python3-no-such-thing\n")
    assert not (tmp_path / "untouched").exists()


@pytest.mark.parametrize("name", ["../x.py", "a/../../x.py", "/etc/x", "a\\..\\x"])
def test_no_wheel_reaches_out_of_its_folder(name):
    with pytest.raises(Trouble, match="reaches out of its folder"):
        onefile.place_of(name)


def test_files_of_the_data_folder_are_installed_beside_the_others():
    assert onefile.place_of("x-1.data/platlib/x/y.so") == "x/y.so"
    assert onefile.place_of("x/y.py") == "x/y.py"
