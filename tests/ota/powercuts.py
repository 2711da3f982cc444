"""Disks that lose power, or refuse, at a chosen step.

`PowerCut` is raised at the step; what a real disk then holds is made by `Disk.crash`: of everything that was not synced
any part may be lost, in any order. Rules of the model, which is harsher than ext4: the content of a file is safe once
the file was synced, its name once its folder was; a name that was not synced may be the old one, the new one or none;
content that was not synced may be there, cut short or empty. `sync_tree` makes all below a folder safe.
"""

import os
import shutil
from pathlib import Path

from edgeboard.ota.files import RealDisk


class PowerCut(BaseException):  # nothing that catches errors may catch this
    """The plug is pulled."""


class CutDisk:
    """Counts steps; stops at one of them, for good or with an error of the system."""

    def __init__(self, root, cut_at=None, error=None, stays=False):
        """`error`: an errno that the step fails with in the place of the cut; `stays`: and each after it."""
        self.root = root
        self.steps = []
        self.cut_at = cut_at
        self.error = error
        self.stays = stays
        self._real = RealDisk()
        self._content = {}  # inode -> what is safe of it: bytes
        self._names = {}  # folder -> {name: (kind, inode or target)} that are safe
        self.remember()

    def remember(self):
        """Everything that is there is safe: a board that was installed long ago."""
        self._content.clear()
        self._names.clear()
        for folder, _, files in os.walk(self.root):
            for name in files:
                self._keep_content(Path(folder) / name)
            self._keep_names(Path(folder))

    # -- the steps

    def _step(self, *words):
        number = len(self.steps)
        self.steps.append(words)
        if self.cut_at is not None and number >= self.cut_at:
            if self.error is None:
                raise PowerCut(f"step {number}: {words}")
            if number == self.cut_at or self.stays:
                raise OSError(self.error, os.strerror(self.error), str(words[1]))

    def make_folder(self, path):
        if not path.is_dir():
            self._step("make_folder", path)
        self._real.make_folder(path)

    def write(self, path, data, mode=0o644):
        if self.cut_at == len(self.steps) and self.error is None:
            self._real.write(path, data[: len(data) // 2], mode)  # half of it has come to the disk's cache
        self._step("write", path)
        self._real.write(path, data, mode)

    def sync(self, path):
        self._step("sync", path)
        if path.is_dir():
            self._keep_names(path)
        else:
            self._keep_content(path)

    def sync_tree(self, path):
        self._step("sync_tree", path)
        for folder, _, files in os.walk(path):
            for name in files:
                self._keep_content(Path(folder) / name)
            self._keep_names(Path(folder))

    def rename(self, old, new):
        self._step("rename", old, new)
        self._real.rename(old, new)

    def link(self, target, path):
        self._step("link", path)
        self._real.link(target, path)

    def remove(self, path):
        if os.path.lexists(path):
            self._step("remove", path)
        self._real.remove(path)

    def remove_tree(self, path):
        if path.exists():
            self._step("remove_tree", path)
        self._real.remove_tree(path)

    # -- what is safe

    def _keep_content(self, path):
        status = path.lstat()
        if path.is_file() and not path.is_symlink():
            self._content[status.st_ino, status.st_dev] = (path.read_bytes(), status.st_mode & 0o7777)

    def _keep_names(self, folder):
        found = {}
        for each in folder.iterdir():
            status = each.lstat()
            if each.is_symlink():
                found[each.name] = ("link", str(each.readlink()))
            elif each.is_dir():
                found[each.name] = ("folder", None)
            elif each.is_file():
                found[each.name] = ("file", (status.st_ino, status.st_dev))
        self._names[folder] = found

    # -- the cut

    def crash(self, dice):
        """Turn the folder into what a disk may hold if power fails now; what was not synced is lost as `dice` say."""
        safe = self.root.with_name(f"{self.root.name}.safe")
        shutil.rmtree(safe, ignore_errors=True)
        self._remake(self.root, safe, dice)
        shutil.rmtree(self.root)
        safe.rename(self.root)
        self.remember()

    def _remake(self, source, target, dice, is_new=False):
        target.mkdir(parents=True)
        safe = self._names.get(source, {})
        now = {each.name: each for each in source.iterdir()} if source.is_dir() else {}
        for name in sorted(safe.keys() | now.keys()):
            is_kept_old = name in safe and (name not in now or self._is_changed(safe[name], now[name]))
            if name in now and name in safe and not is_kept_old:
                self._put(now[name], target / name, dice)
            elif is_kept_old and name in now:
                if dice.random() < 0.5:
                    self._put(now[name], target / name, dice)
                else:
                    self._put_safe(source / name, safe[name], target / name, dice)
            elif name in now:  # new, and its folder not synced
                if dice.random() < 0.5:
                    self._put(now[name], target / name, dice)
            elif dice.random() < 0.5:  # gone, and its folder not synced
                self._put_safe(source / name, safe[name], target / name, dice)

    def _is_changed(self, kept, now):
        kind, what = kept
        if kind == "link":
            return not now.is_symlink() or str(now.readlink()) != what
        if kind == "file":
            return now.is_symlink() or not now.is_file() or (now.stat().st_ino, now.stat().st_dev) != what
        return not now.is_dir()

    def _put(self, now, target, dice):
        if now.is_symlink():
            target.symlink_to(now.readlink())
        elif now.is_dir():
            self._remake(now, target, dice)
        elif now.is_file():
            status = now.stat()
            content = now.read_bytes()
            safe = self._content.get((status.st_ino, status.st_dev))
            if safe is None or safe[0] != content:
                content = dice.choice([content, content[: len(content) // 2], b"", b"" if safe is None else safe[0]])
            target.write_bytes(content)
            target.chmod(status.st_mode & 0o7777)

    def _put_safe(self, path, kept, target, dice):
        kind, what = kept
        if kind == "link":
            target.symlink_to(what)
        elif kind == "folder":
            self._remake(path, target, dice)  # its files were not removed one by one, as far as the disk knows
            for name, each in self._names.get(path, {}).items():
                if not os.path.lexists(target / name) and dice.random() < 0.7:
                    self._put_safe(path / name, each, target / name, dice)
        elif what in self._content:
            content, mode = self._content[what]
            target.write_bytes(content)
            target.chmod(mode)
