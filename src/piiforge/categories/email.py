"""E-mail address.

A local part, an @ and a domain (RFC 5321, 5322); the domain may be written in any script or in its
ASCII form, xn-- (RFC 5890). The @ between the two survives most changes of writing, so no cue is
needed. What counts is an address that looks deliverable: the top-level domain is not one that RFC
2606 sets aside, and neither part is a placeholder. The mailbox of a role (support@, info@) counts
too, as a kind of its own. The words that addresses are made of are in `data/email.yaml`.

Sources:
    https://www.rfc-editor.org/rfc/rfc5321
    https://www.rfc-editor.org/rfc/rfc2606
    https://www.rfc-editor.org/rfc/rfc6761
    https://www.rfc-editor.org/rfc/rfc2142

>>> is_valid(draw(Random(7)))
True
>>> is_valid(_value("placeholder", "name@example.com"))
False
>>> is_valid(_value("image", "logo@2x.png"))
False
"""

import re
from datetime import UTC, datetime
from functools import partial
from random import Random

from piiforge.categories import digits
from piiforge.categories.digits import Draw
from piiforge.rng import pick
from piiforge.types import Category, Part, Value

_TABLES = digits.tables("email")
_NUMBERS = (
    *(f"{number:02d}" for number in range(100)),
    *map(str, (*range(1950, 2013), *range(100, 1000, 11), 1, 2, 3, 7, 8, 9)),
)
_RESERVED, _PLACEHOLDER_DOMAINS, _PLACEHOLDER_LOCALS = (
    frozenset(_TABLES[name])
    for name in ("reserved_endings", "placeholder_domains", "placeholder_locals")
)
_TELLING = frozenset(("valid", "role_mailbox", "placeholder", "dot_errors"))
_PASSWORDS = ("@@#@##@@", "@#@#@#@#@#", "@@@@-####-@@")

_FIRST_COMMIT = 1_620_000_000  # May 2021; four years and a quarter follow

_HASHED_IMAGE_SHARE = 0.5
_FAMED_SHARE, _LISTED_SHARE = 0.5, 0.75  # of placeholders; the rest are made up at such a domain
_ROLE_SHARE = 0.08
_TAG_SHARE = 0.06
_UPPER_SHARE = 0.025
_CAPITAL_SHARE = 0.035
# Where the shares of free providers, ISPs, schools and accented domains end; firms have the rest.
_FREE, _ISP, _SCHOOL, _ACCENTED = 0.48, 0.57, 0.66, 0.685
_QQ_NUMBER_SHARE = 0.7
_PUNYCODE_SHARE = 0.5
_FEDIVERSE_SHARE = 0.12

_LOCAL = re.compile(r"[a-z0-9_'+&=~-]+(?:\.[a-z0-9_'+&=~-]+)*")
_LABEL = r"(?:[^\W_](?:[^\W_]|-){0,61}[^\W_]|[^\W_])"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?:[^\W\d_]{{2,24}}|xn--[a-z0-9-]{{2,59}})")
_LONGEST, _LONGEST_LOCAL = 254, 64


def draw(rng: Random) -> Value:
    """Draw an address of a person or, one time in twelve, of a role (kind role_mailbox)."""
    if rng.random() < _ROLE_SHARE:
        return _value("role_mailbox", f"{_pick('roles', rng)}@{_draw_firm(rng)}")
    text = _draw_address(rng)
    share = rng.random()
    if share < _UPPER_SHARE:
        text = text.upper()
    elif share < _UPPER_SHARE + _CAPITAL_SHARE:
        local, _, domain = text.partition("@")
        text = f"{local.title()}@{domain}"
    return _value("valid", text)


def is_valid(value: Value) -> bool:
    """Say whether the text is one address that looks deliverable and is no placeholder."""
    text = "".join([part.text for part in value.parts]).strip().lower()
    local, at, domain = text.partition("@")
    if not at or len(text) > _LONGEST or len(local) > _LONGEST_LOCAL:
        return False
    if not (_LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain)):
        return False
    site, ending = ".".join(domain.rsplit(".", 2)[-2:]), domain.rpartition(".")[2]
    return (
        ending not in _RESERVED
        and _PLACEHOLDER_DOMAINS.isdisjoint((domain, site))
        and local not in _PLACEHOLDER_LOCALS
    )


def _value(kind: str, text: str) -> Value:
    return Value("email", kind, (Part(text),), telling=kind in _TELLING)


def _pick(table: str, rng: Random) -> str:
    return pick(_TABLES[table], rng)


