"""Lines of viewed pages: addresses, server logs, headers, beacons.

The combined log format of the Apache HTTP Server, HTTP request headers and cookies (RFC 9110,
RFC 6265), query strings. Pages as analytics vendors see them are in `page_vendors`.
"""

from random import Random

from piiforge.lines import noise
from piiforge.lines.encoders import encode
from piiforge.lines.tables import pick, words
from piiforge.lines.writing import (
    BOTH,
    FORM,
    PERCENT,
    TRACE,
    NoiseTable,
    among,
    encoded,
    form,
    json_line,
    nested,
    noise_fields,
    number,
    page_url,
    percent,
    query,
    some,
    turned,
    url,
    woven,
)
from piiforge.types import Draft, Format, Scene

_CAMPAIGN_NAMES = words("spring q3 brand retarget remarketing launch winback local")
_CAMPAIGN: NoiseTable = (
    ("utm_source", lambda rng: pick(("google", "newsletter", "facebook", "baidu", "qr"), rng)),
    ("utm_medium", lambda rng: pick(("cpc", "email", "social", "sms", "referral"), rng)),
    ("gclid", noise.gclid),
    ("utm_campaign", lambda rng: f"{pick(_CAMPAIGN_NAMES, rng)}_{noise.version(rng)}"),
    ("session_id", noise.session_id),
    ("page", number(noise.page_depth)),
    ("sku", noise.sku),
    ("v", noise.build_hash),
    ("order_id", noise.order_id),
    ("ts", number(noise.epoch_ms)),
)  # fmt: skip
_COOKIES: NoiseTable = (
    ("_ga", lambda rng: f"GA1.1.{noise.client_id(rng)}"),
    ("_fbp", noise.fbp),
    ("JSESSIONID", noise.hex32),
    ("OptanonConsent", noise.consent_string),
    ("cart_id", noise.uuid4),
    ("uid_row", noise.counter_id),
    ("_gcl_au", lambda rng: f"1.1.{noise.client_id(rng)}"),
    ("lang", noise.locale),
    ("last_visit_ts", noise.epoch_s),
    ("csrftoken", noise.hex32),
)
_METHODS = words("GET GET GET POST HEAD")
_STEPS = words("confirm thank-you step-2 review results checkout account details success profile")
_SEARCH_NAMES = words("q query s search keyword term k text search_query wd")


def _page_query(scene: Scene, rng: Random, most: int = 4) -> str:
    """Write the scene's fields among campaign parameters, spaces as + ."""
    return query(woven(scene.fields, some(_CAMPAIGN, rng, most), rng))


def query_url(scene: Scene, rng: Random) -> Draft:
    """Write the address of a page, with or without a log's words before it."""
    head = pick(("", "", "GET ", "page_view ", f"[{scene.setting['title']}] "), rng)
    fragment = f"#{pick(_STEPS, rng)}" if rng.random() < 0.2 else ""
    return Draft(f"{head}{page_url(scene)}?{_page_query(scene, rng)}{fragment}", FORM, FORM)


def path_fragment(scene: Scene, rng: Random) -> Draft:
    """Write the fields as segments of the path, or as parameters of the fragment or of segments."""
    pairs = encoded(woven(scene.fields, some(_CAMPAIGN, rng, 2), rng), PERCENT, PERCENT)
    base, roll = page_url(scene), rng.random()
    step = pick(_STEPS, rng)
    if roll < 0.35:
        rest = "/".join([f"{name}/{text}" for name, text in pairs])
        address = f"{base.rstrip('/')}/{rest}/{step}"
    elif roll < 0.55:
        rest = "".join([f";{name}={text}" for name, text in pairs])
        address = f"{base.rstrip('/')}/{step}{rest}"
    else:
        rest = "&".join([f"{name}={text}" for name, text in pairs])
        address = f"{base}#{pick(('', '/', '!/'), rng)}{step}?{rest}"
    head = pick(("", "", "hashchange ", "route: ", f"{noise.iso_time(rng)} "), rng)
    return Draft(head + address, PERCENT, PERCENT)


