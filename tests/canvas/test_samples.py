"""Samples become columns; a column is there if every sample has it."""

from edgeboard.canvas.samples import Sample, Stroke, stroke_of


def test_samples_become_columns_on_the_grid():
    samples = [Sample(1.0, -2.26, 10, 0, 3, 4), Sample(1.05, 0.0, 20, 8, 5, 6)]
    assert stroke_of(samples, 20) == Stroke(20, (20, 21), (-45, 0), (10, 20), (0, 8), (3, 5), (4, 6))


def test_a_column_with_a_hole_is_left_out():
    samples = [Sample(0, 0, 10, None, 3, None), Sample(1, 1, None, 8, 5, None)]
    assert stroke_of(samples, 8) == Stroke(8, (0, 8), (0, 8))


def test_chosen_points_keep_all_their_columns():
    stroke = Stroke(8, (1, 2, 3), (4, 5, 6), (7, 8, 9), None, (1, 2, 3), (4, 5, 6))
    assert stroke.choose([0, 2]) == Stroke(8, (1, 3), (4, 6), (7, 9), None, (1, 3), (4, 6))
