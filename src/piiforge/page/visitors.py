"""Who may come to a page that this machine serves: to which address, from where, with what token.

An address that others reach needs a token. One that only this machine reaches needs none, but a
page elsewhere can point a name of its own there and so get past the browser's same-origin rule: the
Host header still says that name, and the Origin header what page a request comes from.

>>> is_loopback("::1"), is_loopback("localhost"), is_loopback("0.0.0.0")
(True, True, False)
>>> is_ours("LocalHost:8000", None, own_names("127.0.0.1"))
True
>>> is_ours("elsewhere.example", None, own_names("127.0.0.1"))
False
>>> is_ours("localhost", "http://elsewhere.example", own_names("127.0.0.1"))
False
"""

import hmac
import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from piiforge.errors import AskedWrongly

SHORTEST_TOKEN = 16
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


def is_loopback(host: str) -> bool:
    """Say whether only this machine reaches the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def refuse_open(host: str, token: str, *, fits: bool, else_it_is: str) -> None:
    """Refuse an address that others reach while nobody is asked who they are.

    `fits` says whether the token can stand where it is to stand, `else_it_is` what is wrong if not.

    Raises:
        AskedWrongly: that, or a token that is short or does not fit.
    """
    if token and (len(token) < SHORTEST_TOKEN or not fits):
        problem = f"The token is shorter than {SHORTEST_TOKEN} characters or {else_it_is}."
        hint = 'python -c "import secrets; print(secrets.token_urlsafe())" makes one.'
        raise AskedWrongly(problem, hint)
    if not token and not is_loopback(host):
        hint = "Set the token's variable (PIIFORGE_TOKEN), or leave --host at 127.0.0.1."
        raise AskedWrongly(f"Others may reach {host}, and there is no token.", hint)


def own_names(host: str, port: int | None = None) -> frozenset[str]:
    """Return the names that a request may be for; none where any may, and a token guards.

    >>> sorted(own_names("127.0.0.1", 8000))
    ['127.0.0.1:8000', '[::1]:8000', 'localhost:8000']
    """
    if not is_loopback(host):
        return frozenset()
    names = {*_LOOPBACK_NAMES, f"[{host}]" if ":" in host else host}
    if port in (None, 80):  # which no browser writes
        return frozenset(names)
    return frozenset(f"{name}:{port}" for name in names)


def is_ours(
    host: str, origin: str | None, names: Collection[str], *, scheme: str | None = None
) -> bool:
    """Say whether a request with these headers is for one of `names`, and from a page of ours.

    `scheme` is that of the page, None where another server may stand before this one.
    """
    if names and not {host.lower(), _without_port(host)} & set(names):
        return False
    page = None if origin is None else urlsplit(origin.lower())
    return page is None or (page.netloc == host.lower() and scheme in (None, page.scheme))


def is_let_in(shown: str, token: str) -> bool:
    """Say whether what a visitor shows is the token, in a time that tells nothing of it."""
    return hmac.compare_digest(shown.encode("utf-8", "replace"), token.encode())


def _without_port(host: str) -> str:
    """Return the name in a Host header.

    >>> _without_port("LocalHost:80"), _without_port("[::1]:80"), _without_port("[::1]")
    ('localhost', '[::1]', '[::1]')
    """
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isdecimal() else host.lower()
