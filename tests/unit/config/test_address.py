import pytest

from config.address import AddressError, service_address


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080",
        "https://host",
        "HTTP://host:65535",
        "http://[::1]:8080",
        "http://[fe80::1%25eth0]:8080",
        "http://user:password@host",
        "http://host/behind/a/proxy",
        "http://bücher.example:1",
        "http://host.example.",
    ],
)
def test_an_address_is_taken_as_it_is(url: str) -> None:
    assert service_address(url) == url


def test_a_slash_at_the_end_is_no_part_of_it() -> None:
    assert service_address("http://host:1/") == "http://host:1"


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "host",
        "localhost:8080",
        "127.0.0.1:8080",
        "//127.0.0.1",
        "http:",
        "http:host",
        "http:/host",
        "http://",
        "http:///x",
        "http://:8080",
        "http://host:99999",
        "http://host:0",
        "http://host:-1",
        "http://host:abc",
        "http://host:80:80",
        "http://::1:8080",
        "http://[::1",
        "http://[host]",
        "ftp://host",
        "ws://host",
        "http://two words",
        "http://host\n",
        "http://host\tname",
        "http://a..b:1",
        "http://" + "a" * 64,
        "http://" + "ä" * 80,
        "http://host?x",
        "http://host#x",
    ],
)
def test_what_is_none_is_one_line_that_says_what_to_write(url: str) -> None:
    with pytest.raises(AddressError, match="write it http://host:port") as refused:
        service_address(url)

    assert str(refused.value).isprintable()


@pytest.mark.parametrize("token", ["two\nlines", "ä"])
def test_a_token_that_no_header_can_carry_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(AddressError) as refused:
        service_address("http://host", token=token)

    assert token not in str(refused.value)


def test_a_user_and_a_token_are_not_sent_together() -> None:
    with pytest.raises(AddressError, match="give one of them"):
        service_address("http://user:password@host", token="t0ken")
