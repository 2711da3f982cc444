"""The table: which figures there are, what they are held against, and what is asked of them."""

from benchmarks.figures import ink, network, page, panels, pens, shipping, updates

FIGURES = [
    *ink.FIGURES,
    *network.FIGURES,
    *pens.FIGURES,
    *page.FIGURES,
    *panels.FIGURES,
    *updates.FIGURES,
    *shipping.FIGURES,
]