def _draw_address(rng: Random) -> str:
    share = rng.random()
    if share < _FREE:
        domain = _pick("free_domains", rng)
        if domain == "qq.com" and rng.random() < _QQ_NUMBER_SHARE:
            number = f"{1 + int(rng.random() * 9)}"
            return f"{number}{digits.random_digits(5 + int(rng.random() * 4), rng)}@{domain}"
        return f"{_tagged(_fill('private_forms', rng), rng)}@{domain}"
    if share < _ISP:
        return f"{_fill('private_forms', rng)}@{_pick('isp_domains', rng)}"
    if share < _SCHOOL:
        domain = _pick("school_domains", rng).format(_pick("places", rng))
        return f"{_fill('student_forms', rng)}@{domain}"
    domain = _draw_accented(rng) if share < _ACCENTED else _draw_firm(rng)
    return f"{_tagged(_fill('formal_forms', rng), rng)}@{domain}"


def _fill(table: str, rng: Random) -> str:
    """Draw a form of the table and the names, words and numbers that it asks for."""
    forms, given, family, words = (_TABLES[name] for name in (table, "given", "family", "words"))
    bits = rng.getrandbits(120)  # one call for six choices: calls are what costs
    first, last = given[(bits & 0xFFFFF) % len(given)], family[(bits >> 20 & 0xFFFFF) % len(family)]
    return forms[(bits >> 40 & 0xFFFFF) % len(forms)].format(
        g=first,
        i=first[0],
        f=last,
        j=last[0],
        w=words[(bits >> 60 & 0xFFFFF) % len(words)],
        v=words[(bits >> 80 & 0xFFFFF) % len(words)],
        n=_NUMBERS[(bits >> 100) % len(_NUMBERS)],
        s=1_000_000 + (bits >> 40) % 9_000_000,
    )


def _tagged(local: str, rng: Random) -> str:
    return f"{local}+{_pick('tags', rng)}" if rng.random() < _TAG_SHARE else local


def _draw_firm(rng: Random) -> str:
    share = rng.random()
    joint = "-" if share < 0.12 else ""
    under = _pick("firm_subdomains", rng) if share > 0.9 else ""
    name = f"{_pick('firms', rng)}{joint}{_pick('trades', rng)}"
    return f"{under}{name}.{_pick('firm_endings', rng)}"


def _draw_accented(rng: Random) -> str:
    label = f"{_pick('accented', rng)}-{_pick('firms', rng)}"
    if rng.random() < _PUNYCODE_SHARE:
        label = label.encode("idna").decode()
    return f"{label}.{_pick('accented_endings', rng)}"


def _draw_broken(table: str, rng: Random) -> str:
    """Draw an address without its @ or one of its sides, as the forms of the table say."""
    local, _, domain = _draw_address(rng).partition("@")
    return _pick(table, rng).format(l=local, d=domain)


def _draw_dot_error(rng: Random) -> str:
    _, _, domain = _draw_address(rng).partition("@")
    host, _, rest = domain.partition(".")
    first, second = _pick("given", rng), _pick("family", rng)
    return _pick("dot_errors", rng).format(a=first, b=second, d=domain, h=host, t=rest)


def _draw_placeholder(rng: Random) -> str:
    share = rng.random()
    if share < _FAMED_SHARE:
        return _pick("famed", rng)
    if share < _LISTED_SHARE:
        return _pick("placeholders", rng)
    return f"{_fill('formal_forms', rng)}@{_pick('placeholder_hosts', rng)}"


def _draw_package(rng: Random) -> str:
    major, minor, patch = rng.random() * 24, rng.random() * 40, rng.random() * 20
    sign = pick(("", "", "", "^", "~", "v"), rng)
    return f"{_pick('packages', rng)}@{sign}{int(major)}.{int(minor)}.{int(patch)}"


def _draw_image(rng: Random) -> str:
    scale, ending = pick(("2x", "3x", "1.5x", "4x"), rng), pick(("png", "webp", "jpg", "svg"), rng)
    build = f"-{rng.getrandbits(32):08x}" if rng.random() < _HASHED_IMAGE_SHARE else ""
    return f"{_pick('images', rng)}{build}@{scale}.{ending}"


def _draw_repo(rng: Random) -> str:
    return _pick("repos", rng).format(
        h=_pick("git_hosts", rng),
        w=_pick("firms", rng),
        v=_pick("trades", rng),
        f=_pick("family", rng),
        n=pick(_NUMBERS, rng),
    )


def _draw_login_url(rng: Random) -> str:
    return _pick("logins", rng).format(
        s=_pick("login_schemes", rng),
        u=_pick("login_users", rng),
        p=digits.fill(pick(_PASSWORDS, rng), rng),
        h=_pick("login_hosts", rng),
        n=_pick("login_ports", rng),
        w=_pick("trades", rng),
    )


def _draw_handle(rng: Random) -> str:
    server = f"@{_pick('servers', rng)}" if rng.random() < _FEDIVERSE_SHARE else ""
    return f"@{_fill('handle_forms', rng)}{server}"


