"""Lines of viewed pages: addresses, server logs, headers, beacons.

The combined log format of the Apache HTTP Server, HTTP request headers and cookies (RFC 9110,
RFC 6265), query strings. Pages as analytics vendors see them are in `page_vendors`.
"""

from random import Random

from piiforge.lines.noise import (
    build_hash,
    clf_time,
    client_id,
    consent_string,
    counter_id,
    duration_ms,
    epoch_ms,
    epoch_s,
    etag,
    event_id,
    fbc,
    fbp,
    gclid,
    hex16,
    hex32,
    ipv4,
    iso_time,
    locale,
    order_id,
    page_depth,
    request_id,
    screen,
    session_id,
    sku,
    ttclid,
    user_agent,
    uuid4,
    version,
)
from piiforge.lines.writing import (
    BOTH,
    FORM,
    PERCENT,
    TRACE,
    NoiseTable,
    Pair,
    among,
    compact,
    encode,
    encoded,
    form,
    json_draft,
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
    wrapped,
)
from piiforge.rng import pick, words
from piiforge.types import Draft, Format, Scene

# Viewed pages as analytics and advertising tools report them, mostly as a pixel's query string.
#
# Shapes after public documentation: Meta Pixel /tr, Google Analytics 4 collect, Matomo tracking
# API, Tag Manager data layer, Snowplow tracker protocol, Adobe Analytics data insertion, LinkedIn
# Insight and Pinterest tags, Segment page calls, Microsoft UET.


_PERCENT_TWICE = ("percent", "percent")
_JSON_IN_FORM = ("json", "form")


def meta_pixel(scene: Scene, rng: Random) -> Draft:
    """Write a Meta Pixel request; the fields are custom data, cd[name]."""
    event = pick(("PageView", "ViewContent", "Lead", "Search", "SubmitApplication"), rng)
    head: list[Pair] = [
        ("id", counter_id(rng)),
        ("ev", event),
        ("dl", page_url(scene)),
        ("rl", f"https://{scene.setting['host']}/"),
        ("if", "false"),
        ("ts", epoch_ms(rng)),
    ]
    custom = wrapped(scene.fields, "cd")
    if rng.random() < 0.5:
        custom.insert(0, ("cd[content_name]", scene.setting["title"]))
    tail = [("sw", "1536"), ("v", f"2.9.{100 + rng.getrandbits(6)}"), ("fbp", fbp(rng))]
    tail.append(("eid", event_id(rng)))
    text = query([*head, *custom, *tail[: 1 + rng.getrandbits(2)]])
    if rng.random() < 0.7:
        text = text.replace("[", "%5B").replace("]", "%5D")
    start = "https://www.facebook.com/tr/?" if rng.random() < 0.8 else "GET /tr/?"
    return Draft(start + text, FORM, FORM)


def ga4_page(scene: Scene, rng: Random) -> Draft:
    """Write a GA4 page view whose `dl` holds the page's address with its query, encoded again."""
    inner = query(woven(scene.fields, some(TRACE, rng, 1), rng), percent)
    pairs = [
        ("v", "2"),
        ("tid", f"G-{hex32(rng)[:10].upper()}"),
        ("gtm", f"45je{hex16(rng)[:8]}"),
        ("cid", client_id(rng)),
        ("ul", scene.setting["locale"].lower()),
        ("sr", screen(rng)),
        ("dt", scene.setting["title"]),
        ("sid", epoch_s(rng)),
        ("en", "page_view"),
    ]
    at = 2 + rng.getrandbits(3)
    before, after = query(pairs[:at], percent), query(pairs[at:], percent)
    location = f"dl={percent(page_url(scene) + '?')}{percent(inner)}"
    text = "&".join(filter(None, [before, location, after]))
    host = pick(("www.google-analytics.com", "region1.analytics.google.com"), rng)
    return Draft(f"https://{host}/g/collect?{text}", _PERCENT_TWICE, _PERCENT_TWICE)


