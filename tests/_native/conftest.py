import pytest

from tests._native import workshop


@pytest.fixture(scope="session")
def kernel():
    """The kernel, built from the sources that are there now."""
    return workshop.kernel()
