"""Lines of submitted forms: what the browser sent, what the server logged, what a tool exported.

Bodies after the WHATWG HTML form encodings (urlencoded, multipart/form-data), XML 1.0, RFC 4180
CSV and JSON. Then forms as analytics, advertising and marketing tools report them, after the public
documentation of Google Tag Manager, Google Analytics 4 collect, rrweb incremental snapshots and
Salesforce Web-to-Lead; others stand in `data/templates.yaml`. Users of these tools send custom
parameters of any name: that is where personal data slips in. Most lines are short: pairs, a query,
a small object, a sentence alone. At the end, what a payment form becomes in a bank.
"""

from random import Random

from piiforge.lines import noise, pen
from piiforge.rng import pick
from piiforge.types import Draft, Format, Scene

_LITERAL = ("literal",)
_ROUTING, _ACCOUNT = pen.SLOTS[:2]
_FIELD_WIDTH = 17
# Transit mark, on-us mark: Unicode, a MICR font's letters, what readers print in their place
_MICR_MARKS = (("⑆", "⑈"), ("⑆", "⑈"), ("A", "C"), ("T", "U"), (":", "<"), ("t", "o"))


def urlencoded(scene: Scene, rng: Random) -> Draft:
    """Write the body of a plain HTML form, with or without the request's head."""
    body = pen.query(pen.woven(scene.fields, noise.fields(rng), rng))
    return Draft(_head(scene, rng, "application/x-www-form-urlencoded") + body, pen.FORM, pen.FORM)


def bracketed(scene: Scene, rng: Random) -> Draft:
    """Write a Rails or PHP form: every field inside a container, `user[name]=`."""
    outer = noise.word("containers", rng)
    container = f"{outer}[{noise.word('containers', rng)}]" if rng.random() < 0.3 else outer
    pairs = pen.woven(pen.wrapped(scene.fields, container), noise.fields(rng, 3), rng)
    if rng.random() < 0.1:
        pairs = [("utf8", "✓"), ("authenticity_token", noise.hex32(rng)), *pairs]
        pairs.append(("commit", scene.setting["action"]))
    body = pen.query(pairs)
    if rng.random() < 0.4:
        body = body.replace("[", "%5B").replace("]", "%5D")
    return Draft(_head(scene, rng, "application/x-www-form-urlencoded") + body, pen.FORM, pen.FORM)


def multipart(scene: Scene, rng: Random) -> Draft:
    """Write a multipart/form-data body. Its values stand raw, so they hold no line break."""
    token = noise.hex32(rng)
    dashes = pick(("----WebKitFormBoundary", "----geckoformboundary", "-" * 27, "--------"), rng)
    boundary = dashes + token[:16]
    pairs = pen.woven(scene.fields, noise.fields(rng, 3), rng)
    typed = "\nContent-Type: text/plain; charset=utf-8" if rng.random() < 0.15 else ""
    parts = [
        f"--{boundary}\nContent-Disposition: form-data; "
        f'name="{pen.encode(name, ("multipart",))}"{typed}\n\n{text}\n'
        for name, text in pairs
    ]
    head = _head(scene, rng, f"multipart/form-data; boundary={boundary}")
    if head.endswith(" "):
        head = f"{head[:-1]}\n"
    return Draft(f"{head}{''.join(parts)}--{boundary}--", ("multipart",), ())


def field_array(scene: Scene, rng: Random) -> Draft:
    """Write a form as a list of name and value, alone or inside an object."""
    at = rng.getrandbits(8)
    names, values = noise.WORDS["name_keys"], noise.WORDS["value_keys"]
    name, value = names[at % len(names)], values[(at >> 4) % len(values)]
    items: list[dict[str, object]] = [{name: key, value: text} for key, text in scene.fields]
    if rng.random() < 0.3:
        items = [{**item, "type": "text", "valid": True} for item in items]
    if rng.random() < 0.25:
        return pen.json_draft(items, scene, rng)
    envelope = pen.drawn("form_field_array", scene, rng, items=items)
    return pen.json_draft(pen.turned(envelope, rng), scene, rng)


