from firmware_bridge.panel.ghosts import GhostBudget


def test_a_budget_is_spent_by_updates_or_by_erased_px_whichever_is_first():
    by_count, by_px = GhostBudget(3, 1000), GhostBudget(3, 1000)
    for _ in range(2):
        by_count.spend(0)
    assert by_count.is_half_spent
    assert not by_count.is_spent
    by_count.spend(0)
    assert by_count.is_spent
    by_px.spend(1000)
    assert by_px.is_spent
    assert not by_px.is_overdrawn
    by_px.spend(9000)
    assert by_px.is_overdrawn


def test_a_flash_gives_all_of_it_back():
    budget = GhostBudget(1, 1)
    budget.spend(50)
    budget.flush()
    assert (budget.updates, budget.erased, budget.share) == (0, 0, 0.0)
