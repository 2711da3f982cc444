"""When engines want to be woken: each names one time, and whoever holds several of them names the first."""


def soonest(*times: float | None) -> float | None:
    """The first of these times; None stands for never."""
    first = None
    for each in times:
        if each is not None and (first is None or each < first):
            first = each
    return first
