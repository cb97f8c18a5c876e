"""Access logs of web servers, made from a seed, in which nobody's data stands.

    python benchmarks/access_log.py [--rows 10000] [--seed 1] > access.log

Six writers, each as likely: Apache's combined format, nginx with times behind it, a JSON access
log, a load balancer's, a content network's (tab-separated) and the collector of an analytics tag.
They hold what such logs are full of: assets with digests, ids in paths and queries, campaign and
click ids, session and client cookies, epochs, sizes, versions, searches. Addresses are those kept
for documentation (RFC 5737, RFC 3849), hosts those of RFC 2606. Nothing is borrowed from the
product's own lines: a prefilter that was fitted to those would show here.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeVar
from urllib.parse import quote, quote_plus

from piiforge.rng import child

Item = TypeVar("Item")

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_START = datetime(2026, 3, 2, tzinfo=UTC)
_HOSTS = ("www.example.com", "shop.example.com", "m.example.org", "cdn.example.net", "example.com")
_NETS = ("192.0.2", "198.51.100", "203.0.113")
_PAGES = (
    "/", "/", "/cart", "/checkout", "/checkout/shipping", "/account/orders", "/login",
    "/search", "/blog/2026/02/how-we-ship", "/blog/spring-sale-2026", "/help/returns",
    "/contact", "/about", "/products/{id}", "/products/{id}/reviews", "/p/{slug}-{id}",
    "/c/{slug}", "/c/{slug}/page/{n}", "/api/v1/cart/{uuid}", "/api/v2/items/{id}",
    "/api/v1/session", "/api/orders?status=open", "/orders/{id}", "/wp-login.php",
    "/robots.txt", "/sitemap.xml", "/healthz", "/favicon.ico", "/privacy-policy", "/gift-cards",
    "/store-locator", "/newsletter/confirm/{hex32}", "/fr/panier", "/es/ofertas",
    "/zh/产品/{id}", "/.env", "/admin/config.php", "/events/{date}", "/feed.xml",
)  # fmt: skip
_ASSETS = (
    "/static/js/main.{hex8}.js", "/static/css/app.{hex8}.css",
    "/_next/static/chunks/{n}-{hex16}.js", "/img/{slug}-{w}x{h}.jpg", "/img/{slug}@2x.png",
    "/media/catalog/{hex2}/{hex2}/{slug}_{n}.webp", "/npm/vue@3.4.21/dist/vue.global.js",
    "/fonts/inter-v{n}-latin-700.woff2", "/video/{uuid}/seg-{n}.ts",
    "/uploads/2025/11/IMG_{date8}_{time6}.jpg", "/assets/vendor-{hex16}.js",
    "/thumbs/{hex40}.avif",
)  # fmt: skip
_SLUGS = (
    "oak-chair", "trail-shoe-gtx", "usb-c-hub-7-in-1", "linen-shirt", "mesa-de-roble",
    "phone-case-15-pro", "lampe-de-bureau", "4k-monitor-27", "kids-bike-16",
    "coffee-grinder-v60", "wool-socks-3-pack",
)  # fmt: skip
_SEARCHES = (
    "running shoes 42", "iphone 15 pro 256 case", "40x60 frame", "zapatos rojos",
    "lampe led 12v", "红色 连衣裙", "hdmi 2.1 cable 3m", "levis 501 w32 l34", "coffee",
    "size chart", "1080p webcam",
)  # fmt: skip
_QUERIES = (
    "", "", "", "?page={n}", "?q={search}", "?sort=price_asc&page={n}&per_page=48",
    "?v={n}.{n}.{n}", "?utm_source=newsletter&utm_medium=email&utm_campaign=spring_2026",
    "?ref={hex8}", "?gclid={token60}", "?fbclid={token60}&utm_source=ig", "?_={epoch_ms}",
    "?variant={id11}", "?lat={lat}&lng={lat}&zoom=12", "?min=10&max={n}00&color=blue",
    "?t={epoch}", "?w={w}&h={h}&q=75", "?redirect=%2Fcheckout%3Fstep%3D2", "?token={uuid}",
    "?date={date}&guests=2", "?sku={sku}",
)  # fmt: skip
_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/{chrome}.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.{n1} Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_{n1} like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.{n1} Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8 Pro) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/{chrome}.0.{n}.{n} Mobile Safari/537.36",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:{chrome}.0) Gecko/20100101 Firefox/{chrome}.0",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "curl/8.{n1}.0",
)
_METHODS = ("GET",) * 9 + ("POST",)
_STATUSES = (200,) * 12 + (304, 301, 302, 404, 404, 500)


def lines(seed: int, rows: int) -> Iterator[str]:
    """Yield `rows` lines, always the same for a seed."""
    for row in range(rows):
        rng = child(seed, "access_log", row)
        moment = _START + timedelta(seconds=row * 0.7 + rng.random())
        yield _pick(_WRITERS, rng)(moment, rng)


def _combined(moment: datetime, rng: Random) -> str:
    return (
        f'{_client(rng)} - - [{moment:%d/%b/%Y:%H:%M:%S +0000}] "{_request(moment, rng)}" '
        f'{_pick(_STATUSES, rng)} {_size(rng)} "{_referer(moment, rng)}" "{_agent(rng)}"'
    )


def _nginx(moment: datetime, rng: Random) -> str:
    times = f"rt={rng.random():.3f} uct=0.000 uht={rng.random():.3f} urt={rng.random():.3f}"
    forwarded = _pick(("-", _client(rng)), rng)
    return f'{_combined(moment, rng)} "{forwarded}" {times} rid={_hex(rng, 32)}'


def _json_line(moment: datetime, rng: Random) -> str:
    record = {
        "ts": f"{moment.timestamp():.3f}",
        "remote_addr": _client(rng),
        "remote_port": str(rng.randrange(1024, 65536)),
        "host": _pick(_HOSTS, rng),
        "request": _request(moment, rng),
        "status": _pick(_STATUSES, rng),
        "body_bytes_sent": _size(rng),
        "request_time": round(rng.random(), 3),
        "http_referer": _referer(moment, rng),
        "http_user_agent": _agent(rng),
        "request_id": _hex(rng, 32),
        "cookie": _cookies(moment, rng),
    }
    return json.dumps(record, ensure_ascii=rng.random() < 0.5)


def _balancer(moment: datetime, rng: Random) -> str:
    times = " ".join(f"{rng.random():.6f}" for _ in range(3))
    method, path, protocol = _request(moment, rng).split(" ")
    host = _pick(_HOSTS, rng)
    return (
        f"https {moment:%Y-%m-%dT%H:%M:%S.%fZ} app/web/{_hex(rng, 16)} "
        f"{_client(rng, v6=False)}:{rng.randrange(1024, 65536)} "
        f"192.0.2.{rng.randrange(256)}:8443 {times} "
        f'200 200 {rng.randrange(200, 4000)} {_size(rng)} "{method} https://{host}:443{path} '
        f'{protocol}" "{_agent(rng)}" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 - '
        f'"Root=1-{_hex(rng, 8)}-{_hex(rng, 24)}" "{host}" "-" 0 "forward" "-" "-"'
    )


def _content_network(moment: datetime, rng: Random) -> str:
    method, path, protocol = _request(moment, rng).split(" ")
    stem, _, query = path.partition("?")
    place = f"FRA{rng.randrange(2, 60)}-P{rng.randrange(9)}"
    return (
        f"{moment:%Y-%m-%d}\t{moment:%H:%M:%S}\t{place}\t{_size(rng)}\t{_client(rng)}\t{method}\t"
        f"d111111abcdef8.example.net\t{stem}\t{_pick(_STATUSES, rng)}\t{_referer(moment, rng)}\t"
        f"{quote(_agent(rng))}\t{query or '-'}\t-\t{_pick(('Hit', 'Miss', 'RefreshHit'), rng)}\t"
        f"{_token(rng, 52)}==\t{_HOSTS[0]}\thttps\t{rng.randrange(20, 900)}\t{rng.random():.3f}\t"
        f"-\tTLSv1.3\t{protocol}\t-\t-"
    )


def _collector(moment: datetime, rng: Random) -> str:
    host = _pick(_HOSTS, rng)
    page = quote_plus(f"https://{host}{_path(moment, rng)}")
    screen = _pick(("1920x1080", "390x844", "1512x982"), rng)
    query = (
        f"v=2&tid=G-{_token(rng, 10).upper()}&gtm=45je6{rng.randrange(1000):03d}h1"
        f"&_p={_epoch_ms(moment)}&cid={_client_id(moment, rng)}&ul=en-us&sr={screen}"
        f"&_s={rng.randrange(1, 9)}&sid={_epoch(moment)}&sct={rng.randrange(1, 40)}&seg=1&dl={page}"
        f"&dt={quote_plus(_pick(_SLUGS, rng).replace('-', ' ').title())}&en=page_view"
        f"&epn.value={rng.randrange(1, 300)}.{rng.randrange(100):02d}"
        f"&_et={rng.randrange(10, 90000)}"
    )
    return (
        f'{_client(rng)} - - [{moment:%d/%b/%Y:%H:%M:%S +0000}] "GET /g/collect?{query} HTTP/2.0" '
        f'204 0 "https://{host}/" "{_agent(rng)}"'
    )


def of_format(name: str, seed: int, rows: int) -> Iterator[str]:
    """Yield `rows` lines of one of FIVE, the head lines of its format first where it has any.

    Values that stand in real logs beside the request are there too: forwarded chains, ports,
    durations of all units, byte counts, query strings, user agents, cookies and ids.
    """
    head, write = FIVE[name]
    yield from head
    for row in range(rows - len(head)):
        rng = child(seed, "access_log", name, row)
        moment = _START + timedelta(seconds=row * 0.7 + rng.random())
        yield write(moment, rng)


def of_site(seed: int, rows: int) -> Iterator[str]:
    """Yield about `rows` lines of one site's log, as visits make them, in Apache's combined format.

    1,500 pages of which few are visited often (Zipf), each with a dozen assets that most visitors
    fetch; 150 browsers. Of 100 requests about ten have ids, searches or times that are new.
    """
    site = child(seed, "access_log", "site")

    def filled(shapes: Sequence[str]) -> str:
        return _pick(shapes, site).format_map(_Filler(_START, site))

    pages = [filled(_PAGES) for _ in range(1500)]
    shared = [filled(_ASSETS) for _ in range(8)]
    assets = [[*shared, *(filled(_ASSETS) for _ in range(4))] for _ in pages]
    agents = [_agent(site) for _ in range(150)]
    weights = [1 / rank for rank in range(1, len(pages) + 1)]
    made, visit = 0, 0
    while made < rows:
        visit += 1
        rng = child(seed, "access_log", "visit", visit)
        client, agent, before = _client(rng), agents[int(len(agents) * rng.random() ** 3)], "-"
        for at in rng.choices(range(len(pages)), weights, k=rng.randrange(1, 6)):
            moment = _START + timedelta(seconds=made * 0.7)
            here = f"https://www.example.com{pages[at]}"
            fetched = [(pages[at], before)]
            fetched += [(asset, here) for asset in assets[at] if rng.random() < 0.6]
            fetched += [(_path(moment, rng), here)] * (rng.random() < 0.8)
            for path, referer in fetched:
                yield (
                    f'{client} - - [{moment:%d/%b/%Y:%H:%M:%S +0000}] "GET {path} HTTP/1.1" '
                    f'{_pick(_STATUSES, rng)} {_size(rng)} "{referer}" "{agent}"'
                )
            made += len(fetched)
            before = here


def _nginx_main(moment: datetime, rng: Random) -> str:
    """Write nginx's log_format main of its own configuration file, X-Forwarded-For last."""
    chain = ", ".join(_client(rng) for _ in range(rng.randrange(4))) or "-"
    return f'{_combined(moment, rng)} "{chain}"'


