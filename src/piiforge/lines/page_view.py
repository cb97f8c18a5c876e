"""Lines of viewed pages: addresses, server logs, headers, beacons, and what vendors' pixels send.

The combined log format of the Apache HTTP Server, HTTP request headers and cookies (RFC 9110,
RFC 6265), query strings. Then pages as analytics and advertising tools report them, after the
public documentation of Meta Pixel /tr, Google Analytics 4 collect, Matomo tracking API, Snowplow
tracker protocol, Adobe Analytics data insertion, LinkedIn Insight and Pinterest tags, Segment page
calls and Microsoft UET; the parameters that each sends are in `data/templates.yaml`.
"""

from random import Random

from piiforge.lines import noise, pen
from piiforge.rng import pick
from piiforge.types import Draft, Format, Scene

_FORM_IN_PERCENT = ("form", "percent")
_JSON_IN_FORM, _FORM_IN_JSON = ("json", "form"), ("form", "json")


def _page_query(scene: Scene, rng: Random, most: int = 4) -> str:
    """Write the scene's fields among campaign parameters, spaces as + ."""
    return pen.query(pen.woven(scene.fields, noise.some("campaign", rng, most), rng))


def query_url(scene: Scene, rng: Random) -> Draft:
    """Write the address of a page, with or without a log's words before it."""
    head = pick(("", "", "GET ", "page_view ", f"[{scene.setting['title']}] "), rng)
    fragment = f"#{noise.word('steps', rng)}" if rng.random() < 0.2 else ""
    return Draft(
        f"{head}{pen.page_url(scene)}?{_page_query(scene, rng)}{fragment}", pen.FORM, pen.FORM
    )


def path_fragment(scene: Scene, rng: Random) -> Draft:
    """Write the fields as segments of the path, or as parameters of the fragment or of segments."""
    pairs = pen.encoded(
        pen.woven(scene.fields, noise.some("campaign", rng, 2), rng), pen.PERCENT, pen.PERCENT
    )
    base, roll = pen.page_url(scene), rng.random()
    step = noise.word("steps", rng)
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
    return Draft(head + address, pen.PERCENT, pen.PERCENT)


def access_log(scene: Scene, rng: Random) -> Draft:
    """Write a line of the combined log or its kin; the query is the request's or the referer's."""
    path = pen.page_url(scene)[8 + len(scene.setting["host"]) :]
    asked = f"{path}?{_page_query(scene, rng, 3)}"
    referer = f"https://{scene.setting['host']}/"
    if rng.random() < 0.3:
        referer = f"https://{scene.setting['host']}{asked}"
        asked = f"/assets/app.{noise.build_hash(rng)}.js"
    user = f"u{noise.counter_id(rng)}" if rng.random() < 0.2 else "-"
    size = 180 + rng.getrandbits(15)
    agent = noise.user_agent(rng) if rng.random() < 0.5 else "-"
    line = (
        f"{noise.ipv4(rng)} - {user} [{noise.clf_time(rng)}] "
        f'"{noise.word("page_methods", rng)} {asked} HTTP/{pick(("1.1", "2.0"), rng)}" '
        f'{pick(("200", "200", "302", "304", "404"), rng)} {size} "{referer}" '
        f'"{agent}"'
    )
    kind = rng.random()
    if kind < 0.2:  # Apache's vhost
        return Draft(f"{scene.setting['host']} {line}", pen.FORM, pen.FORM)
    if kind < 0.4:  # nginx's main, with the client that a proxy told of
        line += f' "{pick((noise.ipv4(rng), "-"), rng)}"'
    elif kind < 0.5:
        line += f' rt={rng.random():.3f} rid="{noise.request_id(rng)}"'
    return Draft(line, pen.FORM, pen.FORM)


