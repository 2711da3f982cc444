"""Two real nodes, a pen at each, and power cuts at random moments: hundreds of rounds on one canvas."""

import os
import random
import signal
import socket
import time

import pytest

from edgeboard.runtime.failpoints import NAMES, VARIABLE
from tests.conftest import LOOPBACK
from tests.crash.evidence import assert_kept, carriers, digest_of, ops_in, ops_on_disk
from tests.crash.hosted import HostedGuest, canvas_of

ROUNDS = int(os.environ.get("EDGEBOARD_SOAK_ROUNDS", "200"))


class Table:
    """Two nodes that dial each other, each with a guest that draws."""

    def __init__(self, make_node, mesh_secret, loop, dice, eventually):
        self.dice = dice
        self.eventually = eventually
        ports = free_ports(2)
        self.nodes = []
        for name, port, other in (("one", ports[0], ports[1]), ("two", ports[1], ports[0])):
            config = f"{LOOPBACK}peers: ['http://127.0.0.1:{other}']\n"
            self.nodes.append(make_node(name, secret=mesh_secret, config_text=config).start(port=port))
        self.pens = [
            HostedGuest(loop, node.state, dice.getrandbits(32), name=name)
            for node, name in zip(self.nodes, ("Ana", "Ben"), strict=True)
        ]
        self.until_agreed()

    def drawn(self):
        return self.pens[0].drawn | self.pens[1].drawn

    def draw_for(self, seconds):
        end = time.monotonic() + seconds
        self.pens[0].draw_until(lambda: self.pens[1].draw() and time.monotonic() > end)

    def die(self, *, last):
        """Some of the nodes die, at once or at a place that they were started with; in the end both."""
        victims = [0, 1] if last else self.dice.choice([[0], [1], [0], [1], [0, 1]])
        places = [at for at in victims if self.nodes[at].environment]
        if places:
            node = self.nodes[places[0]]
            end = time.monotonic() + 3.0
            self.pens[places[0]].draw_until(lambda: node.process.poll() is not None or time.monotonic() > end)
        for at in victims:
            if self.nodes[at].process.poll() is None:
                self.nodes[at].kill()
        for at, node in enumerate(self.nodes):
            if node.process.poll() is None:
                continue
            assert node.process.returncode == -signal.SIGKILL, node.tail()
            assert_kept(self.pens[at].saved, ops_on_disk(node.state), self.pens[at].drawn)

    def rise(self, *, last):
        """Start again whoever is dead; one that dies of its fail point while it starts is started without."""
        for node in self.nodes:
            if node.process.poll() is None:
                continue
            place = f"{self.dice.choice(sorted(NAMES))}:{self.dice.randint(1, 40)}"
            node.environment = {VARIABLE: place} if not last and self.dice.random() < 0.3 else {}
            try:
                node.start()
            except AssertionError:
                if not node.environment or node.process.returncode != -signal.SIGKILL:
                    raise
                node.environment = {}
                node.start()

    def until_agreed(self):
        """All that was ever drawn is on both canvases, once; False if a node dies meanwhile of its fail point."""

        def handed_over():
            if any(node.process.poll() is not None for node in self.nodes):
                raise ConnectionError("a node has died")
            return all(pen.is_all_safe and pen.is_linked for pen in self.pens) and all(map(carriers, self.nodes))

        try:
            self.eventually(handed_over, 90)
            expected = canvas_of(*self.pens)
            self.eventually(lambda: all(digest_of(node) == expected for node in self.nodes), 60)
            assert all(ops_in(node) == self.drawn() for node in self.nodes)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.describe()}") from error
        except OSError:
            if all(node.process.poll() is None and not node.environment for node in self.nodes):
                raise
            return False
        return True

    def describe(self):
        """What keeps them from agreeing."""
        lines = []
        for node, pen in zip(self.nodes, self.pens, strict=True):
            waiting = sorted(pen.guest.outbox)
            status = node.status()
            lines += [
                f"{pen.guest.name}: link {pen.links}, {pen.is_linked}; {len(waiting)} ops not safe: {waiting[:9]}",
                f"  of these {len([counter for counter in waiting if counter in pen.guest.saved])} saved",
                f"  its node: rooms {status['rooms']}",
                f"  links {status['links']}",
                f"  store {status['store']}, alarms {status['alarms']}, counters {status['counters']}",
                f"  missing {sorted(self.drawn().keys() - ops_in(node).keys())[:9]}",
            ]
        return "\n".join(lines)


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def run(table, rounds):
    patient = 0
    for round_ in range(rounds):
        table.draw_for(table.dice.uniform(0.0, 1.2))
        is_last = round_ == rounds - 1
        table.die(last=is_last)
        table.draw_for(table.dice.uniform(0.0, 0.2))
        table.rise(last=is_last)
        if is_last or table.dice.random() < 0.7:  # the others die again before they have caught up
            patient += table.until_agreed()
        print(f"round {round_ + 1} of {rounds}: {len(table.drawn())} ops, agreed {patient} times", flush=True)  # noqa: T201 - a long run says where it is
    assert not any(pen.guest.refused for pen in table.pens)
    assert not any(node.status()["alarms"] for node in table.nodes)


@pytest.mark.slow
def test_ink_outlives_three_power_cuts(make_node, mesh_secret, loop, eventually):
    run(Table(make_node, mesh_secret, loop, random.Random(7), eventually), 3)


@pytest.mark.soak
def test_ink_outlives_hundreds_of_power_cuts(make_node, mesh_secret, loop, eventually, dice):
    run(Table(make_node, mesh_secret, loop, dice, eventually), ROUNDS)
