"""Viewed pages as analytics and advertising tools report them, mostly as a pixel's query string.

Shapes after public documentation: Meta Pixel /tr, Google Analytics 4 collect, Matomo tracking API,
Tag Manager data layer, Snowplow tracker protocol, Adobe Analytics data insertion, LinkedIn Insight
and Pinterest tags, Segment page calls, Microsoft UET.
"""

from random import Random

from piiforge.lines import noise
from piiforge.lines.tables import pick
from piiforge.lines.writing import (
    BOTH,
    FORM,
    TRACE,
    Pair,
    among,
    compact,
    form,
    json_draft,
    nested,
    noise_fields,
    page_url,
    percent,
    query,
    some,
    turned,
    woven,
    wrapped,
)
from piiforge.types import Draft, Format, Scene

_PERCENT_TWICE = ("percent", "percent")
_JSON_IN_FORM = ("json", "form")


def meta_pixel(scene: Scene, rng: Random) -> Draft:
    """Write a Meta Pixel request; the fields are custom data, cd[name]."""
    event = pick(("PageView", "ViewContent", "Lead", "Search", "SubmitApplication"), rng)
    head: list[Pair] = [
        ("id", noise.counter_id(rng)),
        ("ev", event),
        ("dl", page_url(scene)),
        ("rl", f"https://{scene.setting['host']}/"),
        ("if", "false"),
        ("ts", noise.epoch_ms(rng)),
    ]
    custom = wrapped(scene.fields, "cd")
    if rng.random() < 0.5:
        custom.insert(0, ("cd[content_name]", scene.setting["title"]))
    tail = [("sw", "1536"), ("v", f"2.9.{100 + rng.getrandbits(6)}"), ("fbp", noise.fbp(rng))]
    tail.append(("eid", noise.event_id(rng)))
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
        ("tid", f"G-{noise.hex32(rng)[:10].upper()}"),
        ("gtm", f"45je{noise.hex16(rng)[:8]}"),
        ("cid", noise.client_id(rng)),
        ("ul", scene.setting["locale"].lower()),
        ("sr", noise.screen(rng)),
        ("dt", scene.setting["title"]),
        ("sid", noise.epoch_s(rng)),
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
        ("_id", noise.hex16(rng)),
        ("pv_id", noise.hex16(rng)[:6]),
        ("lang", scene.setting["locale"]),
    ]
    others = dict(turned(dict(base[: 4 + rng.getrandbits(2)]), rng))
    others |= dict(
        [("res", noise.screen(rng)), ("gt_ms", noise.duration_ms(rng))][: rng.getrandbits(2)]
    )
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
        ("stm", noise.epoch_ms(rng)),
        ("e", "pv"),
        ("page", scene.setting["title"]),
        ("tv", f"js-3.{rng.getrandbits(4)}.0"),
        ("tna", pick(("sp", "web", "cf"), rng)),
        ("aid", scene.setting["host"]),
        ("eid", noise.uuid4(rng)),
        ("duid", noise.uuid4(rng)),
        ("lang", scene.setting["locale"]),
        ("res", noise.screen(rng)),
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
        ("s", noise.screen(rng)),
        ("mid", noise.hex32(rng)),
        ("v12", noise.sku(rng)),
        ("AQE", "1"),
    ]
    suite = scene.setting["host"].replace(".", "").replace("-", "")[:14]
    text = query(pairs).replace("c.=", "c.").replace(".c=", ".c")
    path = f"/b/ss/{suite}prod/1/JS-2.2{rng.getrandbits(2)}.0/s{noise.counter_id(rng)}?"
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
    others = {title: scene.setting["title"], own: noise.counter_id(rng), **some(TRACE, rng, 3)}
    return Draft(f"{start}&{query(woven(scene.fields, others, rng))}", FORM, FORM)


def pinterest(scene: Scene, rng: Random) -> Draft:
    """Write a Pinterest or TikTok-like tag: event data as JSON in one parameter."""
    data = among(dict(scene.fields), {"page_name": scene.setting["title"]}, rng)
    text = form(compact(data, scene, rng))
    pairs = [
        ("tid", noise.counter_id(rng)),
        ("event", pick(("pagevisit", "lead", "viewcategory", "search"), rng)),
        ("cb", noise.counter_id(rng)),
        ("ad", noise.hex16(rng)),
    ]
    before = query(pairs[: 1 + rng.getrandbits(2)])
    after = query([("dep", noise.version(rng)), ("ep_loc", page_url(scene))])
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
        "messageId": f"ajs-next-{noise.hex32(rng)}",
        "anonymousId": noise.uuid4(rng),
        "context": {"locale": setting["locale"], "userAgent": noise.user_agent(rng)},
        "sentAt": noise.iso_time(rng),
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
    device = {"ua": noise.user_agent(rng), "ip": noise.ipv4(rng), "language": scene.language}
    body: dict[str, object] = {
        "id": noise.uuid4(rng),
        "site": turned(site, rng),
        "device": device,
        "imp": [{"id": "1", "bidfloor": 0.5 + rng.getrandbits(3) / 4, "tagid": noise.sku(rng)}],
        "user": {"buyeruid": noise.hex32(rng), "consent": noise.consent_string(rng)},
    }
    return json_draft(turned(body, rng), scene, rng)


FORMATS: tuple[Format, ...] = (
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