def cookie_line(scene: Scene, rng: Random) -> Draft:
    """Write a Cookie header: the fields are cookies of their own or parts of one."""
    noted = noise.some("cookies", rng).items()
    others = {"lang": scene.setting["locale"]} | {n: pen.percent(str(text)) for n, text in noted}
    packed = rng.random() < 0.3
    fields = pen.encoded(scene.fields, pen.PERCENT, pen.PERCENT)
    if packed:
        inside = "|".join([f"{name}:{text}" for name, text in fields])
        fields = [(pick(("prefill", "form_state", "visitor", "lead"), rng), inside)]
    line = "; ".join([f"{name}={text}" for name, text in pen.woven(fields, others, rng)])
    head = pick(("Cookie: ", "cookie: ", "document.cookie = ", "Cookie: "), rng)
    lead = f"GET {scene.setting['path']} HTTP/1.1\nHost: {scene.setting['host']}\n"
    return Draft((lead if rng.random() < 0.05 else "") + head + line, pen.PERCENT, pen.PERCENT)


def referer_block(scene: Scene, rng: Random) -> Draft:
    """Write request headers to a third party whose Referer holds the page's whole query."""
    vendor = pick(
        ("cdn.segment.com", "connect.facebook.net", "static.hotjar.com", "bat.bing.com"), rng
    )
    headers = {
        "Host": vendor,
        "User-Agent": noise.user_agent(rng),
        "Accept-Language": pen.accepted(scene),
        "X-Request-Id": noise.request_id(rng),
        "If-None-Match": noise.etag(rng),
    }
    kept = list(pen.turned(headers, rng).items())[: 1 + rng.getrandbits(1)]
    at = rng.getrandbits(2) % (len(kept) + 1)
    kept.insert(at, ("Referer", f"{pen.page_url(scene)}?{_page_query(scene, rng, 3)}"))
    lines = [f"{name}: {text}" for name, text in kept]
    if rng.random() < 0.6:
        lines.insert(0, f"GET /{noise.build_hash(rng)}/pixel.gif HTTP/1.1")
    return Draft("\n".join(lines), pen.FORM, pen.FORM)


def site_search(scene: Scene, rng: Random) -> Draft:
    """Write a search within the site; the fields stand beside the words searched for."""
    path = pick(("/search", "/buscar", "/recherche", "/s", "/catalogsearch/result/", "/help"), rng)
    address = pen.url(scene.setting["host"], path)
    words_searched = (noise.word("search_names", rng), scene.setting["title"])
    extra = {"page": noise.page_depth(rng), **noise.some("campaign", rng, 2)}
    pairs = pen.woven(scene.fields, extra, rng)
    if rng.random() < 0.6:
        pairs.insert(0, words_searched)
    head = pick(("", "", "GET ", "view_search_results ", "internal_search "), rng)
    return Draft(f"{head}{address}?{pen.query(pairs)}", pen.FORM, pen.FORM)


def redirect_chain(scene: Scene, rng: Random) -> Draft:
    """Write an address whose `next` holds the page's own, its query encoded once more."""
    target = pen.percent(f"{pen.page_url(scene)}?{_page_query(scene, rng, 2)}")
    name = pick(("next", "redirect_uri", "return_to", "continue", "url", "RelayState", "dest"), rng)
    login = pen.url(scene.setting["host"], pick(("/login", "/auth", "/sso/start", "/consent"), rng))
    extra = pen.query(noise.some("trace", rng, 2).items())
    address = f"{login}?{name}={target}{'&' if extra else ''}{extra}"
    if rng.random() < 0.3:
        return Draft(
            f"302 {scene.setting['path']} -> {address}", _FORM_IN_PERCENT, _FORM_IN_PERCENT
        )
    head = pick(("", "Location: ", "302 Found; Location: ", "HTTP/1.1 302 Found\nLocation: "), rng)
    return Draft(head + address, _FORM_IN_PERCENT, _FORM_IN_PERCENT)


