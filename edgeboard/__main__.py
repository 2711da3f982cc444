"""`python -I -m edgeboard`: the same as `edgeboard`, without a script whose first line names a path."""

import sys

from edgeboard.cli.entry import main

sys.exit(main())
