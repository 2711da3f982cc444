"""`edgeboard pin` and `edgeboard token`: how the guests of a running board are let in."""

import argparse
import json
from typing import Any
from urllib.parse import quote, urlencode

from edgeboard.cli.control import ask_json, state_of
from edgeboard.cli.moments import show_span
from edgeboard.errors import UserError

NOT_ASKED = "this board does not ask for it; write `guests: {admit: pin}` in its configuration"


def main(arguments: argparse.Namespace) -> int:
    found, text = _pin(arguments) if arguments.word == "pin" else _token(arguments)
    print(json.dumps(found) if arguments.json else text)
    return 0


def _pin(arguments: argparse.Namespace) -> tuple[Any, str]:
    found = ask_json(state_of(arguments.state), "/control/pin", b"" if arguments.new else None)
    return found, found["pin"] if found["admit"] == "pin" else f"{found['pin']}  ({NOT_ASKED})"


def _token(arguments: argparse.Namespace) -> tuple[Any, str]:
    state = state_of(arguments.state)
    if arguments.room is None and (arguments.role is not None or arguments.seconds is not None):
        raise UserError("a role and a time are for a new link; say into which room it leads, too: --room ROOM")
    if arguments.revoke is not None:
        found = ask_json(state, f"/control/tokens/{quote(arguments.revoke, safe='')}/revoke", b"")
        return found, f"the link {found['id'][-8:]} has ended; who came by it at this board has been let go"
    if arguments.room is None:
        held = ask_json(state, "/control/tokens")
        return held, "\n".join(map(_row, held)) or "no links hold; make one with: edgeboard token --room ROOM"
    wish = {"room": arguments.room, "role": arguments.role or "draw"}
    if arguments.seconds is not None:
        wish["seconds"] = str(arguments.seconds)
    found = ask_json(state, f"/control/tokens?{urlencode(wish)}", b"")
    urls = ask_json(state, "/api/addresses")["urls"]
    if not urls:
        raise UserError("the board has no address that a link could name")
    found["link"] = f"{urls[0]}/room/{quote(found['room'], safe='')}#token={found['token']}"
    how = f"edgeboard token --revoke {found['id'][-8:]}"
    if arguments.seconds is None:
        return found, f"{found['link']}\nit holds until you revoke it: {how}"
    return found, f"{found['link']}\nit ends in {show_span(arguments.seconds)}; sooner with: {how}"


def _row(each: dict[str, Any]) -> str:
    left = "until revoked" if each["left_s"] is None else f"{show_span(each['left_s'])} left"
    return f"{each['id'][-8:]}  {each['role']:4}  {each['room']}  {left}"