def matomo(scene: Scene, rng: Random) -> Draft:
    """Write a Matomo request: fields as parameters, or as page-scope custom variables (JSON)."""
    base = [
        ("idsite", str(1 + rng.getrandbits(4))),
        ("rec", "1"),
        ("action_name", scene.setting["title"]),
        ("url", page_url(scene)),
        ("_id", hex16(rng)),
        ("pv_id", hex16(rng)[:6]),
        ("lang", scene.setting["locale"]),
    ]
    others = dict(turned(dict(base[: 4 + rng.getrandbits(2)]), rng))
    others |= dict([("res", screen(rng)), ("gt_ms", duration_ms(rng))][: rng.getrandbits(2)])
    file = pick(("matomo.php", "piwik.php", "js/tracker.php"), rng)
    start = f"https://{scene.setting['host']}/{file}?"
    if rng.random() < 0.5:
        custom = {str(at + 1): [key, text] for at, (key, text) in enumerate(scene.fields)}
        name = pick(("cvar", "_cvar"), rng)
        text = form(compact(custom, scene, rng))
        return Draft(f"{start}{query(others.items())}&{name}={text}", _JSON_IN_FORM, _JSON_IN_FORM)
    return Draft(start + query(woven(scene.fields, others, rng)), FORM, FORM)


def data_layer_page(scene: Scene, rng: Random) -> Draft:
    """Write the data layer of a page view."""
    body: dict[str, object] = {
        "event": pick(("page_view", "gtm.historyChange", "virtualPageview", "pageview"), rng),
        pick(("page_title", "pageName", "virtualPageTitle"), rng): scene.setting["title"],
        pick(("page_path", "pagePath", "virtualPageURL"), rng): scene.setting["path"],
        **noise_fields(rng, 3),
    }
    name = pick(("", "", "dataLayer: ", "utag_data = ", "digitalData="), rng)
    fields = nested(dict(scene.fields), ("visitor", "page", "user", "attributes"), rng)
    return json_draft(among(fields, body, rng), scene, rng, name)


def snowplow(scene: Scene, rng: Random) -> Draft:
    """Write a Snowplow GET request; the fields are a self-describing event."""
    pairs: list[Pair] = [
        ("stm", epoch_ms(rng)),
        ("e", "pv"),
        ("page", scene.setting["title"]),
        ("tv", f"js-3.{rng.getrandbits(4)}.0"),
        ("tna", pick(("sp", "web", "cf"), rng)),
        ("aid", scene.setting["host"]),
        ("eid", uuid4(rng)),
        ("duid", uuid4(rng)),
        ("lang", scene.setting["locale"]),
        ("res", screen(rng)),
    ]
    kept = query(list(turned(dict(pairs), rng).items())[: 5 + rng.getrandbits(2)])
    vendor = ".".join(reversed(scene.setting["host"].split(".")[-2:]))
    data = {
        "schema": f"iglu:{vendor}/page_state/jsonschema/1-0-{rng.getrandbits(2)}",
        "data": dict(scene.fields),
    }
    unstruct = {
        "schema": "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0",
        "data": data,
    }
    text = form(compact(unstruct, scene, rng))
    return Draft(
        f"https://c.{scene.setting['host']}/i?{kept}&ue_pr={text}", _JSON_IN_FORM, _JSON_IN_FORM
    )


def adobe_hit(scene: Scene, rng: Random) -> Draft:
    """Write an Adobe Analytics hit; the fields are context data, between c. and .c ."""
    pairs: list[Pair] = [
        ("AQB", "1"),
        ("ndh", "1"),
        ("pageName", scene.setting["title"]),
        ("g", page_url(scene)),
        ("c.", ""),
        *scene.fields,
        (".c", ""),
        ("s", screen(rng)),
        ("mid", hex32(rng)),
        ("v12", sku(rng)),
        ("AQE", "1"),
    ]
    suite = scene.setting["host"].replace(".", "").replace("-", "")[:14]
    text = query(pairs).replace("c.=", "c.").replace(".c=", ".c")
    path = f"/b/ss/{suite}prod/1/JS-2.2{rng.getrandbits(2)}.0/s{counter_id(rng)}?"
    host = "https://metrics." + scene.setting["host"] if rng.random() < 0.7 else "GET "
    return Draft(host + path + text, FORM, FORM)


def tag_pixel(scene: Scene, rng: Random) -> Draft:
    """Write the pixel of an advertising tag: LinkedIn, Microsoft, Reddit and others."""
    start, title, own = pick(
        (
            ("https://px.ads.linkedin.com/collect?v=2&fmt=js", "conversionName", "pid"),
            ("https://bat.bing.com/action/0?Ver=2&evt=pageLoad", "tl", "ti"),
            ("https://alb.reddit.com/rp.gif?event=PageVisit", "item_name", "partner_row"),
            ("https://tags.w55c.net/rs?t=marketing", "cat", "btid"),
            ("https://trc.taboola.com/actions-handler/log/3/unip?en=page_view", "item-url", "rid"),
        ),
        rng,
    )
    others = {title: scene.setting["title"], own: counter_id(rng), **some(TRACE, rng, 3)}
    return Draft(f"{start}&{query(woven(scene.fields, others, rng))}", FORM, FORM)


