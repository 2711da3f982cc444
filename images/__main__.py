"""Started at each start of a board, as a folder: `python3 -I /usr/lib/edgeboard/provision`."""

import sys

from images.provision import main

sys.exit(main())
