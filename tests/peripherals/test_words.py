"""Lines about devices: all of few, few of many, and always the last."""

from edgeboard.peripherals.words import BURST, EVERY_S, Words


class Clock:
    """Time that is moved by hand, and what is to be called when."""

    def __init__(self):
        self.now = 50.0
        self.due = []

    def time(self):
        return self.now

    def call_later(self, delay, callback):
        self.due.append((self.now + delay, callback))

    def move(self, seconds):
        until = self.now + seconds
        while ready := sorted((each for each in self.due if each[0] <= until), key=lambda each: each[0]):
            self.due.remove(ready[0])
            self.now = ready[0][0]
            ready[0][1]()
        self.now = until


def words():
    clock, said = Clock(), []
    return Words(lambda text, is_trouble: said.append((text, is_trouble)), clock), clock, said


def test_a_few_lines_are_said_at_once_and_none_twice_in_a_row():
    talk, _, said = words()
    for text in ("found", "found", "lost", "found"):
        talk.say(text, is_trouble=text == "lost")
    assert said == [("found", False), ("lost", True), ("found", False)]


def test_a_device_that_talks_without_end_gets_a_few_lines_a_minute_and_is_told_what_is_left_out():
    talk, clock, said = words()
    for number in range(60_000):  # one each ms of a minute
        clock.move(0.001)
        talk.say(f"message {number}", is_trouble=False)
    assert len(said) <= BURST + 60 / EVERY_S
    assert "lines left out before it" in said[-1][0]
    assert len(clock.due) <= 1


def test_the_last_word_is_said_however_many_there_were():
    talk, clock, said = words()
    for number in range(101):
        talk.say("found" if number % 2 else "lost", is_trouble=not number % 2)
    assert len(said) == BURST
    clock.move(EVERY_S)
    text, is_trouble = said[-1]
    assert text.startswith("lost")
    assert is_trouble
    clock.move(100 * EVERY_S)
    assert len(said) == BURST + 1


def test_what_was_said_last_and_holds_again_when_its_turn_comes_still_names_what_is_left_out():
    talk, clock, said = words()
    for number in range(int(BURST)):
        talk.say(f"line {number}", is_trouble=False)
    talk.say("lost", is_trouble=True)
    talk.say(f"line {BURST - 1:.0f}", is_trouble=False)
    clock.move(EVERY_S)
    assert said[-1] == (f"line {BURST - 1:.0f} (lines left out before it: 1)", False)
