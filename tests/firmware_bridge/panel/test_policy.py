import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.engine import Told
from firmware_bridge.panel import frame
from firmware_bridge.panel.events import Damage, Done, Failed, PenState, Reconnected, Settings, Temperature
from firmware_bridge.panel.frame import Frame
from firmware_bridge.panel.policy import RefreshPolicy
from firmware_bridge.panel.values import Mode, PanelFacts, Rect, Update

ALL = frozenset(Mode)
GREYS = PanelFacts(320, 200, greys=16, modes=ALL, align_x=8, align_y=1, has_sleep=True)
PLAIN = PanelFacts(320, 200, modes=frozenset({Mode.FULL, Mode.GREY, Mode.FAST}), align_x=8, full_every_s=180.0)


class Panel:
    """Whoever carries updates to the glass, with a clock; it notes what a real panel would suffer from."""

    def __init__(self, facts=GREYS, **settings):
        self.facts = facts
        self.policy = RefreshPolicy(facts, Settings(**settings))
        self.now = 100.0
        self.glass = Frame(facts.width, facts.height, 77)
        self.wanted = Frame(facts.width, facts.height)
        self.by_direct = Frame(facts.width, facts.height, 0)  # 1: last driven in A2
        self.frame = 0
        self.flight = None
        self.sent, self.told, self.faults = [], [], []
        self.rests = 0

    def give(self, event):
        self.policy.submit(event, self.now)
        return self.take()

    def take(self):
        outputs = self.policy.drain()
        for output in outputs:
            if isinstance(output, Update):
                self.check(output)
                self.sent.append(output)
                self.flight = output
            elif isinstance(output, Told):
                self.told.append(output.text)
            else:
                self.rests += 1
        return outputs

    def check(self, update):
        facts, rect = self.facts, update.rect
        before = self.glass.crop(rect)
        rules = {
            "two at a time": self.flight is not None,
            "a mode it does not have": update.mode not in facts.modes,
            "not aligned": rect != rect.align(facts.align_x, facts.align_y, facts.width, facts.height),
            "px missing": len(update.pixels) != rect.area,
            "levels it does not have": frame.quantise(update.pixels, facts.greys) != update.pixels,
            "painted over another frame": update.base not in (0, self.frame),
            "a part without a base": not update.base and rect != self.glass.rect,
            "greys in a fast mode": update.mode in (Mode.FAST, Mode.DIRECT)
            and not frame.is_black_and_white(update.pixels),
            "A2 from grey": update.mode is Mode.DIRECT and not frame.is_black_and_white(before),
            "A2 to grey without white": update.mode is Mode.GREY
            and facts.greys > 2
            and any(by and not grey for by, grey in zip(self.by_direct.crop(rect), before, strict=True)),
        }
        self.faults += [rule for rule, is_broken in rules.items() if is_broken]

    def finish(self):
        update, self.flight = self.flight, None
        self.glass.paste(update.rect, update.pixels)
        self.by_direct.paste(update.rect, bytes([update.mode is Mode.DIRECT]) * update.rect.area)
        self.frame = update.frame
        return self.give(Done(update.number))

    def fail(self, needs_all=False):
        update, self.flight = self.flight, None
        if needs_all:
            self.frame = 0
        return self.give(Failed(update.number, needs_all))

    def paint(self, rect, grey=0, is_ink=True):
        self.wanted.paste(rect, frame.quantise(bytes([grey]), self.facts.greys) * rect.area)
        return self.give(Damage(rect, bytes([grey]) * rect.area, is_ink))

    def pass_time(self, seconds):
        """Timers fire when they are due, and what is sent is shown at once; virtual seconds."""
        end = self.now + seconds
        for _ in range(5000):
            if self.flight:
                self.finish()
                continue
            due = self.policy.next_timer()
            if due is None or due > end:
                self.now = end
                return
            self.now = max(self.now, due)
            self.policy.on_timer(self.now)
            self.take()
        pytest.fail("it never comes to rest: " + ", ".join(update.mode.value for update in self.sent[-6:]))

    def modes(self):
        return [update.mode for update in self.sent]


@pytest.fixture
def panel():
    """One that has shown its first, white picture, and nothing since."""
    return begun()


def begun(facts=GREYS, **settings):
    panel = Panel(facts, **settings)
    panel.paint(Rect(0, 0, facts.width, facts.height), 255, is_ink=False)
    while panel.flight:
        panel.finish()
    panel.sent.clear()
    return panel


