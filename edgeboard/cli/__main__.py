"""`python -m edgeboard.cli`: the same as `edgeboard`."""

import sys

from edgeboard.cli.entry import main

sys.exit(main())