def _alb(moment: datetime, rng: Random) -> str:
    """Write an entry of an AWS Application Load Balancer with all of its fields."""
    times = " ".join(f"{rng.random() * rng.choice((0.01, 1, 20)):.3f}" for _ in range(3))
    times = rng.choice((times, times, times, "-1 -1 -1"))
    method, path, protocol = _request(moment, rng).split(" ")
    host, status, target = _pick(_HOSTS, rng), _pick(_STATUSES, rng), _private(rng)
    made = f"{moment:%Y-%m-%dT%H:%M:%S.%f}"
    group = f"arn:aws:elasticloadbalancing:us-east-1:{_digits(rng, 12)}:targetgroup/web/"
    return (
        f"{_pick(('http', 'https', 'h2', 'ws'), rng)} {made}Z app/{_pick(_SLUGS, rng)}/"
        f"{_hex(rng, 16)} {_client(rng, v6=False)}:{rng.randrange(1024, 65536)} "
        f"{target}:{_pick((80, 443, 8080, 8443), rng)} {times} {status} {status} "
        f"{rng.randrange(20, 9000)} {_size(rng)} "
        f'"{method} https://{host}:443{path} {protocol}" "{_agent(rng)}" '
        f"ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 {group}{_hex(rng, 16)} "
        f'"Root=1-{_hex(rng, 8)}-{_hex(rng, 24)}" "{host}" "session-reused" '
        f'{rng.randrange(1000)} {made}Z "forward" "-" "-" "{target}:8080" "{status}" "-" "-" '
        f"TID_{_hex(rng, 32)}"
    )


