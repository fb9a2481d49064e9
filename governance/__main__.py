"""Root of `python -m governance`."""

from governance.cli import main

main(prog_name="python -m governance")
