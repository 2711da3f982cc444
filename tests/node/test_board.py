"""Why a port cannot be opened, in words. Boards as a whole: test_build.py."""

import errno

import pytest

from edgeboard.node.board import explain_listen


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EADDRINUSE, "--listen"),
        (errno.EACCES, "root"),
        (errno.EADDRNOTAVAIL, "[::]:PORT"),
        (errno.EAFNOSUPPORT, "cannot listen on 10.0.0.9:80"),
    ],
)
def test_a_port_that_cannot_be_opened_comes_with_its_remedy(number, words) -> None:
    assert words in explain_listen("10.0.0.9", 80, OSError(number, "why"))
