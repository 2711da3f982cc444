"""The mesh as one board sees it, for people and scripts: its members, their links, versions and round-trip times."""

from typing import Any

from edgeboard.identity.grants import role_shown
from edgeboard.ids import NodeId
from edgeboard.node.pipeline import Pipeline
from edgeboard.render.mesh import Board, Line, render_mesh

BOARDS_MAX = 512  # of a picture or a list; whoever is alive comes first


def survey(pipeline: Pipeline) -> dict[str, Any]:
    """Everybody of the mesh: this board first, then the others by name, those that are gone last.

    `round_trip_ms` of our own links is measured; of others it is what they said last, in steps.
    """
    members = pipeline.mesh.membership.members
    alive = {members.me, *members.alive()}
    measured = {link.node: link for link in pipeline.mesh.statistics().links if not link.guest}  # by node id in hex
    boards: list[dict[str, Any]] = []
    for record in members:
        about, node = record.about, record.node.hex()
        ours = measured.get(node)
        is_self = record.node == members.me
        boards.append(
            {
                "node": node,
                "name": pipeline.identity.name if is_self else about.name,
                "software": pipeline.identity.software if is_self else about.software,
                "urls": list(members.urls(record.node)),
                "self": is_self,
                "alive": record.node in alive,
                "behind": about.behind,
                "role": None if (role := role_shown(about.grant)) is None else role.name.lower(),
                "linked": ours is not None,
                "suspect": ours is not None and ours.suspect,
                "round_trip_ms": None if ours is None else ours.round_trip_ms,
                "neighbours": [
                    {"node": each.node.hex(), "round_trip_ms": each.round_trip_ms or None} for each in about.neighbours
                ],
            }
        )
    boards.sort(key=lambda each: (not each["self"], not each["alive"], each["name"].casefold(), each["node"]))
    return {"mesh": pipeline.identity.mesh.hex(), "boards": boards[:BOARDS_MAX], "links": _links(pipeline, boards)}


def _links(pipeline: Pipeline, boards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each link once, with what is known of it; of boards that are gone none."""
    members = pipeline.mesh.membership.members
    alive = {each["node"] for each in boards if each["alive"]}
    found: dict[tuple[str, str], dict[str, Any]] = {}

    def note(one: str, other: str, round_trip_ms: float | None, is_measured: bool) -> None:
        if one not in alive or other not in alive:
            return
        key = (min(one, other), max(one, other))
        link = found.setdefault(key, {"nodes": list(key), "round_trip_ms": None, "sure": False})
        if round_trip_ms is not None and (is_measured or link["round_trip_ms"] is None):
            link["round_trip_ms"] = round(round_trip_ms, 1)
        a, b = NodeId(bytes.fromhex(one)), NodeId(bytes.fromhex(other))
        link["sure"] = members.are_linked(a, b) and members.are_linked(b, a)

    for board in boards:
        for each in board["neighbours"]:
            note(board["node"], each["node"], each["round_trip_ms"], False)
        if board["linked"]:
            note(members.me.hex(), board["node"], board["round_trip_ms"], True)
    return [found[key] for key in sorted(found)]


def picture(found: dict[str, Any]) -> str:
    """What `survey` has found as SVG."""
    boards = [
        Board(each["node"], each["name"], each["self"], each["alive"], each["behind"]) for each in found["boards"]
    ]
    lines = [
        Line(one, other, each["round_trip_ms"], each["sure"])
        for each in found["links"]
        for one, other in (each["nodes"],)
    ]
    return render_mesh(boards, lines)
