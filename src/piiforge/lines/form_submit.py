"""Lines of submitted forms: what the browser sent, what the server logged, what a tool exported.

Bodies after the WHATWG HTML form encodings (urlencoded, multipart/form-data), XML 1.0, RFC 4180
CSV and JSON. Forms as analytics vendors see them are in `form_vendors`, bank files in `form_bank`.
"""

from random import Random

from piiforge.lines.noise import (
    client_id,
    counter_id,
    date,
    duration_ms,
    epoch_ms,
    epoch_s,
    event_id,
    fbc,
    fbp,
    hex16,
    hex32,
    ipv4,
    iso_time,
    request_id,
    screen,
    session_id,
    ttclid,
    user_agent,
    uuid4,
    version,
)
from piiforge.lines.writing import (
    BOTH,
    FORM,
    JSON,
    SLOTS,
    TRACE,
    Pair,
    among,
    camel,
    compact,
    encode,
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
from piiforge.rng import pick, words
from piiforge.types import Draft, Format, Scene

# Bank files that a payment form becomes: ACH entries and the MICR line of a cheque.
#
# SLOTS[0] is the routing number, SLOTS[1] the account number. These formats name what they carry,
# so the line needs no key for it.
#
# Sources:
#     Nacha Operating Rules, Appendix Three: entry detail record (type 6) of PPD and WEB entries,
#     batch header (5), addenda (705); every record is 94 characters.
#     ANSI X9.100-160: the MICR line; U+2446 to U+2449 of Unicode (Optical Character Recognition).


_ROUTING, _ACCOUNT = SLOTS[:2]
_FIELD_WIDTH = 17

_GIVEN = words("MARIA JAMES LUCIA WEI CLAIRE DANIEL SOFIA HAO JULIEN EMILY CARLOS MEI NADIA PETER")
_FAMILY = words(
    "GARCIA NGUYEN MOREAU CHEN WALKER ROJAS PATEL LEFEVRE BROWN ZHANG SILVA COOPER HADDAD ORTIZ KIM"
)
_PURPOSES = ("PAYROLL", "RENT", "TUITION", "INSUR PMT", "DUES", "LOAN PMT", "REFUND", "NOMINA",
             "ALQUILER", "LOYER", "UTILITIES", "DONATION")  # fmt: skip
# Checking and savings, credit and debit
_TRANSACTION_CODES = ("22", "27", "32", "37")
# Transit mark, on-us mark: Unicode, a MICR font's letters, what readers print in their place
_MICR_MARKS = (("⑆", "⑈"), ("⑆", "⑈"), ("A", "C"), ("T", "U"), (":", "<"), ("t", "o"))


def entry_detail(scene: Scene, rng: Random) -> Draft:
    """Write an ACH entry, alone, behind its batch header, before its addenda, or in a message."""
    code = pick(_TRANSACTION_CODES, rng)
    sequence = rng.getrandbits(20)
    trace = f"{_originator(rng)}{sequence:07d}"
    addenda = rng.random() < 0.25
    record = (
        f"6{code}{_ROUTING}{_account_field(scene)}{rng.getrandbits(22):010d}"
        f"{hex16(rng)[:9].upper():<15}{_person(rng):<22}  {int(addenda)}{trace}"
    )
    if addenda:
        note = scene.setting["action"].encode("ascii", "ignore").decode()[:80].upper()
        record = f"{record}\n705{note:<80}0001{sequence:07d}"
    roll = rng.random()
    if roll < 0.3:
        return Draft(f"{_batch_header(rng, trace[:8])}\n{record}")
    if roll < 0.5:
        return Draft(f"{iso_time(rng)} ach-out {scene.setting['path']}\n{record}")
    if roll < 0.6:
        return Draft(f"{scene.setting['title']}\n{record}")
    return Draft(record)


def _originator(rng: Random) -> str:
    """Return eight digits in the place of the sender's bank; no bank's number begins with 5."""
    return f"5{rng.getrandbits(23) % 10**7:07d}"


def _account_field(scene: Scene) -> str:
    """Return the account slot, padded to the field as far as its written width is known."""
    return _ACCOUNT + " " * (_FIELD_WIDTH - int(scene.setting.get("account_width", "17")))


def _person(rng: Random) -> str:
    return f"{pick(_GIVEN, rng)} {pick(_FAMILY, rng)}"


def _batch_header(rng: Random, originator: str) -> str:
    company = hex16(rng)[:10].upper()
    day = date(rng)[2:].replace("-", "")
    service = pick(("200", "220", "225"), rng)
    entry_class = pick(("PPD", "WEB"), rng)
    return (
        f"5{service}{'WEB PAYMENTS':<16}{'':<20}{company}{entry_class}{pick(_PURPOSES, rng):<10}"
        f"{day}{day}   1{originator}{1 + rng.getrandbits(9):07d}"
    )


def entry_json(scene: Scene, rng: Random) -> Draft:
    """Write an ACH entry as the JSON that a parser or a payment service makes of it."""
    rest: dict[str, object] = {
        pick(("transactionCode", "transaction_code", "txn_code"), rng): int(
            pick(_TRANSACTION_CODES, rng)
        ),
        pick(("amount", "amount_cents"), rng): rng.getrandbits(19),
        pick(("individualName", "individual_name", "receiver_name"), rng): _person(rng),
        pick(("secCode", "standard_entry_class_code", "sec_code"), rng): pick(("PPD", "WEB"), rng),
    }
    names = ("entryDetail", "ach", "bank_transfer", "payment_method", "entry")
    body = nested(among(dict(scene.fields), rest, rng), names, rng)
    memo = pick(("companyEntryDescription", "memo", "statement_descriptor"), rng)
    others = {memo: scene.setting["title"], **some(TRACE, rng, 3)}
    return json_draft(among(body, others, rng), scene, rng)


def micr_line(scene: Scene, rng: Random) -> Draft:
    """Write the line at the foot of a cheque, personal or business, as a reader returns it."""
    transit, on_us = pick(_MICR_MARKS, rng)
    bits = rng.getrandbits(16)
    gap = " " if bits & 1 else ""
    check = f"{101 + (bits >> 4) % 4800:04d}"
    routing = f"{transit}{_ROUTING}{transit}"
    if bits & 2:
        line = f"{on_us}{check:0>6}{on_us}{gap}{routing}{gap}{_ACCOUNT}{on_us}"
    else:
        line = f"{routing}{gap}{_ACCOUNT}{on_us}{gap}{check}"
    if bits & 12 == 0:
        body = {"event": "check_capture", "micr": line, "title": scene.setting["title"]}
        return json_draft({**body, **some(TRACE, rng, 3)}, scene, rng)
    head = ("", "", "MICR: ", f"{scene.setting['title']} | micr=", "mobile_deposit micr_raw=")
    return Draft(pick(head, rng) + line)


_ONLY = "bank_account"

PAIR_FORMATS: tuple[Format, ...] = (
    Format("bank_ach_entry", "form_submit", entry_detail, only=_ONLY, names=True, plain=True),
    Format("bank_ach_json", "form_submit", entry_json, only=_ONLY),
    Format("bank_micr_line", "form_submit", micr_line, only=_ONLY, names=True, plain=True),
)


# Submitted forms as analytics, advertising and marketing tools report them.
#
# Shapes after public documentation: Meta Conversions API, TikTok Events API, Segment Spec
# (identify, track), Google Tag Manager data layer, HubSpot Forms API, Google Analytics 4 collect,
# rrweb incremental snapshots, Adobe Experience Platform XDM, Salesforce Web-to-Lead, Typeform
# webhooks. Users of these tools send custom parameters of any name: that is where personal data
# slips in.


_CAMEL_TRACE = camel(TRACE)
_LITERAL = ("literal",)


def meta_lead(scene: Scene, rng: Random) -> Draft:
    """Write a Conversions API Lead: hashed ids in user_data, the rest in custom_data."""
    user: dict[str, object] = {
        "client_ip_address": ipv4(rng),
        "client_user_agent": user_agent(rng),
        "fbp": fbp(rng),
    }
    if rng.random() < 0.4:
        user["fbc"] = fbc(rng)
    custom: dict[str, object] = {
        pick(("content_name", "lead_type", "form_name"), rng): scene.setting["title"]
    }
    event: dict[str, object] = {
        "event_name": pick(("Lead", "SubmitApplication", "CompleteRegistration", "Contact"), rng),
        "event_time": int(epoch_s(rng)),
        "event_id": event_id(rng),
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
        "event_time": int(epoch_s(rng)),
        "event_id": event_id(rng),
        "user": {"ttclid": ttclid(rng), "ip": ipv4(rng), "ttp": hex32(rng)[:26]},
        "page": {"url": page_url(scene), "referrer": f"https://{scene.setting['host']}/"},
        "properties": among(dict(scene.fields), properties, rng),
    }
    source = {"event_source": "web", "event_source_id": hex32(rng)[:20].upper()}
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
        "anonymousId": uuid4(rng),
        "messageId": f"ajs-next-{hex32(rng)}",
        "timestamp": iso_time(rng),
    }
    bits = rng.getrandbits(4)
    if bits & 1:
        common["userId"] = f"u_{counter_id(rng)}"
    if bits & 2:
        common["context"] = {
            "page": {"path": scene.setting["path"], "title": scene.setting["title"]},
            "locale": scene.setting["locale"],
            "library": {"name": "analytics.js", "version": f"next-{version(rng)}"},
        }
    if bits & 4:
        common["writeKey"] = hex32(rng)
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
        "submittedAt": int(epoch_ms(rng)),
        "fields": fields,
        "context": {
            "hutk": hex32(rng),
            "pageUri": scene.setting["host"] + scene.setting["path"],
            "pageName": scene.setting["title"],
        },
    }
    if rng.random() < 0.4:
        consent = {"consentToProcess": True, "text": scene.setting["action"]}
        body["legalConsentOptions"] = {"consent": consent}
    path = f"/submissions/v3/integration/submit/{counter_id(rng)}/{uuid4(rng)}"
    head = f"POST https://api.hsforms.com{path} " if rng.random() < 0.4 else ""
    return json_draft(turned(body, rng), scene, rng, head)