def test_nothing_is_sent_before_there_is_a_picture():
    panel = Panel()
    assert not panel.give(PenState(True))
    assert panel.policy.next_timer() is None


def test_unknown_glass_is_made_white_and_then_shown_whole_with_a_flash():
    panel = Panel()
    panel.paint(Rect(10, 10, 30, 30))
    panel.finish()
    assert panel.modes() == [Mode.INIT, Mode.FULL]
    assert all(update.rect == panel.glass.rect and update.base == 0 for update in panel.sent)
    panel.finish()
    assert panel.glass.pixels == panel.wanted.pixels


def test_a_white_board_on_a_panel_just_made_white_is_left_alone():
    panel = Panel()
    panel.paint(Rect(0, 0, 320, 200), 255)
    assert not panel.finish()


def test_a_panel_without_that_mode_begins_with_a_flash():
    panel = Panel(PLAIN)
    panel.paint(Rect(10, 10, 30, 30))
    assert panel.modes() == [Mode.FULL]


def test_ink_on_a_free_panel_goes_out_in_the_very_call_and_no_more_than_what_differs(panel):
    (update,) = panel.paint(Rect(17, 5, 3, 9))
    assert (update.mode, update.rect) == (Mode.FAST, Rect(16, 5, 8, 9))
    assert update.pixels == (b"\xff" + b"\0" * 3 + b"\xff" * 4) * 9


def test_what_comes_while_the_panel_is_busy_is_sent_once_and_as_it_is_then(panel):
    panel.paint(Rect(0, 0, 8, 8))
    for x in range(8, 80, 4):
        assert not panel.paint(Rect(x, 0, 8, 8))
    panel.paint(Rect(64, 0, 8, 8), 255)
    (update,) = panel.finish()
    assert update.rect == Rect(8, 0, 80, 8)
    assert update.pixels == panel.wanted.crop(update.rect)


def test_what_has_changed_back_in_time_is_not_sent_at_all(panel):
    panel.paint(Rect(0, 0, 8, 8))
    panel.paint(Rect(200, 100, 8, 8))
    panel.paint(Rect(200, 100, 8, 8), 255)
    assert not panel.finish()
    assert panel.policy.statistics()["needless"] == 1


def test_what_ink_has_touched_settles_in_grey_when_the_pen_rests_and_not_before(panel):
    panel.give(PenState(True))
    panel.paint(Rect(16, 16, 8, 8), 100)
    panel.pass_time(5.0)
    assert panel.modes() == [Mode.FAST]
    panel.give(PenState(False))
    panel.pass_time(0.7)
    assert panel.modes() == [Mode.FAST]
    panel.pass_time(0.2)
    assert panel.modes() == [Mode.FAST, Mode.GREY]
    assert panel.glass.pixels == panel.wanted.pixels


def test_black_ink_settles_too_because_a_fast_black_is_not_a_good_one(panel):
    panel.paint(Rect(16, 16, 8, 8))
    panel.pass_time(2.0)
    assert [(update.mode, update.rect) for update in panel.sent] == [
        (Mode.FAST, Rect(16, 16, 8, 8)),
        (Mode.GREY, Rect(16, 16, 8, 8)),
    ]


def test_a_grey_that_black_cannot_tell_from_black_comes_with_settling(panel):
    panel.paint(Rect(16, 16, 8, 8))
    panel.pass_time(2.0)
    panel.paint(Rect(16, 16, 8, 8), 60)
    assert panel.flight is None
    panel.pass_time(2.0)
    assert panel.modes() == [Mode.FAST, Mode.GREY, Mode.GREY]
    assert panel.glass.pixels == panel.wanted.pixels


def test_settling_that_failed_is_tried_again(panel):
    panel.paint(Rect(16, 16, 8, 8))
    panel.finish()
    panel.now += 1.0
    panel.policy.on_timer(panel.now)
    panel.take()
    panel.fail()
    panel.pass_time(2.0)
    assert panel.modes() == [Mode.FAST, Mode.GREY, Mode.GREY]


def test_a_pen_left_lying_on_the_tablet_rests_after_all(panel):
    panel.give(PenState(True))
    panel.paint(Rect(16, 16, 8, 8), 100)
    panel.pass_time(11.0)
    assert panel.modes() == [Mode.FAST, Mode.GREY]


