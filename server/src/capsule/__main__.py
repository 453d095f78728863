"""`python -m capsule <command>`."""

import sys

from capsule.main import main

sys.exit(main())