def ad_click(scene: Scene, rng: Random) -> Draft:
    """Write the landing page of an advertisement, or the tracker that leads there."""
    clicks = (("gclid", noise.gclid), ("ttclid", noise.ttclid), ("fbclid", noise.fbc))
    click, draw = pick(clicks, rng)
    pairs = pen.woven(scene.fields, {click: draw(rng), **noise.some("campaign", rng, 1)}, rng)
    target = f"{pen.page_url(scene)}?{pen.query(pairs)}"
    if rng.random() < 0.85:
        return Draft(target, pen.FORM, pen.FORM)
    host = pick(("ad.doubleclick.net/clk", "www.googleadservices.com/pagead/aclk"), rng)
    head = f"https://{host}?sa=L&ai={noise.hex16(rng)}&nm={pen.form(scene.setting['title'])}&adurl="
    return Draft(head + pen.percent(target), _FORM_IN_PERCENT, _FORM_IN_PERCENT)


def beacon(scene: Scene, rng: Random) -> Draft:
    """Write a sendBeacon call whose JSON holds the address with its query."""
    address = f"{pen.page_url(scene)}?{_page_query(scene, rng, 3)}"
    record = pen.turned(pen.drawn("page_beacon", scene, rng, address=address), rng)
    text = pen.json_line(record, scene, rng).text
    head = pick(("", "POST /beacon ", "sendBeacon /collect ", "POST /rum/v2 "), rng)
    return Draft(head + text, _FORM_IN_JSON, _FORM_IN_JSON)


def head_markup(scene: Scene, rng: Random) -> Draft:
    """Write the head of a page as a crawler kept it: canonical link and meta elements."""
    chain = pen.HTML
    rows = [
        f"<title>{pen.encode(scene.setting['title'], chain)}</title>",
        f'<link rel="canonical" href="{pen.encode(pen.page_url(scene), chain)}">',
        f'<meta name="page-type" content="{noise.word("steps", rng)}">',
        f'<meta name="version" content="{noise.version(rng)}">',
    ]
    rows = list(pen.turned({row: row for row in rows}, rng))[: 1 + rng.getrandbits(1)]
    name = pick(("name", "property", "itemprop"), rng)
    fields = [
        f'<meta {name}="{key}" content="{text}">'
        for key, text in pen.encoded(scene.fields, chain, chain)
    ]
    at = rng.getrandbits(2) % (len(rows) + 1)
    gap = "\n" if rng.random() < 0.1 else ""
    return Draft(gap.join([*rows[:at], *fields, *rows[at:]]), chain, chain)


def meta_pixel(scene: Scene, rng: Random) -> Draft:
    """Write a Meta Pixel request; the fields are custom data, cd[name]."""
    event = pick(("PageView", "ViewContent", "Lead", "Search", "SubmitApplication"), rng)
    head = pen.drawn("page_meta_pixel", scene, rng, event=event)
    custom = pen.wrapped(scene.fields, "cd")
    if rng.random() < 0.5:
        custom.insert(0, ("cd[content_name]", scene.setting["title"]))
    tail = pen.drawn("page_meta_pixel_tail", scene, rng)
    kept = list(tail.items())[: rng.getrandbits(2)]
    text = pen.query([*head.items(), *custom, *kept])
    if rng.random() < 0.7:
        text = text.replace("[", "%5B").replace("]", "%5D")
    start = "https://www.facebook.com/tr/?" if rng.random() < 0.8 else "GET /tr/?"
    return Draft(start + text, pen.FORM, pen.FORM)


def ga4_page(scene: Scene, rng: Random) -> Draft:
    """Write a GA4 page view whose `dl` holds the page's address with its query, encoded again."""
    chain = ("percent", "percent")
    inner = pen.query(pen.woven(scene.fields, noise.some("trace", rng, 1), rng), pen.percent)
    tongue = scene.setting["locale"].lower()
    pairs = list(pen.drawn("page_ga4", scene, rng, tongue=tongue).items())
    pairs = pairs[:2] + list(pen.turned(dict(pairs[2:]), rng).items())[: 2 + rng.getrandbits(2)]
    at = 2 + rng.getrandbits(2)
    before, after = pen.query(pairs[:at], pen.percent), pen.query(pairs[at:], pen.percent)
    location = f"dl={pen.percent(pen.page_url(scene) + '?')}{pen.percent(inner)}"
    text = "&".join(filter(None, [before, location, after]))
    host = pick(("https://www.google-analytics.com", "https://analytics.google.com", ""), rng)
    return Draft(f"{host}/g/collect?{text}", chain, chain)


