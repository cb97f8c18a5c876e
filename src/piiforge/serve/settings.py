"""How a server is run: where, who may ask, and how much at once."""

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from piiforge.errors import AskedWrongly

SHORTEST_TOKEN = 16
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class Settings:
    """How to serve.

    `port` 0 takes a free one. `token` "" asks nobody for one. `most_pairs` questions, each one
    content and one category, go to the model together (more where it takes no 10 ms for them), and
    the first of them waits at most `most_wait_ms` for others. At most `most_waiting` questions
    wait, and at most `most_requests` requests are under way: before a fast model the narrow place
    is HTTP itself. More are refused. A request that has no answer after `timeout_s` gets none.
    `grace_s` is how long requests in flight may still take once the server is told to stop. The
    rest bounds one request: its body in bytes, its contents, and the characters of each.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    token: str = field(default="", repr=False)
    most_pairs: int = 32
    most_wait_ms: float = 2.0
    most_waiting: int = 2304
    most_requests: int = 256
    timeout_s: float = 10.0
    grace_s: float = 10.0
    most_body_bytes: int = 1 << 20
    most_contents: int = 64
    most_characters: int = 20_000

    def __post_init__(self) -> None:
        """Refuse an address that others reach while nobody is asked who they are.

        Raises:
            AskedWrongly: that, or a token that is short or can't stand in a header.
        """
        if self.token and not _is_token(self.token):
            problem = f"The token is shorter than {SHORTEST_TOKEN} characters or not plain ASCII."
            hint = 'python -c "import secrets; print(secrets.token_urlsafe())" makes one.'
            raise AskedWrongly(problem, hint)
        if not self.token and not self.is_loopback:
            hint = "Set the token's variable (PIIFORGE_TOKEN), or leave --host at 127.0.0.1."
            raise AskedWrongly(f"Others may reach {self.host}, and there is no token.", hint)

    @property
    def is_loopback(self) -> bool:
        """Say whether only this machine reaches the address."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def own_names(self) -> frozenset[str]:
        """The host names that a request may be for; empty where any may (a token guards it).

        A page elsewhere can point a name of its own at 127.0.0.1 and so get past the browser's
        same-origin rule; the Host header still says that name.
        """
        if not self.is_loopback:
            return frozenset()
        own = f"[{self.host}]" if ":" in self.host else self.host
        return frozenset({*_LOOPBACK_NAMES, own})


def token_from(variables: Mapping[str, str], name: str) -> str:
    """Return the token that the variable `name` holds, "" where it is not set.

    Raises:
        AskedWrongly: it is set and blank, which is a slip and would let everyone in.
    """
    if name not in variables:
        return ""
    if not variables[name].strip():
        raise AskedWrongly(f"{name} is set and empty.", "Give it a token, or unset it.")
    return variables[name].strip()


def _is_token(token: str) -> bool:
    return len(token) >= SHORTEST_TOKEN and token.isascii() and token.isprintable()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server listens. `stop` has it drain and end, from any thread."""

    host: str
    port: int
    stop: Callable[[], None]

    @property
    def url(self) -> str:
        """Return the address to open.

        >>> Place("::1", 8000, print).url
        'http://[::1]:8000'
        """
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"