def pinterest(scene: Scene, rng: Random) -> Draft:
    """Write a Pinterest or TikTok-like tag: event data as JSON in one parameter."""
    data = among(dict(scene.fields), {"page_name": scene.setting["title"]}, rng)
    text = form(compact(data, scene, rng))
    pairs = [
        ("tid", counter_id(rng)),
        ("event", pick(("pagevisit", "lead", "viewcategory", "search"), rng)),
        ("cb", counter_id(rng)),
        ("ad", hex16(rng)),
    ]
    before = query(pairs[: 1 + rng.getrandbits(2)])
    after = query([("dep", version(rng)), ("ep_loc", page_url(scene))])
    start = pick(("https://ct.pinterest.com/v3/?", "https://ct.pinterest.com/user/?"), rng)
    return Draft(f"{start}{before}&ed={text}&{after}", _JSON_IN_FORM, _JSON_IN_FORM)


def segment_page(scene: Scene, rng: Random) -> Draft:
    """Write a Segment page call: the fields are its properties, or parameters of its search."""
    setting = scene.setting
    search = rng.random() < 0.4
    chain = ("form", "json") if search else ("json",)
    own: dict[str, object] = {"title": setting["title"], "path": setting["path"]}
    fields = {"search": f"?{query(scene.fields)}"} if search else dict(scene.fields)
    call: dict[str, object] = {
        "type": "page",
        "name": setting["title"],
        "properties": among(fields, own, rng),
        "messageId": f"ajs-next-{hex32(rng)}",
        "anonymousId": uuid4(rng),
        "context": {"locale": setting["locale"], "userAgent": user_agent(rng)},
        "sentAt": iso_time(rng),
    }
    return Draft(compact(turned(call, rng), scene, rng), chain, chain)


def bid_request(scene: Scene, rng: Random) -> Draft:
    """Write an OpenRTB 2.6 bid request; the fields are the publisher's own data."""
    site = {
        "domain": scene.setting["host"],
        "page": page_url(scene),
        "name": scene.setting["title"],
        "ext": {"data": dict(scene.fields)},
    }
    device = {"ua": user_agent(rng), "ip": ipv4(rng), "language": scene.language}
    body: dict[str, object] = {
        "id": uuid4(rng),
        "site": turned(site, rng),
        "device": device,
        "imp": [{"id": "1", "bidfloor": 0.5 + rng.getrandbits(3) / 4, "tagid": sku(rng)}],
        "user": {"buyeruid": hex32(rng), "consent": consent_string(rng)},
    }
    return json_draft(turned(body, rng), scene, rng)


VENDOR_FORMATS: tuple[Format, ...] = (
    Format("page_meta_pixel", "page_view", meta_pixel, BOTH),
    Format("page_ga4", "page_view", ga4_page),
    Format("page_matomo", "page_view", matomo, BOTH),
    Format("page_data_layer", "page_view", data_layer_page, BOTH),
    Format("page_snowplow", "page_view", snowplow, BOTH),
    Format("page_adobe_hit", "page_view", adobe_hit),
    Format("page_tag_pixel", "page_view", tag_pixel, BOTH),
    Format("page_pinterest", "page_view", pinterest, BOTH),
    Format("page_segment", "page_view", segment_page, BOTH),
    Format("page_bid_request", "page_view", bid_request, BOTH),
)