def matomo(scene: Scene, rng: Random) -> Draft:
    """Write a Matomo request: fields as parameters, or as page-scope custom variables (JSON)."""
    base = list(pen.drawn("page_matomo", scene, rng).items())
    others = pen.turned(dict(base[: 3 + rng.getrandbits(2)]), rng)
    rest = [("res", noise.screen(rng)), ("gt_ms", noise.duration_ms(rng))]
    others |= dict(rest[: rng.getrandbits(2)])
    file = pick(("matomo.php", "piwik.php", "js/tracker.php"), rng)
    start = f"https://{scene.setting['host']}/{file}?"
    if rng.random() < 0.5:
        custom = {str(at): pair for at, pair in enumerate(scene.fields, 1)}
        name = pick(("cvar", "_cvar"), rng)
        text = pen.form(pen.compact(custom, scene, rng))
        line = f"{start}{pen.query(others.items())}&{name}={text}"
        return Draft(line, _JSON_IN_FORM, _JSON_IN_FORM)
    return Draft(start + pen.query(pen.woven(scene.fields, others, rng)), pen.FORM, pen.FORM)


def snowplow(scene: Scene, rng: Random) -> Draft:
    """Write a Snowplow GET request; the fields are a self-describing event."""
    pairs = pen.turned(pen.drawn("page_snowplow", scene, rng), rng)
    kept = pen.query(list(pairs.items())[: 2 + rng.getrandbits(2)])
    vendor = ".".join(reversed(scene.setting["host"].split(".")[-2:]))
    event = pen.drawn("page_snowplow_event", scene, rng, vendor=vendor)
    text = pen.form(pen.compact(event, scene, rng))
    line = f"https://c.{scene.setting['host']}/i?{kept}&ue_pr={text}"
    return Draft(line, _JSON_IN_FORM, _JSON_IN_FORM)


def adobe_hit(scene: Scene, rng: Random) -> Draft:
    """Write an Adobe Analytics hit; the fields are context data, between c. and .c ."""
    own = list(pen.drawn("page_adobe_hit", scene, rng).items())
    text = pen.query([*own[:4], *scene.fields, *own[4:]]).replace("c.=", "c.").replace(".c=", ".c")
    suite = scene.setting["host"].replace(".", "").replace("-", "")[:14]
    path = f"/b/ss/{suite}prod/1/JS-2.2{rng.getrandbits(2)}.0/s{noise.counter_id(rng)}?"
    host = "https://metrics." + scene.setting["host"] if rng.random() < 0.7 else "GET "
    return Draft(host + path + text, pen.FORM, pen.FORM)


def tag_pixel(scene: Scene, rng: Random) -> Draft:
    """Write the pixel of an advertising tag: LinkedIn, Microsoft, Reddit and others."""
    start, title, own = noise.word("tag_pixels", rng).split()
    others = {title: scene.setting["title"], own: noise.counter_id(rng)}
    pairs = pen.woven(scene.fields, others | noise.some("trace", rng, 3), rng)
    return Draft(f"https://{start}&{pen.query(pairs)}", pen.FORM, pen.FORM)


def pinterest(scene: Scene, rng: Random) -> Draft:
    """Write a Pinterest or TikTok-like tag: event data as JSON in one parameter."""
    data = pen.among(dict(scene.fields), {"page_name": scene.setting["title"]}, rng)
    text = pen.form(pen.compact(data, scene, rng))
    pairs = list(pen.drawn("page_pinterest", scene, rng).items())
    before = pen.query(pairs[: 1 + rng.getrandbits(2)])
    after = pen.query([("dep", noise.version(rng)), ("ep_loc", scene.setting["path"])])
    path = pick(("v3", "user"), rng)
    line = f"https://ct.pinterest.com/{path}/?{before}&ed={text}&{after}"
    return Draft(line, _JSON_IN_FORM, _JSON_IN_FORM)