def ga4_event(scene: Scene, rng: Random) -> Draft:
    """Write a GA4 collect request: every field an event parameter, ep.<name>."""
    pairs = [
        ("v", "2"),
        ("tid", f"G-{hex32(rng)[:10].upper()}"),
        ("_p", counter_id(rng)),
        ("cid", client_id(rng)),
        ("ul", scene.setting["locale"].lower()),
        ("sr", screen(rng)),
        ("dl", page_url(scene)),
        ("dt", scene.setting["title"]),
        ("en", pick(("form_submit", "generate_lead", "sign_up"), rng)),
    ]
    params = [(f"ep.{name}", text) for name, text in scene.fields]
    tail = [("ep.form_destination", page_url(scene)), ("_et", duration_ms(rng))]
    body = query([*pairs, *params, *tail[: rng.getrandbits(2)]])
    host = pick(("www.google-analytics.com", "region1.google-analytics.com"), rng)
    head = f"https://{host}/g/collect?" if rng.random() < 0.75 else "/g/collect?"
    return Draft(head + body, FORM, FORM)


def replay_input(scene: Scene, rng: Random) -> Draft:
    """Write what a session replay saw typed: rrweb input events, or named input events."""
    start = int(epoch_ms(rng))
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
        "sessionId": session_id(rng),
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
        "timestamp": iso_time(rng),
        "web": {"webPageDetails": {"name": scene.setting["title"], "URL": page_url(scene)}},
        tenant: nested(dict(scene.fields), ("form", "lead", "customer"), rng),
        "_id": uuid4(rng),
    }
    body: object = turned(event, rng)
    if rng.random() < 0.6:
        identity = {"ECID": [{"id": hex32(rng), "primary": True}]}
        body = {"events": [{"xdm": {**event, "identityMap": identity}}]}
    return json_draft(body, scene, rng)


