"""The engine that asks over SMP and sends images."""

import random

import cbor2
import pytest

from firmware_bridge import smp
from firmware_bridge.engine import Failed, Write
from firmware_bridge.sim.smp import SmpDevice, make_image
from firmware_bridge.smp_engine import Answered, Ask, Declined, FirmwareEngine, Progress, Upload, Uploaded
from firmware_bridge.smp_lines import FRAMING, LineReader, frame
from tests.firmware_bridge.microcontrollers import NEW, OLD, Bench, image


def byte_by_byte(data):
    return [data[at : at + 1] for at in range(len(data))]


def lossy(seed, share):
    rng = random.Random(seed)

    def cable(data):
        return [bytes(byte for byte in data if rng.random() >= share)]

    return cable


def test_a_question_is_answered():
    bench = Bench()
    assert bench.run(Ask(smp.echo("hello"))) == Answered({"r": "hello"})
    assert bench.engine.next_timer() is None


@pytest.mark.parametrize("cable", [lambda data: [data], byte_by_byte], ids=["whole", "byte by byte"])
@pytest.mark.parametrize("burst", [2, 0])
def test_an_image_arrives_whole(cable, burst):
    bench = Bench(SmpDevice(OLD, burst=burst), cable)
    assert bench.run(Upload(image())) == Uploaded(resumed_at=0, checked=True)
    assert bench.device.slots[1] == NEW


def test_pieces_are_as_long_as_the_device_takes_and_no_longer():
    roomy = Bench(SmpDevice(OLD, burst=0, buffer_size=1024))
    roomy.run(Upload(image()))
    lengths = [len(message) + FRAMING for data in roomy.written for message in LineReader().receive(data)]
    assert 1000 < max(lengths) <= 1024
    assert roomy.device.counts["pieces"] <= len(NEW) // 900 + 2


def test_a_device_with_two_buffers_loses_no_piece():
    bench = Bench(SmpDevice(OLD, burst=2, buffer_size=384))
    bench.run(Upload(image()))
    pieces = [data for data in bench.written if data.count(b"\n") <= 2]
    assert bench.device.counts["pieces"] >= len(pieces) - 3  # but for the questions before them
    assert bench.engine.statistics()["repeated"] == 0
    assert bench.device.counts["lost_lines"] == 3  # of the echo that found it out


def test_a_piece_that_is_too_much_in_one_go_is_sent_smaller():
    # It takes an echo of five lines, and then works at something else and has room for two only.
    device = SmpDevice(OLD, burst=0)
    bench = Bench(device)
    bench.run(Upload(image()), until=lambda output: isinstance(output, Progress) and output.done > 2000)
    device._burst = 2
    while bench.engine.next_timer() is not None:
        step(bench)
    assert bench.told[-1] == Uploaded(resumed_at=0, checked=True)
    assert device.slots[1] == NEW
    assert bench.engine.statistics()["repeated"] == 1


def step(bench):
    bench.pass_on()
    times = [each for each in (bench.engine.next_timer(), bench.device.next_timer()) if each is not None]
    if times:
        bench.now = max(bench.now, min(times))
        bench.device.on_timer(bench.now)
        bench.engine.on_timer(bench.now)
    bench.pass_on()


def noisy(seed, share):
    rng = random.Random(seed)

    def cable(data):
        return [bytes(byte ^ (1 << rng.randrange(8)) if rng.random() < share else byte for byte in data)]

    return cable


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("share", [0.001, 0.003])
@pytest.mark.parametrize("harm", [lossy, noisy])
def test_an_image_arrives_over_a_line_that_loses_or_flips(harm, share, seed):
    bench = Bench(SmpDevice(OLD), harm(seed, share))
    assert isinstance(bench.run(Upload(image())), Uploaded), bench.told[-1]
    assert bench.device.slots[1] == NEW


def test_an_upload_that_was_broken_off_is_resumed():
    device = SmpDevice(OLD)
    first = Bench(device)
    first.run(Upload(image()), until=lambda output: isinstance(output, Progress) and output.done > 4000)
    pieces = device.counts["pieces"]
    again = Bench(device)
    again.now = first.now + 60
    done = again.run(Upload(image()))
    assert done.checked
    assert 4000 < done.resumed_at < 4400
    assert device.slots[1] == NEW
    assert device.counts["pieces"] > pieces


def test_another_image_begins_at_its_beginning():
    device = SmpDevice(OLD)
    first = Bench(device)
    first.run(Upload(image()), until=lambda output: isinstance(output, Progress) and output.done > 4000)
    other = make_image((2, 0, 0), b"other" * 500)
    again = Bench(device)
    again.now = first.now + 60
    assert again.run(Upload(image(other))) == Uploaded(resumed_at=0, checked=True)
    assert device.slots[1] == other


