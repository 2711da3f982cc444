"""`edgeboard sim`: a site of many boards in one process, with faults, as fast as this machine can."""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable

from edgeboard.testing.simulation import Report, Site, SiteSettings

EVERY_S = 0.5  # between two looks at the progress, on a terminal
LINES_EVERY_S = 15.0  # between two lines of it elsewhere


def main(arguments: argparse.Namespace) -> int:
    settings = SiteSettings(
        nodes=arguments.nodes,
        rooms=arguments.rooms,
        seed=arguments.seed,
        hours=arguments.hours,
        loss=arguments.loss,
        loss_back=arguments.loss_back,
        slow=arguments.slow,
        wrong_clocks=arguments.wrong_clocks,
        partition_s=arguments.partition,
        partition_every_s=arguments.partition_every,
        churn_per_min=arguments.churn,
        stroke_every_s=arguments.stroke_every,
        multicast=not arguments.no_multicast,
        verify=arguments.verify,
    )
    started = time.monotonic()
    report = Site(settings, None if arguments.json else show_progress(is_terminal=sys.stderr.isatty())).run()
    took = time.monotonic() - started
    if arguments.json:
        print(json.dumps({**report.as_json(), "took_s": round(took, 3)}))
    else:
        print(describe(report, took))
    return 0 if report.is_sound else 1


def show_progress(*, is_terminal: bool) -> Callable[[float, float], None]:
    """Says how far the clock has come: one line that changes on a terminal, and seldom a new one elsewhere."""
    last = time.monotonic()
    begin, end, pause = ("\r\x1b[K", "", EVERY_S) if is_terminal else ("", "\n", LINES_EVERY_S)

    def show(done: float, whole: float) -> None:
        nonlocal last
        now = time.monotonic()
        if done >= whole and is_terminal:
            print(begin, end="", file=sys.stderr, flush=True)
        elif now - last >= pause:
            last = now
            words = f"{done / 60:.1f} of {whole / 60:.1f} min on the boards' clock"
            print(f"{begin}{words}", end=end, file=sys.stderr, flush=True)

    return show


def describe(report: Report, took_s: float) -> str:
    """The report for people."""
    settings = report.settings
    seconds = settings.hours * 3600.0
    lines = [
        f"{settings.nodes} boards, {settings.rooms} room{'s' * (settings.rooms > 1)}, {_span(seconds)} on their clock "
        f"in {_span(took_s)} ({seconds / max(took_s, 1e-9):.1f} times as fast), seed {settings.seed}",
        f"strokes      {report.strokes}; {report.safe} called safe (of the rest a power cut was faster), "
        f"lost {report.lost}, doubled {report.doubled}",
        f"             {report.changes} changes of what was there",
        f"canvases     {_settled(report)}",
        f"messages     {report.messages}, {report.messages / settings.nodes / seconds:.1f} a board a second",
        f"bytes        {report.bytes}, {report.bytes / settings.nodes / seconds:.0f} a board a second",
        f"broadcast    {report.copies:.2f} copies of each batch at each board",
        f"links        {report.links_mean:.1f} a board, {report.links_most} at most; {report.dials} dialled",
    ]
    if report.power_cuts:
        lines.append(f"power cuts   {report.power_cuts}, {report.dead_cards} of them killed the card as well")
    if settings.partition_s and not any(fault.kind == "partition" for fault in report.faults):
        lines.append("partitions   none: the run was over first; see --partition-every")
    for kind in sorted({fault.kind for fault in report.faults}):
        took = [fault.converged_s for fault in report.faults if fault.kind == kind]
        done = [each for each in took if each is not None]
        middle = f"half within {statistics.median(done):.1f} s, all within {max(done):.1f} s" if done else "none"
        late = len(took) - len(done)
        after = {"power cut": "power back", "partition": "partition"}[kind]
        lines.append(f"{after:<12} {len(took)} times, converged: {middle}{f', {late} not at all' if late else ''}")
    lines.append(f"fingerprint  {report.fingerprint}, the same whenever this run is repeated")
    lines.append("sound" if report.is_sound else "NOT SOUND: keep the seed, it shows a fault of edgeboard")
    return "\n".join(lines)


def _settled(report: Report) -> str:
    if report.settled_s is None:
        return f"NOT equal: {report.canvases} too many two minutes after the last stroke"
    return f"equal {report.settled_s:.1f} s after the last stroke"


def _span(seconds: float) -> str:
    return f"{seconds / 60:.1f} min" if seconds >= 120 else f"{seconds:.1f} s"
