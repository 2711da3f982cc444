import asyncio

import pytest

from edgeboard.runtime.driver import Driver
from tests.runtime.virtual import LoopClock, run


class Echo:
    """An engine that writes down what it is told, says it again, and wants a timer when told a number."""

    def __init__(self):
        self.log = []
        self.outputs = []
        self.timer = None
        self.draining = False

    def receive(self, data, now):
        assert not self.draining, "fed before it was drained"
        if data == "fault":
            raise ZeroDivisionError("told to")
        self.log.append((now, "receive", data))
        self.outputs += data

    def submit(self, command, now):
        self.log.append((now, "submit", command))
        self.timer = command

    def on_timer(self, now):
        self.log.append((now, "timer"))
        self.outputs.append(f"timer {now:g}")
        self.timer = None

    def next_timer(self):
        return self.timer

    def drain(self):
        self.draining = True
        while self.outputs:
            yield self.outputs.pop(0)
        self.draining = False


class Bench:
    def __init__(self):
        self.engine = Echo()
        self.handled = []
        self.answers = {}
        self.faults = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: self.faults.append(context))
        self.driver = Driver(self.engine, LoopClock(), self.handle)

    def handle(self, output):
        self.handled.append(output)
        if output == "raise":
            raise ValueError("told to")
        for data in self.answers.get(output, ()):
            self.driver.receive(data)


def test_each_input_is_drained_before_the_call_returns():
    async def main():
        bench = Bench()
        bench.driver.receive("ab")
        assert bench.handled == ["a", "b"]
        assert bench.engine.log == [(100.0, "receive", "ab")]

    run(main())


def test_an_input_from_within_the_handler_waits_until_the_outputs_before_it_are_handed_on():
    async def main():
        bench = Bench()
        bench.answers = {"a": ["xy", "z"], "x": ["u"]}
        bench.driver.receive("abc")
        assert bench.handled == ["a", "b", "c", "x", "y", "z", "u"]

    run(main())


def test_the_timer_goes_off_when_the_engine_wants_it():
    async def main():
        bench = Bench()
        bench.driver.submit(107.5)
        await asyncio.sleep(7.4)
        assert bench.handled == []
        await asyncio.sleep(0.2)
        assert bench.handled == ["timer 107.5"]
        assert bench.driver.statistics().next_timer is None

    run(main())


def test_there_is_one_timer_and_it_follows_the_engine():
    async def main():
        bench = Bench()
        for due in (150.0, 103.0, 103.0, 105.0):
            bench.driver.submit(due)
        await asyncio.sleep(100)
        assert bench.handled == ["timer 105"]
        bench.driver.submit(220.0)
        bench.driver.submit(None)
        await asyncio.sleep(100)
        assert bench.driver.statistics().timers == 1

    run(main())


def test_a_timer_in_the_past_goes_off_at_once():
    async def main():
        bench = Bench()
        bench.driver.submit(3.0)
        await asyncio.sleep(0.001)
        assert bench.handled == ["timer 100"]

    run(main())


def test_a_timer_that_stands_when_the_engine_is_handed_over_is_set_by_start():
    async def main():
        bench = Bench()
        bench.engine.timer = 101.0
        bench.engine.outputs = ["hello"]
        bench.driver.start()
        assert bench.handled == ["hello"]
        await asyncio.sleep(2)
        assert bench.handled == ["hello", "timer 101"]

    run(main())


def test_a_fault_is_reported_and_the_next_input_is_served():
    async def main():
        bench = Bench()
        bench.answers = {"a": ["fault", "b"]}
        bench.driver.receive("a")
        bench.driver.receive(["raise", "c"])
        assert bench.handled == ["a", "b", "raise", "c"]
        assert [type(fault["exception"]) for fault in bench.faults] == [ZeroDivisionError, ValueError]
        assert bench.driver.statistics().faults == 2

    run(main())


def test_a_fault_in_drain_or_next_timer_is_reported_too():
    async def main():
        bench = Bench()
        bench.engine.drain = lambda: 1 / 0
        bench.engine.next_timer = lambda: 1 / 0
        bench.driver.receive("a")
        assert bench.driver.statistics().faults == 2

    run(main())


def test_a_closed_driver_does_nothing():
    async def main():
        bench = Bench()
        bench.driver.submit(101.0)
        bench.driver.close()
        bench.driver.receive("a")
        await asyncio.sleep(5)
        assert bench.handled == []

    run(main())


def test_closing_from_within_the_handler_drops_what_waits():
    async def main():
        bench = Bench()
        bench.answers = {"a": ["x"]}
        handle = bench.driver._handle
        bench.driver._handle = lambda output: (handle(output), output == "b" and bench.driver.close())
        bench.driver.receive("ab")
        assert bench.handled == ["a", "b"]

    run(main())


def test_statistics_count():
    async def main():
        bench = Bench()
        bench.driver.receive("ab")
        bench.driver.submit(101.0)
        statistics = bench.driver.statistics()
        assert (statistics.inputs, statistics.outputs, statistics.waiting) == (2, 2, 0)
        assert statistics.next_timer == pytest.approx(101.0)

    run(main())
