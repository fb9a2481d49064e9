"""Networks of torch's on OpenVINO: the same sums, in order, whatever else is asked meanwhile."""

import logging

import numpy as np
import pytest

from worker.pipeline.libraries import torch
from worker.pipeline.networks import export
from worker.pipeline.networks.cpu import F32, CpuNetwork
from worker.pipeline.networks.export import exported

EXAMPLE = torch.zeros(1, 1, 8, 16)


class Blur(torch.nn.Module):
    """A small network for pictures of any size."""

    def __init__(self):
        super().__init__()
        self.sums = torch.nn.Conv2d(1, 2, 3, padding=1)
        torch.nn.init.constant_(self.sums.weight, 1 / 9)
        torch.nn.init.zeros_(self.sums.bias)

    def forward(self, pictures):
        return self.sums(pictures)


class Loader:
    """Loads the network, and counts how often."""

    def __init__(self):
        self.loads = 0

    def __call__(self):
        self.loads += 1
        return Blur()


@pytest.fixture
def network(tmp_path):
    return exported(Blur, name="blur", example=EXAMPLE, cache=tmp_path)


def pictures(*shapes):
    rng = np.random.default_rng(1)
    return [rng.random((1, 1, *shape), np.float32) for shape in shapes]


def by_torch(picture):
    with torch.inference_mode():
        return Blur()(torch.from_numpy(picture)).numpy()


def test_pictures_of_any_size_come_out_in_order_as_torch_computes_them(network):
    asked = pictures((8, 16), (40, 20), (8, 16), (5, 7), (64, 64), (9, 9))

    given = CpuNetwork(network, cores=2, precision=F32).infer(asked)

    for picture, one in zip(asked, given, strict=True):
        np.testing.assert_allclose(one, by_torch(picture), atol=1e-5)


def test_bytes_do_not_depend_on_the_number_of_cores_or_on_company(network):
    asked = pictures(*[(33, 65)] * 12)
    one, two = (CpuNetwork(network, cores=cores, precision=F32) for cores in (1, 2))

    together = two.infer(asked)

    assert [given.tobytes() for given in one.infer(asked)] == [
        given.tobytes() for given in together
    ]
    assert two.infer(asked[3:4])[0].tobytes() == together[3].tobytes()


def test_a_network_is_made_once_and_kept(tmp_path):
    load = Loader()
    folder = tmp_path / "with a space"

    first = exported(load, name="blur", example=EXAMPLE, cache=folder)
    again = exported(load, name="blur", example=EXAMPLE, cache=folder)
    other = exported(load, name="other", example=EXAMPLE, cache=folder)

    assert load.loads == 2
    asked = pictures((8, 16))
    for network in (first, again, other):
        (given,) = CpuNetwork(network, cores=1, precision=F32).infer(asked)
        np.testing.assert_allclose(given, by_torch(asked[0]), atol=1e-5)


@pytest.mark.parametrize("file", [export.NETWORK, export.WEIGHTS, export.CHECKSUM])
@pytest.mark.parametrize("content", [b"", b"\xff\x00 not what was kept"])
def test_a_kept_network_that_was_damaged_is_made_again(tmp_path, file, content):
    load = Loader()
    exported(load, name="blur", example=EXAMPLE, cache=tmp_path)
    (damaged,) = tmp_path.glob(f"*/{file}")
    damaged.write_bytes(content)

    exported(load, name="blur", example=EXAMPLE, cache=tmp_path)
    exported(load, name="blur", example=EXAMPLE, cache=tmp_path)

    assert load.loads == 2


def test_where_nothing_can_be_kept_it_is_made_each_time(tmp_path, caplog):
    """A container's home may not be there, or not be writable."""
    taken = tmp_path / "file"
    taken.write_text("")
    load = Loader()

    with caplog.at_level(logging.WARNING):
        network = exported(load, name="blur", example=EXAMPLE, cache=taken)

    assert network.inputs
    assert [record.message for record in caplog.records] == ["network not kept"]
    exported(load, name="blur", example=EXAMPLE, cache=taken)
    assert load.loads == 2