def _cloudfront(moment: datetime, rng: Random) -> str:
    """Write an entry of a CloudFront standard log (version 1.0), tabs between 33 fields."""
    method, path, protocol = _request(moment, rng).split(" ")
    stem, _, query = path.partition("?")
    place, status = f"FRA{rng.randrange(2, 60)}-P{rng.randrange(9)}", _pick(_STATUSES, rng)
    kind = _pick(("Hit", "Miss", "RefreshHit", "Error"), rng)
    size, spent = _size(rng), rng.random() * 3
    fields = (
        f"{moment:%Y-%m-%d}", f"{moment:%H:%M:%S}", place, size, _client(rng), method,
        "d111111abcdef8.example.net", stem, status, _referer(moment, rng),
        quote(_agent(rng), safe="/:;(),+"), query or "-",
        quote(_cookies(moment, rng)) if rng.random() < 0.3 else "-",
        kind, f"{_token(rng, 54)}==", _pick(_HOSTS, rng), "https", rng.randrange(20, 3000),
        f"{spent:.3f}", _pick(("-", _client(rng)), rng), "TLSv1.3", "TLS_AES_128_GCM_SHA256",
        kind, protocol, "-", "-", rng.randrange(1024, 65536), f"{spent / 2:.3f}", kind,
        _pick(("text/html;%20charset=utf-8", "image/webp", "application/json"), rng), size,
        _pick(("-", "0"), rng), _pick(("-", str(size)), rng),
    )  # fmt: skip
    return "\t".join(map(str, fields))


