"""Plain messages over libdatachannel's Python binding: two processes, one channel, 200 bytes a message.

The binding does not say what is buffered, so the sender keeps at most a window of messages ahead of what the receiver
has acknowledged; the window is as large as helps.
"""

import json
import subprocess
import sys
import threading
import time

SIZE = 200
SECONDS = 3.0
WINDOW = 8192  # messages
ACKNOWLEDGED = 512  # messages from one acknowledgement to the next
PATIENCE_S = 30.0


def connection(role: str):  # noqa: ANN201 - a pair of the binding's own types
    """A connection, with its whole description said and the other's taken."""
    import pylibdatachannel as rtc

    peer = rtc.PeerConnection(rtc.Configuration([]))
    gathered = threading.Event()

    def on_gathering(state) -> None:  # noqa: ANN001 - the binding's
        if state.name == "COMPLETE":
            gathered.set()

    def on_channel(found) -> None:  # noqa: ANN001 - the binding's
        channels.append(found)
        arrived.set()

    peer.on_gathering_state_change(on_gathering)
    channels, arrived = [], threading.Event()
    if role == "offer":
        channels.append(peer.create_data_channel("log"))
        gathered.wait(PATIENCE_S)
        say({"sdp": str(peer.local_description), "type": "offer"})
        answer = json.loads(sys.stdin.readline())
        peer.set_remote_description(rtc.Description(answer["sdp"], rtc.DescriptionType.ANSWER))
    else:
        peer.on_data_channel(on_channel)
        offer = json.loads(sys.stdin.readline())
        peer.set_remote_description(rtc.Description(offer["sdp"], rtc.DescriptionType.OFFER))
        gathered.wait(PATIENCE_S)
        say({"sdp": str(peer.local_description), "type": "answer"})
        arrived.wait(PATIENCE_S)
    return peer, channels[0]


def say(message: dict) -> None:
    print(json.dumps(message), flush=True)


def send() -> None:
    _peer, channel = connection("offer")
    opened, done = threading.Event(), threading.Event()
    acknowledged = [0]
    moved = threading.Condition()

    def on_message(data: bytes) -> None:
        with moved:
            acknowledged[0] = int(data)
            moved.notify()
        if acknowledged[0] < 0:
            done.set()

    channel.on_message(on_message)
    channel.on_open(opened.set)
    if channel.is_open:
        opened.set()
    opened.wait(PATIENCE_S)
    message, sent = bytes(SIZE), 0
    started = time.perf_counter()
    while time.perf_counter() - started < SECONDS:
        with moved:
            while sent - acknowledged[0] >= WINDOW:
                moved.wait(PATIENCE_S)
        for _ in range(ACKNOWLEDGED):
            channel.send(message)
        sent += ACKNOWLEDGED
    channel.send(b"end")
    done.wait(PATIENCE_S)
    say({"sent": sent, "elapsed_s": time.perf_counter() - started, "complete": done.is_set()})


def take() -> None:
    _peer, channel = connection("answer")
    arrived = [0]
    done = threading.Event()

    def on_message(data: bytes) -> None:
        if len(data) == SIZE:
            arrived[0] += 1
            if arrived[0] % ACKNOWLEDGED == 0:
                channel.send(str(arrived[0]).encode())
        else:
            channel.send(b"-1")
            done.set()

    channel.on_message(on_message)
    done.wait(PATIENCE_S + SECONDS)
    say({"arrived": arrived[0]})
    time.sleep(0.3)


def plain() -> dict[str, float]:
    both = [
        subprocess.Popen([sys.executable, __file__, role], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for role in ("send", "take")
    ]
    try:
        for here, there in (both, both[::-1]):
            there.stdin.write(here.stdout.readline())
            there.stdin.flush()
        sent, taken = (json.loads(process.stdout.readline()) for process in both)
    finally:
        for process in both:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    assert sent["complete"], "the binding did not end"
    assert sent["sent"] == taken["arrived"], (sent, taken)
    return {"messages_per_s": sent["sent"] / sent["elapsed_s"]}


if __name__ == "__main__":
    if sys.argv[1] in ("send", "take"):
        (send if sys.argv[1] == "send" else take)()
    else:
        print(json.dumps(globals()[sys.argv[1]]()))
