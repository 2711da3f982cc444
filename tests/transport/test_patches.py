import logging
import subprocess
import sys

import pytest

from edgeboard.transport import media, patches
from edgeboard.transport.fitting import code_of
from edgeboard.transport.settings import Settings

TIER0 = {"bufsz", "drain", "demux", "rto", "mono", "consent", "hosts", "consent-end", "forward", "deliver", "prune"}
TIER1 = {"batchrx", "markfast", "flush", "pktcap", "bound", "probe", "icepace"}


@pytest.fixture
def stock():
    """No patch is in force; afterwards those that were are again."""
    before = patches.active()
    patches.remove()
    yield
    patches.remove()
    if before - {"av"}:
        patches.apply()


def ours():
    """The names in force, but for `av`: what else runs in this process decides about that one."""
    return patches.active() - {"av"}


def test_each_tier_holds_what_stands_before_it(stock):
    patches.apply(Settings(patches="off"))
    assert ours() == set()
    patches.apply(Settings(patches="tier0"))
    assert ours() == TIER0
    patches.apply(Settings(patches="tier1"))
    assert ours() == TIER0 | TIER1
    patches.apply(Settings(patches="tier0"))
    assert ours() == TIER0 | TIER1  # patches hold for the process
    patches.apply(Settings(patches="tier2"))
    assert ours() == TIER0 | TIER1 | {"bundle"}


def test_what_is_applied_twice_is_applied_once(stock):
    from aioice.ice import StunProtocol

    first = patches.apply()
    receive = StunProtocol.datagram_received
    assert patches.apply() == first
    assert StunProtocol.datagram_received is receive


def test_stock_can_be_had_back(stock):
    from aioice import ice
    from aiortc import rtcsctptransport

    def state():
        methods = [
            (owner.__name__, name, code_of(value))
            for owner in (ice.Connection, ice.StunProtocol, rtcsctptransport.RTCSctpTransport)
            for name, value in vars(owner).items()
        ]
        return methods, ice.CONSENT_INTERVAL, rtcsctptransport.SCTP_RTO_MIN, rtcsctptransport.time, ice.asyncio

    before = state()
    patches.apply(Settings(patches=patches.TIERS[-1]))
    assert state() != before
    patches.remove()
    assert state() == before


def test_a_patch_that_does_not_fit_is_left_out_and_said_once(stock, monkeypatch, caplog):
    from edgeboard.transport import tier0

    monkeypatch.setattr(tier0, "PATCHES", {**tier0.PATCHES, "drain": lambda changes: False})
    monkeypatch.setattr(patches, "_unfit", set())
    with caplog.at_level(logging.WARNING):
        patches.apply()
        patches.apply()
    assert "drain" not in patches.active()
    assert "bufsz" in patches.active()
    assert caplog.text.count("drain does not fit") == 1


def test_that_the_media_stack_was_loaded_before_is_said(stock, monkeypatch, caplog):
    monkeypatch.setattr(media, "leave_out", lambda: False)
    monkeypatch.setattr(patches, "_unfit", set())
    patches.apply(Settings(media=True))
    assert caplog.text == ""
    patches.apply()
    assert "could not be left out" in caplog.text


CHILD = """
import sys
from edgeboard.transport import dialer, patches
from edgeboard.transport.settings import Settings
loaded = lambda: [name for name in ("aiortc", "aioice", "OpenSSL", "av", "dns") if name in sys.modules]
print(loaded())
print(sorted(patches.apply(Settings(mode="websocket"))), loaded())
print("av" in patches.apply(Settings()), loaded())
import av
print(hasattr(av, "__version__"))
"""


@pytest.mark.slow
def test_aiortc_is_loaded_by_apply_alone_and_not_where_it_is_not_used():
    child = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=True)
    lines = child.stdout.splitlines()
    assert lines == [
        "[]",
        "[] []",
        "True ['aiortc', 'aioice', 'OpenSSL', 'av', 'dns']",  # av is the stand-in
        "False",
    ]
