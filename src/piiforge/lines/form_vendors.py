"""Submitted forms as analytics, advertising and marketing tools report them.

Shapes after public documentation: Meta Conversions API, TikTok Events API, Segment Spec (identify,
track), Google Tag Manager data layer, HubSpot Forms API, Google Analytics 4 collect, rrweb
incremental snapshots, Adobe Experience Platform XDM, Salesforce Web-to-Lead, Typeform webhooks.
Users of these tools send custom parameters of any name: that is where personal data slips in.
"""

from random import Random

from piiforge.lines import noise
from piiforge.lines.tables import pick
from piiforge.lines.writing import (
    BOTH,
    FORM,
    TRACE,
    among,
    camel,
    encoded,
    json_draft,
    json_line,
    nested,
    noise_fields,
    page_url,
    query,
    some,
    turned,
    woven,
    wrapped,
)
from piiforge.types import Draft, Format, Scene

_CAMEL_TRACE = camel(TRACE)
_LITERAL = ("literal",)


def meta_lead(scene: Scene, rng: Random) -> Draft:
    """Write a Conversions API Lead: hashed ids in user_data, the rest in custom_data."""
    user: dict[str, object] = {
        "client_ip_address": noise.ipv4(rng),
        "client_user_agent": noise.user_agent(rng),
        "fbp": noise.fbp(rng),
    }
    if rng.random() < 0.4:
        user["fbc"] = noise.fbc(rng)
    custom: dict[str, object] = {
        pick(("content_name", "lead_type", "form_name"), rng): scene.setting["title"],
    }
    event: dict[str, object] = {
        "event_name": pick(("Lead", "SubmitApplication", "CompleteRegistration", "Contact"), rng),
        "event_time": int(noise.epoch_s(rng)),
        "event_id": noise.event_id(rng),
        "event_source_url": page_url(scene),
        "action_source": "website",
        "user_data": turned(user, rng),
        "custom_data": among(dict(scene.fields), custom, rng),
    }
    body: dict[str, object] = {"data": [turned(event, rng)]}
    if rng.random() < 0.4:
        body["partner_agent"] = pick(("gtmss-1.0.0", "woocommerce-3", "shopify_us"), rng)
    return json_draft(body, scene, rng)


def tiktok_submit(scene: Scene, rng: Random) -> Draft:
    """Write an Events API SubmitForm with the fields among its properties."""
    properties: dict[str, object] = {
        "content_name": scene.setting["title"],
        "description": scene.setting["action"],
    }
    event: dict[str, object] = {
        "event": pick(("SubmitForm", "SubmitForm", "Contact", "CompleteRegistration"), rng),
        "event_time": int(noise.epoch_s(rng)),
        "event_id": noise.event_id(rng),
        "user": {"ttclid": noise.ttclid(rng), "ip": noise.ipv4(rng), "ttp": noise.hex32(rng)[:26]},
        "page": {"url": page_url(scene), "referrer": f"https://{scene.setting['host']}/"},
        "properties": among(dict(scene.fields), properties, rng),
    }
    source = {"event_source": "web", "event_source_id": noise.hex32(rng)[:20].upper()}
    bare = rng.random() < 0.3
    return json_draft(event if bare else {**source, "data": [event]}, scene, rng)


def segment_identify(scene: Scene, rng: Random) -> Draft:
    """Write a Segment identify call: the fields are traits."""
    call: dict[str, object] = {"type": "identify", "traits": dict(scene.fields)}
    return json_draft(_segment(call, scene, rng), scene, rng)


def segment_track(scene: Scene, rng: Random) -> Draft:
    """Write a Segment track call: the fields are properties."""
    names = pick(("Form Submitted", "Lead Captured", "Signup Step Completed", ""), rng)
    call: dict[str, object] = {
        "type": "track",
        "event": names or scene.setting["action"],
        "properties": among(
            dict(scene.fields), {"form_name": scene.setting["title"], **noise_fields(rng, 2)}, rng
        ),
    }
    return json_draft(_segment(call, scene, rng), scene, rng)