def xml_post(scene: Scene, rng: Random) -> Draft:
    """Write a form as XML, its names in attributes."""
    root, item, attribute = noise.word("xml_names", rng).split()
    inline = rng.random() < 0.3
    chain = pen.XML
    fields = [
        f'<{item} {attribute}="{name}"' + (f' value="{text}"/>' if inline else f">{text}</{item}>")
        for name, text in pen.encoded(scene.fields, chain, chain)
    ]
    extra = [
        f"<{name.lstrip('_')}>{pen.encode(str(value), chain)}</{name.lstrip('_')}>"
        for name, value in noise.fields(rng, 3).items()
    ]
    gap = "\n  " if rng.random() < 0.05 else ""
    title = pen.encode(scene.setting["title"], chain)
    prolog = '<?xml version="1.0" encoding="UTF-8"?>' if rng.random() < 0.2 else ""
    body = gap.join([f'<{root} title="{title}">', *extra, *fields])
    return Draft(f"{prolog}{body}{gap[:1]}</{root}>", chain, chain)


def csv_rows(scene: Scene, rng: Random) -> Draft:
    """Write a form as an export does: a head and a row, or a row for each field."""
    chain = ("csv",)
    pairs = pen.woven(scene.fields, noise.fields(rng, 3), rng)
    pairs.insert(0, ("form", scene.setting["title"]))
    cells = pen.encoded(pairs, chain, chain)
    roll = rng.random()
    gap = ";" if roll < 0.2 else ","
    if 0.1 < roll < 0.7:
        rows = [gap.join([f'"{cell}"' for cell in row]) for row in zip(*cells, strict=True)]
    else:
        rows = [f"field{gap}value", *(f'"{name}"{gap}"{text}"' for name, text in cells)]
    return Draft("\n".join(rows), chain, chain)


def input_echo(scene: Scene, rng: Random) -> Draft:
    """Write the form's own HTML with its values, as a page shows it after an error."""
    chain = pen.HTML
    kind = pick(("text", "text", "tel", "hidden", "search"), rng)
    labels = rng.random() < 0.3
    css = pick(("", ' class="form-control"', ' class="input is-invalid"', " required"), rng)
    inputs = [
        (f'<label for="{name}">{name}</label>' if labels else "")
        + f'<input type="{kind}" name="{name}" value="{text}"{css}>'
        for name, text in pen.encoded(scene.fields, chain, chain)
    ]
    hidden = [
        f'<input type="hidden" name="{name}" value="{pen.encode(str(value), chain)}">'
        for name, value in noise.fields(rng, 2).items()
    ]
    action = pen.encode(scene.setting["action"], chain)
    button = f'<button type="submit">{action}</button>' if rng.random() < 0.3 else ""
    path = pen.encode(scene.setting["path"], chain)
    gap = "\n" if rng.random() < 0.05 else ""
    body = gap.join([*hidden, *inputs, button])
    if rng.random() < 0.3:
        body = f'<form method="post" action="{path}">{body}</form>'
    return Draft(body, chain, chain)


def label_text(scene: Scene, rng: Random) -> Draft:
    """Write a form as the mail or ticket that it becomes: labels and values."""
    mark = pick((": ", ": ", " = ", " - ", ":\t", "："), rng)
    gap = pick((" | ", "; ", " | ", "; ", ", ", " / ", "\n"), rng)
    bullet = pick(("* ", "- ", "• ", "", ""), rng) if gap == "\n" else ""
    notes = pen.woven(scene.fields, noise.fields(rng, 2), rng)
    head = pick((f"{scene.setting['title']}", f"[{scene.setting['action']}]", ""), rng)
    lines = [f"{bullet}{name}{mark}{text}" for name, text in notes]
    return Draft(gap.join([head, *lines] if head else lines))


def cut_log(scene: Scene, rng: Random) -> Draft:
    """Write a body in the log of a proxy that keeps so many bytes of it: the end is missing."""
    mark = pick(("...", "…[truncated]", "...(cut)", " [+2.1kB]"), rng)
    head = f"{noise.iso_time(rng)} POST {scene.setting['path']} body="
    kept = 6 + int(rng.random() * 18)
    if rng.random() < 0.5:
        body = pen.query(pen.woven(scene.fields, noise.fields(rng), rng))
        return Draft(f"{head}{body}&_t={noise.hex32(rng)[:kept]}{mark}", pen.FORM, pen.FORM)
    fields = pen.nested(dict(scene.fields), noise.WORDS["containers"], rng)
    body = pen.compact({"form": scene.setting["title"], **noise.fields(rng), **fields}, scene, rng)
    tail = f',"ua":"{noise.user_agent(rng)}'[:kept]
    return Draft(f"{head}{body.rstrip('}')}{tail}{mark}", pen.JSON, pen.JSON)