def web_to_lead(scene: Scene, rng: Random) -> Draft:
    """Write a Salesforce Web-to-Lead post, or the same through a builder's own endpoint."""
    org = f"00D{hex16(rng)[:12]}"
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
            "field": {"id": hex16(rng)[:12], "type": "short_text", "ref": name},
        }
        for name, text in scene.fields
    ]
    response: dict[str, object] = {
        "form_id": hex16(rng)[:8],
        "token": hex32(rng),
        "submitted_at": iso_time(rng),
        "definition": {"title": scene.setting["title"]},
        "answers": answers,
    }
    if rng.random() < 0.4:
        response["hidden"] = some(TRACE, rng, 3)
    body = {
        "event_id": event_id(rng),
        "event_type": "form_response",
        "form_response": turned(response, rng),
    }
    return json_draft(body, scene, rng)


VENDOR_FORMATS: tuple[Format, ...] = (
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


_CONTAINERS = words(
    "user form contact application lead profile fields customer data answers person payload entry "
    "submission"
)
_NAME_KEYS = words("name field key id label fieldName question")
_VALUE_KEYS = words("value val answer text content fieldValue response")


def urlencoded(scene: Scene, rng: Random) -> Draft:
    """Write the body of a plain HTML form, with or without the request's head."""
    body = query(woven(scene.fields, noise_fields(rng), rng))
    return Draft(_head(scene, rng, "application/x-www-form-urlencoded") + body, FORM, FORM)


def bracketed(scene: Scene, rng: Random) -> Draft:
    """Write a Rails or PHP form: every field inside a container, `user[name]=`."""
    outer = pick(_CONTAINERS, rng)
    container = f"{outer}[{pick(_CONTAINERS, rng)}]" if rng.random() < 0.3 else outer
    pairs = woven(wrapped(scene.fields, container), noise_fields(rng, 3), rng)
    if rng.random() < 0.4:
        pairs = [("utf8", "✓"), ("authenticity_token", hex32(rng)), *pairs]
        pairs.append(("commit", scene.setting["action"]))
    body = query(pairs)
    if rng.random() < 0.4:
        body = body.replace("[", "%5B").replace("]", "%5D")
    return Draft(_head(scene, rng, "application/x-www-form-urlencoded") + body, FORM, FORM)


def multipart(scene: Scene, rng: Random) -> Draft:
    """Write a multipart/form-data body. Its values stand raw, so they hold no line break."""
    token = hex32(rng)
    dashes = pick(("----WebKitFormBoundary", "----geckoformboundary", "-" * 27, "--------"), rng)
    boundary = dashes + token[:16]
    pairs = woven(scene.fields, noise_fields(rng, 3), rng)
    typed = "\nContent-Type: text/plain; charset=utf-8" if rng.random() < 0.15 else ""
    parts = [
        f"--{boundary}\nContent-Disposition: form-data; "
        f'name="{encode(name, ("multipart",))}"{typed}\n\n{text}\n'
        for name, text in pairs
    ]
    head = _head(scene, rng, f"multipart/form-data; boundary={boundary}")
    if head.endswith(" "):
        head = f"{head[:-1]}\n"
    return Draft(f"{head}{''.join(parts)}--{boundary}--", ("multipart",), ())


def json_body(scene: Scene, rng: Random) -> Draft:
    """Write a form as a JSON object, its fields none to two levels deep."""
    members = nested(dict(scene.fields), _CONTAINERS, rng)
    others = noise_fields(rng)
    if rng.random() < 0.4:
        others["formTitle"] = scene.setting["title"]
    body = among(members, others, rng)
    return json_draft(body, scene, rng, _head(scene, rng, "application/json"))


def field_array(scene: Scene, rng: Random) -> Draft:
    """Write a form as a list of name and value, alone or inside an object."""
    at = rng.getrandbits(8)
    name, value = _NAME_KEYS[at % len(_NAME_KEYS)], _VALUE_KEYS[(at >> 4) % len(_VALUE_KEYS)]
    items: list[dict[str, object]] = [{name: key, value: text} for key, text in scene.fields]
    if rng.random() < 0.3:
        items = [{**item, "type": "text", "valid": True} for item in items]
    if rng.random() < 0.25:
        return json_draft(items, scene, rng)
    envelope: dict[str, object] = {
        pick(("form", "form_name", "formId", "title"), rng): scene.setting["title"],
        pick(("fields", "inputs", "answers", "elements", "form_data"), rng): items,
        **noise_fields(rng),
    }
    return json_draft(turned(envelope, rng), scene, rng)


def xml_post(scene: Scene, rng: Random) -> Draft:
    """Write a form as XML, its names in attributes."""
    root, item, attribute = pick(
        (
            ("form", "field", "name"),
            ("Submission", "Answer", "question"),
            ("request", "param", "name"),
            ("data", "item", "key"),
            ("formData", "input", "id"),
        ),
        rng,
    )
    inline = rng.random() < 0.3
    chain = ("xml",)
    pairs = encoded(scene.fields, chain, chain)
    fields = [
        f'<{item} {attribute}="{name}" value="{text}"/>'
        if inline
        else f'<{item} {attribute}="{name}">{text}</{item}>'
        for name, text in pairs
    ]
    extra = [
        f"<{name.lstrip('_')}>{encode(str(value), chain)}</{name.lstrip('_')}>"
        for name, value in noise_fields(rng, 3).items()
    ]
    gap = "\n  " if rng.random() < 0.3 else ""
    title = encode(scene.setting["title"], chain)
    prolog = '<?xml version="1.0" encoding="UTF-8"?>' if rng.random() < 0.5 else ""
    body = gap.join([f'<{root} title="{title}">', *extra, *fields])
    return Draft(f"{prolog}{body}{gap[:1]}</{root}>", chain, chain)


def csv_rows(scene: Scene, rng: Random) -> Draft:
    """Write a form as an export does: a head and a row, or a row for each field."""
    chain = ("csv",)
    pairs = woven(scene.fields, noise_fields(rng, 3), rng)
    pairs.insert(0, ("form", scene.setting["title"]))
    cells = encoded(pairs, chain, chain)
    roll = rng.random()
    gap = ";" if roll < 0.2 else ","
    if roll < 0.7 and roll > 0.1:
        names = gap.join([f'"{name}"' for name, _ in cells])
        texts = gap.join([f'"{text}"' for _, text in cells])
        return Draft(f"{names}\n{texts}", chain, chain)
    rows = [f'"{name}"{gap}"{text}"' for name, text in cells]
    return Draft("\n".join([f"field{gap}value", *rows]), chain, chain)


def input_echo(scene: Scene, rng: Random) -> Draft:
    """Write the form's own HTML with its values, as a page shows it after an error."""
    chain = ("html",)
    kind = pick(("text", "text", "tel", "hidden", "search"), rng)
    labels = rng.random() < 0.3
    css = pick(("", ' class="form-control"', ' class="input is-invalid"', " required"), rng)
    inputs = [
        (f'<label for="{name}">{name}</label>' if labels else "")
        + f'<input type="{kind}" name="{name}" value="{text}"{css}>'
        for name, text in encoded(scene.fields, chain, chain)
    ]
    hidden = [
        f'<input type="hidden" name="{name}" value="{encode(str(value), chain)}">'
        for name, value in noise_fields(rng, 3).items()
    ]
    action = encode(scene.setting["action"], chain)
    button = f'<button type="submit">{action}</button>' if rng.random() < 0.6 else ""
    path = encode(scene.setting["path"], chain)
    gap = "\n" if rng.random() < 0.3 else ""
    body = gap.join([f'<form method="post" action="{path}">', *hidden, *inputs, button])
    return Draft(f"{body}</form>", chain, chain)


def label_text(scene: Scene, rng: Random) -> Draft:
    """Write a form as the mail or ticket that it becomes: a label and a value a line."""
    mark = pick((": ", ": ", " = ", " - ", ":\t", "："), rng)
    gap = pick(("\n", "\n", "\n", " | ", "; "), rng)
    bullet = pick(("", "", "", "* ", "- ", "• "), rng)
    notes = woven(scene.fields, noise_fields(rng, 2), rng)
    head = pick((f"{scene.setting['title']}", f"[{scene.setting['action']}]", ""), rng)
    lines = [f"{bullet}{name}{mark}{text}" for name, text in notes]
    return Draft(gap.join([head, *lines] if head else lines))


def event_log(scene: Scene, rng: Random) -> Draft:
    """Write one line of a newline-delimited log of form events."""
    record: dict[str, object] = {
        pick(("event", "type", "action", "evt"), rng): pick(
            ("form_submit", "form.submitted", "submit", "FormSubmit", "lead_form_sent"), rng
        ),
        pick(("url", "page", "location", "page_url"), rng): page_url(scene),
        pick(("title", "form", "form_title", "label"), rng): scene.setting["title"],
        **noise_fields(rng),
    }
    fields = nested(dict(scene.fields), ("data", "fields", "values", "props", "detail"), rng)
    return json_line(among(fields, record, rng), scene, rng)


def cut_log(scene: Scene, rng: Random) -> Draft:
    """Write a body in the log of a proxy that keeps so many bytes of it: the end is missing."""
    mark = pick(("...", "…[truncated]", "...(cut)", " [+2.1kB]"), rng)
    head = f"{iso_time(rng)} POST {scene.setting['path']} body="
    kept = 6 + int(rng.random() * 18)
    if rng.random() < 0.5:
        body = query(woven(scene.fields, noise_fields(rng), rng))
        return Draft(f"{head}{body}&_t={hex32(rng)[:kept]}{mark}", FORM, FORM)
    fields = nested(dict(scene.fields), _CONTAINERS, rng)
    body = compact({"form": scene.setting["title"], **noise_fields(rng), **fields}, scene, rng)
    tail = f',"ua":"{user_agent(rng)}'[:kept]
    return Draft(f"{head}{body.rstrip('}')}{tail}{mark}", JSON, JSON)


def _head(scene: Scene, rng: Random, content_type: str) -> str:
    """Return none, one line or a few headers of the request that carries a body."""
    roll = rng.random()
    if roll < 0.4:
        return ""
    host, path = scene.setting["host"], page_url(scene)
    if roll < 0.6:
        return f"POST {path} "
    if roll < 0.75:
        return f"[{iso_time(rng)}] POST {path} {duration_ms(rng)}ms "
    headers: list[Pair] = [("Content-Type", content_type), ("Referer", path)]
    if roll < 0.9:
        headers = [("Host", host), headers[0], ("X-Request-Id", request_id(rng))]
    lines = "\n".join([f"{name}: {text}" for name, text in headers])
    return f"POST {path[8 + len(host) :]} HTTP/1.1\n{lines}\n\n"


FORMATS: tuple[Format, ...] = (
    Format("form_urlencoded", "form_submit", urlencoded, BOTH),
    Format("form_bracketed", "form_submit", bracketed, BOTH),
    Format("form_multipart", "form_submit", multipart, BOTH),
    Format("form_json_body", "form_submit", json_body, BOTH),
    Format("form_field_array", "form_submit", field_array, BOTH),
    Format("form_xml_post", "form_submit", xml_post, BOTH),
    Format("form_csv_rows", "form_submit", csv_rows, BOTH),
    Format("form_input_echo", "form_submit", input_echo, BOTH),
    Format("form_label_text", "form_submit", label_text, BOTH),
    Format("form_event_log", "form_submit", event_log, BOTH),
    Format("form_cut_log", "form_submit", cut_log, BOTH),
)
