"""What the benchmarks of mesh time make of what panels have shown; and that boards with wrong clocks agree at all."""

import asyncio
from pathlib import Path

import pytest

from benchmarks.timesync import RATE_HZ, back_in_step, middle_share, same_share
from benchmarks.timesync_boards import SkewedCrew

FRAME_S = 1 / RATE_HZ


def panel(late_s: float, frames: int = 300, first: int = 900) -> list[tuple[float, int]]:
    """One that shows each frame so late, where mesh time is 0 when the clock is."""
    return [((first + number) * FRAME_S + late_s, first + number) for number in range(frames)]


def test_panels_that_show_all_frames_at_once_agree_always() -> None:
    shown = [panel(0.0), panel(0.0)]
    assert (same_share(shown), middle_share(shown, 0.0)) == (1.0, 1.0)


def test_a_tenth_of_a_frame_apart_is_a_tenth_of_all_moments_and_no_middle() -> None:
    shown = [panel(0.0), panel(FRAME_S / 10)]
    assert same_share(shown) == pytest.approx(0.9, abs=0.01)
    assert middle_share(shown, 0.0) == 1.0


def test_a_panel_that_is_more_than_half_a_frame_late_is_seen() -> None:
    assert middle_share([panel(0.0), panel(0.6 * FRAME_S)], 0.0) < 0.01


def test_it_is_back_in_step_when_both_have_shown_the_same_frame() -> None:
    stood_still = [each for each in panel(0.0) if not 31.0 < each[0] < 31.3]
    assert back_in_step([panel(0.0), stood_still], 31.05) == pytest.approx(0.25, abs=FRAME_S + 1e-6)


@pytest.mark.slow
async def test_real_boards_whose_clocks_are_hours_apart_agree_on_the_time(tmp_path: Path) -> None:
    crew = SkewedCrew(tmp_path, "127.0.0.1", ["left", "right"])
    await crew.introduce(await crew.start())
    try:
        async with asyncio.timeout(60):
            while True:
                await asyncio.sleep(0.1)  # measured, as a person would look
                (one, its), (other, others) = await crew.times()
                are_sure = all(each["settled"] and each["reference"] for each in (its, others))
                if are_sure and abs(one - other) <= 0.005:
                    break
        assert its["reference"] == others["reference"]
        assert {its["hops"], others["hops"]} == {0, 1}
    finally:
        await crew.stop()