def access_log(scene: Scene, rng: Random) -> Draft:
    """Write a line of the combined log; the query stands in the request or in the referer."""
    path = page_url(scene)[8 + len(scene.setting["host"]) :]
    asked = f"{path}?{_page_query(scene, rng, 3)}"
    referer = f"https://{scene.setting['host']}/"
    if rng.random() < 0.3:
        referer = f"https://{scene.setting['host']}{asked}"
        asked = f"/assets/app.{noise.build_hash(rng)}.js"
    user = f"u{noise.counter_id(rng)}" if rng.random() < 0.2 else "-"
    size = 180 + rng.getrandbits(15)
    line = (
        f"{noise.ipv4(rng)} - {user} [{noise.clf_time(rng)}] "
        f'"{pick(_METHODS, rng)} {asked} HTTP/{pick(("1.1", "2.0"), rng)}" '
        f'{pick(("200", "200", "302", "304", "404"), rng)} {size} "{referer}" '
        f'"{noise.user_agent(rng)}"'
    )
    if rng.random() < 0.3:
        line += f' rt={rng.random():.3f} rid="{noise.request_id(rng)}"'
    return Draft(line, FORM, FORM)


def cookie_line(scene: Scene, rng: Random) -> Draft:
    """Write a Cookie header: the fields are cookies of their own or parts of one."""
    others = {name: percent(str(text)) for name, text in some(_COOKIES, rng).items()}
    packed = rng.random() < 0.3
    fields = encoded(scene.fields, PERCENT, PERCENT)
    if packed:
        inside = "|".join([f"{name}:{text}" for name, text in fields])
        fields = [(pick(("prefill", "form_state", "visitor", "lead"), rng), inside)]
    line = "; ".join([f"{name}={text}" for name, text in woven(fields, others, rng)])
    head = pick(("Cookie: ", "cookie: ", "document.cookie = ", "Cookie: "), rng)
    lead = f"GET {scene.setting['path']} HTTP/1.1\nHost: {scene.setting['host']}\n"
    return Draft((lead if rng.random() < 0.3 else "") + head + line, PERCENT, PERCENT)


def referer_block(scene: Scene, rng: Random) -> Draft:
    """Write request headers to a third party whose Referer holds the page's whole query."""
    vendor = pick(
        ("cdn.segment.com", "connect.facebook.net", "static.hotjar.com", "bat.bing.com"), rng
    )
    headers = {
        "Host": vendor,
        "User-Agent": noise.user_agent(rng),
        "Accept-Language": f"{scene.setting['locale']},{scene.language};q=0.8",
        "X-Request-Id": noise.request_id(rng),
        "If-None-Match": noise.etag(rng),
    }
    kept = list(turned(headers, rng).items())[: 2 + rng.getrandbits(2)]
    at = rng.getrandbits(2) % (len(kept) + 1)
    kept.insert(at, ("Referer", f"{page_url(scene)}?{_page_query(scene, rng, 3)}"))
    lines = [f"{name}: {text}" for name, text in kept]
    if rng.random() < 0.6:
        lines.insert(0, f"GET /{noise.build_hash(rng)}/pixel.gif HTTP/1.1")
    return Draft("\n".join(lines), FORM, FORM)


def site_search(scene: Scene, rng: Random) -> Draft:
    """Write a search within the site; the fields stand beside the words searched for."""
    path = pick(("/search", "/buscar", "/recherche", "/s", "/catalogsearch/result/", "/help"), rng)
    address = url(scene.setting["host"], path)
    words_searched = (pick(_SEARCH_NAMES, rng), scene.setting["title"])
    extra = {"page": noise.page_depth(rng), **some(_CAMPAIGN, rng, 2)}
    pairs = woven(scene.fields, extra, rng)
    if rng.random() < 0.6:
        pairs.insert(0, words_searched)
    head = pick(("", "", "GET ", "view_search_results ", "internal_search "), rng)
    return Draft(f"{head}{address}?{query(pairs)}", FORM, FORM)


def redirect_chain(scene: Scene, rng: Random) -> Draft:
    """Write an address whose `next` holds the page's own, its query encoded once more."""
    chain = ("form", "percent")
    inner = query(woven(scene.fields, some(_CAMPAIGN, rng, 2), rng))
    target = percent(f"{page_url(scene)}?{inner}")
    name = pick(("next", "redirect_uri", "return_to", "continue", "url", "RelayState", "dest"), rng)
    login = url(scene.setting["host"], pick(("/login", "/auth", "/sso/start", "/consent"), rng))
    extra = query((key, str(text)) for key, text in some(TRACE, rng, 2).items())
    address = f"{login}?{name}={target}{'&' if extra else ''}{extra}"
    if rng.random() < 0.4:
        return Draft(f"302 {page_url(scene)} -> {address}", chain, chain)
    head = pick(
        ("", "Location: ", f"HTTP/1.1 302 Found\nDate: {noise.clf_time(rng)}\nLocation: "), rng
    )
    return Draft(head + address, chain, chain)


