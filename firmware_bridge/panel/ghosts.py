"""What a panel may still be asked to do without a flash."""

from typing import final


@final
class GhostBudget:
    """Counts updates without a flash, and px that were erased by them, since the last flash."""

    def __init__(self, updates_limit: int, erased_limit: int) -> None:
        self._updates_limit = max(updates_limit, 1)
        self._erased_limit = max(erased_limit, 1)
        self.updates = 0
        self.erased = 0  # px

    def spend(self, erased: int) -> None:
        """One more update without a flash.

        Args:
            erased: px that were dark before it and are light after it.
        """
        self.updates += 1
        self.erased += erased

    def flush(self) -> None:
        self.updates = self.erased = 0

    @property
    def share(self) -> float:
        """How much is spent; 1: all of it."""
        return max(self.updates / self._updates_limit, self.erased / self._erased_limit)

    @property
    def is_half_spent(self) -> bool:
        return self.share >= 0.5

    @property
    def is_spent(self) -> bool:
        return self.share >= 1.0

    @property
    def is_overdrawn(self) -> bool:
        """So far spent that a flash is due at the first rest of the pen."""
        return self.share >= 10.0