def _iis(moment: datetime, rng: Random) -> str:
    """Write an entry of IIS in W3C's extended format, with bytes and the time taken in ms."""
    method, path, _ = _request(moment, rng).split(" ")
    stem, _, query = path.partition("?")
    agent = _agent(rng).replace(" ", "+")
    win32 = _pick((0, 0, 0, 2, 64, 1236, 2148074254, 2147942487), rng)
    return (
        f"{moment:%Y-%m-%d %H:%M:%S} {_private(rng)} {method} {stem} {query or '-'} "
        f"{_pick((80, 443), rng)} - {_client(rng)} {agent} {_referer(moment, rng)} "
        f"{_pick(_STATUSES, rng)} {_pick((0, 0, 0, 7, 14), rng)} {win32} {_size(rng)} "
        f"{rng.randrange(100, 4000)} {int(10 ** rng.uniform(0, 5))}"
    )


def _caddy(moment: datetime, rng: Random) -> str:
    """Write an entry of Caddy's structured access log, as JSON."""
    method, path, protocol = _request(moment, rng).split(" ")
    client, status = _client(rng), _pick(_STATUSES, rng)
    headers = {
        "User-Agent": [_agent(rng)],
        "Accept-Encoding": ["gzip, deflate, br"],
        "X-Forwarded-For": [", ".join(_client(rng) for _ in range(rng.randrange(1, 4)))],
        "Cookie": ["REDACTED"] if rng.random() < 0.5 else [_cookies(moment, rng)],
        "Referer": [_referer(moment, rng)],
        "If-None-Match": [f'"{_hex(rng, 14)}"'],
    }
    record = {
        "level": "info",
        "ts": round(moment.timestamp(), 6),
        "logger": f"http.log.access.log{rng.randrange(3)}",
        "msg": "handled request",
        "request": {
            "remote_ip": client,
            "remote_port": str(rng.randrange(1024, 65536)),
            "client_ip": client,
            "proto": protocol,
            "method": method,
            "host": _pick(_HOSTS, rng),
            "uri": path,
            "headers": headers,
            "tls": {
                "resumed": rng.random() < 0.5,
                "version": 772,
                "cipher_suite": 4865,
                "proto": "h2",
                "server_name": _pick(_HOSTS, rng),
            },
        },
        "bytes_read": rng.randrange(3000),
        "user_id": "",
        "duration": rng.random() * rng.choice((0.0001, 0.1, 3)),
        "size": _size(rng),
        "status": status,
        "resp_headers": {
            "Server": ["Caddy"],
            "Content-Length": [str(_size(rng))],
            "Etag": [f'"{_hex(rng, 12)}"'],
            "Last-Modified": [f"{moment:%a, %d %b %Y %H:%M:%S GMT}"],
            "Alt-Svc": ['h3=":443"; ma=2592000'],
        },
    }
    return json.dumps(record, separators=(",", ":"))