def _head(scene: Scene, rng: Random, content_type: str) -> str:
    """Return none, one line or a few headers of the request that carries a body."""
    roll = rng.random()
    if roll < 0.5:
        return ""
    host, path = scene.setting["host"], pen.page_url(scene)
    if roll < 0.65:
        return f"POST {scene.setting['path']} "
    if roll < 0.8:
        return f"POST {path} "
    if roll < 0.95:
        return f"[{noise.iso_time(rng)}] POST {scene.setting['path']} {noise.duration_ms(rng)}ms "
    headers: list[pen.Pair] = [("Content-Type", content_type), ("Referer", path)]
    if roll < 0.98:
        headers = [("Host", host), headers[0], ("X-Request-Id", noise.request_id(rng))]
    lines = "\n".join([f"{name}: {text}" for name, text in headers])
    return f"POST {path[8 + len(host) :]} HTTP/1.1\n{lines}\n\n"


def data_layer(scene: Scene, rng: Random) -> Draft:
    """Write a push to the Tag Manager data layer, as JavaScript or as the JSON in it."""
    event = pick(("form_submit", "gtm.formSubmit", "generate_lead", "formSubmission", "lead"), rng)
    if rng.random() < 0.5:
        body = pen.drawn("form_data_layer", scene, rng, event=event)
        names = ("formData", "eventModel", "form", "user_data")
        fields = pen.nested(dict(scene.fields), names, rng)
        return pen.json_draft(pen.among(fields, body, rng), scene, rng)
    others = {"formName": scene.setting["title"], **noise.some("camel_trace", rng, 2)}
    pairs = pen.woven(scene.fields, others, rng)
    written = pen.encoded([("event", event), *pairs], _LITERAL, _LITERAL)
    gap = ",\n  " if rng.random() < 0.05 else ", "
    members = gap.join([f"'{name}': '{text}'" for name, text in written])
    return Draft(f"dataLayer.push({{{members}}});", _LITERAL, _LITERAL)


def ga4_event(scene: Scene, rng: Random) -> Draft:
    """Write a GA4 collect request: every field an event parameter, ep.<name>."""
    tongue = scene.setting["locale"].lower()
    pairs = pen.drawn("form_ga4_event", scene, rng, tongue=tongue).items()
    params = [(f"ep.{name}", text) for name, text in scene.fields]
    tail = [("_et", noise.duration_ms(rng)), ("ep.form_destination", scene.setting["path"])]
    body = pen.query([*pairs, *params, *tail[: rng.getrandbits(2)]])
    host = pick(("www.google-analytics.com", "region1.google-analytics.com"), rng)
    head = f"https://{host}/g/collect?" if rng.random() < 0.4 else "/g/collect?"
    return Draft(head + body, pen.FORM, pen.FORM)


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
            target = {"tag": "input", "name": name}
            events.append({"kind": "input", "target": target, "value": text, "ts": clock})
    if bits & 6 == 6:
        events.append({"kind": "click", "label": scene.setting["action"], "ts": start + 9000})
    body = pen.drawn("form_replay_input", scene, rng, events=events)
    return pen.json_line(events if bits & 12 else pen.turned(body, rng), scene, rng)


def web_to_lead(scene: Scene, rng: Random) -> Draft:
    """Write a Salesforce Web-to-Lead post, or the same through a builder's own endpoint."""
    pairs = pen.woven(scene.fields, pen.drawn("form_web_to_lead", scene, rng), rng)
    head = "POST /servlet/servlet.WebToLead?encoding=UTF-8 "
    if rng.random() < 0.4:
        fields = pen.wrapped(scene.fields, "form_fields")
        pairs = pen.woven(fields, noise.some("trace", rng, 3), rng)
        pairs.append(("action", "elementor_pro_forms_send_form"))
        head = f"POST https://{scene.setting['host']}/wp-admin/admin-ajax.php "
    return Draft((head if rng.random() < 0.4 else "") + pen.query(pairs), pen.FORM, pen.FORM)


