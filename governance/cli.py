"""The command line of the checks: exit 0 clean, 1 violated, 2 could not check."""

import asyncio
from contextlib import nullcontext
from pathlib import Path

import click

from config.address import AddressError, service_address
from config.graph import SHIPPED_PIPELINES, GraphError, NoPipelines, load_pipelines
from governance.documents import (
    FOLDER,
    NoDocuments,
    UnknownBlock,
    outdated_documents,
    write_documents,
)
from governance.mutations import Mutation, MutationsError, Outcome, load_mutations, try_mutations
from governance.requirements import NoTests, held_by, load_requirements
from governance.scanner.scan import NothingScanned, scan
from governance.scanner.vocabulary import VOCABULARY, VocabularyError, load_vocabulary
from governance.smoke.check import SmokeFailed, random_text, smoke, video_of
from governance.smoke.system import own_system

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_CHECKOUT = Path(__file__).parents[1]


class Violated(click.ClickException):
    """A rule is broken"""

    exit_code = 1


class NothingChecked(click.ClickException):
    """A check has nothing to report, because it read nothing"""

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
    """Scan for forbidden terms in functional code and for files named after a phase."""
    try:
        words = load_vocabulary(vocabulary)
        report = scan(root, words)
    except (VocabularyError, NothingScanned) as error:
        raise NothingChecked(str(error)) from error
    for violation in report.violations:
        click.echo(str(violation))
    scanned = (
        f"{report.files} files, {report.lines} lines under {', '.join(words.scope.folders)}; "
        f"{report.binaries} binary files by name; {report.names} names"
    )
    if report.violations:
        raise Violated(f"{len(report.violations)} violations in {scanned}")
    click.echo(f"clean: {scanned}")


@main.command()
@click.argument("folder", type=_FOLDER, default=SHIPPED_PIPELINES)
def pipelines(folder: Path) -> None:
    """Validate every pipeline graph of a folder, the shipped ones by default."""
    try:
        graphs = load_pipelines(folder)
    except NoPipelines as error:
        raise NothingChecked(str(error)) from error
    except GraphError as error:
        raise Violated(str(error)) from error
    click.echo(f"valid: {len(graphs)} pipelines, {', '.join(graphs)}")


@main.command("smoke")
@click.option("--url", envvar="FORGESYTE_URL", help="A running deployment; unset: one of its own.")
@click.option("--token", envvar="FORGESYTE_TOKEN", default="", help="An API token, if it asks.")
@click.option("--timeout", "timeout_seconds", type=float, default=300.0, help="Seconds; 300.")
def smoke_command(url: str | None, token: str, timeout_seconds: float) -> None:
    """Submit a video with a random text and pass only when that text is in its results."""
    text = random_text()
    try:
        asked = nullcontext(service_address(url, token=token)) if url is not None else own_system()
        video = video_of(text)
        with asked as base:
            click.echo(f"asking {base} to read {text!r}")
            report = asyncio.run(
                smoke(base, text, video, token=token, timeout_seconds=timeout_seconds)
            )
    except AddressError as error:
        raise NothingChecked(str(error)) from error
    except SmokeFailed as error:
        raise Violated(str(error)) from error
    click.echo(report)


@main.command()
@click.option("--check", is_flag=True, help="Change nothing; fail where a document is outdated.")
@click.option("--folder", type=_FOLDER, default=FOLDER, help="Other documents than the project's.")
def docs(check: bool, folder: Path) -> None:
    """Write what the documents can take from the code: routes, errors, imports, vocabulary."""
    try:
        names = outdated_documents(folder) if check else write_documents(folder)
    except (NoDocuments, UnknownBlock) as error:
        raise NothingChecked(str(error)) from error
    if check and names:
        raise Violated(f"{', '.join(names)}: outdated; run python -m governance docs")
    click.echo(f"written: {', '.join(names)}" if names else "up to date")


@main.command()
@click.option("--root", type=_FOLDER, default=_CHECKOUT, help="The checkout to check; this one.")
def requirements(root: Path) -> None:
    """List every requirement with the tests that hold it; fail where there is none."""
    try:
        held = held_by(root / "tests")
    except NoTests as error:
        raise NothingChecked(str(error)) from error
    known = load_requirements()
    for name in known:
        click.echo(f"{name}  {', '.join(held.get(name, ['no test']))}")
    loose = sorted(known.keys() - held.keys())
    unknown = sorted(held.keys() - known.keys())
    if loose or unknown:
        raise Violated(f"without a test: {loose or 'none'}; named but unknown: {unknown or 'none'}")


@main.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--root", type=_FOLDER, default=_CHECKOUT, help="The checkout to break; this one.")
def mutations(ids: tuple[str, ...], root: Path) -> None:
    """Break each requirement on purpose and show which test notices; only IDs when given."""
    survivors = 0
    try:
        chosen = _chosen(load_mutations(root / "tests" / "mutations"), ids)
        for tried in try_mutations(root, chosen):
            mutation = tried.mutation
            columns = (mutation.requirement, mutation.name, mutation.test, tried.outcome)
            click.echo("  ".join(columns))
            survivors += tried.outcome is Outcome.GREEN
    except MutationsError as error:
        raise NothingChecked(str(error)) from error
    if survivors:
        raise Violated(f"{survivors} of {len(chosen)} mutations turned no test red")
    click.echo(f"all {len(chosen)} mutations turned a test red")


def _chosen(mutations: list[Mutation], ids: tuple[str, ...]) -> list[Mutation]:
    """Those that break one of these requirements, all when none is named."""
    known = list(dict.fromkeys(mutation.requirement for mutation in mutations))
    unknown = [name for name in ids if name not in known]
    if unknown:
        raise MutationsError(
            f"there is no requirement {', '.join(unknown)}; there are {', '.join(known)}"
        )
    return [mutation for mutation in mutations if not ids or mutation.requirement in ids]
