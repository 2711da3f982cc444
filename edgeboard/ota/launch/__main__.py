"""`python -m edgeboard.ota.launch`: the same as `launcher.pyz`."""

import sys

from edgeboard.ota.launch.program import main

sys.exit(main())
