"""`python -m etude.cli` is `etude`."""

import sys

from etude.cli import main

if __name__ == "__main__":
    sys.exit(main())
