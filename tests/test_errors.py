"""The error tree, as its module draws it."""

import inspect

from edgeboard import errors


def test_every_error_of_the_tree_is_drawn_where_it_lives() -> None:
    drawing = errors.__doc__ or ""
    for name, kind in inspect.getmembers(errors, inspect.isclass):
        if issubclass(kind, errors.EdgeboardError):
            assert name in drawing, f"draw {name} in the docstring of errors.py"


def test_a_decoder_needs_one_except() -> None:
    assert issubclass(errors.LimitError, errors.DecodeError)


def test_a_refusal_carries_the_code_that_goes_over_the_wire() -> None:
    assert errors.SignatureError("forged").code is errors.CloseCode.BAD_SIGNATURE
    assert errors.RefusedError(errors.CloseCode.RATE, "slow down").code == 3
