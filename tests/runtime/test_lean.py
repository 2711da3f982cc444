"""Contexts without certificates until they are used, and a collector that leaves modules alone."""

import gc
import ssl
import subprocess
import sys

import pytest

from edgeboard.runtime.lean import LateContext, late_context, lean_imports


@pytest.fixture
def thawed():
    yield
    gc.unfreeze()


def test_a_late_context_checks_as_a_usual_one_does():
    late, usual = late_context(), ssl.create_default_context()
    assert (late.verify_mode, late.check_hostname) == (usual.verify_mode, usual.check_hostname)
    assert late.minimum_version == usual.minimum_version


def test_certificates_are_read_with_the_first_use_and_once(monkeypatch):
    reads = []
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda self, *purpose: reads.append(self))
    context = late_context()
    assert reads == []
    for _ in range(2):
        context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="board.local")
    assert reads == [context]


def test_only_contexts_made_within_the_block_are_late(thawed):
    with lean_imports():
        assert type(ssl.create_default_context()) is LateContext
        assert not gc.isenabled()
    assert type(ssl.create_default_context()) is ssl.SSLContext
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


def test_a_failing_import_leaves_things_as_they_were(thawed):
    stock = ssl.create_default_context
    with pytest.raises(ImportError), lean_imports():
        raise ImportError
    assert ssl.create_default_context is stock
    assert gc.isenabled()


AIOHTTP = """
from edgeboard.runtime.lean import LateContext, lean_imports
with lean_imports():
    import aiohttp.connector
print(type(aiohttp.connector._SSL_CONTEXT_VERIFIED) is LateContext)
"""


@pytest.mark.slow
def test_aiohttp_reads_no_certificates_while_it_is_imported():
    done = subprocess.run([sys.executable, "-c", AIOHTTP], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n", "aiohttp makes its contexts in another way now: see edgeboard/runtime/lean.py"
