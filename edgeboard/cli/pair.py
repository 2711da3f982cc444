"""`edgeboard pair`: show a code of six digits that lets one board in."""

import argparse
import json
import sys
import time

from edgeboard.cli.control import ask_json, state_of

LOOK_S = 0.5  # between looks whether a board has come


def main(arguments: argparse.Namespace) -> int:
    """Returns 0 when a board has come (or, with --json, at once), 1 when none did."""
    state = state_of(arguments.state)
    shown = ask_json(state, "/control/mesh/pair", b"{}")
    if arguments.json:
        print(json.dumps(shown))
        return 0
    code = shown["code"]
    print(f"{code[:3]} {code[3:]}\n")
    print(f"On the new board, within {shown['left_s']:.0f} s: edgeboard join {code}")
    print("(with --peer ADDRESS-OF-THIS-BOARD if it is in another network).")
    print("It lets one board in, and can be tried three times. Ctrl-C ends the waiting, not the code.", flush=True)
    tries = None
    while True:
        looked = ask_json(state, "/control/mesh/pair")
        if looked["used"]:
            print(f"a board has joined the mesh {shown['mesh']}")
            return 0
        if not looked["open"]:
            why = "it was tried three times" if looked["tries_left"] == 0 else "its time is up"
            print(f"no board has joined: {why}", file=sys.stderr)
            return 1
        if tries not in (None, looked["tries_left"]):
            print(f"somebody has tried; {looked['tries_left']} left", flush=True)
        tries = looked["tries_left"]
        time.sleep(LOOK_S)
