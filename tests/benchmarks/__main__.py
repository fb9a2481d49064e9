"""Every benchmark, one table and one JSON: `python -m tests.benchmarks [NAME…]`."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import click

from service.launcher.system import ended_by_signals
from tests.benchmarks.cases.end_to_end import KINDS, end_to_end
from tests.benchmarks.cases.fonts import fonts
from tests.benchmarks.cases.lengths import pipeline_memory, sparse_decode
from tests.benchmarks.cases.loop_lag import loop_lag
from tests.benchmarks.cases.options import Case, Options
from tests.benchmarks.cases.pending import pending_jobs
from tests.benchmarks.cases.processor import cpu_bound, two_cores
from tests.benchmarks.cases.repeats import repeats
from tests.benchmarks.cases.service_memory import service_memory
from tests.benchmarks.cases.slow_clients import slow_clients
from tests.benchmarks.cases.stale import stale_traps
from tests.benchmarks.cases.uploads import large_upload, many_uploads
from tests.benchmarks.cases.web import status_rows, web_process
from tests.benchmarks.cases.workers import idle_system, workers
from tests.benchmarks.guard import leaving_nothing
from tests.benchmarks.jobs import jobs
from tests.benchmarks.measure import ROOT, ProgramFailed
from tests.benchmarks.programs import Void
from tests.benchmarks.report import Row, show, write_json

CASES: Mapping[str, Case] = MappingProxyType(
    {
        "end_to_end": end_to_end,
        "stale_traps": stale_traps,
        "fonts": fonts,
        "cpu_bound": cpu_bound,
        "two_cores": two_cores,
        "sparse_decode": sparse_decode,
        "pipeline_memory": pipeline_memory,
        "service_memory": service_memory,
        "slow_clients": slow_clients,
        "loop_lag": loop_lag,
        "jobs": jobs,
        "repeats": repeats,
        "large_upload": large_upload,
        "many_uploads": many_uploads,
        "web_process": web_process,
        "status_rows": status_rows,
        "pending_jobs": pending_jobs,
        "workers": workers,
        "idle_system": idle_system,
    }
)
REPORT = ROOT / ".cache" / "benchmarks" / "report.json"
DEFAULTS = Options()


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(CASES)))
@click.option("--pairs", default=DEFAULTS.pairs, type=click.IntRange(min=1), show_default=True)
@click.option(
    "--seconds", default=DEFAULTS.seconds, show_default=True, help="Length of the videos."
)
@click.option("--stride", "strides", multiple=True, type=int, default=DEFAULTS.strides)
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Default: all.")
@click.option("--seed", default=DEFAULTS.seed, show_default=True)
@click.option("--minutes", default=DEFAULTS.minutes, show_default=True, help="Of long videos.")
@click.option("--jobs", default=DEFAULTS.jobs, show_default=True, help="Pending at once.")
@click.option("--rows", default=DEFAULTS.rows, show_default=True, help="Of a large table.")
@click.option("--python", default=DEFAULTS.python, help="The Python that runs the script.")
@click.option("--json", "file", default=REPORT, type=click.Path(path_type=Path), show_default=True)
def main(names: tuple[str, ...], file: Path, **chosen: object) -> None:
    """Run the benchmarks of these NAMES, all of them without any."""
    options = Options(**chosen)
    rows: list[Row] = []
    voids: list[str] = []
    with ended_by_signals(), leaving_nothing():
        for name in names or CASES:
            began = time.monotonic()
            try:
                for row in CASES[name](options):
                    rows.append(row)
                    sys.stderr.write(f"{row.benchmark}, {row.case}: {row.value:.4g} {row.figure}\n")
            except (Void, ProgramFailed) as error:
                voids.append(f"{name}: {error}")
            sys.stderr.write(f"{name}: {time.monotonic() - began:.0f} s\n")
            write_json(file, rows, voids, options)
    show(rows, voids)
    sys.exit(1 if voids else 0)


if __name__ == "__main__":
    main()
