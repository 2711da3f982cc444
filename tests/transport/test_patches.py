import asyncio
import sys
import time
from types import ModuleType, SimpleNamespace

import aioice.ice
import aiortc.rtcsctptransport

from edgeboard.transport import patches
from edgeboard.transport.addresses import offering

ALL = {"hosts", "mono", "consent-end"}


def test_patches_are_applied_once_and_named():
    assert patches.apply() == ALL
    host_search, clock = aioice.ice.get_host_addresses, aiortc.rtcsctptransport.time
    assert patches.apply() == patches.active() == ALL
    assert aioice.ice.get_host_addresses is host_search
    assert aiortc.rtcsctptransport.time is clock


def test_hosts_offers_what_we_say_and_else_what_it_always_did():
    patches.apply()
    with offering(["127.0.0.1"]):
        assert aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=True) == ["127.0.0.1"]
    assert "127.0.0.1" not in aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=True)


def test_mono_measures_with_the_monotonic_clock():
    patches.apply()
    assert aiortc.rtcsctptransport.time.time is time.monotonic


def test_a_library_that_is_not_as_expected_is_left_alone(monkeypatch, caplog):
    def other(use_ipv4):
        return []

    def gather():
        return get_host_addresses  # noqa: F821 - only its name matters

    async def gather_later(self):
        pass

    fitting = SimpleNamespace(gather_candidates=gather)
    assert not patches._hosts(SimpleNamespace())
    assert not patches._hosts(SimpleNamespace(get_host_addresses=other, Connection=fitting))
    stock = lambda use_ipv4, use_ipv6: []  # noqa: E731
    assert not patches._hosts(SimpleNamespace(get_host_addresses=stock, Connection=None))
    assert not patches._consent_end(SimpleNamespace)
    assert not patches._consent_end(SimpleNamespace(query_consent=gather_later, close=gather))
    assert not patches._mono(ModuleType("no_source"))
    assert not patches._mono(sys.modules[__name__])  # uses more of the clock than its time
    monkeypatch.setattr(patches, "_active", set())
    monkeypatch.setattr(patches, "_hosts", lambda: False)
    monkeypatch.setattr(patches, "_mono", lambda: True)
    monkeypatch.setattr(patches, "_consent_end", lambda: True)
    assert patches.apply() == ALL - {"hosts"}
    assert "patch hosts does not fit" in caplog.text


async def test_consent_checks_do_not_start_behind_a_close():
    patches.apply()
    connection = aioice.ice.Connection(ice_controlling=True)
    await connection.close()
    async with asyncio.timeout(5):
        await connection.query_consent()