def ad_click(scene: Scene, rng: Random) -> Draft:
    """Write the landing page of an advertisement, or the tracker that leads there."""
    clicks: NoiseTable = (("gclid", noise.gclid), ("ttclid", noise.ttclid), ("fbclid", noise.fbc))
    click, draw = pick(clicks, rng)
    pairs = woven(scene.fields, {click: draw(rng), **some(_CAMPAIGN, rng, 3)}, rng)
    if rng.random() < 0.6:
        return Draft(f"{page_url(scene)}?{query(pairs)}", FORM, FORM)
    chain = ("form", "percent")
    target = percent(f"{page_url(scene)}?{query(pairs)}")
    host = pick(
        ("https://ad.doubleclick.net/clk", "https://www.googleadservices.com/pagead/aclk"), rng
    )
    head = f"{host}?sa=L&ai={noise.hex16(rng)}&nm={form(scene.setting['title'])}&adurl="
    return Draft(head + target, chain, chain)


def page_log(scene: Scene, rng: Random) -> Draft:
    """Write one line of a newline-delimited log of page views; the fields are its query."""
    record: dict[str, object] = {
        pick(("event", "type", "e"), rng): pick(
            ("page_view", "pageview", "view", "route_change"), rng
        ),
        pick(("path", "url", "page"), rng): scene.setting["path"],
        pick(("title", "page_title", "name"), rng): scene.setting["title"],
        **noise_fields(rng),
    }
    fields = nested(dict(scene.fields), ("query", "params", "search", "query_params"), rng)
    return json_line(among(fields, record, rng), scene, rng)


def beacon(scene: Scene, rng: Random) -> Draft:
    """Write a sendBeacon call whose JSON holds the address with its query."""
    chain = ("form", "json")
    address = f"{page_url(scene)}?{_page_query(scene, rng, 3)}"
    record = turned(
        {
            pick(("u", "url", "href", "location"), rng): address,
            pick(("t", "title", "documentTitle"), rng): scene.setting["title"],
            pick(("l", "lang", "language"), rng): scene.setting["locale"],
            **noise_fields(rng),
        },
        rng,
    )
    draft = json_line(record, scene, rng)
    head = pick(("", "POST /beacon ", "sendBeacon /collect ", "POST /rum/v2 "), rng)
    return Draft(head + draft.text, chain, chain)


def head_markup(scene: Scene, rng: Random) -> Draft:
    """Write the head of a page as a crawler kept it: canonical link and meta elements."""
    chain = ("html",)
    rows = [
        f"<title>{encode(scene.setting['title'], chain)}</title>",
        f'<link rel="canonical" href="{encode(page_url(scene), chain)}">',
        f'<meta name="build" content="{noise.build_hash(rng)}">',
        f'<meta name="csrf-token" content="{noise.hex32(rng)}">',
    ]
    name = pick(("name", "property", "itemprop"), rng)
    fields = [
        f'<meta {name}="{key}" content="{text}">'
        for key, text in encoded(scene.fields, chain, chain)
    ]
    at = 1 + rng.getrandbits(2)
    gap = "\n" if rng.random() < 0.4 else ""
    return Draft(gap.join([*rows[:at], *fields, *rows[at:]]), chain, chain)


FORMATS: tuple[Format, ...] = (
    Format("page_query_url", "page_view", query_url, BOTH),
    Format("page_path_fragment", "page_view", path_fragment),
    Format("page_access_log", "page_view", access_log, BOTH),
    Format("page_cookie_line", "page_view", cookie_line),
    Format("page_referer_block", "page_view", referer_block, BOTH),
    Format("page_site_search", "page_view", site_search, BOTH),
    Format("page_redirect_chain", "page_view", redirect_chain),
    Format("page_ad_click", "page_view", ad_click),
    Format("page_log", "page_view", page_log, BOTH),
    Format("page_beacon", "page_view", beacon),
    Format("page_head_markup", "page_view", head_markup, BOTH),
)
