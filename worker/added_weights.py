"""`forgesyte weights`: detectors that an operator adds, by a name that settings may give."""

import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import click

from config.settings import SettingsError, variable_of
from worker.pipeline.detect.detector import load_model
from worker.pipeline.detect.weights import (
    ADDED_NAME,
    SUFFIX,
    Weights,
    added_folder,
    added_weights,
    checksum_beside,
)

MEGABYTE = 1e6


@click.group()
def main() -> None:
    """Add detectors' weights, and list those that were added."""


@main.command()
@click.argument("source")
@click.option("--name", help="What settings will call them; the file's name unless given.")
@click.option("--sha256", "expected", metavar="HEX", help="Refuse any other file.")
def add(source: str, name: str | None, expected: str | None) -> None:
    """Add SOURCE: a file, a URL, or one of ultralytics' detectors by name, as yolo11n.

    A name or a URL is downloaded, here and now and never again: the file's SHA-256 is kept beside
    it, and a worker loads no other bytes. Weights that carry code are refused.

    Example: forgesyte weights add yolo11n
    """
    name = name or Path(urlsplit(source).path).stem
    if not ADDED_NAME.fullmatch(name):
        raise click.UsageError(
            f"{name!r} is no name; give one with --name, of letters, digits, - and _"
        )
    with tempfile.TemporaryDirectory(prefix="forgesyte-weights-") as folder:
        path = Path(source) if Path(source).is_file() else _downloaded(source, Path(folder))
        weights, classes = _loaded(path, source, expected)
        kept = _keep(weights, name)
    click.echo(f"{name}: {kept}\nSHA-256 {weights.sha256}\nfinds {', '.join(classes)}")
    click.echo(f"set {variable_of('object_weights')}={name} for the pipeline objects_and_text")


@main.command("list")
def list_added() -> None:
    """List what was added: name, size, SHA-256.

    Example: forgesyte weights list
    """
    files = list(added_weights())
    if not files:
        click.echo(f"none in {added_folder()}; add some: forgesyte weights add yolo11n", err=True)
        return
    for path in files:
        checksum = checksum_beside(path).read_text(encoding="ascii").strip()
        click.echo(f"{path.stem}  {path.stat().st_size / MEGABYTE:.1f} MB  {checksum}")


def _loaded(path: Path, source: str, expected: str | None) -> tuple[Weights, list[str]]:
    """The weights and their classes, once they have loaded; raises ClickException."""
    try:
        weights = Weights.of(path, named=source)
        if expected is not None and weights.sha256 != expected.lower():
            raise click.ClickException(f"{source}: its SHA-256 is {weights.sha256}; nothing added")
        return weights, list(load_model(weights).names.values())
    except SettingsError as error:
        raise click.ClickException(f"{error}; nothing added") from error


def _keep(weights: Weights, name: str) -> Path:
    """Put the file and its checksum into the folder, the checksum first: none is ever unpinned."""
    folder = added_folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}{SUFFIX}"
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        copy, checksum = Path(scratch, "copy"), Path(scratch, "checksum")
        shutil.copyfile(weights.path, copy)
        checksum.write_text(f"{weights.sha256}\n", encoding="ascii")
        checksum.replace(checksum_beside(path))
        copy.replace(path)
    return path


def _downloaded(source: str, folder: Path) -> Path:
    """What a URL or a name stands for, in the folder; raises ClickException."""
    from ultralytics.utils.downloads import (  # reads the environment that the detector has set
        GITHUB_ASSETS_STEMS,
        attempt_download_asset,
        safe_download,
    )

    target = folder / f"weights{SUFFIX}"
    try:
        if urlsplit(source).scheme in ("http", "https"):
            safe_download(source, file=target.name, dir=folder, unzip=False)
        elif source in GITHUB_ASSETS_STEMS:
            target = folder / f"{source}{SUFFIX}"
            attempt_download_asset(target, unzip=False)
        else:
            raise click.UsageError(f"{source}: no such file, no URL, and no detector of that name")
    except ConnectionError as error:
        raise click.ClickException(
            f"{source}: could not be downloaded ({error.__cause__ or error}); nothing added. "
            "A file fetched on another machine does as well: forgesyte weights add /path.pt"
        ) from error
    return target


if __name__ == "__main__":
    main(prog_name="forgesyte weights")
