"""Floors rise, survive half a file, and fall only with the keys that set them."""

from dataclasses import replace

import pytest

from edgeboard.errors import DecodeError, VerificationError
from edgeboard.ota.floors import after_commit, after_verifying, check, from_bytes, join, to_bytes
from edgeboard.ota.values import Floors

SEEN = Floors(3, 40, 20, 10, 7, 1_800_000_000, "t1", "s1", "g1")


def test_what_was_seen_may_be_seen_again():
    check(SEEN, SEEN)
    assert after_verifying(SEEN, SEEN) == SEEN


def test_a_board_that_has_seen_nothing_takes_anything():
    check(Floors(), SEEN)
    assert after_verifying(Floors(), SEEN) == replace(SEEN, counter=0), "the counter counts what was committed"


@pytest.mark.parametrize("name", ["root", "timestamp", "snapshot", "targets", "counter"])
def test_anything_older_is_a_rollback(name):
    with pytest.raises(VerificationError, match="this board has seen") as refused:
        check(SEEN, replace(SEEN, **{name: getattr(SEEN, name) - 1}))
    assert refused.value.attack == "rollback"


def test_floors_rise_one_by_one():
    newer = replace(SEEN, timestamp=41, targets=11, latest_known_time=SEEN.latest_known_time - 5)
    raised = after_verifying(SEEN, newer)
    assert (raised.timestamp, raised.snapshot, raised.targets) == (41, 20, 11)
    assert raised.latest_known_time == SEEN.latest_known_time


def test_a_timestamp_far_ahead_is_forgotten_with_the_key_that_signed_it():
    fast = after_verifying(SEEN, replace(SEEN, timestamp=2**31, latest_known_time=9_000_000_000))
    rotated = replace(SEEN, root=4, timestamp=41, timestamp_keys="t2")
    check(fast, rotated)
    after = after_verifying(fast, rotated)
    assert (after.timestamp, after.latest_known_time) == (41, SEEN.latest_known_time)
    with pytest.raises(VerificationError):
        check(after, replace(rotated, timestamp=40))


def test_other_keys_without_a_newer_root_forgive_nothing():
    with pytest.raises(VerificationError):
        check(SEEN, replace(SEEN, timestamp=39, timestamp_keys="t2"))


def test_new_keys_of_one_role_forgive_no_other():
    with pytest.raises(VerificationError, match="snapshot"):
        check(SEEN, replace(SEEN, root=4, timestamp=1, snapshot=19, timestamp_keys="t2"))


def test_a_counter_far_ahead_falls_to_just_below_what_the_new_keys_offer():
    stolen = after_commit(SEEN, 2**40)
    rotated = replace(SEEN, root=4, targets=1, counter=8, targets_keys="g2")
    check(stolen, rotated)
    assert after_verifying(stolen, rotated).counter == 7
    assert after_verifying(SEEN, rotated).counter == 7, "a counter that is not ahead stays"


def test_floors_come_back_from_their_file():
    assert from_bytes(to_bytes(SEEN)) == SEEN


@pytest.mark.parametrize("damage", [b"", b"{}", b"[]", b"\xff", b"nonsense"])
def test_a_damaged_file_is_told_from_a_low_floor(damage):
    with pytest.raises(DecodeError):
        from_bytes(damage)


def test_no_single_changed_digit_goes_unnoticed():
    data = to_bytes(SEEN)
    for at, byte in enumerate(data):
        if chr(byte).isdigit():
            changed = data[:at] + (b"1" if byte != ord("1") else b"2") + data[at + 1 :]
            with pytest.raises(DecodeError):
                from_bytes(changed)


def test_of_two_copies_the_higher_counts():
    assert join(SEEN, replace(SEEN, timestamp=41, counter=2)) == replace(SEEN, timestamp=41)
    rotated = replace(SEEN, root=4, timestamp=1, timestamp_keys="t2")
    assert join(SEEN, rotated) == join(rotated, SEEN) == rotated
