"""Web that may be killed at a place of its program: `python -m tests.faults.processes.web`."""

import sys

from tests.faults.processes.steps import arrange

if __name__ == "__main__":
    arrange()
    from service.__main__ import main

    sys.exit(main())
