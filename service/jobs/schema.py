"""The migrations that this program comes with, named without the library that applies them."""

from pathlib import Path

# Beside this package, in a checkout and in an installed wheel alike.
MIGRATIONS = Path(__file__).parents[2] / "migrations"


def migration_ids() -> set[str]:
    """The migrations this program needs, as yoyo names them."""
    return {
        path.stem
        for path in MIGRATIONS.iterdir()
        if path.suffix in (".sql", ".py") and not path.name.endswith(".rollback.sql")
    }