def _from(table: str) -> Draw:
    """Return what fills a form of the table: words of names and numbers, x a short hash.

    d is an hour, e a minute, p the address of a machine.
    """

    def draw_text(rng: Random) -> str:
        return _pick(table, rng).format(
            w=_pick("firms", rng),
            v=_pick("trades", rng),
            g=_pick("given", rng),
            f=_pick("family", rng),
            n=pick(_NUMBERS, rng),
            d=int(rng.random() * 24),
            e=int(rng.random() * 60),
            x=f"{rng.getrandbits(28):07x}",
            p=f"10.{rng.getrandbits(7)}.{rng.getrandbits(7)}.{1 + rng.getrandbits(7)}",
        )

    return draw_text


def _draw_go_module(rng: Random) -> str:
    """Draw a Go module at a version or a pseudo-version (a time and a commit)."""
    module = f"github.com/{_pick('firms', rng)}{_pick('trades', rng)}/{_pick('trades', rng)}"
    if rng.random() < 0.4:
        return f"{module}@v{int(rng.random() * 5)}.{int(rng.random() * 30)}.{int(rng.random() * 9)}"
    moment = datetime.fromtimestamp(_FIRST_COMMIT + rng.getrandbits(27), tz=UTC)
    return f"{module}@v0.0.0-{moment:%Y%m%d%H%M%S}-{rng.getrandbits(48):012x}"


def _draw_docker_image(rng: Random) -> str:
    """Draw a container image pinned to a digest."""
    digest = f"{rng.getrandbits(128):032x}{rng.getrandbits(128):032x}"
    name = f"{_pick('firms', rng)}-{_pick('trades', rng)}"
    return f"{_pick('registries', rng)}{name}@sha256:{digest}"


def _draw_price_each(rng: Random) -> str:
    """Draw a quantity at a price, as on a quote."""
    price = 0.5 + 80 * rng.random() ** 3
    return _pick("quantities", rng).format(q=2 + int(rng.random() * 96), p=price)


def _draw_map_point(rng: Random) -> str:
    """Draw the part of a map's address that says where and how near."""
    latitude, longitude = 120 * rng.random() - 60, 360 * rng.random() - 180
    return f"@{latitude:.7f},{longitude:.7f},{3 + int(rng.random() * 18)}z"


def _draw_object(rng: Random) -> str:
    """Draw what Java prints of an object: its class and its hash."""
    return f"{_pick('classes', rng)}@{rng.getrandbits(30):x}"


_like = partial(digits.lookalike, _value)

CATEGORY = Category(
    id="email",
    description="e-mail address",
    title="e-mail address",
    draw=draw,
    lookalikes=(
        _like("no_at", partial(_draw_broken, "no_at")),
        _like("no_domain", partial(_draw_broken, "no_domain")),
        _like("placeholder", _draw_placeholder, group="placeholder"),
        _like("dot_errors", _draw_dot_error),
        _like("package", _draw_package, "package", "version", plain=True),
        _like("image", _draw_image, "image", plain=True),
        _like("repo", _draw_repo, "repo", plain=True),
        _like("login_url", _draw_login_url, "login_url", plain=True),
        _like("handle", _draw_handle, "handle", plain=True),
        _like("profile_url", _from("profile_urls"), "profile_url", plain=True),
        _like("npm_scope", _from("scopes"), "package", plain=True),
        _like("go_module", _draw_go_module, "package", "version", plain=True),
        _like("purl", _from("purls"), "package", plain=True),
        _like("docker_image", _draw_docker_image, "docker_image", plain=True),
        _like("unit", _from("units"), "unit", plain=True),
        _like("cron", _from("crons"), "cron", plain=True),
        _like("matrix", _from("matrix_ids"), "matrix", plain=True),
        _like("decorator", _from("decorators"), "decorator", plain=True),
        _like("price_each", _draw_price_each, "price", plain=True),
        _like("map_point", _draw_map_point, "coordinate", plain=True),
        _like("ssh_target", _from("ssh_targets"), "ssh_target", plain=True),
        _like("selector", _from("selectors"), "selector", plain=True),
        _like("git_ref", _from("git_refs"), "git_ref", plain=True),
        _like("object", _draw_object, "object_ref", plain=True),
        _like("action", _from("actions"), "action", plain=True),
    ),
    is_valid=is_valid,
    sources=(
        "https://www.rfc-editor.org/rfc/rfc5321",
        "https://www.rfc-editor.org/rfc/rfc2606",
        "https://www.rfc-editor.org/rfc/rfc6761",
        "https://www.rfc-editor.org/rfc/rfc2142",
    ),
    checked=True,
)
