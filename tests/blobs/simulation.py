"""Exchanges on a virtual clock: links that delay, lose and corrupt as a test says, and disks that answer late."""

import hashlib
import random

from edgeboard.blobs.exchange import Exchange
from edgeboard.blobs.values import BlobSettings, DropBlob, KeepBlob, LoadBlob, Misled, Say
from edgeboard.errors import RefusedError
from edgeboard.testing.clock import VirtualClock

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x40\0\0\0\x40"


def blob(number, size=100_000):
    """(content, bytes) of a made-up image."""
    data = PNG + random.Random(number).randbytes(size - len(PNG))
    return hashlib.sha256(data).digest(), data


class Peer:
    """One exchange, its disk and its links."""

    def __init__(self, net, name, settings, judge):
        self.net = net
        self.disk = {}
        self.disk_fails = False
        self.needed = set()
        self.denied = set()  # links that may be given nothing
        self.links = {}  # number -> (peer, its number)
        self.closed = {}  # number -> why we ended it
        self.said = []  # (link, message)
        self.misled = []
        self.exchange = Exchange(
            settings,
            judge,
            lambda link, content: link not in self.denied,
            lambda content: content not in self.needed,
        )

    def holds(self, content, data):
        self.disk[content] = data
        self.exchange.restore([(content, len(data))])
        return self

    def want(self, *contents):
        self.needed |= set(contents)
        for content in contents:
            assert self.exchange.want(content)
        self.drain()

    def announce(self, link, *contents):
        self.exchange.announce(link, [(content, 1) for content in contents])
        self.drain()

    def receive(self, link, message):
        if link not in self.links:
            return
        try:
            self.exchange.receive(link, message, self.net.clock.now())
        except RefusedError as error:
            self.closed[link] = error
            self.net.cut(self, link)
        self.drain()

    def drain(self):
        clock = self.net.clock
        for output in list(self.exchange.drain()):
            match output:
                case Say(link, message):
                    self.said.append((link, message))
                    self.net.carry(self, link, message)
                case KeepBlob(content, data):
                    clock.call_at(clock.now() + 0.01, lambda c=content, d=data: self.kept(c, d))
                case LoadBlob(content):
                    clock.call_at(clock.now() + 0.01, lambda c=content: self.loaded(c))
                case DropBlob(content):
                    del self.disk[content]
                case Misled(link, content):
                    self.misled.append((link, content))
        due = self.exchange.next_timer()
        if due is not None:
            clock.call_at(due, self.on_timer)

    def on_timer(self):
        due = self.exchange.next_timer()
        if due is not None and due <= self.net.clock.now():
            self.exchange.on_timer(self.net.clock.now())
            self.drain()

    def kept(self, content, data):
        if not self.disk_fails:
            self.disk[content] = data
        if self.exchange.kept(content, self.net.clock.now(), ok=not self.disk_fails):
            for link in self.links:
                self.announce(link, content)
        self.drain()

    def loaded(self, content):
        data = self.disk.get(content)
        if data is not None and hashlib.sha256(data).digest() != content:
            data = None
        self.exchange.loaded(content, data, self.net.clock.now())
        self.drain()


class Net:
    """Peers and the links between them."""

    def __init__(self, seed=1, settings=None, judge=lambda data: None):
        self.clock = VirtualClock()
        self.rng = random.Random(seed)
        self.settings = settings or BlobSettings()
        self.judge = judge
        self.delay_s = 0.005
        self.change = lambda sender, link, message: message  # None loses it
        self.carried = 0
        self._numbers = 0

    def peer(self, name="", settings=None):
        return Peer(self, name, settings or self.settings, self.judge)

    def link(self, one, other, *, guest=False):
        """Two peers meet; returns the numbers that each has for the link. `guest`: the second is one."""
        self._numbers += 2
        a, b = self._numbers, self._numbers + 1
        one.links[a], other.links[b] = (other, b), (one, a)
        one.exchange.link_up(a, self.clock.now(), is_guest=guest)
        other.exchange.link_up(b, self.clock.now(), is_guest=False)
        return a, b

    def cut(self, peer, link):
        other, number = peer.links.pop(link, (None, None))
        if other is not None:
            other.links.pop(number, None)
            for end, of_end in ((peer, link), (other, number)):
                end.exchange.link_down(of_end, self.clock.now())
                end.drain()

    def carry(self, sender, link, message):
        if link not in sender.links:
            return
        other, number = sender.links[link]
        message = self.change(sender, link, message)
        if message is not None:
            self.carried += len(getattr(message, "data", b""))
            self.clock.call_at(self.clock.now() + self.delay_s, lambda: other.receive(number, message))

    def run(self, seconds):
        self.clock.run(seconds)
