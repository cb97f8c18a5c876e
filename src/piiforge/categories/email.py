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

>>> [domain for domain in FREE_DOMAINS if domain in PLACEHOLDER_DOMAINS]
[]
"""

import re

# ruff: noqa: SIM905  (lists of words are read and kept in order more easily as text)
from random import Random

from piiforge.categories.digits import fill, pick, random_digits
from piiforge.types import Category, Lookalike, Part, Value

# The words that addresses are made of: names of people, of providers, of invented companies.
#
# Names are lower case and written in the 26 letters, as they stand in addresses. A company's or a
# university's domain is put together from words, so it is as real as its dice.
#
# Sources:
#     https://www.rfc-editor.org/rfc/rfc2606
#     https://www.iana.org/domains/reserved
#     https://data.iana.org/TLD/tlds-alpha-by-domain.txt


GIVEN = tuple(
    """
    james mary john linda robert susan mike karen david lisa emma olivia noah liam ava ethan mason
    chloe grace hannah tyler brandon kevin laura rachel megan kate tom ben sam alex chris jordan
    jose maria juan ana luis carmen carlos lucia javier elena miguel sofia pablo marta diego
    valentina alejandro camila fernando paula andres gabriela ricardo ximena mateo
    pierre claire jean camille louis manon hugo lea antoine juliette nicolas amelie thomas chantal
    wei xiaoming fang jing lei yan min hao yuting xin jun mei zihan haoran yifan siyu
    anna lukas jonas katrin stefan heike giulia marco francesca luca chiara matteo
    yuki haruto sakura kenji aiko minjun jiwoo seoyeon priya rahul ananya arjun deepika vikram
    fatima omar aisha yusuf layla hassan ngoc linh minh thanh olga ivan natasha dmitri svetlana
    joao beatriz rafael larissa thiago kwame amara chidi zanele sven ingrid lars astrid
    """.split()
)
FAMILY = tuple(
    """
    smith johnson williams brown jones miller davis wilson anderson taylor moore jackson martin lee
    thompson white harris clark lewis walker hall young king wright scott green baker adams nelson
    carter mitchell roberts turner phillips campbell parker evans edwards collins murphy oconnor
    garcia martinez lopez hernandez gonzalez perez rodriguez sanchez ramirez torres flores rivera
    gomez diaz cruz morales ortiz delacruz vargas castillo jimenez moreno romero navarro ruiz
    dupont durand bernard petit moreau laurent lefebvre roux fournier girard mercier blanc garnier
    wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo lin he gao luo zheng
    mueller schmidt schneider fischer weber wagner becker hoffmann rossi ferrari esposito bianchi
    tanaka suzuki sato takahashi yamamoto kim park choi jung nguyen tran pham le vo
    patel sharma singh gupta reddy iyer khan ahmed hussain ali rahman haddad silva santos oliveira
    souza costa pereira ivanov petrov kowalski nowak okafor mensah adeyemi dlamini johansson hansen
    """.split()
)
WORDS = tuple(
    """
    blue silver lucky crazy happy sunny wild quiet little big dark red golden magic retro pixel
    cosmic electric stormy velvet rusty salty tiger wolf panda fox falcon otter raven dragon kitten
    moose badger rider runner baker gamer coder dancer surfer hiker painter gardener drummer chef
    captain ninja queen star moon river forest mountain ocean desert garden coffee taco noodle
    pepper honey mango guitar vinyl soccer futbol luna cielo sol gato perro rayo soleil lune chat
    etoile papillon xiong long feng yun xue
    """.split()
)

FREE_DOMAINS = (
    *("gmail.com",) * 12,
    *("hotmail.com", "outlook.com", "yahoo.com") * 3,
    *("icloud.com", "qq.com", "163.com") * 2,
    *("aol.com", "live.com", "msn.com", "me.com", "proton.me", "protonmail.com", "ymail.com"),
    *("gmx.com", "gmx.de", "web.de", "mail.com", "zoho.com", "fastmail.com", "hey.com", "pm.me"),
    *("hotmail.es", "yahoo.es", "outlook.es", "yahoo.com.mx", "hotmail.com.mx", "live.com.mx"),
    *("yahoo.com.ar", "outlook.com.br", "uol.com.br", "terra.com.br", "hotmail.it", "libero.it"),
    *("yahoo.fr", "hotmail.fr", "outlook.fr", "live.fr", "laposte.net", "yahoo.co.uk"),
    *("hotmail.co.uk", "126.com", "sina.com", "sina.cn", "sohu.com", "foxmail.com", "yeah.net"),
    *("139.com", "aliyun.com", "yahoo.co.jp", "naver.com", "daum.net", "rediffmail.com"),
    *("yandex.ru", "mail.ru", "wp.pl", "seznam.cz", "telefonica.net", "tutanota.com"),
)
ISP_DOMAINS = (
    *("comcast.net", "verizon.net", "att.net", "sbcglobal.net", "bellsouth.net", "cox.net"),
    *("charter.net", "earthlink.net", "frontier.com", "optonline.net", "orange.fr", "wanadoo.fr"),
    *("free.fr", "sfr.fr", "bbox.fr", "neuf.fr", "movistar.es", "telefonica.net", "ono.com"),
    *("prodigy.net.mx", "telmex.com", "btinternet.com", "sky.com", "virginmedia.com", "shaw.ca"),
    *("rogers.com", "sympatico.ca", "t-online.de", "freenet.de", "tin.it", "bigpond.com"),
    *("189.cn", "wo.cn", "docomo.ne.jp", "ziggo.nl", "telenet.be", "bluewin.ch"),
)
FIRMS = tuple(
    """
    north south east west lake hill stone bright clear summit harbor cedar maple oak pine iron
    copper blue green red silver river bay gulf sierra mesa alto puente campo torre faro costa
    lumen nova terra vita porta forge anvil atlas orbit vector matrix delta omega quartz cobalt
    juniper willow heron osprey badger linden alder birch rowan tian hua jin rui heng
    """.split()
)
TRADES = tuple(
    """
    works labs tech soft data media health dental legal law realty homes build freight foods
    coffee bikes travel tours bank capital insure design studio print energy solar motors parts
    supply tools logistics consulting partners group services systems solutions marketing farma
    viajes abogados muebles conseil immo habitat keji maoyi
    """.split()
)
FIRM_ENDINGS = (
    *("com",) * 14,
    *("net", "org", "io", "co", "us", "biz", "ai", "dev", "app", "shop", "store", "tech") * 2,
    *("es", "fr", "mx", "com.mx", "de", "co.uk", "ca", "com.br", "it", "cn", "com.cn") * 2,
    *("com.ar", "com.co", "cl", "pe", "nl", "be", "ch", "eu", "com.au", "co.nz", "in", "jp"),
    *("co.jp", "pl", "se", "no", "ie", "pt", "hk", "com.sg", "info", "agency", "health", "law"),
)
FIRM_SUBDOMAINS = ("mail.", "us.", "corp.", "team.", "eu.", "hq.", "mx.", "emea.", "dept.")
PLACES = tuple(
    """
    westbrook lakemont fairview ashford kingsley norwood milford stanton easton redhill oakdale
    brookfield larkspur valmont rivera altamira belmonte clairvaux beaulieu montclair lindental
    steinfeld nanhu xishan dongshan
    """.split()
)
SCHOOL_ENDINGS = (
    *("{0}.edu", "cs.{0}.edu", "student.{0}.edu", "alumni.{0}.edu", "g.{0}.edu", "mail.{0}.edu"),
    *("{0}.ac.uk", "student.{0}.ac.uk", "uni-{0}.de", "stud.uni-{0}.de", "univ-{0}.fr"),
    *("etu.univ-{0}.fr", "u{0}.es", "alumnos.u{0}.es", "{0}.edu.mx", "alumno.{0}.edu.mx"),
    *("{0}.edu.cn", "mail.{0}.edu.cn", "{0}.k12.ca.us", "{0}.ac.jp", "{0}.edu.co", "{0}.ca"),
)
ACCENTED = tuple(
    """
    müller bäckerei grünwald köln peluquería diseño españa niñez château crédit forêt façade
    hôtel élan café jardín señal naïve smörgås åkerman łódka żubr 北京 书店 咖啡
    """.split()
)
ACCENTED_ENDINGS = ("com", "de", "es", "fr", "net", "se", "ch", "eu", "org")

ROLES = tuple(
    """
    support sales info billing contact hello help admin office press careers jobs hr accounts orders
    service team feedback privacy legal returns booking reservations webmaster postmaster abuse
    security marketing soporte ventas contacto ayuda facturacion reservas clientes service-client
    commercial assistance recrutement kefu shangwu buchhaltung kundenservice noreply
    """.split()
)

PLACEHOLDER_DOMAINS = frozenset(
    """
    example.com example.net example.org example.edu example.co.uk example.fr example.es example.de
    domain.com mydomain.com yourdomain.com your-domain.com test.com test.net test.org testing.com
    company.com yourcompany.com mycompany.com sample.com samples.com placeholder.com foo.com bar.com
    foobar.com email.test xxx.com xxxx.com asdf.com null.com
    nowhere.com website.com yoursite.com mysite.com
    ejemplo.com ejemplo.es ejemplo.org ejemplo.com.mx dominio.com tudominio.com sudominio.com
    empresa.com tuempresa.com miempresa.com prueba.com correo.ejemplo
    exemple.com exemple.fr exemple.org domaine.fr domaine.com votredomaine.fr entreprise.fr
    monentreprise.fr beispiel.de esempio.it exemplo.com.br
    yuming.com gongsi.com shili.com 示例.com 域名.com 例子.com 公司.com
    """.split()
)
RESERVED_TLDS = frozenset("test example invalid localhost local internal lan home corp".split())
PLACEHOLDER_LOCALS = frozenset(
    """
    your.name yourname your_name your-name your.email youremail your-email your_email youraddress
    first.last firstname.lastname firstname lastname first.lastname name.surname someone somebody
    user.name example sample placeholder
    tu.nombre tunombre tu.correo tucorreo tu-correo sucorreo su.correo nombre.apellido ejemplo
    votre.nom votrenom votre.email votre-email votreadresse prenom.nom exemple
    nideyouxiang youxiang xxx xxxx xxxxx aaa asdf qwerty test test123 foo
    """.split()
)
PLACEHOLDERS = (
    *("name@example.com", "you@domain.com", "user@test.com", "your.name@company.com"),
    *("<your email>", "<your-email>", "[email]", "your@email", "test@test", "test@test.com"),
    *("email@domain.com", "someone@example.org", "user@example.net", "foo@bar.com"),
    *("xxx@xxx.com", "xxxx@xxxx.com", "user@host.invalid", "nobody@nowhere.invalid"),
    *("jane.doe@mail.test", "john.doe@example.com", "jdoe@example.org", "firstname@company.com"),
    *("asdf@asdf.com", "test123@test.com", "firstname.lastname@company.com", "a@a.invalid"),
    *("correo@ejemplo.com", "nombre@ejemplo.com", "tu.correo@dominio.com", "usuario@ejemplo.es"),
    *("nombre.apellido@empresa.com", "<tu correo>", "tucorreo@tudominio.com", "prueba@prueba.com"),
    *("nom@exemple.fr", "prenom.nom@exemple.fr", "votre.email@domaine.fr", "<votre e-mail>"),
    *("prenom.nom@entreprise.fr", "utilisateur@exemple.com", "vous@domaine.com"),
    *("youxiang@example.com", "zhangsan@example.com", "<您的邮箱>", "您的邮箱@example.com"),
    *("xxx@example.cn.invalid", "yonghu@shili.com", "邮箱@域名.com", "name@yourcompany.com"),
)

PACKAGES = (
    *("react", "lodash", "vue", "axios", "express", "webpack", "typescript", "next", "eslint"),
    *("@types/node", "@babel/core", "@angular/core", "@mui/material", "@sentry/browser", "jquery"),
    *("@vue/compiler-sfc", "left-pad", "bootstrap", "d3", "chart.js", "moment", "three", "vite"),
    *("@segment/analytics-next", "core-js", "swiper", "gsap", "rxjs", "svelte", "tailwindcss"),
)
IMAGES = (
    *("logo", "hero", "hero-banner", "icon-cart", "avatar", "product_01", "bg-pattern", "favicon"),
    *("img/checkout", "assets/header", "thumb_blue", "sprite", "footer-logo", "card-visa", "promo"),
)
GIT_HOSTS = (
    *("github.com", "gitlab.com", "bitbucket.org", "git.internal.invalid", "ssh.dev.azure.com"),
    *("codeberg.org", "gitea.build.local", "git.sr.ht", "gitlab.corp.internal"),
)
LOGIN_SCHEMES = (
    *("https", "ftp", "sftp", "postgres", "postgresql", "mysql", "mongodb", "redis", "amqp"),
    *("http", "mongodb+srv", "smb"),
)
LOGIN_USERS = ("deploy", "app", "svc_web", "root", "reader", "etl", "analytics", "ci", "guest")
LOGIN_HOSTS = (
    *("db.internal", "10.0.3.17", "cache-1.local", "mq.prod.internal", "files.example.net"),
    *("localhost", "192.168.1.20", "cluster0.mongo.invalid", "registry.example.com"),
)
SERVERS = ("mastodon.example", "social.example.org", "fedi.invalid")


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
        return _value("role_mailbox", f"{pick(rng, ROLES)}@{_draw_firm(rng)}", telling=True)
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
        ending in RESERVED_TLDS
        or ending in _FILE_ENDINGS
        or domain in PLACEHOLDER_DOMAINS
        or site in PLACEHOLDER_DOMAINS
        or local in PLACEHOLDER_LOCALS
    )


def _value(kind: str, text: str, *, telling: bool = False) -> Value:
    return Value("email", kind, (Part(text),), telling=telling)


def _draw_address(rng: Random) -> str:
    share = rng.random()
    if share < _FREE:
        domain = pick(rng, FREE_DOMAINS)
        if domain == "qq.com" and rng.random() < _QQ_NUMBER_SHARE:
            return f"{_draw_qq_number(rng)}@{domain}"
        return f"{_tagged(rng, _fill(rng, _PRIVATE))}@{domain}"
    if share < _ISP:
        return f"{_fill(rng, _PRIVATE)}@{pick(rng, ISP_DOMAINS)}"
    if share < _SCHOOL:
        domain = pick(rng, SCHOOL_ENDINGS).format(pick(rng, PLACES))
        return f"{_fill(rng, _STUDENT)}@{domain}"
    domain = _draw_accented(rng) if share < _ACCENTED else _draw_firm(rng)
    return f"{_tagged(rng, _fill(rng, _FORMAL))}@{domain}"


def _fill(rng: Random, shapes: tuple[str, ...]) -> str:
    bits = rng.getrandbits(120)  # one call for six choices: calls are what costs
    given = GIVEN[(bits & 0xFFFFF) % len(GIVEN)]
    family = FAMILY[(bits >> 20 & 0xFFFFF) % len(FAMILY)]
    return shapes[(bits >> 40 & 0xFFFFF) % len(shapes)].format(
        g=given,
        i=given[0],
        f=family,
        j=family[0],
        w=WORDS[(bits >> 60 & 0xFFFFF) % len(WORDS)],
        v=WORDS[(bits >> 80 & 0xFFFFF) % len(WORDS)],
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
    under = pick(rng, FIRM_SUBDOMAINS) if share > 0.9 else ""
    name = f"{pick(rng, FIRMS)}{joint}{pick(rng, TRADES)}"
    return f"{under}{name}.{pick(rng, FIRM_ENDINGS)}"


def _draw_accented(rng: Random) -> str:
    label = f"{pick(rng, ACCENTED)}-{pick(rng, FIRMS)}"
    if rng.random() < _PUNYCODE_SHARE:
        label = label.encode("idna").decode()
    return f"{label}.{pick(rng, ACCENTED_ENDINGS)}"


def _draw_no_at(rng: Random) -> Value:
    local, _, domain = _draw_address(rng).partition("@")
    return _value("no_at", pick(rng, _NO_AT).format(l=local, d=domain))


def _draw_no_domain(rng: Random) -> Value:
    local, _, domain = _draw_address(rng).partition("@")
    return _value("no_domain", pick(rng, _NO_DOMAIN).format(l=local, d=domain))


def _draw_dot_error(rng: Random) -> Value:
    _, _, domain = _draw_address(rng).partition("@")
    host, _, rest = domain.partition(".")
    first, second = pick(rng, GIVEN), pick(rng, FAMILY)
    text = pick(rng, _DOT_ERRORS).format(a=first, b=second, d=domain, h=host, t=rest)
    return _value("dot_errors", text, telling=True)


def _draw_placeholder(rng: Random) -> Value:
    if rng.random() < 0.5:
        return _value("placeholder", pick(rng, PLACEHOLDERS), telling=True)
    text = f"{_fill(rng, _FORMAL)}@{pick(rng, _PLACEHOLDER_HOSTS)}"
    return _value("placeholder", text, telling=True)


def _draw_package(rng: Random) -> Value:
    major, minor, patch = rng.random() * 24, rng.random() * 40, rng.random() * 20
    sign = pick(rng, ("", "", "", "^", "~", "v"))
    text = f"{pick(rng, PACKAGES)}@{sign}{int(major)}.{int(minor)}.{int(patch)}"
    return _value("package", text)


def _draw_image(rng: Random) -> Value:
    scale, ending = pick(rng, ("2x", "3x", "1.5x", "4x")), pick(rng, ("png", "webp", "jpg", "svg"))
    build = f"-{rng.getrandbits(32):08x}" if rng.random() < _HASHED_IMAGE_SHARE else ""
    return _value("image", f"{pick(rng, IMAGES)}{build}@{scale}.{ending}")


def _draw_repo(rng: Random) -> Value:
    return _value(
        "repo",
        pick(rng, _REPOS).format(
            h=pick(rng, GIT_HOSTS),
            w=pick(rng, FIRMS),
            v=pick(rng, TRADES),
            f=pick(rng, FAMILY),
            n=pick(rng, _NUMBERS),
        ),
    )


def _draw_login_url(rng: Random) -> Value:
    return _value(
        "login_url",
        pick(rng, _LOGINS).format(
            s=pick(rng, LOGIN_SCHEMES),
            u=pick(rng, LOGIN_USERS),
            p=fill(rng, pick(rng, ("@@#@##@@", "@#@#@#@#@#", "@@@@-####-@@"))),
            h=pick(rng, LOGIN_HOSTS),
            n=pick(rng, _PORTS),
            w=pick(rng, TRADES),
        ),
    )


def _draw_handle(rng: Random) -> Value:
    server = f"@{pick(rng, SERVERS)}" if rng.random() < _FEDIVERSE_SHARE else ""
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