_CAMPAIGN_NAMES = words("spring q3 brand retarget remarketing launch winback local")
_CAMPAIGN: NoiseTable = (
    ("utm_source", lambda rng: pick(("google", "newsletter", "facebook", "baidu", "qr"), rng)),
    ("utm_medium", lambda rng: pick(("cpc", "email", "social", "sms", "referral"), rng)),
    ("gclid", gclid),
    ("utm_campaign", lambda rng: f"{pick(_CAMPAIGN_NAMES, rng)}_{version(rng)}"),
    ("session_id", session_id),
    ("page", number(page_depth)),
    ("sku", sku),
    ("v", build_hash),
    ("order_id", order_id),
    ("ts", number(epoch_ms)),
)  # fmt: skip
_COOKIES: NoiseTable = (
    ("_ga", lambda rng: f"GA1.1.{client_id(rng)}"),
    ("_fbp", fbp),
    ("JSESSIONID", hex32),
    ("OptanonConsent", consent_string),
    ("cart_id", uuid4),
    ("uid_row", counter_id),
    ("_gcl_au", lambda rng: f"1.1.{client_id(rng)}"),
    ("lang", locale),
    ("last_visit_ts", epoch_s),
    ("csrftoken", hex32),
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
    head = pick(("", "", "hashchange ", "route: ", f"{iso_time(rng)} "), rng)
    return Draft(head + address, PERCENT, PERCENT)


def access_log(scene: Scene, rng: Random) -> Draft:
    """Write a line of the combined log; the query stands in the request or in the referer."""
    path = page_url(scene)[8 + len(scene.setting["host"]) :]
    asked = f"{path}?{_page_query(scene, rng, 3)}"
    referer = f"https://{scene.setting['host']}/"
    if rng.random() < 0.3:
        referer = f"https://{scene.setting['host']}{asked}"
        asked = f"/assets/app.{build_hash(rng)}.js"
    user = f"u{counter_id(rng)}" if rng.random() < 0.2 else "-"
    size = 180 + rng.getrandbits(15)
    line = (
        f"{ipv4(rng)} - {user} [{clf_time(rng)}] "
        f'"{pick(_METHODS, rng)} {asked} HTTP/{pick(("1.1", "2.0"), rng)}" '
        f'{pick(("200", "200", "302", "304", "404"), rng)} {size} "{referer}" '
        f'"{user_agent(rng)}"'
    )
    if rng.random() < 0.3:
        line += f' rt={rng.random():.3f} rid="{request_id(rng)}"'
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
        "User-Agent": user_agent(rng),
        "Accept-Language": f"{scene.setting['locale']},{scene.language};q=0.8",
        "X-Request-Id": request_id(rng),
        "If-None-Match": etag(rng),
    }
    kept = list(turned(headers, rng).items())[: 2 + rng.getrandbits(2)]
    at = rng.getrandbits(2) % (len(kept) + 1)
    kept.insert(at, ("Referer", f"{page_url(scene)}?{_page_query(scene, rng, 3)}"))
    lines = [f"{name}: {text}" for name, text in kept]
    if rng.random() < 0.6:
        lines.insert(0, f"GET /{build_hash(rng)}/pixel.gif HTTP/1.1")
    return Draft("\n".join(lines), FORM, FORM)


def site_search(scene: Scene, rng: Random) -> Draft:
    """Write a search within the site; the fields stand beside the words searched for."""
    path = pick(("/search", "/buscar", "/recherche", "/s", "/catalogsearch/result/", "/help"), rng)
    address = url(scene.setting["host"], path)
    words_searched = (pick(_SEARCH_NAMES, rng), scene.setting["title"])
    extra = {"page": page_depth(rng), **some(_CAMPAIGN, rng, 2)}
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
    head = pick(("", "Location: ", f"HTTP/1.1 302 Found\nDate: {clf_time(rng)}\nLocation: "), rng)
    return Draft(head + address, chain, chain)


def ad_click(scene: Scene, rng: Random) -> Draft:
    """Write the landing page of an advertisement, or the tracker that leads there."""
    clicks: NoiseTable = (("gclid", gclid), ("ttclid", ttclid), ("fbclid", fbc))
    click, draw = pick(clicks, rng)
    pairs = woven(scene.fields, {click: draw(rng), **some(_CAMPAIGN, rng, 3)}, rng)
    if rng.random() < 0.6:
        return Draft(f"{page_url(scene)}?{query(pairs)}", FORM, FORM)
    chain = ("form", "percent")
    target = percent(f"{page_url(scene)}?{query(pairs)}")
    host = pick(
        ("https://ad.doubleclick.net/clk", "https://www.googleadservices.com/pagead/aclk"), rng
    )
    head = f"{host}?sa=L&ai={hex16(rng)}&nm={form(scene.setting['title'])}&adurl="
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
        f'<meta name="build" content="{build_hash(rng)}">',
        f'<meta name="csrf-token" content="{hex32(rng)}">',
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
