import pytest

from firmware_bridge.engine import Failed, Ready, Rest, SetBaud, Start, Told, Write
from firmware_bridge.recognition import Candidate, Recogniser


class Shy:
    """Answers only to its own word, within a second."""

    def __init__(self, word):
        self._word, self._out, self._due = word, [], None

    def receive(self, data, now):
        if self._word in data:
            self._due = None
            self._out.append(Ready(f"speaks {self._word.decode()}"))
        elif data == b"die":
            self._out.append(Failed("it died"))

    def submit(self, command, now):
        if isinstance(command, Start):
            self._out.append(Write(self._word))
            self._due = now + 1.0
        else:
            self._out.append(Told(repr(command)))

    def on_timer(self, now):
        if self._due is not None and now >= self._due:
            self._due = None
            self._out.append(Failed("no answer"))

    def next_timer(self):
        return self._due

    def drain(self):
        out, self._out = self._out, []
        return out

    def statistics(self):
        return {"word": len(self._word)}


@pytest.fixture
def recogniser():
    names = {"aa": 115_200, "bbb": 38_400, "cccc": 9_600}
    return Recogniser([Candidate(name, rate, lambda name=name: Shy(name.encode())) for name, rate in names.items()])


def test_the_first_that_is_answered_stays(recogniser):
    recogniser.submit(Start(), 0.0)
    assert recogniser.drain() == [SetBaud(115_200), Write(b"aa")]
    recogniser.on_timer(recogniser.next_timer())
    assert recogniser.drain() == [SetBaud(38_400), Write(b"bbb")]
    recogniser.receive(b"noise bbb", 1.5)
    assert recogniser.drain() == [Ready("speaks bbb")]
    recogniser.submit(Rest(), 2.0)
    assert recogniser.drain() == [Told("Rest()")]
    assert recogniser.next_timer() is None
    assert recogniser.statistics() == {"word": 3}


def test_a_device_that_fails_after_it_has_answered_has_failed(recogniser):
    recogniser.submit(Start(), 0.0)
    recogniser.receive(b"aa", 0.1)
    recogniser.receive(b"die", 0.2)
    assert recogniser.drain()[-1] == Failed("it died")


def test_when_nobody_answers_all_that_were_asked_for_are_named(recogniser):
    recogniser.submit(Start(), 0.0)
    while (due := recogniser.next_timer()) is not None:
        recogniser.on_timer(due)
    outputs = recogniser.drain()
    assert outputs[-1] == Failed("nobody answers that we know; asked for: aa, bbb, cccc")
    assert due is None
    recogniser.receive(b"aa", 9.0)
    assert recogniser.drain() == []


def test_of_one_that_was_meant_its_own_words_are_handed_on():
    recogniser = Recogniser([Candidate("aa", 9_600, lambda: Shy(b"aa"))])
    recogniser.submit(Start(), 0.0)
    recogniser.on_timer(recogniser.next_timer())
    assert recogniser.drain()[-1] == Failed("no answer")


def test_what_somebody_said_whom_we_do_not_know_is_told(recogniser):
    recogniser.submit(Start(), 0.0)
    recogniser.on_timer(1.0)
    recogniser.receive(b"die", 1.5)
    recogniser.on_timer(9.0)
    assert recogniser.drain()[-1] == Failed(
        "nobody answers that we know; asked for: aa, bbb, cccc. Something is there, though: it died"
    )
