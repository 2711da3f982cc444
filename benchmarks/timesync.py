"""How well boards agree on the time, and their panels on the frame: real boards whose clocks are wrong by hours."""

import os
import subprocess
import sys
import tempfile
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import inf
from pathlib import Path

from benchmarks.harness import Missing
from benchmarks.mesh_boards import Boards, crews, everywhere
from benchmarks.mesh_cables import places
from edgeboard.timesync.frameclock import FrameClock

MODULE = "benchmarks.timesync_boards"
LEARN_S = 45.0  # that boards have known each other before they are measured
MEASURED_S = 60.0
LOOK_S = 0.25
GROUPS = Path("/sys/fs/cgroup/memory")
SPARE_MIB = 2  # that a board in a memory cgroup has left
LARGE_MIB = 64  # of a file that is read there
CALM_DELAY_S = 0.000_2  # of a packet on a cable whose weather changes
TEN = 10
PROCESSES = 2
LOOKS = 20_000  # at the wall
MEET_S = 60.0  # that boards may need until they are linked
SETTLE_S = 2.0
RATE_HZ = 30.0  # of the marquee


def quiet() -> dict[str, float]:
    """Two boards in two processes, over loopback."""
    with tempfile.TemporaryDirectory() as folder:
        return _two([Boards(Path(folder), [name], module=MODULE) for name in ("left", "right")])


def jitter() -> dict[str, float]:
    """Two boards, each in a namespace of its own; every packet between them needs 50 +- 20 ms."""
    with tempfile.TemporaryDirectory() as folder, places(2, delay_s=0.050) as ends:
        made = [
            Boards(Path(folder), [end.namespace], host=end.address, prefix=end.prefix, module=MODULE) for end in ends
        ]
        return _two(made)