def _segment(call: dict[str, object], scene: Scene, rng: Random) -> dict[str, object]:
    """Put the common fields of the Segment Spec around a call."""
    common: dict[str, object] = {
        **call,
        "anonymousId": noise.uuid4(rng),
        "messageId": f"ajs-next-{noise.hex32(rng)}",
        "timestamp": noise.iso_time(rng),
    }
    bits = rng.getrandbits(4)
    if bits & 1:
        common["userId"] = f"u_{noise.counter_id(rng)}"
    if bits & 2:
        common["context"] = {
            "page": {"path": scene.setting["path"], "title": scene.setting["title"]},
            "locale": scene.setting["locale"],
            "library": {"name": "analytics.js", "version": f"next-{noise.version(rng)}"},
        }
    if bits & 4:
        common["writeKey"] = noise.hex32(rng)
    return turned(common, rng)


def data_layer(scene: Scene, rng: Random) -> Draft:
    """Write a push to the Tag Manager data layer, as JavaScript or as the JSON in it."""
    event = pick(("form_submit", "gtm.formSubmit", "generate_lead", "formSubmission", "lead"), rng)
    title = scene.setting["title"]
    if rng.random() < 0.5:
        body: dict[str, object] = {
            "event": event,
            pick(("formName", "form_title", "eventLabel"), rng): title,
            **some(_CAMEL_TRACE, rng, 3),
            "gtm.uniqueEventId": 2 + rng.getrandbits(9),
        }
        names = ("formData", "eventModel", "form", "user_data")
        fields = nested(dict(scene.fields), names, rng)
        return json_draft(among(fields, body, rng), scene, rng)
    pairs = woven(scene.fields, {"formName": title, **some(_CAMEL_TRACE, rng, 3)}, rng)
    written = encoded([("event", event), *pairs], _LITERAL, _LITERAL)
    gap = ",\n  " if rng.random() < 0.3 else ", "
    members = gap.join([f"'{name}': '{text}'" for name, text in written])
    return Draft(f"dataLayer.push({{{members}}});", _LITERAL, _LITERAL)


def hubspot(scene: Scene, rng: Random) -> Draft:
    """Write a HubSpot form submission: typed fields and the context with the hutk cookie."""
    kind = pick(({}, {"objectTypeId": "0-1"}, {"objectTypeId": "0-1"}), rng)
    fields = [{**kind, "name": name, "value": text} for name, text in scene.fields]
    body: dict[str, object] = {
        "submittedAt": int(noise.epoch_ms(rng)),
        "fields": fields,
        "context": {
            "hutk": noise.hex32(rng),
            "pageUri": scene.setting["host"] + scene.setting["path"],
            "pageName": scene.setting["title"],
        },
    }
    if rng.random() < 0.4:
        consent = {"consentToProcess": True, "text": scene.setting["action"]}
        body["legalConsentOptions"] = {"consent": consent}
    path = f"/submissions/v3/integration/submit/{noise.counter_id(rng)}/{noise.uuid4(rng)}"
    head = f"POST https://api.hsforms.com{path} " if rng.random() < 0.4 else ""
    return json_draft(turned(body, rng), scene, rng, head)


def ga4_event(scene: Scene, rng: Random) -> Draft:
    """Write a GA4 collect request: every field an event parameter, ep.<name>."""
    pairs = [
        ("v", "2"),
        ("tid", f"G-{noise.hex32(rng)[:10].upper()}"),
        ("_p", noise.counter_id(rng)),
        ("cid", noise.client_id(rng)),
        ("ul", scene.setting["locale"].lower()),
        ("sr", noise.screen(rng)),
        ("dl", page_url(scene)),
        ("dt", scene.setting["title"]),
        ("en", pick(("form_submit", "generate_lead", "sign_up"), rng)),
    ]
    params = [(f"ep.{name}", text) for name, text in scene.fields]
    tail = [("ep.form_destination", page_url(scene)), ("_et", noise.duration_ms(rng))]
    body = query([*pairs, *params, *tail[: rng.getrandbits(2)]])
    host = pick(("www.google-analytics.com", "region1.google-analytics.com"), rng)
    head = f"https://{host}/g/collect?" if rng.random() < 0.75 else "/g/collect?"
    return Draft(head + body, FORM, FORM)