def _private(rng: Random) -> str:
    return f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"


def _digits(rng: Random, size: int) -> str:
    return "".join(rng.choices("0123456789", k=size))


_IIS_HEAD = (
    "#Software: Microsoft Internet Information Services 10.0",
    "#Version: 1.0",
    f"#Date: {_START:%Y-%m-%d %H:%M:%S}",
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
    "cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status sc-bytes cs-bytes "
    "time-taken",
)
_CLOUDFRONT_HEAD = (
    "#Version: 1.0",
    "#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status "
    "cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id "
    "x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher "
    "x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port "
    "time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len "
    "sc-range-start sc-range-end",
)


def _request(moment: datetime, rng: Random) -> str:
    protocol = _pick(("HTTP/1.1", "HTTP/1.1", "HTTP/2.0"), rng)
    return f"{_pick(_METHODS, rng)} {_path(moment, rng)} {protocol}"


def _path(moment: datetime, rng: Random) -> str:
    shape = _pick(_ASSETS, rng) if rng.random() < 0.4 else _pick(_PAGES, rng) + _pick(_QUERIES, rng)
    if shape.count("?") > 1:
        head, _, tail = shape.rpartition("?")
        shape = f"{head}&{tail}"
    return shape.format_map(_Filler(moment, rng))


def _referer(moment: datetime, rng: Random) -> str:
    if rng.random() < 0.35:
        return "-"
    return f"https://{_pick(_HOSTS, rng)}{_path(moment, rng)}"


class _Filler(dict[str, str]):
    """Fills the slots of a path, each with something new."""

    def __init__(self, moment: datetime, rng: Random) -> None:
        super().__init__()
        self._moment, self._rng = moment, rng

    def __missing__(self, slot: str) -> str:
        return _SLOTS[slot](self._moment, self._rng)


def _client(rng: Random, *, v6: bool = True) -> str:
    if v6 and rng.random() < 0.15:
        return f"2001:db8:{rng.getrandbits(16):x}:{rng.getrandbits(16):x}::{rng.getrandbits(16):x}"
    return f"{_pick(_NETS, rng)}.{rng.randrange(1, 255)}"


def _agent(rng: Random) -> str:
    n1, n, chrome = rng.randrange(7), rng.randrange(1000, 7000), rng.randrange(100, 140)
    return _pick(_AGENTS, rng).format(n1=n1, n=n, chrome=chrome)