def _two(made: Sequence[Boards]) -> dict[str, float]:
    with _linked(made, 1) as boards:
        time.sleep(LEARN_S)
        apart = []
        ends = time.monotonic() + MEASURED_S
        while time.monotonic() < ends:
            (one, its), (other, others) = (each for crew in everywhere(boards, "times") for each in crew)
            apart.append(abs(one - other) * 1e3)
            quality = max(its, others, key=lambda each: each["hops"])  # of the one that follows
            time.sleep(LOOK_S)
        apart.sort()
        return {
            "p50_ms": apart[len(apart) // 2],
            "p99_ms": apart[int(len(apart) * 0.99)],
            "max_ms": apart[-1],
            "said_error_ms": quality["error_ms"],
            "said_jitter_ms": quality["jitter_ms"],
        }


def wall() -> dict[str, float]:
    """Ten boards in two processes, each with a panel: how often all show the same frame of the marquee.

    Five boards share a process here, and draw one after the other; `any_share` is of any moments, so that counts.
    """
    return _wall(TEN, PROCESSES)


def ten() -> dict[str, float]:
    """The same with a process for each board; a machine with fewer processors lets them wait for each other."""
    return _wall(TEN, TEN)


def three() -> dict[str, float]:
    """Three boards in three processes: a machine of two processors can wake them almost at once."""
    return _wall(3, 3)


def _wall(count: int, processes: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        each = count // processes
        made = [Boards(Path(folder), [f"{n}-{m}" for m in range(each)], module=MODULE) for n in range(processes)]
        with _linked(made, min(3, count - 1)) as boards:
            is_first = all(run_first(each.pid) for each in boards)
            time.sleep(LEARN_S)
            boards[0].ask("announce")
            time.sleep(SETTLE_S)
            everywhere(boards, "watch")
            before, used_before = processor_s(), sum(everywhere(boards, "used"))
            time.sleep(MEASURED_S)
            after, used = processor_s(), sum(everywhere(boards, "used")) - used_before
            shown = [frames for crew in everywhere(boards, "shown") for frames in crew]
            panels = [panel for crew in everywhere(boards, "panels") for panel in crew]
            times = [mesh_s for crew in everywhere(boards, "times") for mesh_s, _ in crew]
    idle, stolen = ((now - then) / MEASURED_S for now, then in zip(after, before, strict=True))
    return {
        "middle_share": middle_share(shown, sorted(times)[count // 2]),
        "any_share": same_share(shown),
        **{f"behind_p{share}_ms": late * 1e3 for share, late in behind(shown, sorted(times)[count // 2]).items()},
        "spread_ms": (max(times) - min(times)) * 1e3,
        "late_share": sum(panel["late"] for panel in panels) / sum(panel["marquee_frames"] for panel in panels),
        "dropped": float(sum(panel["dropped"] for panel in panels)),
        "repeated": float(sum(panel["repeated"] for panel in panels)),
        "least_rate_hz": min(panel["rate_hz"] for panel in panels),
        "percent_of_a_core_each": used / MEASURED_S / count * 100,
        "idle_processors": idle,
        "stolen_processors": stolen,
        "run_first": float(is_first),
    }


def faults() -> dict[str, float]:
    """Two boards with panels; one is stalled for 300 ms, then has next to no memory left."""
    with tempfile.TemporaryDirectory() as folder:
        made = [Boards(Path(folder), [name], module=MODULE) for name in ("left", "right")]
        with _linked(made, 1) as (left, right):
            for crew in (left, right):
                run_first(crew.pid)
            time.sleep(LEARN_S)
            left.ask("announce")
            time.sleep(SETTLE_S)
            everywhere([left, right], "watch")
            time.sleep(SETTLE_S)
            before = right.ask("panels")[0]
            right.ask("stall", seconds=0.300)
            ended = time.monotonic()
            time.sleep(SETTLE_S)
            after = right.ask("panels")[0]
            shown = left.ask("shown")[0], right.ask("shown")[0]
            right.ask("squeeze", spare_mib=4.0)
            hogged = right.ask("hog")
            time.sleep(MEASURED_S / 2)
            squeezed = right.ask("panels")[0]
            right.ask("relax")
            relaxed = time.monotonic()
            time.sleep(SETTLE_S)
            later = left.ask("shown")[0], right.ask("shown")[0]
    frames = squeezed["marquee_frames"] - after["marquee_frames"]
    return {
        "stall_repeated": float(after["repeated"] - before["repeated"]),
        "stall_dropped": float(after["dropped"] - before["dropped"]),
        "stall_back_ms": back_in_step(shown, ended) * 1e3,
        "hogged_mib": hogged,
        "pressure_frames": float(frames),
        "pressure_repeated_share": (squeezed["repeated"] - after["repeated"]) / max(1, frames),
        "pressure_dropped_share": (squeezed["dropped"] - after["dropped"]) / max(1, frames),
        "pressure_back_ms": back_in_step(later, relaxed) * 1e3,
    }


def storm() -> dict[str, float]:
    """Two boards with panels, each in a namespace of its own; for a while a packet in twenty is lost, and all others
    need 50 +- 20 ms."""
    with tempfile.TemporaryDirectory() as folder, places(2, delay_s=CALM_DELAY_S) as ends:
        made = [
            Boards(Path(folder), [end.namespace], host=end.address, prefix=end.prefix, module=MODULE) for end in ends
        ]
        with _linked(made, 1) as boards:
            is_first = all(run_first(each.pid) for each in boards)
            time.sleep(LEARN_S)
            boards[0].ask("announce")
            time.sleep(SETTLE_S)
            everywhere(boards, "watch")
            time.sleep(SETTLE_S)
            before = [panel for crew in everywhere(boards, "panels") for panel in crew]
            ends[0].change(0.05, 0.050)
            time.sleep(MEASURED_S / 2)
            ends[0].change(0.0, CALM_DELAY_S)
            over = time.monotonic()
            after = [panel for crew in everywhere(boards, "panels") for panel in crew]
            times = [mesh_s for crew in everywhere(boards, "times") for mesh_s, _ in crew]
            time.sleep(SETTLE_S)
            shown = [frames for crew in everywhere(boards, "shown") for frames in crew]
    changes = {
        name: float(sum(now[name] - then[name] for now, then in zip(after, before, strict=True)))
        for name in ("marquee_frames", "dropped", "repeated", "late")
    }
    return {
        **{f"storm_{name}": change for name, change in changes.items()},
        "storm_apart_ms": (max(times) - min(times)) * 1e3,
        "storm_back_ms": back_in_step(shown, over) * 1e3,
        "run_first": float(is_first),
    }


def squeezed() -> dict[str, float]:
    """Two boards with panels; one is in a memory cgroup with next to no room left, beside one who reads files in it,
    so that the kernel takes back pages of the board all the time."""
    with tempfile.TemporaryDirectory() as folder, memory_group() as group:
        within = ("sh", "-c", 'echo $$ > "$0" && exec "$@"', str(group / "cgroup.procs"))
        made = [
            Boards(Path(folder), ["left"], module=MODULE),
            Boards(Path(folder), ["right"], prefix=within, module=MODULE),
        ]
        with _linked(made, 1) as (left, right):
            is_first = all([run_first(crew.pid) for crew in (left, right)])
            time.sleep(LEARN_S)
            left.ask("announce")
            time.sleep(SETTLE_S)
            everywhere([left, right], "watch")
            time.sleep(SETTLE_S)
            used = int((group / "memory.usage_in_bytes").read_text())
            (group / "memory.limit_in_bytes").write_text(str(used + (SPARE_MIB << 20)))
            before = right.ask("panels")[0]
            with _reader(group, Path(folder) / "large"):
                time.sleep(MEASURED_S / 2)
                after = right.ask("panels")[0]
                refused = int((group / "memory.failcnt").read_text())
            over = time.monotonic()
            time.sleep(SETTLE_S)
            shown = left.ask("shown")[0], right.ask("shown")[0]
    frames = after["marquee_frames"] - before["marquee_frames"]
    return {
        "squeezed_frames": float(frames),
        "squeezed_repeated_share": (after["repeated"] - before["repeated"]) / max(1, frames),
        "squeezed_dropped_share": (after["dropped"] - before["dropped"]) / max(1, frames),
        "squeezed_back_ms": back_in_step(shown, over) * 1e3,
        "board_mib": used / (1 << 20),
        "times_at_the_limit": float(refused),
        "run_first": float(is_first),
    }


@contextmanager
def memory_group() -> Iterator[Path]:
    """A memory cgroup (version 1) of our own.

    Raises:
        Missing: this system makes none for us.
    """
    group = GROUPS / f"edgeboard-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        raise Missing(f"this system has no memory cgroup (version 1) for us: {error}") from None
    try:
        yield group
    finally:
        for process in (group / "cgroup.procs").read_text().split():
            (GROUPS / "cgroup.procs").write_text(process)
        (group / "memory.force_empty").write_text("0")
        group.rmdir()


@contextmanager
def _reader(group: Path, large: Path) -> Iterator[None]:
    """Somebody in the group who reads more than fits into it, again and again."""
    with large.open("wb") as file:
        for _ in range(LARGE_MIB):
            file.write(bytes(1 << 20))
        file.flush()
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)  # what is read is the reader's, and the group's
    code = (
        "import sys\nprint(flush=True)\nsys.stdin.readline()\nwhile True:\n with open(sys.argv[1], 'rb', 0) as file:\n"
    )
    code += "  while file.read(65536):\n   pass\n"
    reader = subprocess.Popen([sys.executable, "-c", code, str(large)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert reader.stdout is not None
        assert reader.stdin is not None
        reader.stdout.readline()
        (group / "cgroup.procs").write_text(str(reader.pid))
        reader.stdin.write(b"\n")
        reader.stdin.flush()
        yield
    finally:
        reader.kill()
        reader.communicate()


@contextmanager
def _linked(made: Sequence[Boards], least: int) -> Iterator[list[Boards]]:
    """Boards that have met: each has so many links at least."""
    with crews(made) as boards:
        ends = time.monotonic() + MEET_S
        while min(links for crew in everywhere(boards, "links") for links in crew) < least:
            if time.monotonic() > ends:
                raise RuntimeError("boards did not meet")
            time.sleep(0.1)
        yield boards


def same_share(shown: Sequence[Sequence[tuple[float, int]]]) -> float:
    """The share of moments at which all panels show the same frame; moments are spread evenly over what all have noted.

    Args:
        shown: of each panel when it showed which frame, in order.
    """
    begins, ends = max(frames[0][0] for frames in shown), min(frames[-1][0] for frames in shown)
    moments = [begins + (ends - begins) * (look + 0.5) / LOOKS for look in range(LOOKS)]
    return sum(len({_at(frames, moment) for frames in shown}) == 1 for moment in moments) / LOOKS


def middle_share(shown: Sequence[Sequence[tuple[float, int]]], ahead_s: float) -> float:
    """The share of frames that all panels show in the middle of their time, as a camera at their rate would see it.

    Args:
        shown: of each panel when it showed which frame, in order.
        ahead_s: mesh time less the clock of those moments.
    """
    clock = FrameClock(RATE_HZ)
    begins, ends = max(frames[0][0] for frames in shown), min(frames[-1][0] for frames in shown)
    numbers = range(clock.frame_at(begins + ahead_s) + 1, clock.frame_at(ends + ahead_s))
    middles = ((number, clock.start_of(number) + 0.5 / RATE_HZ - ahead_s) for number in numbers)
    return sum({_at(frames, middle) for frames in shown} == {number} for number, middle in middles) / len(numbers)


def behind(shown: Sequence[Sequence[tuple[float, int]]], ahead_s: float) -> dict[int, float]:
    """How long after its beginning a frame is shown, s: the median and two high percentiles; arguments as above."""
    clock = FrameClock(RATE_HZ)
    late = sorted(at + ahead_s - clock.start_of(number) for frames in shown for at, number in frames)
    return {share: late[len(late) * share // 100] for share in (50, 95, 99)}


def run_first(process: int) -> bool:
    """Let a process run before all others of this machine, where that is permitted: it stands for a machine of its own,
    and takes a fraction of a processor; whatever else is busy here is not what is measured."""
    try:
        for task in Path(f"/proc/{process}/task").iterdir():
            os.sched_setscheduler(int(task.name), os.SCHED_RR, os.sched_param(1))
    except OSError:
        return False
    return True


def processor_s() -> tuple[float, float]:
    """Seconds since its start that this machine's processors were idle, and that its host has taken, each summed."""
    fields = [float(each) for each in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    ticks = os.sysconf("SC_CLK_TCK")
    return (fields[3] + fields[4]) / ticks, fields[7] / ticks


def back_in_step(shown: Sequence[Sequence[tuple[float, int]]], since: float) -> float:
    """How long after a moment all panels showed the same frame first, s; infinite: never."""
    moments = sorted(at for frames in shown for at, _ in frames if at >= since)
    return next((moment - since for moment in moments if len({_at(frames, moment) for frames in shown}) == 1), inf)


def _at(frames: Sequence[tuple[float, int]], moment: float) -> int:
    """The frame that was to be seen at a moment."""
    place = bisect_right(frames, moment, key=lambda frame: frame[0])
    return frames[place - 1][1] if place else -1
