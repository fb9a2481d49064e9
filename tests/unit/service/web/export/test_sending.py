import pytest
from aiohttp.test_utils import make_mocked_request

from service.web.export.sending import takes_gzip

ACCEPTED = {
    "gzip": True,
    "gzip, deflate, br": True,
    "GZIP;q=0.5": True,
    "*": True,
    "br;q=1.0, *;q=0.1": True,
    "": False,
    "identity": False,
    "br": False,
    "gzip;q=0": False,
    "gzip; q=0.000": False,
    "gzip;q=0, *": False,
    "*;q=0": False,
    "x-gzipped": False,
}


@pytest.mark.parametrize("accepted", ACCEPTED)
def test_gzip_is_taken_where_it_is_accepted(accepted: str) -> None:
    """RFC 9110, section 12.5.3."""
    request = make_mocked_request("GET", "/", headers={"Accept-Encoding": accepted})

    assert takes_gzip(request) is ACCEPTED[accepted]


def test_gzip_is_not_taken_where_nothing_is_said() -> None:
    assert not takes_gzip(make_mocked_request("GET", "/"))
