"""The address of a running service, and the token it may ask for, as somebody has written them."""

from urllib.parse import SplitResult, urlsplit

from config.server_url import MAX_PORT

_EXAMPLE = "write it http://host:port"


class AddressError(Exception):
    """No service can be asked at this address"""


def service_address(url: str, *, token: str | None = None) -> str:
    """The address, without a slash at its end.

    Raises AddressError, whose one line says what to write.
    """
    if not url.isprintable() or " " in url:
        raise AddressError(f"{url!r} is no address: it has blanks in it; {_EXAMPLE}")
    why = _what_is_wrong(url)
    if why:
        raise AddressError(f"{url!r} is no address: {why}; {_EXAMPLE}")
    if token and "@" in url:
        raise AddressError("a user in the address and a token do not go together: give one of them")
    if token and not (token.isascii() and token.isprintable()):
        raise AddressError("the token has characters in it that no token has")
    return url.rstrip("/")


def _what_is_wrong(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme not in ("http", "https") or not url.partition(":")[2].startswith("//"):
        return "it does not begin with http:// or https://"
    if "?" in url or "#" in url:
        return "nothing may follow its path"
    if port == 0:
        return f"its port is not within 1 and {MAX_PORT}"
    return _what_is_wrong_with_host(parts)


def _what_is_wrong_with_host(parts: SplitResult) -> str | None:
    if not parts.hostname:
        return "it names no host"
    # An IPv6 address is no name, and urlsplit has checked it.
    name = "" if ":" in parts.hostname else parts.hostname
    try:
        name.encode("idna")
    except UnicodeError:
        return f"{name!r} is no name of a host"
    return None
