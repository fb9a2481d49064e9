"""`forgesyte weights`, its downloads from a server of the tests' own."""

import hashlib
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from click.testing import CliRunner

from config.settings import PipelineSettings
from tests.data.videos import page, write_video
from tests.data.weights import Hostile, save_weights
from worker.added_weights import main
from worker.pipeline.detect.weights import added_folder, find_object_weights
from worker.pipeline.libraries import torch
from worker.pipeline.service import VideoFilePipelineService


@pytest.fixture(autouse=True)
def _own_data(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "a user's data"))


@pytest.fixture(scope="module")
def cars(tmp_path_factory):
    folder = tmp_path_factory.mktemp("elsewhere")
    return save_weights(folder / "cars.pt", "lorry", "bus", "car", sees="car")


@pytest.fixture
def url(cars):
    handler = partial(SimpleHTTPRequestHandler, directory=cars.parent)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def weights(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_a_file_is_kept_under_its_name_with_its_checksum_and_finds_its_classes(cars, tmp_path):
    result = weights("add", cars)

    assert result.exit_code == 0
    sha256 = hashlib.sha256(cars.read_bytes()).hexdigest()
    assert result.output.splitlines() == [
        f"cars: {added_folder() / 'cars.pt'}",
        f"SHA-256 {sha256}",
        "finds lorry, bus, car",
        "set FORGESYTE_OBJECT_WEIGHTS=cars for the pipeline objects_and_text",
    ]
    service = VideoFilePipelineService(PipelineSettings(object_weights="cars"))
    video = write_video(tmp_path / "video.mp4", [page(["NORTH 100"])])
    (record,) = service.run_on_file(video, "objects_and_text")
    assert "car" in {found["class_name"] for found in record["result"]["detections"]}


def test_a_url_is_downloaded_once_and_loaded_by_its_name(cars, url):
    result = weights("add", f"{url}/cars.pt?download=1", "--name", "from_afar")

    assert result.exit_code == 0
    found = find_object_weights(PipelineSettings(object_weights="from_afar"))
    assert found.sha256 == hashlib.sha256(cars.read_bytes()).hexdigest()


def test_a_file_that_is_not_the_one_expected_is_not_added(cars):
    result = weights("add", cars, "--sha256", "0" * 64)

    assert result.exit_code == 1
    assert "its SHA-256 is" in result.output
    assert not added_folder().exists()


def test_weights_that_carry_code_are_not_added_and_the_code_is_not_run(tmp_path):
    hostile, mark = tmp_path / "hostile.pt", tmp_path / "ran"
    torch.save({"model": Hostile(mark)}, hostile)

    result = weights("add", hostile)

    assert result.exit_code == 1
    assert "hostile.pt: not the weights of a YOLO detector, a .pt file; nothing added" in (
        result.output
    )
    assert not mark.exists()
    assert not added_folder().exists()


def test_what_cannot_be_downloaded_is_one_line(url):
    result = weights("add", f"{url}/none.pt")

    assert result.exit_code == 1
    assert "none.pt: could not be downloaded (404" in result.output
    assert "forgesyte weights add /path.pt" in result.output
    assert not added_folder().exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("yolo99",), "no such file, no URL, and no detector of that name"),
        (("a b.pt",), "'a b' is no name; give one with --name"),
    ],
)
def test_what_nobody_can_mean_is_refused(arguments, reason):
    result = weights("add", *arguments)

    assert result.exit_code == 2
    assert reason in result.output


def test_the_list_has_what_was_added_and_says_how_to_add_some(cars):
    assert "none in" in weights("list").stderr
    weights("add", cars)

    megabytes = f"{cars.stat().st_size / 1e6:.1f}"
    sha256 = hashlib.sha256(cars.read_bytes()).hexdigest()
    assert weights("list").output == f"cars  {megabytes} MB  {sha256}\n"
