"""Pages and layers of a room, as its meta tells (docs/formats/oplog.md, "key of meta"): what of it a picture needs.

The twin of `edgeboard/web/static/structure.js`.
"""

from edgeboard.canvas.document import Document
from edgeboard.canvas.items import Item


def order_key(page: int, layer: int) -> str:
    """The key of meta that says where a layer lies among those of its page."""
    return f"order/{page}/{layer}"


def layer_order(document: Document, page: int, layer: int) -> tuple[str, int]:
    """What the layers of a page are painted in order of; texts compare as their UTF-8 does."""
    order = document.meta(order_key(page, layer))
    return (order if isinstance(order, str) else ""), layer


def painted_items(document: Document) -> list[Item]:
    """The live items page by page in paint order: layers in their order, and the items of each by rule 9."""
    items = document.items()
    places = {(item.page, item.layer) for item in items}
    orders = {place: (place[0], *layer_order(document, *place)) for place in places}
    return sorted(items, key=lambda item: orders[item.page, item.layer])