def name_value(scene: Scene, rng: Random) -> Draft:
    """Write each field's name in one parameter and its value in the next, `label=SSN&answer=`."""
    name = pick(("field", "label", "name", "question", "type"), rng)
    value = pick(("value", "answer", "value", "val"), rng)
    pairs = [pair for key, text in scene.fields for pair in ((name, key), (value, text))]
    head = pick(("", "", "", f"form={pen.form(scene.setting['title'])}&", "step=2&"), rng)
    if rng.random() < 0.6:
        return Draft(head + pen.query(pairs), pen.FORM, pen.FORM)
    event = pick(("", "input ", "blur ", "change ", f"[{scene.setting['title']}] "), rng)
    return Draft(event + pen.listed(pairs, 'k="v"', " ", texts=_LITERAL), _LITERAL, _LITERAL)


def params_log(scene: Scene, rng: Random) -> Draft:
    """Write a form as a framework logs its parameters: Rails, Django or PHP's print_r."""
    pairs = pen.woven(scene.fields, noise.fields(rng, 1), rng)
    roll, path = rng.random(), scene.setting["path"]
    if roll < 0.4:
        members = pen.listed(pairs, '"k"=>"v"', ", ", pen.JSON, pen.JSON)
        head = pick(("Parameters: ", f"POST {path} Parameters: ", "  Parameters: "), rng)
        return Draft(f"{head}{{{members}}}", pen.JSON, pen.JSON)
    if roll < 0.7:
        members = pen.listed(pairs, "'k': ['v']", ", ", _LITERAL, _LITERAL)
        head = pick(("", "POST: ", f"{path} ", f"{noise.word('levels', rng)} "), rng)
        return Draft(f"{head}<QueryDict: {{{members}}}>", _LITERAL, _LITERAL)
    head = pick(("", "$_POST ", f"{scene.setting['title']}: "), rng)
    return Draft(f"{head}Array ( {pen.listed(pairs, '[k] => v', ' ')} )")


def entry_detail(scene: Scene, rng: Random) -> Draft:
    """Write an ACH entry, alone, behind its batch header, before its addenda, or in a message.

    The format names what it carries, so the line needs no key for it. SLOTS[0] is the routing
    number, SLOTS[1] the account number.

    Source: Nacha Operating Rules, Appendix Three: entry detail record (type 6) of PPD and WEB
    entries, batch header (5), addenda (705); every record is 94 characters.
    """
    code = pick(("22", "27", "32", "37"), rng)  # checking and savings, credit and debit
    sequence = rng.getrandbits(20)
    # Eight digits in the place of the sender's bank; no bank's number begins with 5
    trace = f"5{rng.getrandbits(23) % 10**7:07d}{sequence:07d}"
    addenda = rng.random() < 0.25
    # The account slot is padded to its field as far as its written width is known
    account = _ACCOUNT + " " * (_FIELD_WIDTH - int(scene.setting.get("account_width", "17")))
    amount, number = rng.getrandbits(22), noise.hex16(rng)[:9].upper()
    person = f"{noise.word('given_names', rng)} {noise.word('family_names', rng)}"
    record = f"6{code}{_ROUTING}{account}{amount:010d}{number:<15}{person:<22}  {addenda:d}{trace}"
    if addenda:
        note = scene.setting["action"].encode("ascii", "ignore").decode()[:80].upper()
        record = f"{record}\n705{note:<80}0001{sequence:07d}"
    roll = rng.random()
    if roll < 0.3:
        return Draft(f"{_batch_header(rng, trace[:8])}\n{record}")
    if roll < 0.5:
        return Draft(f"{noise.iso_time(rng)} ach-out {scene.setting['path']}\n{record}")
    if roll < 0.6:
        return Draft(f"{scene.setting['title']}\n{record}")
    return Draft(record)


def _batch_header(rng: Random, originator: str) -> str:
    company = noise.hex16(rng)[:10].upper()
    day = noise.date(rng)[2:].replace("-", "")
    service, entry_class = pick(("200", "220", "225"), rng), pick(("PPD", "WEB"), rng)
    purpose = noise.word("payment_purposes", rng)
    return (
        f"5{service}{'WEB PAYMENTS':<16}{'':<20}{company}{entry_class}{purpose:<10}"
        f"{day}{day}   1{originator}{1 + rng.getrandbits(9):07d}"
    )


