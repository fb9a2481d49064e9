"""The command line of the checks: exit 0 clean, 1 violated, 2 could not look."""

from pathlib import Path

import click

from config.graph import SHIPPED_PIPELINES, GraphError, load_pipelines
from governance.scan import NothingScanned, scan
from governance.vocabulary import VOCABULARY, VocabularyError, load_vocabulary

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_CHECKOUT = Path(__file__).parents[1]


class Violated(click.ClickException):
    """A rule is broken"""

    exit_code = 1


class CouldNotLook(click.ClickException):
    """A check has nothing to say, because it looked at nothing"""

    exit_code = 2


@click.group(invoke_without_command=True)
@click.pass_context
def main(context: click.Context) -> None:
    """Check the project's own rules; without a command, scan."""
    if context.invoked_subcommand is None:
        context.invoke(scan_command)


@main.command("scan")
@click.option("--root", type=_FOLDER, default=_CHECKOUT, help="The checkout to scan; this one.")
@click.option("--vocabulary", type=_FILE, default=VOCABULARY, help="Another vocabulary file.")
def scan_command(root: Path = _CHECKOUT, vocabulary: Path = VOCABULARY) -> None:
    """Look for forbidden terms in functional code and for files named after a phase."""
    try:
        words = load_vocabulary(vocabulary)
        report = scan(root, words)
    except (VocabularyError, NothingScanned) as error:
        raise CouldNotLook(str(error)) from error
    for violation in report.violations:
        click.echo(str(violation))
    looked = (
        f"{report.files} files, {report.lines} lines under {', '.join(words.scope.folders)}; "
        f"{report.names} names"
    )
    if report.violations:
        raise Violated(f"{len(report.violations)} violations in {looked}")
    click.echo(f"clean: {looked}")


@main.command()
@click.argument("folder", type=_FOLDER, default=SHIPPED_PIPELINES)
def pipelines(folder: Path) -> None:
    """Validate every pipeline graph of a folder, the shipped ones by default."""
    try:
        graphs = load_pipelines(folder)
    except GraphError as error:
        raise Violated(str(error)) from error
    click.echo(f"valid: {len(graphs)} pipelines, {', '.join(graphs)}")