def _cookies(moment: datetime, rng: Random) -> str:
    jar = (
        f"_ga=GA1.2.{_client_id(moment, rng)}",
        f"_fbp=fb.1.{_epoch_ms(moment)}.{rng.randrange(10**8, 10**10)}",
        f"JSESSIONID={_hex(rng, 32).upper()}",
        f"sid=s%3A{_token(rng, 32)}.{_token(rng, 43)}",
        f"cart={_uuid(rng)}",
        f"OptanonAlertBoxClosed={moment:%Y-%m-%dT%H:%M:%S.000Z}",
    )
    return "; ".join(rng.sample(jar, rng.randrange(1, len(jar))))


def _client_id(moment: datetime, rng: Random) -> str:
    return f"{rng.randrange(10**8, 2**31)}.{int(moment.timestamp()) - rng.randrange(10**7)}"


def _epoch(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def _epoch_ms(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1000))


def _size(rng: Random) -> int:
    return int(10 ** rng.uniform(2, 6.5))


def _hex(rng: Random, size: int) -> str:
    return f"{rng.getrandbits(4 * size):0{size}x}"


def _uuid(rng: Random) -> str:
    digits = _hex(rng, 32)
    return "-".join(
        (digits[:8], digits[8:12], f"4{digits[13:16]}", f"a{digits[17:20]}", digits[20:])
    )


def _token(rng: Random, size: int) -> str:
    return "".join(rng.choices(_LETTERS, k=size))


def _pick(items: Sequence[Item], rng: Random) -> Item:
    return items[rng.randrange(len(items))]


def _stamp(form: str) -> Callable[[datetime, Random], str]:
    return lambda moment, _rng: moment.strftime(form)


def _number(low: int, high: int) -> Callable[[datetime, Random], str]:
    return lambda _moment, rng: str(rng.randrange(low, high))


def _digest(size: int) -> Callable[[datetime, Random], str]:
    return lambda _moment, rng: _hex(rng, size)


_SLOTS: dict[str, Callable[[datetime, Random], str]] = {
    "id": lambda _moment, rng: str(int(10 ** rng.uniform(2, 8))),
    "id11": _number(10**10, 10**11),
    "n": _number(1, 30),
    **dict.fromkeys("wh", _number(20, 2000)),
    "uuid": lambda _moment, rng: _uuid(rng),
    "slug": lambda _moment, rng: _pick(_SLUGS, rng),
    "sku": lambda _moment, rng: (
        f"{_pick(('CH', 'TS', 'LMP'), rng)}-{rng.randrange(10**5)}-{_hex(rng, 2)}"
    ),
    "search": lambda _moment, rng: quote_plus(_pick(_SEARCHES, rng)),
    "lat": lambda _moment, rng: f"{rng.uniform(-80, 80):.6f}",
    "epoch": lambda moment, _rng: _epoch(moment),
    "epoch_ms": lambda moment, _rng: _epoch_ms(moment),
    "date": _stamp("%Y-%m-%d"),
    "date8": _stamp("%Y%m%d"),
    "time6": _stamp("%H%M%S"),
    **{f"hex{size}": _digest(size) for size in (2, 8, 16, 32, 40)},
    "token60": lambda _moment, rng: _token(rng, 60),
}
_WRITERS = (_combined, _nginx, _json_line, _balancer, _content_network, _collector)
FIVE: dict[str, tuple[tuple[str, ...], Callable[[datetime, Random], str]]] = {
    "nginx main": ((), _nginx_main),
    "ALB": ((), _alb),
    "CloudFront": (_CLOUDFRONT_HEAD, _cloudfront),
    "IIS": (_IIS_HEAD, _iis),
    "Caddy": ((), _caddy),
}
"""Five common formats by name: the lines at the head of a file, and how a row is written."""


def main() -> None:
    """Write the lines to the standard output."""
    parser = argparse.ArgumentParser(description="Access logs in which nobody's data stands.")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    sys.stdout.writelines(f"{line}\n" for line in lines(asked.seed, asked.rows))


if __name__ == "__main__":
    main()
