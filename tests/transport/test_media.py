"""In a process of its own: what is loaded stays loaded."""

import subprocess
import sys

import pytest

CHILD = """
import sys
from edgeboard.transport import media

assert not media.is_left_out()
assert media.leave_out() and media.leave_out() and media.is_left_out()
import aiortc, av, av.logging
from av.audio.frame import AudioFrame
from av.video import stream

assert aiortc.RTCPeerConnection
av.logging.set_level(av.logging.PANIC)
assert AudioFrame | None and AudioFrame[int] and issubclass(type("Ours", (AudioFrame,), {}), AudioFrame)
assert AudioFrame is sys.modules["av.audio.frame"].AudioFrame and AudioFrame.planes.width
for call in (AudioFrame, av.open, stream.VideoStream, av.CodecContext.create):
    try:
        call("x")
    except RuntimeError as error:
        assert "media is left out" in str(error)
    else:
        raise AssertionError(call)
for owner in (av, AudioFrame):
    try:
        owner.__wrapped__
    except AttributeError:
        pass
    else:
        raise AssertionError(owner)
assert not [name for name in sys.modules if name.startswith("av.") and sys.modules[name].__spec__.origin]
"""

LATE = """
import aiortc
from edgeboard.transport import media
assert not media.leave_out()
assert not media.is_left_out()
"""


@pytest.mark.slow
def test_aiortc_loads_without_media_and_no_media_can_be_used():
    subprocess.run([sys.executable, "-c", CHILD], check=True)


@pytest.mark.slow
def test_after_aiortc_it_is_too_late():
    pytest.importorskip("av")
    subprocess.run([sys.executable, "-c", LATE], check=True)