def segment_page(scene: Scene, rng: Random) -> Draft:
    """Write a Segment page call: the fields are its properties, or parameters of its search."""
    search = rng.random() < 0.4
    fields = {"search": f"?{pen.query(scene.fields)}"} if search else dict(scene.fields)
    call = pen.turned(pen.drawn("page_segment", scene, rng, fields=fields), rng)
    chain = _FORM_IN_JSON if search else pen.JSON
    return Draft(pen.compact(call, scene, rng), chain, chain)


def _floor(_scene: Scene, rng: Random) -> float:
    """Return the least that is bid for a place."""
    return 0.5 + rng.getrandbits(3) / 4


_TEXT = ("text",)
FORMATS: tuple[Format, ...] = (
    Format("page_query_url", "page_view", query_url, pen.BOTH),
    Format("page_path_fragment", "page_view", path_fragment),
    Format("page_access_log", "page_view", access_log, pen.BOTH, weight=0.4),
    Format("page_cookie_line", "page_view", cookie_line),
    Format("page_referer_block", "page_view", referer_block, pen.BOTH, weight=0.2),
    Format("page_site_search", "page_view", site_search, pen.BOTH),
    Format("page_redirect_chain", "page_view", redirect_chain, weight=0.5),
    Format("page_ad_click", "page_view", ad_click, weight=0.3),
    pen.template("page_log", "page_view", pen.BOTH),
    Format("page_beacon", "page_view", beacon),
    Format("page_head_markup", "page_view", head_markup, pen.BOTH, weight=0.5),
    Format("page_meta_pixel", "page_view", meta_pixel, pen.BOTH, weight=0.5),
    Format("page_ga4", "page_view", ga4_page, weight=0.4),
    Format("page_matomo", "page_view", matomo, pen.BOTH, weight=0.4),
    pen.template("page_data_layer", "page_view", pen.BOTH),
    Format("page_snowplow", "page_view", snowplow, pen.BOTH, weight=0.15),
    Format("page_adobe_hit", "page_view", adobe_hit, weight=0.4),
    Format("page_tag_pixel", "page_view", tag_pixel, pen.BOTH),
    Format("page_pinterest", "page_view", pinterest, pen.BOTH, weight=0.5),
    Format("page_segment", "page_view", segment_page, pen.BOTH, weight=0.4),
    pen.template("page_bid_request", "page_view", pen.BOTH, weight=0.15, floor=_floor),
    pen.template("page_pixel_log", "page_view", pen.BOTH),
    pen.template("page_path_query", "page_view", pen.BOTH),
    pen.template("page_request_line", "page_view", pen.BOTH),
    pen.template("page_common_log", "page_view", pen.BOTH),
    pen.template("page_haproxy", "page_view", pen.BOTH, weight=0.5),
    pen.template("page_load_balancer", "page_view", pen.BOTH, weight=0.5),
    pen.template("page_edge_log", "page_view", pen.BOTH, weight=0.5),
    pen.template("page_iis", "page_view", pen.BOTH, weight=0.5),
    pen.template("page_caddy", "page_view", pen.BOTH, weight=0.5),
    pen.template("page_pixel_file", "page_view", pen.BOTH),
    pen.template("page_pixel_call", "page_view", pen.BOTH),
    pen.template("page_short_json", "page_view", pen.BOTH),
    pen.template("page_spaced", "page_view", pen.BOTH),
    pen.template("page_route", "page_view", pen.BOTH),
    pen.template("page_segments", "page_view"),
    pen.template("page_search_box", "page_view", _TEXT, weight=2.0),
    pen.template("page_search_query", "page_view", _TEXT),
    pen.template("page_title_text", "page_view", _TEXT),
    pen.template("page_text_json", "page_view", _TEXT),
    pen.template("page_text_log", "page_view", _TEXT),
)
