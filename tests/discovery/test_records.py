import pytest

from edgeboard.discovery.records import (
    LABEL_MAX,
    SERVICE,
    URLS_MAX,
    host_name,
    instance_name,
    read_properties,
    urls_of,
    write_properties,
)
from edgeboard.ids import MeshId, NodeId, mesh_tag
from edgeboard.runtime.interfaces import InterfaceAddress

NODE = NodeId(bytes(range(16)))
TAG = mesh_tag(MeshId(b"m" * 16))
HOME = [InterfaceAddress("eth0", 2, "192.168.1.7", 24), InterfaceAddress("eth0", 2, "2001:db8::7", 64)]


def as_read(properties):
    return {key.encode(): value.encode() for key, value in properties.items()}


def test_what_is_written_is_read():
    assert read_properties(as_read(write_properties(NODE, TAG)), TAG) == NODE


def test_what_a_later_version_adds_is_skipped():
    assert read_properties(as_read(write_properties(NODE, TAG)) | {b"new": b"x", b"flag": None}, TAG) == NODE


@pytest.mark.parametrize(
    "change",
    [
        {b"v": b"2"},
        {b"v": None},
        {b"m": mesh_tag(MeshId(b"o" * 16)).hex().encode()},
        {b"m": None},
        {b"id": b"00"},
        {b"id": None},
        {b"id": b"z" * 32},
        {b"id": b"\xff" * 32},
    ],
)
def test_other_meshes_other_versions_and_rubbish_are_nobody(change):
    assert read_properties(as_read(write_properties(NODE, TAG)) | change, TAG) is None


@pytest.mark.parametrize("name", ["kitchen", "a.b.c", "Küche №4", "ü" * 40, "x" * 200])
def test_a_name_fits_and_ends_in_digits_of_the_node(name):
    label = instance_name(name, NODE).removesuffix(f".{SERVICE}")
    assert len(label.encode()) <= LABEL_MAX
    assert label.endswith("-0001")
    assert name.startswith(label.removesuffix("-0001"))


def test_a_host_name_is_of_one_node_only():
    assert host_name(NODE) == "000102030405060708090a0b0c0d0e0f.local."


def test_addresses_of_our_networks_come_first_and_those_that_need_a_zone_last():
    found = urls_of(["fe80::1%2", "10.9.9.9", "2001:db8::1", "192.168.1.9", "192.168.1.9"], 8787, HOME)
    assert found == (
        "http://[2001:db8::1]:8787",
        "http://192.168.1.9:8787",
        "http://10.9.9.9:8787",
        "http://[fe80::1%2]:8787",
    )


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2600::1", "127.0.0.1", "::1", "0.0.0.0", "224.0.0.251", "fe80::1", "x"]
)
def test_nobody_on_the_network_can_send_us_out_of_the_building_or_to_ourselves(address):
    assert urls_of([address], 8787, HOME) == ()


def test_boards_on_one_machine_may_meet_over_loopback_if_its_owner_said_so():
    assert urls_of(["127.0.0.1"], 1, [InterfaceAddress("lo", 1, "127.0.0.1", 8)]) == ("http://127.0.0.1:1",)


def test_a_board_has_so_many_addresses_and_no_more():
    assert len(urls_of([f"10.0.0.{at}" for at in range(100)], 1, HOME)) == URLS_MAX
