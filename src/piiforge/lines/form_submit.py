"""Lines of submitted forms: what the browser sent, what the server logged, what a tool exported.

Bodies after the WHATWG HTML form encodings (urlencoded, multipart/form-data), XML 1.0, RFC 4180
CSV and JSON. Forms as analytics vendors see them are in `form_vendors`, bank files in `form_bank`.
"""

from random import Random

from piiforge.lines import noise
from piiforge.lines.encoders import encode
from piiforge.lines.tables import pick, words
from piiforge.lines.writing import (
    BOTH,
    FORM,
    JSON,
    Pair,
    among,
    compact,
    encoded,
    json_draft,
    json_line,
    nested,
    noise_fields,
    page_url,
    query,
    turned,
    woven,
    wrapped,
)
from piiforge.types import Draft, Format, Scene

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
        pairs = [("utf8", "✓"), ("authenticity_token", noise.hex32(rng)), *pairs]
        pairs.append(("commit", scene.setting["action"]))
    body = query(pairs)
    if rng.random() < 0.4:
        body = body.replace("[", "%5B").replace("]", "%5D")
    return Draft(_head(scene, rng, "application/x-www-form-urlencoded") + body, FORM, FORM)


def multipart(scene: Scene, rng: Random) -> Draft:
    """Write a multipart/form-data body. Its values stand raw, so they hold no line break."""
    token = noise.hex32(rng)
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
    head = f"{noise.iso_time(rng)} POST {scene.setting['path']} body="
    kept = 6 + int(rng.random() * 18)
    if rng.random() < 0.5:
        body = query(woven(scene.fields, noise_fields(rng), rng))
        return Draft(f"{head}{body}&_t={noise.hex32(rng)[:kept]}{mark}", FORM, FORM)
    fields = nested(dict(scene.fields), _CONTAINERS, rng)
    body = compact({"form": scene.setting["title"], **noise_fields(rng), **fields}, scene, rng)
    tail = f',"ua":"{noise.user_agent(rng)}'[:kept]
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
        return f"[{noise.iso_time(rng)}] POST {path} {noise.duration_ms(rng)}ms "
    headers: list[Pair] = [("Content-Type", content_type), ("Referer", path)]
    if roll < 0.9:
        headers = [("Host", host), headers[0], ("X-Request-Id", noise.request_id(rng))]
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
