"""One run of one function in a fresh process: `python -m benchmarks.child module:function`."""

import importlib
import json
import sys

if __name__ == "__main__":
    name, _, function = sys.argv[1].partition(":")
    module = importlib.import_module(f"benchmarks.{name}")
    print(json.dumps(getattr(module, function)()))