def test_ink_goes_before_settling_that_has_not_begun(panel):
    for x in (0, 100, 200):
        panel.paint(Rect(x, x // 2, 8, 8))
        panel.finish()
    panel.now += 0.81
    panel.policy.on_timer(panel.now)
    panel.take()
    assert panel.modes()[-1] is Mode.GREY
    panel.paint(Rect(300, 0, 8, 8))
    (update,) = panel.finish()
    assert (update.mode, update.rect.x) == (Mode.FAST, 296)


def test_a_panel_of_two_greys_has_nothing_to_settle():
    panel = begun(PLAIN)
    panel.paint(Rect(16, 16, 8, 8))
    panel.pass_time(100.0)
    assert panel.modes() == [Mode.FAST]


def test_other_damage_is_grey_at_rest_and_fast_while_a_pen_is_busy(panel):
    panel.now += 5
    panel.paint(Rect(0, 0, 50, 50), 120, is_ink=False)
    panel.finish()
    panel.give(PenState(True))
    panel.paint(Rect(100, 0, 50, 50), 120, is_ink=False)
    panel.finish()
    assert panel.modes() == [Mode.GREY, Mode.FAST]


def test_other_damage_does_not_wait_for_ever_behind_ink(panel):
    panel.give(PenState(True))
    panel.paint(Rect(0, 0, 8, 8))
    panel.paint(Rect(0, 150, 50, 40), is_ink=False)
    for x in range(8, 300, 8):
        panel.now += 0.26
        panel.paint(Rect(x, 0, 8, 8))
        panel.finish()
    assert any(update.rect.y == 150 for update in panel.sent[:8])


def test_ink_goes_first_again_once_other_damage_has_had_its_turn(panel):
    panel.give(PenState(True))
    panel.paint(Rect(0, 0, 8, 8))
    panel.paint(Rect(0, 150, 50, 40), is_ink=False)
    panel.now += 2.0
    (late,) = panel.finish()
    panel.paint(Rect(200, 150, 8, 8), is_ink=False)
    panel.paint(Rect(100, 0, 8, 8))
    (ink,) = panel.finish()
    assert (late.rect.y, ink.rect.y) == (150, 0)


def test_greys_that_stand_are_not_drawn_again_for_ink_beside_them(panel):
    panel.now += 5
    panel.paint(Rect(0, 0, 100, 100), 120, is_ink=False)
    panel.finish()
    panel.give(PenState(True))
    panel.wanted.paste(Rect(50, 50, 1, 1), b"\0")
    (update,) = panel.give(Damage(Rect(40, 40, 20, 20), panel.wanted.crop(Rect(40, 40, 20, 20)), True))
    assert update.rect == Rect(48, 50, 8, 1)


def test_a2_is_for_white_paper_and_a_white_frame_follows_before_greys_do():
    panel = begun(prefers_direct=True)
    panel.paint(Rect(16, 16, 8, 8))
    panel.finish()
    panel.paint(Rect(20, 16, 20, 8))
    panel.finish()
    panel.pass_time(2.0)
    assert panel.modes() == [Mode.DIRECT, Mode.DIRECT, Mode.DIRECT, Mode.GREY]
    assert not panel.sent[2].pixels.strip(b"\xff")
    assert panel.glass.pixels == panel.wanted.pixels
    panel.paint(Rect(16, 16, 30, 3), 255)  # what is not white any more is erased by DU
    assert panel.modes()[-1] is Mode.FAST
    assert not panel.faults


def test_strokes_that_cross_are_made_white_together():
    panel = begun(prefers_direct=True)
    panel.paint(Rect(150, 0, 8, 200))
    panel.finish()
    panel.paint(Rect(0, 96, 150, 8))
    panel.finish()
    panel.paint(Rect(160, 96, 160, 8))
    panel.finish()
    assert panel.modes() == [Mode.DIRECT] * 3
    panel.pass_time(3.0)
    assert panel.glass.pixels == panel.wanted.pixels
    assert panel.faults == []


def test_other_damage_over_direct_ink_waits_for_a_white_frame():
    panel = begun(prefers_direct=True, settle_s=0.0)
    panel.paint(Rect(16, 16, 40, 8))
    panel.paint(Rect(0, 0, 60, 12), 120, is_ink=False)
    panel.paint(Rect(20, 18, 60, 12), 120, is_ink=False)
    panel.now += 0.01
    for _ in range(9):
        if panel.flight:
            panel.finish()
    assert panel.glass.pixels == panel.wanted.pixels
    assert panel.faults == []


def test_where_a2_may_not_be_a_flash_still_keeps_its_distance():
    facts = PanelFacts(320, 200, modes=frozenset({Mode.DIRECT, Mode.FULL}), greys=16, align_x=8, full_every_s=180.0)
    panel = begun(facts)
    panel.paint(Rect(16, 16, 8, 8), 100, is_ink=False)  # shown black, grey later
    panel.pass_time(200.0)
    assert panel.modes() == [Mode.DIRECT, Mode.FULL]
    assert not panel.paint(Rect(16, 16, 8, 8), 255)
    panel.pass_time(150.0)
    assert len(panel.sent) == 2
    panel.pass_time(20.0)
    assert panel.modes()[2:] == [Mode.FULL]


def test_flashes_keep_their_distance_however_much_is_written():
    panel = begun(partials=2)
    for grey in (0, 255) * 20:
        for x in (0, 100, 200):
            panel.paint(Rect(x, 0, 8, 8), grey)
            panel.finish()
        panel.pass_time(7.5)
    assert 3 <= panel.modes().count(Mode.FULL) <= 5  # in 300 s


def test_a_spent_budget_is_not_flushed_under_a_pen_that_stands_still():
    panel = begun(partials=2, flush_every_s=0.0)
    panel.give(PenState(True))
    for x in (0, 100, 200):
        panel.paint(Rect(x, 0, 8, 8))
        panel.finish()
    panel.pass_time(9.0)
    assert Mode.FULL not in panel.modes()


def test_a_spent_budget_flushes_when_nothing_has_come_for_a_while_and_never_in_a_stroke():
    panel = begun(partials=5, flush_every_s=0.0)
    panel.give(PenState(True))
    for x in range(0, 80, 8):
        panel.now += 0.3
        panel.paint(Rect(x, 0, 8, 8))
        panel.finish()
    assert Mode.FULL not in panel.modes()
    panel.give(PenState(False))
    panel.pass_time(4.0)
    assert Mode.FULL not in panel.modes()
    panel.pass_time(3.0)
    assert panel.modes()[-1] is Mode.FULL
    assert panel.sent[-1].rect == panel.glass.rect


def test_erased_px_spend_the_budget_too():
    panel = begun(erased_share=0.1, flush_every_s=0.0)
    for grey in (0, 255):
        panel.paint(Rect(0, 0, 160, 100), grey)
        panel.finish()
    panel.pass_time(8.0)
    assert panel.modes()[-1] is Mode.FULL


def test_a_page_that_changes_takes_the_flash_with_it():
    panel = begun(partials=4)
    for x in (0, 100):
        panel.paint(Rect(x, 0, 8, 8))
        panel.finish()
    panel.now += 2
    panel.paint(Rect(0, 0, 320, 150), 40, is_ink=False)
    assert panel.modes()[-1] is Mode.FULL


def test_a_flash_waits_as_long_as_its_makers_ask():
    panel = begun(PLAIN, partials=2)
    for x in (0, 100):
        panel.paint(Rect(x, 0, 8, 8))
        panel.finish()
    panel.pass_time(170.0)
    assert Mode.FULL not in panel.modes()
    panel.pass_time(15.0)
    assert panel.modes()[-1] is Mode.FULL


def test_a_panel_is_flushed_once_a_day_even_if_nothing_happens(panel):
    panel.pass_time(86_500.0)
    assert panel.modes() == [Mode.FULL]


def test_an_idle_panel_sleeps_is_cleaned_once_sleeps_again_and_ink_wakes_it(panel):
    panel.paint(Rect(0, 0, 8, 8))
    panel.pass_time(100.0)
    assert panel.rests == 1
    panel.pass_time(1000.0)
    assert panel.modes() == [Mode.FAST, Mode.GREY, Mode.FULL]
    assert panel.rests == 2
    assert panel.policy.next_timer() - panel.now > 3600.0
    assert len(panel.paint(Rect(0, 50, 8, 8))) == 1


def test_in_the_cold_all_is_full_and_that_is_said_once(panel):
    for celsius in (9.0, 8.5):
        panel.give(Temperature(celsius))
    (update,) = panel.paint(Rect(0, 0, 8, 8))
    assert (update.mode, update.rect) == (Mode.FULL, panel.glass.rect)
    assert len(panel.told) == 1


def test_outside_its_range_nothing_is_refreshed_and_all_of_it_later(panel):
    panel.give(Temperature(-3.0))
    assert not panel.paint(Rect(0, 0, 8, 8))
    panel.give(Temperature(-4.0))
    panel.give(Temperature(0.5))  # not for so little
    assert not panel.sent
    assert panel.told == ["the panel has -3 °C and may be refreshed at 0 to 50 °C: it waits"]
    panel.give(Temperature(20.0))
    assert panel.modes() == [Mode.FAST]


def test_a_panel_that_is_always_to_flash_never_does_otherwise():
    panel = begun(always_full=True)
    panel.paint(Rect(0, 0, 8, 8), 100)
    panel.pass_time(100.0)
    assert panel.modes() == [Mode.FULL]


def test_a_whole_screen_refresh_gathers_damage_for_as_long_as_one_takes():
    facts = PanelFacts(320, 200, greys=4, is_whole=True, durations=((Mode.FULL, 1.5),))
    panel = begun(facts)
    panel.now += 10
    started = panel.now
    (update,) = panel.paint(Rect(5, 5, 4, 4))
    assert update.rect == Rect(5, 5, 4, 4)
    panel.finish()
    panel.paint(Rect(100, 100, 4, 4))
    panel.paint(Rect(10, 190, 4, 4), is_ink=False)
    assert panel.policy.next_timer() == started + 1.5
    panel.pass_time(1.6)
    assert [update.rect for update in panel.sent[1:]] == [Rect(10, 100, 94, 94)]


def test_a_refusal_of_the_base_is_answered_by_a_whole_frame_with_growing_patience(panel):
    panel.paint(Rect(0, 0, 8, 8))
    waits = []
    for _ in range(12):
        panel.fail(needs_all=True)
        waits.append(panel.policy.next_timer() - panel.now)
        panel.now = panel.policy.next_timer()
        panel.policy.on_timer(panel.now)
        panel.take()
        assert (panel.flight.rect, panel.flight.base) == (panel.glass.rect, 0)
    assert waits == [0.25, 0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_patience_begins_anew_after_a_success(panel):
    for _ in range(2):
        panel.paint(Rect(0, 0, 8, 8), 0)
        panel.fail()
        assert panel.policy.next_timer() - panel.now == 0.25
        panel.pass_time(3.0)
        panel.paint(Rect(0, 0, 8, 8), 255)
        panel.pass_time(3.0)


def test_a_failed_update_is_tried_again(panel):
    panel.paint(Rect(0, 0, 8, 8))
    panel.fail()
    panel.pass_time(2.0)
    assert panel.modes() == [Mode.FAST, Mode.FAST, Mode.GREY]
    assert panel.glass.pixels == panel.wanted.pixels


def test_an_answer_from_before_the_line_was_lost_means_nothing(panel):
    panel.paint(Rect(0, 0, 8, 8))
    panel.flight = None
    panel.frame = 0
    panel.give(Reconnected())
    assert panel.modes() == [Mode.FAST, Mode.INIT]
    assert not panel.give(Done(panel.sent[0].number))
    assert not panel.give(Failed(panel.sent[0].number, False))


def test_a_panel_that_goes_down_with_every_update_is_driven_ever_more_slowly(panel):
    panel.paint(Rect(0, 0, 8, 8))
    waits = []
    for _ in range(6):
        panel.flight, panel.frame = None, 0
        panel.give(Reconnected())
        due = panel.policy.next_timer()
        waits.append(0 if panel.flight else due - panel.now)
        if not panel.flight:
            panel.now = due
            panel.policy.on_timer(panel.now)
            panel.take()
        assert panel.flight.mode is Mode.INIT
    assert waits == [0, 0.5, 1, 2, 4, 8]
    while panel.flight:
        panel.finish()
    panel.flight, panel.frame = None, 0
    panel.give(Reconnected())
    assert panel.flight, "what was shown in between is forgotten"


@pytest.mark.parametrize(("rect", "size"), [(Rect(319, 0, 2, 1), 2), (Rect(0, 0, 4, 4), 15), (Rect(-1, 0, 4, 4), 16)])
def test_damage_that_does_not_fit_the_panel_is_refused(panel, rect, size):
    with pytest.raises(ValueError, match="damage"):
        panel.policy.submit(Damage(rect, bytes(size), True), panel.now)
    assert not panel.policy.drain()


def test_a_stroke_on_a_large_panel_costs_memory_for_the_stroke_and_not_for_the_panel():
    panel = begun(PanelFacts(1872, 1404, greys=16, modes=ALL, align_x=8, align_y=1))
    panel.glass = panel.by_direct = Frame(1, 1)
    panel.check = lambda update: None
    policy = panel.policy
    pixels = bytes(40 * 40)
    tracemalloc.start()
    try:
        for step in range(20):
            policy.submit(Damage(Rect(step * 20, 300, 40, 40), pixels, True), panel.now)
            for output in policy.drain():
                policy.submit(Done(output.number), panel.now)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100_000, f"{peak} bytes at once for strokes of 1600 px on a frame of 2.6 MB"


# -- whatever happens

some_facts = st.builds(
    lambda greys, modes, align, whole, every: PanelFacts(
        48, 24, greys=greys, modes=frozenset(modes) | {Mode.FULL}, align_x=align, is_whole=whole,
        durations=((Mode.FULL, 1.0),), full_every_s=every, has_sleep=True,
    ),
    st.sampled_from([2, 4, 16]), st.sets(st.sampled_from(Mode)), st.sampled_from([1, 4, 8]), st.booleans(),
    st.sampled_from([0.0, 3.0, 180.0]),
)  # fmt: skip
some_settings = st.fixed_dictionaries({}, optional={
    "always_full": st.booleans(), "prefers_direct": st.booleans(), "partials": st.integers(1, 8),
    "erased_share": st.floats(0.01, 1.0),
})  # fmt: skip
some_rects = st.tuples(st.integers(0, 47), st.integers(0, 23), st.integers(1, 48), st.integers(1, 24)).map(
    lambda edges: Rect(*edges).meet(Rect(0, 0, 48, 24))
)
some_steps = st.lists(
    st.one_of(
        st.tuples(st.just("paint"), some_rects, st.sampled_from([0, 0, 255, 100, 180]), st.booleans()),
        st.tuples(st.sampled_from(["finish", "finish", "finish", "fail", "refuse", "reconnect", "up", "down"])),
        st.tuples(st.just("wait"), st.sampled_from([0.1, 0.5, 1.0, 3.0])),
        st.tuples(st.just("warmth"), st.sampled_from([-5.0, 5.0, 20.0, 60.0])),
    ),
    max_size=40,
)


def take_step(panel, step):
    match step:
        case ("paint", rect, grey, is_ink):
            panel.paint(rect, grey, is_ink)
        case ("finish",) if panel.flight:
            panel.finish()
        case ("fail",) if panel.flight:
            panel.fail()
        case ("refuse",) if panel.flight:
            panel.fail(needs_all=True)
        case ("reconnect",):
            panel.flight, panel.frame = None, 0
            panel.glass = Frame(48, 24, 120)
            panel.by_direct = Frame(48, 24, 0)
            panel.give(Reconnected())
        case ("up" | "down",):
            panel.give(PenState(step[0] == "down"))
        case ("wait", seconds):
            panel.now += seconds
            panel.policy.on_timer(panel.now)
            panel.take()
        case ("warmth", celsius):
            panel.give(Temperature(celsius))


@given(some_facts, some_settings, some_steps)
def test_whatever_happens_the_panel_comes_to_show_what_is_wanted_and_nothing_it_must_not(facts, settings, steps):
    panel = Panel(facts, **settings)
    for step in steps:
        take_step(panel, step)
    panel.give(Temperature(20.0))
    panel.give(PenState(False))
    panel.paint(Rect(0, 0, 1, 1))
    panel.pass_time(400.0)  # before the cleaning of an idle panel would mend what was forgotten
    assert panel.glass.pixels == panel.wanted.pixels
    assert panel.faults == []
    assert panel.flight is None


@given(some_steps)
def test_ink_is_on_its_way_when_the_panel_is_free_and_nothing_forbids_it(steps):
    panel = begun(PanelFacts(48, 24, greys=16, modes=ALL, align_x=4))
    for step in steps:
        if step[0] in ("refuse", "fail", "reconnect", "warmth"):
            continue
        take_step(panel, step)
        wanted = frame.threshold(bytes(panel.wanted.pixels))
        if not panel.flight and step[0] == "paint" and step[3]:
            differs = frame.replace_changed(bytes(panel.glass.pixels), bytes(panel.wanted.pixels), wanted)
            assert differs == panel.glass.pixels, "ink waits although the panel is free"