def replay_input(scene: Scene, rng: Random) -> Draft:
    """Write what a session replay saw typed: rrweb input events, or named input events."""
    start = int(noise.epoch_ms(rng))
    bits = rng.getrandbits(16)
    events: list[dict[str, object]] = []
    for at, (name, text) in enumerate(scene.fields):
        clock = start + 900 * at + bits % 700
        if bits & 1:
            data = {"source": 5, "text": text, "isChecked": False, "id": 40 + bits % 300 + 7 * at}
            events.append({"type": 3, "data": {**data, "name": name}, "timestamp": clock})
        else:
            target = {"tag": "input", "name": name, "selector": f"form > input:nth-child({at + 1})"}
            events.append({"kind": "input", "target": target, "value": text, "ts": clock})
    if bits & 2:
        events.append({"kind": "click", "label": scene.setting["action"], "ts": start + 9000})
    body: dict[str, object] = {
        "sessionId": noise.session_id(rng),
        "events": events,
        "href": page_url(scene),
        **some(_CAMEL_TRACE, rng, 2),
    }
    return json_line(turned(body, rng) if bits & 12 else events, scene, rng)


def adobe_xdm(scene: Scene, rng: Random) -> Draft:
    """Write an Adobe XDM experience event; the fields are in a tenant's own namespace."""
    tenant = "_" + scene.setting["host"].replace("-", "").split(".")[-2:][0]
    event: dict[str, object] = {
        "eventType": pick(("web.formFilledOut", "leadOperation.newLead"), rng),
        "timestamp": noise.iso_time(rng),
        "web": {"webPageDetails": {"name": scene.setting["title"], "URL": page_url(scene)}},
        tenant: nested(dict(scene.fields), ("form", "lead", "customer"), rng),
        "_id": noise.uuid4(rng),
    }
    body: object = turned(event, rng)
    if rng.random() < 0.6:
        identity = {"ECID": [{"id": noise.hex32(rng), "primary": True}]}
        body = {"events": [{"xdm": {**event, "identityMap": identity}}]}
    return json_draft(body, scene, rng)


def web_to_lead(scene: Scene, rng: Random) -> Draft:
    """Write a Salesforce Web-to-Lead post, or the same through a builder's own endpoint."""
    org = f"00D{noise.hex16(rng)[:12]}"
    hidden: dict[str, object] = {
        "oid": org,
        "retURL": page_url(scene),
        "lead_source": scene.setting["title"],
        "debug": "0",
        **some(TRACE, rng, 2),
    }
    pairs = woven(scene.fields, hidden, rng)
    head = "POST https://webto.salesforce.com/servlet/servlet.WebToLead?encoding=UTF-8 "
    if rng.random() < 0.4:
        pairs = woven(wrapped(scene.fields, "form_fields"), some(TRACE, rng, 3), rng)
        pairs.append(("action", "elementor_pro_forms_send_form"))
        head = f"POST https://{scene.setting['host']}/wp-admin/admin-ajax.php "
    return Draft((head if rng.random() < 0.7 else "") + query(pairs), FORM, FORM)


def typeform(scene: Scene, rng: Random) -> Draft:
    """Write a Typeform webhook: answers whose field ref is the name."""
    answers = [
        {
            "type": "text",
            "text": text,
            "field": {"id": noise.hex16(rng)[:12], "type": "short_text", "ref": name},
        }
        for name, text in scene.fields
    ]
    response: dict[str, object] = {
        "form_id": noise.hex16(rng)[:8],
        "token": noise.hex32(rng),
        "submitted_at": noise.iso_time(rng),
        "definition": {"title": scene.setting["title"]},
        "answers": answers,
    }
    if rng.random() < 0.4:
        response["hidden"] = some(TRACE, rng, 3)
    body = {
        "event_id": noise.event_id(rng),
        "event_type": "form_response",
        "form_response": turned(response, rng),
    }
    return json_draft(body, scene, rng)


FORMATS: tuple[Format, ...] = (
    Format("form_meta_lead", "form_submit", meta_lead, BOTH),
    Format("form_tiktok_submit", "form_submit", tiktok_submit, BOTH),
    Format("form_segment_identify", "form_submit", segment_identify),
    Format("form_segment_track", "form_submit", segment_track, BOTH),
    Format("form_data_layer", "form_submit", data_layer, BOTH),
    Format("form_hubspot", "form_submit", hubspot, BOTH),
    Format("form_ga4_event", "form_submit", ga4_event, BOTH),
    Format("form_replay_input", "form_submit", replay_input, BOTH),
    Format("form_adobe_xdm", "form_submit", adobe_xdm, BOTH),
    Format("form_web_to_lead", "form_submit", web_to_lead, BOTH),
    Format("form_typeform", "form_submit", typeform, BOTH),
)