def micr_line(scene: Scene, rng: Random) -> Draft:
    """Write the line at the foot of a cheque, personal or business, as a reader returns it.

    Source: ANSI X9.100-160; U+2446 to U+2449 of Unicode (Optical Character Recognition).
    """
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
        return pen.json_draft({**body, **noise.some("trace", rng, 3)}, scene, rng)
    head = ("", "", "MICR: ", f"{scene.setting['title']} | micr=", "mobile_deposit micr_raw=")
    return Draft(pick(head, rng) + line)


def _tenant(scene: Scene, _rng: Random) -> str:
    """Return the name of the site's owner, after which Adobe names its own namespace."""
    return scene.setting["host"].replace("-", "").split(".")[-2:][0]


def _json_request(scene: Scene, rng: Random) -> str:
    return _head(scene, rng, "application/json")


_TEXT = ("text",)
FORMATS: tuple[Format, ...] = (
    Format("form_urlencoded", "form_submit", urlencoded, pen.BOTH),
    Format("form_bracketed", "form_submit", bracketed, pen.BOTH),
    Format("form_multipart", "form_submit", multipart, pen.BOTH, weight=0.15),
    pen.template("form_json_body", "form_submit", pen.BOTH, request=_json_request),
    Format("form_field_array", "form_submit", field_array, pen.BOTH),
    Format("form_xml_post", "form_submit", xml_post, pen.BOTH, weight=0.5),
    Format("form_csv_rows", "form_submit", csv_rows, pen.BOTH, weight=0.25),
    Format("form_input_echo", "form_submit", input_echo, pen.BOTH, weight=0.5),
    Format("form_label_text", "form_submit", label_text, pen.BOTH),
    pen.template("form_event_log", "form_submit", pen.BOTH),
    Format("form_cut_log", "form_submit", cut_log, pen.BOTH, weight=0.5),
    pen.template("form_meta_lead", "form_submit", pen.BOTH, weight=0.2),
    pen.template("form_tiktok_submit", "form_submit", pen.BOTH, weight=0.2),
    pen.template("form_segment_identify", "form_submit", weight=0.3),
    pen.template("form_segment_track", "form_submit", pen.BOTH, weight=0.3),
    Format("form_data_layer", "form_submit", data_layer, pen.BOTH),
    pen.template("form_hubspot", "form_submit", pen.BOTH, weight=0.4),
    Format("form_ga4_event", "form_submit", ga4_event, pen.BOTH, weight=0.5),
    Format("form_replay_input", "form_submit", replay_input, pen.BOTH, weight=0.5),
    pen.template("form_adobe_xdm", "form_submit", pen.BOTH, weight=0.4, tenant=_tenant),
    Format("form_web_to_lead", "form_submit", web_to_lead, pen.BOTH, weight=0.5),
    pen.template("form_typeform", "form_submit", pen.BOTH, weight=0.3),
    pen.template("form_pixel_log", "form_submit", pen.BOTH),
    pen.template("form_pairs", "form_submit", pen.BOTH),
    pen.template("form_spaced", "form_submit", pen.BOTH),
    pen.template("form_labelled", "form_submit", pen.BOTH),
    pen.template("form_short_json", "form_submit", pen.BOTH),
    pen.template("form_pixel_call", "form_submit", pen.BOTH),
    pen.template("form_curl", "form_submit", pen.BOTH, weight=0.5),
    pen.template("form_beacon", "form_submit", pen.BOTH),
    pen.template("form_syslog", "form_submit", pen.BOTH),
    pen.template("form_get", "form_submit", pen.BOTH),
    Format("form_name_value", "form_submit", name_value, pen.BOTH),
    Format("form_params_log", "form_submit", params_log, pen.BOTH),
    pen.template("form_text_alone", "form_submit", _TEXT, weight=12.0),
    pen.template("form_text_line", "form_submit", _TEXT),
    pen.template("form_text_json", "form_submit", _TEXT),
    pen.template("form_text_body", "form_submit", _TEXT),
    pen.template("form_text_csv", "form_submit", _TEXT),
    pen.template("form_text_logfmt", "form_submit", _TEXT),
    Format(
        "bank_ach_entry", "form_submit", entry_detail, only="bank_account", names=True, plain=True
    ),
    pen.template("bank_ach_json", "form_submit", only="bank_account"),
    Format("bank_micr_line", "form_submit", micr_line, only="bank_account", names=True, plain=True),
)
