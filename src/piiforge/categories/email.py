"""E-mail address.

A local part, an @ and a domain (RFC 5321, 5322); the domain may be written in any script or in its
ASCII form, xn-- (RFC 5890). The @ between the two survives most changes of writing, so no cue is
needed. What counts is an address that looks deliverable: the top-level domain is not one that RFC
2606 sets aside, and neither part is a placeholder. The mailbox of a role (support@, info@) counts
too, as a kind of its own.

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
from random import Random

from piiforge.categories import email_words as words
from piiforge.categories.digits import pick, random_digits
from piiforge.categories.shapes import fill
from piiforge.types import Category, Lookalike, Part, Value

# g given name, i its initial, f family name, j its initial, w and v words, n a number
_PRIVATE = (
    *("{g}.{f}", "{g}{f}", "{g}.{f}{n}", "{g}{n}", "{g}_{f}", "{f}.{g}", "{i}{f}{n}") * 3,
    *("{g}-{f}", "{g}.{j}.{f}", "{i}.{f}", "{g}{j}{n}", "{f}{g}", "{f}{n}", "{g}_{f}{n}") * 2,
    *("{w}{v}", "{w}_{v}{n}", "{w}.{v}", "{w}{v}{n}", "{g}{w}{n}", "{w}-{g}", "{g}_{w}") * 2,
    *("{i}{j}{n}", "{g}.{w}", "the{w}{v}", "{w}{n}{v}", "{n}{g}", "{g}__{n}", "x{w}{n}x"),
    *("{g}.{f}.{n}", "{f}_{i}", "{f}{i}{n}", "{g}{f}_{n}", "hey{g}", "mr{f}", "{g}and{w}"),
)
_FORMAL = (
    *("{g}.{f}", "{i}{f}", "{g}", "{i}.{f}", "{g}_{f}") * 3,
    *("{g}{j}", "{f}.{g}", "{f}{i}", "{g}-{f}", "{i}{j}", "{g}.{f}{n}", "{g}{f}", "{f}"),
)
_STUDENT = (
    "{i}{f}{n}",
    "{g}.{f}",
    "{i}{j}{n}",
    "{f}{i}{n}",
    "s{s}",
    "{g}_{f}{n}",
    "{i}{s}",
    "a{s}",
)
_HANDLES = ("{g}{f}", "{w}_{v}", "{g}.{f}{n}", "{w}{v}{n}", "_{g}{n}", "{g}_{w}", "the.{w}.{v}")
_NUMBERS = (
    *(f"{number:02d}" for number in range(100)),
    *(str(year) for year in range(1950, 2013)),
    *(str(number) for number in range(100, 1000, 11)),
    *("1", "2", "3", "7", "8", "9"),
)
_TAGS = (
    *("news", "shop", "spam", "work", "bank", "promo", "amazon", "netflix", "test1", "travel"),
    *("compras", "boletin", "factures", "2024", "signup", "jobs", "list"),
)

_HASHED_IMAGE_SHARE = 0.5
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
_FILE_ENDINGS = frozenset(
    ("png", "jpg", "jpeg", "gif", "svg", "webp", "avif", "ico", "bmp", "css", "js", "json", "html")
)

_NO_AT = ("{l}.{d}", "{l}{d}", "{l}_{d}", "{l}-{d}", "{l}#{d}")
_NO_DOMAIN = ("{l}@", "@{d}", "{l}@localhost", "{l}@mailserver", "{l}@intranet", "{l}@.")
# a, b halves of the local part; d the domain, h its first label, t the rest
_DOT_ERRORS = (
    *("{a}..{b}@{d}", "{a}.{b}@{h},{t}", "{a}{b}@{h}", "{a}.{b}@{h}..{t}", ".{a}{b}@{d}"),
    *("{a}{b}.@{d}", "{a}{b}@.{d}", "{a}..{b}@{h},{t}", "{a}{b}@{h},{t}"),
)
_PLACEHOLDER_HOSTS = (
    *("example.com", "example.org", "example.net", "ejemplo.com", "exemple.fr", "test.com"),
    *("domain.com", "mail.test", "host.invalid", "yourdomain.com", "company.example"),
)
_REPOS = ("git@{h}:{w}-{v}/{w}.git", "git@{h}:{f}{n}/{w}-{v}.git", "ssh://git@{h}/{w}/{v}.git")
_LOGINS = ("{s}://{u}:{p}@{h}:{n}/{w}", "{s}://{u}:{p}@{h}/{w}", "{s}://{u}:{p}@{h}:{n}")
_PORTS = (5432, 3306, 27017, 6379, 5672, 8080, 8443, 21, 2222)


def draw(rng: Random) -> Value:
    """Draw an address of a person or, one time in twelve, of a role (kind role_mailbox)."""
    if rng.random() < _ROLE_SHARE:
        return _value("role_mailbox", f"{pick(rng, words.ROLES)}@{_draw_firm(rng)}", telling=True)
    text = _draw_address(rng)
    share = rng.random()
    if share < _UPPER_SHARE:
        text = text.upper()
    elif share < _UPPER_SHARE + _CAPITAL_SHARE:
        local, _, domain = text.partition("@")
        text = f"{local.title()}@{domain}"
    return _value("valid", text, telling=True)


def is_valid(value: Value) -> bool:
    """Say whether the text is one address that looks deliverable and is no placeholder."""
    text = "".join([part.text for part in value.parts]).strip().lower()
    local, at, domain = text.partition("@")
    if not at or len(text) > _LONGEST or len(local) > _LONGEST_LOCAL:
        return False
    if not (_LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain)):
        return False
    return not _is_placeholder(local, domain)


def _is_placeholder(local: str, domain: str) -> bool:
    ending = domain.rpartition(".")[2]
    site = ".".join(domain.rsplit(".", 2)[-2:])
    return (
        ending in words.RESERVED_TLDS
        or ending in _FILE_ENDINGS
        or domain in words.PLACEHOLDER_DOMAINS
        or site in words.PLACEHOLDER_DOMAINS
        or local in words.PLACEHOLDER_LOCALS
    )


def _value(kind: str, text: str, *, telling: bool = False) -> Value:
    return Value("email", kind, (Part(text),), telling=telling)


def _draw_address(rng: Random) -> str:
    share = rng.random()
    if share < _FREE:
        domain = pick(rng, words.FREE_DOMAINS)
        if domain == "qq.com" and rng.random() < _QQ_NUMBER_SHARE:
            return f"{_draw_qq_number(rng)}@{domain}"
        return f"{_tagged(rng, _fill(rng, _PRIVATE))}@{domain}"
    if share < _ISP:
        return f"{_fill(rng, _PRIVATE)}@{pick(rng, words.ISP_DOMAINS)}"
    if share < _SCHOOL:
        domain = pick(rng, words.SCHOOL_ENDINGS).format(pick(rng, words.PLACES))
        return f"{_fill(rng, _STUDENT)}@{domain}"
    domain = _draw_accented(rng) if share < _ACCENTED else _draw_firm(rng)
    return f"{_tagged(rng, _fill(rng, _FORMAL))}@{domain}"


def _fill(rng: Random, shapes: tuple[str, ...]) -> str:
    bits = rng.getrandbits(120)  # one call for six choices: calls are what costs
    given = words.GIVEN[(bits & 0xFFFFF) % len(words.GIVEN)]
    family = words.FAMILY[(bits >> 20 & 0xFFFFF) % len(words.FAMILY)]
    return shapes[(bits >> 40 & 0xFFFFF) % len(shapes)].format(
        g=given,
        i=given[0],
        f=family,
        j=family[0],
        w=words.WORDS[(bits >> 60 & 0xFFFFF) % len(words.WORDS)],
        v=words.WORDS[(bits >> 80 & 0xFFFFF) % len(words.WORDS)],
        n=_NUMBERS[(bits >> 100) % len(_NUMBERS)],
        s=1_000_000 + (bits >> 40) % 9_000_000,
    )


def _draw_qq_number(rng: Random) -> str:
    return f"{1 + int(rng.random() * 9)}{random_digits(rng, 5 + int(rng.random() * 4))}"


def _tagged(rng: Random, local: str) -> str:
    return f"{local}+{pick(rng, _TAGS)}" if rng.random() < _TAG_SHARE else local


def _draw_firm(rng: Random) -> str:
    share = rng.random()
    joint = "-" if share < 0.12 else ""
    under = pick(rng, words.FIRM_SUBDOMAINS) if share > 0.9 else ""
    name = f"{pick(rng, words.FIRMS)}{joint}{pick(rng, words.TRADES)}"
    return f"{under}{name}.{pick(rng, words.FIRM_ENDINGS)}"


def _draw_accented(rng: Random) -> str:
    label = f"{pick(rng, words.ACCENTED)}-{pick(rng, words.FIRMS)}"
    if rng.random() < _PUNYCODE_SHARE:
        label = label.encode("idna").decode()
    return f"{label}.{pick(rng, words.ACCENTED_ENDINGS)}"


def _draw_no_at(rng: Random) -> Value:
    local, _, domain = _draw_address(rng).partition("@")
    return _value("no_at", pick(rng, _NO_AT).format(l=local, d=domain))


def _draw_no_domain(rng: Random) -> Value:
    local, _, domain = _draw_address(rng).partition("@")
    return _value("no_domain", pick(rng, _NO_DOMAIN).format(l=local, d=domain))


def _draw_dot_error(rng: Random) -> Value:
    _, _, domain = _draw_address(rng).partition("@")
    host, _, rest = domain.partition(".")
    first, second = pick(rng, words.GIVEN), pick(rng, words.FAMILY)
    text = pick(rng, _DOT_ERRORS).format(a=first, b=second, d=domain, h=host, t=rest)
    return _value("dot_errors", text, telling=True)


def _draw_placeholder(rng: Random) -> Value:
    if rng.random() < 0.5:
        return _value("placeholder", pick(rng, words.PLACEHOLDERS), telling=True)
    text = f"{_fill(rng, _FORMAL)}@{pick(rng, _PLACEHOLDER_HOSTS)}"
    return _value("placeholder", text, telling=True)


def _draw_package(rng: Random) -> Value:
    major, minor, patch = rng.random() * 24, rng.random() * 40, rng.random() * 20
    sign = pick(rng, ("", "", "", "^", "~", "v"))
    text = f"{pick(rng, words.PACKAGES)}@{sign}{int(major)}.{int(minor)}.{int(patch)}"
    return _value("package", text)


def _draw_image(rng: Random) -> Value:
    scale, ending = pick(rng, ("2x", "3x", "1.5x", "4x")), pick(rng, ("png", "webp", "jpg", "svg"))
    build = f"-{rng.getrandbits(32):08x}" if rng.random() < _HASHED_IMAGE_SHARE else ""
    return _value("image", f"{pick(rng, words.IMAGES)}{build}@{scale}.{ending}")


def _draw_repo(rng: Random) -> Value:
    return _value(
        "repo",
        pick(rng, _REPOS).format(
            h=pick(rng, words.GIT_HOSTS),
            w=pick(rng, words.FIRMS),
            v=pick(rng, words.TRADES),
            f=pick(rng, words.FAMILY),
            n=pick(rng, _NUMBERS),
        ),
    )


def _draw_login_url(rng: Random) -> Value:
    return _value(
        "login_url",
        pick(rng, _LOGINS).format(
            s=pick(rng, words.LOGIN_SCHEMES),
            u=pick(rng, words.LOGIN_USERS),
            p=fill(rng, pick(rng, ("@@#@##@@", "@#@#@#@#@#", "@@@@-####-@@"))),
            h=pick(rng, words.LOGIN_HOSTS),
            n=pick(rng, _PORTS),
            w=pick(rng, words.TRADES),
        ),
    )


def _draw_handle(rng: Random) -> Value:
    server = f"@{pick(rng, words.SERVERS)}" if rng.random() < _FEDIVERSE_SHARE else ""
    return _value("handle", f"@{_fill(rng, _HANDLES)}{server}")


CATEGORY = Category(
    id="email",
    description="e-mail address",
    title="e-mail address",
    draw=draw,
    lookalikes=(
        Lookalike("no_at", _draw_no_at),
        Lookalike("no_domain", _draw_no_domain),
        Lookalike("placeholder", _draw_placeholder, group="placeholder"),
        Lookalike("dot_errors", _draw_dot_error),
        Lookalike("package", _draw_package, nouns=("package", "version"), plain=True),
        Lookalike("image", _draw_image, nouns=("image",), plain=True),
        Lookalike("repo", _draw_repo, nouns=("repo",), plain=True),
        Lookalike("login_url", _draw_login_url, nouns=("login_url",), plain=True),
        Lookalike("handle", _draw_handle, nouns=("handle",), plain=True),
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
