"""Sites for the scenarios: what happens there follows from a seed, or stands in a file of `seeds/` for ever."""

import json
import random
from dataclasses import asdict
from pathlib import Path

from edgeboard.testing.simulation import Report, Site, SiteSettings

SEEDS = Path(__file__).parent / "seeds"


def site_of(seed: int, nodes: int, seconds: float) -> SiteSettings:
    """A site with troubles of all kinds, in a mixture that the seed decides."""
    rng = random.Random(f"site {seed}")
    return SiteSettings(
        nodes=nodes,
        rooms=rng.choice((1, 1, 2, 4)),
        seed=seed,
        hours=seconds / 3600,
        loss=rng.choice((0.0, 0.01, 0.05, 0.1)),
        partition_s=rng.choice((0.0, 5.0, 12.0, 20.0)),
        partition_every_s=rng.uniform(25.0, 60.0),
        churn_per_min=rng.choice((0.0, 4.0, 10.0, 20.0)),
        away_s=rng.uniform(3.0, 20.0),
        dead_cards=rng.choice((0.0, 0.2, 0.5)),
        stroke_every_s=rng.uniform(4.0, 12.0),
        changes=rng.choice((0.1, 0.3, 0.5)),
        multicast=rng.random() < 0.7,
        loss_back=rng.choice((None, None, 0.0, 0.2)),
        slow=rng.choice((0.0, 0.0, 0.1)),
        wrong_clocks=rng.choice((0.0, 0.3, 1.0)),
    )


def require_sound(settings: SiteSettings) -> Report:
    """Run a site; a run that is not sound says how to keep and repeat it."""
    report = Site(settings).run()
    if not report.is_sound:
        found = {key: value for key, value in report.as_json().items() if key not in ("faults", "settings")}
        keep = json.dumps(asdict(settings), indent=1)
        raise AssertionError(f"{found}\nkeep this as tests/scenarios/seeds/NAME.json, and mend what it shows:\n{keep}")
    return report