def test_a_device_that_restarts_in_between_is_told_everything_again():
    bench = Bench()
    bench.run(Upload(image()), until=lambda output: isinstance(output, Progress) and output.done > 4000)
    bench.device._restart(bench.now)
    while bench.engine.next_timer() is not None:
        step(bench)
    assert bench.told[-1] == Uploaded(resumed_at=0, checked=True)
    assert bench.device.slots[1] == NEW


def test_a_last_answer_that_is_lost_is_no_lost_upload():
    bench = Bench()
    lose = []

    def cable(data):
        if lose and data.startswith(b"\x06\x09") and bench.device.slots[1]:
            lose.pop()
            return []
        return [data]

    lose.append(True)
    bench.cable = cable
    assert bench.run(Upload(image())) == Uploaded(resumed_at=0, checked=False)
    assert bench.device.slots[1] == NEW
    assert not lose


def test_erasing_is_waited_for():
    assert isinstance(Bench(SmpDevice(OLD, erase_s=35.0)).run(Upload(image())), Uploaded)


@pytest.mark.parametrize("lacking", ["parameters", "echo", "reset"])
def test_a_server_with_fewer_commands_takes_an_image_too(lacking):
    commands = frozenset({"echo", "parameters", "state", "upload", "reset"} - {lacking})
    bench = Bench(SmpDevice(OLD, commands=commands))
    assert bench.run(Upload(image())) == Uploaded(resumed_at=0, checked=True)


def test_a_server_that_knows_the_older_header_alone_is_spoken_to_in_it():
    bench = Bench(SmpDevice(OLD, only_plain=True))
    assert bench.run(Upload(image())) == Uploaded(resumed_at=0, checked=True)


def test_a_refusal_says_why():
    device = SmpDevice(OLD, slot_size=4096)
    assert Bench(device).run(Upload(image())) == Declined(smp.Refusal(1, smp.ImageReason.INVALID_LENGTH))
    device = SmpDevice(OLD)
    device.confirmed = False
    assert Bench(device).run(Upload(image())) == Declined(smp.Refusal(1, smp.ImageReason.NO_FREE_SLOT))


def test_nobody_there_is_told_with_what_to_look_at():
    bench = Bench(cable=lambda data: [])
    failed = bench.run(Ask(smp.read_state()))
    assert isinstance(failed, Failed)
    assert "right port and rate" in failed.text
    assert len(bench.written) == len(smp.USUAL)
    assert isinstance(Bench(cable=lambda data: []).run(Upload(image())), Failed)


def test_a_device_that_falls_silent_is_told_with_how_far_it_was():
    bench = Bench()
    bench.run(Upload(image()), until=lambda output: isinstance(output, Progress) and output.done > 4000)
    bench.cable = lambda data: []
    while bench.engine.next_timer() is not None:
        step(bench)
    assert "goes on there" in bench.told[-1].text
    assert f"of {len(NEW)} bytes" in bench.told[-1].text


def test_a_restart_is_asked_for_once_even_if_nobody_answers():
    bench = Bench(cable=lambda data: [])
    assert isinstance(bench.run(Ask(smp.reset())), Failed)
    assert len(bench.written) == 1


class Liar:
    """A device that answers every piece with an offset of its choice, and refuses all else."""

    def __init__(self, offsets):
        self.offsets = iter(offsets)

    def answer(self, engine, request_lines, now):
        (message,) = LineReader().receive(request_lines)
        group, sequence, command = message[5], message[6], message[7]
        fields = {"off": next(self.offsets)} if (group, command) == (1, 1) else {"rc": 8}
        body = cbor2.dumps(fields)
        head = bytes([0x0B, 0, 0, len(body), 0, group, sequence, command])
        engine.receive(frame(head + body), now)


@pytest.mark.parametrize(
    ("offsets", "text"),
    [
        ([10_000_000], "restart it"),
        ([100] * 20, "stays at 100"),
        ([200, 0, 200, 0, 200, 0, 200, 0, 200, 0], "forgets"),
        ([-1], "how far"),
    ],
)
def test_a_device_that_makes_no_sense_is_given_up(offsets, text):
    engine, liar, told = FirmwareEngine(), Liar(offsets), []
    engine.submit(Upload(image()), 0.0)
    for _ in range(100):
        for output in engine.drain():
            if isinstance(output, Write):
                liar.answer(engine, output.data, 0.0)
            else:
                told.append(output)
        if told and isinstance(told[-1], Failed):
            break
    assert text in told[-1].text


def test_one_command_at_a_time():
    engine = FirmwareEngine()
    engine.submit(Ask(smp.read_state()), 0.0)
    with pytest.raises(ValueError, match="one command"):
        engine.submit(Ask(smp.read_state()), 0.0)


def test_answers_to_nothing_are_counted_and_skipped():
    bench = Bench()
    bench.run(Ask(smp.echo("a")))
    late = frame(bytes.fromhex("0b00000100000900a0"))
    bench.engine.receive(late + b"noise\n" + late, bench.now)
    assert bench.engine.drain() == []
    assert bench.engine.statistics() == {"messages": 3, "damaged": 0, "strange": 2, "repeated": 0}
