"""`python -m pygen`: the command line, also where another package owns the script `pygen`."""

import sys

from pygen.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
