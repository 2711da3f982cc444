"""Drawings of Excalidraw for tests: elements as its files have them, and any number of random ones."""

import base64
import json

from hypothesis import strategies as st

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
FILES = {
    "f": {"id": "f", "mimeType": "image/png", "dataURL": f"data:image/png;base64,{base64.b64encode(PNG).decode()}"}
}
LOOK = {"strokeColor": "#1e1e1e", "backgroundColor": "transparent", "fillStyle": "solid", "strokeWidth": 2}
PLAIN = {"strokeStyle": "solid", "roughness": 0, "opacity": 100, "angle": 0, "groupIds": [], "isDeleted": False}


def element(kind, **fields):
    return {"id": f"{kind}-1", "type": kind, "x": 10, "y": 20, "width": 100, "height": 50, **LOOK, **PLAIN, **fields}


def scene(*elements, **fields):
    """The bytes of a file."""
    return json.dumps({"type": "excalidraw", "version": 2, "elements": elements, **fields}).encode()


numbers = st.floats(-5000, 5000, allow_nan=False).map(lambda value: round(value, 5)) | st.integers(-5000, 5000)
sizes = st.floats(0, 900).map(lambda value: round(value, 5)) | st.integers(0, 900)
angles = st.just(0) | st.floats(-7, 7)
colours = st.sampled_from(["#1e1e1e", "#e03131", "#fff", "#1d1d1f", "transparent", "red", "#2f9e4480"])
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
offsets = st.tuples(numbers, numbers).map(list)
heads = st.sampled_from([None, "arrow", "triangle"])
round_or_not = st.sampled_from([None, {"type": 2}])


def drawn(kind, **fields):
    """Elements of a kind with any look."""
    return st.fixed_dictionaries(
        {
            "type": st.just(kind), "x": numbers, "y": numbers, "width": sizes, "height": sizes, "angle": angles,
            "strokeColor": colours, "backgroundColor": colours, "opacity": st.integers(0, 100),
            "fillStyle": st.sampled_from(["solid", "hachure"]), "roughness": st.integers(0, 2),
            "strokeWidth": st.sampled_from([0.5, 1, 2, 4, 300]), "strokeStyle": st.sampled_from(["solid", "dashed"]),
            "locked": st.booleans(), "isDeleted": st.sampled_from([False, False, False, True]),
            "groupIds": st.lists(st.sampled_from(["g", "h"]), max_size=2), "roundness": round_or_not,
        }
        | fields
    )  # fmt: skip


ink = st.integers(1, 30).flatmap(
    lambda count: drawn(
        "freedraw",
        points=st.lists(offsets, min_size=count, max_size=count),
        pressures=st.lists(st.floats(0, 1), max_size=count),
        simulatePressure=st.booleans(),
        customData=st.sampled_from([None, {"edgeboard": {"tool": "marker"}}]),
    )
)
lines = st.sampled_from(["line", "arrow"]).flatmap(
    lambda kind: drawn(
        kind, points=st.lists(offsets, min_size=2, max_size=6), startArrowhead=heads, endArrowhead=heads,
        polygon=st.booleans(), startBinding=st.sampled_from([None, {"elementId": "0"}, {"elementId": "no"}]),
        endBinding=st.sampled_from([None, {"elementId": "1"}]),
    )
)  # fmt: skip
boxes = st.sampled_from(["rectangle", "ellipse", "diamond"]).flatmap(drawn)
stickies = drawn("rectangle", customData=st.just({"edgeboard": {"type": "sticky"}}))
texts = drawn(
    "text", text=words, fontSize=st.sampled_from([16, 20, 28.5]), fontFamily=st.sampled_from([1, 2, 5]),
    containerId=st.sampled_from([None, "0", "1"]), textAlign=st.sampled_from(["left", "center"]),
)  # fmt: skip
signs = st.sampled_from([-1, 1])
images = drawn("image", fileId=st.sampled_from(["f", "f", "none"]), scale=st.tuples(signs, signs).map(list))
others = drawn("image", fileId=words) | drawn("frame") | drawn("embeddable") | drawn("hologram")


@st.composite
def scenes(draw):
    """Files with elements of all kinds; their ids are their numbers, so that what hangs on others may find them."""
    found = draw(st.lists(boxes | lines | ink | texts | stickies | images | others, max_size=12))
    return scene(*({"id": str(number)} | fields for number, fields in enumerate(found)), files=FILES)
