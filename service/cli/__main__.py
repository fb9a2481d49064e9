"""python -m service.cli: the forgesyte command where it is not installed."""

from service.cli.main import main

if __name__ == "__main__":
    main(prog_name="forgesyte")
