"""What logs, monitors and browser tools keep of requests and of the state around them.

Shapes after the Sentry event payload, HAR 1.2, logfmt, the console and postMessage of browsers, the
logging of Python and Java services, the JSON logs of gateways.
"""

from random import Random

from piiforge.lines import noise
from piiforge.lines.encoders import encode
from piiforge.lines.tables import pick, words
from piiforge.lines.writing import (
    ALL_NOISE,
    BOTH,
    CAMEL_NOISE,
    JSON,
    among,
    compact,
    encoded,
    json_draft,
    json_line,
    nested,
    noise_fields,
    page_url,
    query,
    some,
    turned,
    url,
    woven,
)
from piiforge.types import Draft, Format, Scene

_LEVELS = words("INFO INFO WARN ERROR DEBUG")
_LOGGERS = words("forms.api checkout.views leads.service web.handlers profile.update intake.worker")
_CLASSES = words(
    "c.a.forms.SubmitController o.s.web.FormFilter c.n.api.LeadResource c.b.IntakeService"
)
_ERRORS = words(
    "ValidationError TypeError UnhandledRejection HttpError SchemaMismatch TimeoutError"
)
_LITERAL = ("literal",)
_LOGFMT_KEYS, _LOGFMT = ("name",), ("logfmt",)


def error_report(scene: Scene, rng: Random) -> Draft:
    """Write an error report; the fields are its extra data, a context, or a breadcrumb's data."""
    fields: dict[str, object] = dict(scene.fields)
    error = {"type": pick(_ERRORS, rng), "value": f"{scene.setting['operation']} failed"}
    click = {
        "category": "ui.click",
        "message": scene.setting["action"],
        "timestamp": noise.iso_time(rng),
    }
    crumbs: list[dict[str, object]] = [dict(click)]
    report: dict[str, object] = {
        "event_id": noise.hex32(rng),
        "platform": "javascript",
        "exception": {"values": [error]},
        "request": {"url": page_url(scene), "headers": {"User-Agent": noise.user_agent(rng)}},
        "tags": {"release": noise.build_hash(rng), "locale": scene.setting["locale"]},
    }
    roll = rng.random()
    if roll < 0.35:
        crumbs.append({"category": pick(("xhr", "fetch", "console"), rng), "data": fields})
    elif roll < 0.7:
        report["extra"] = {**fields, **noise_fields(rng, 2)}
    else:
        report["contexts"] = {pick(("form", "state", "redux", "component"), rng): fields}
    report["breadcrumbs"] = pick((crumbs, {"values": crumbs}), rng)
    return json_draft(turned(report, rng), scene, rng)


def har_entry(scene: Scene, rng: Random) -> Draft:
    """Write an entry of an HTTP archive; the fields are its posted parameters or its query."""
    params = [{"name": name, "value": text} for name, text in scene.fields]
    request: dict[str, object] = {
        "method": "POST",
        "url": page_url(scene),
        "httpVersion": pick(("h2", "HTTP/1.1", "http/2.0"), rng),
        "headers": [{"name": "accept-language", "value": scene.setting["locale"]}],
    }
    if rng.random() < 0.5:
        request["queryString"] = params
    else:
        request["postData"] = {"mimeType": "application/x-www-form-urlencoded", "params": params}
    entry: dict[str, object] = {
        "startedDateTime": noise.iso_time(rng),
        "time": int(noise.duration_ms(rng)),
        "request": request,
        "response": {"status": 200, "statusText": "OK", "bodySize": rng.getrandbits(13)},
        "pageref": pick(("page_1", "page_2", scene.setting["title"]), rng),
    }
    if rng.random() < 0.3:
        return json_draft({"log": {"version": "1.2", "entries": [entry]}}, scene, rng)
    return json_draft(turned(entry, rng), scene, rng)


def post_message(scene: Scene, rng: Random) -> Draft:
    """Write a message between frames, as the console shows it or as a call."""
    data: dict[str, object] = {
        pick(("type", "event", "kind"), rng): scene.setting["operation"],
        **some(CAMEL_NOISE, rng, 3),
    }
    data = among(nested(dict(scene.fields), ("payload", "data", "detail"), rng), data, rng)
    origin = f"https://{scene.setting['host']}"
    roll = rng.random()
    if roll < 0.4:
        text = compact(data, scene, rng)
        return Draft(f'window.parent.postMessage({text}, "{origin}");', JSON, JSON)
    if roll < 0.6:
        event = {"origin": origin, "source": "iframe#checkout", "title": scene.setting["title"]}
        return json_draft({"messageEvent": {**event, "data": data}}, scene, rng)
    return json_line(data, scene, rng, f"[postMessage] {origin} -> ")


def logfmt(scene: Scene, rng: Random) -> Draft:
    """Write a logfmt line; every field's value stands in quotes."""
    others = {
        "msg": f'"{encode(scene.setting["action"], _LOGFMT)}"',
        "path": scene.setting["path"],
        **{name: f'"{encode(str(text), _LOGFMT)}"' for name, text in noise_fields(rng).items()},
    }
    pairs = [(name, f'"{text}"') for name, text in encoded(scene.fields, _LOGFMT_KEYS, _LOGFMT)]
    line = " ".join([f"{name}={text}" for name, text in woven(pairs, others, rng)])
    level = pick(_LEVELS, rng).lower()
    return Draft(f"time={noise.iso_time(rng)} level={level} {line}", _LOGFMT_KEYS, _LOGFMT)


def python_log(scene: Scene, rng: Random) -> Draft:
    """Write a Python service's log line with the repr of a dict."""
    others = some(ALL_NOISE, rng, 3)
    written = encoded(scene.fields, _LITERAL, _LITERAL)
    noted = [(name, encode(str(text), _LITERAL)) for name, text in others.items()]
    members = ", ".join([f"'{name}': '{text}'" for name, text in woven(written, dict(noted), rng)])
    logger, level = pick(_LOGGERS, rng), pick(_LEVELS, rng)
    what = pick(("payload", "cleaned_data", "request.data", "kwargs", scene.setting["action"]), rng)
    time = _time(rng, ",")
    joint = pick(("=", ": ", " "), rng)
    head = pick(
        (f"{time} {level} {logger}", f"{level}:{logger}", f"[{time}] {level} in {logger}"), rng
    )
    return Draft(f"{head}: {what}{joint}{{{members}}}", _LITERAL, _LITERAL)


def java_log(scene: Scene, rng: Random) -> Draft:
    """Write a Java service's log line with an object's toString. It escapes nothing."""
    pairs = woven(scene.fields, some(CAMEL_NOISE, rng, 3), rng)
    quote = pick(("", "'", "'"), rng)
    members = ", ".join([f"{name}={quote}{text}{quote}" for name, text in pairs])
    braces = pick(("{}", "()", "[]"), rng)
    operation = encode(scene.setting["operation"], ("identifier",))
    thread = pick((f"http-nio-8080-exec-{1 + rng.getrandbits(4)}", "XNIO-1 task-3", "main"), rng)
    line = f"{_time(rng, '.')} {pick(_LEVELS, rng):>5} [{thread}] {pick(_CLASSES, rng)} - "
    if rng.random() < 0.4:
        line += f"{scene.setting['title']}: "
    return Draft(f"{line}{operation[0].upper()}{operation[1:]}{braces[0]}{members}{braces[1]}")


def _time(rng: Random, mark: str) -> str:
    """Return a local time with `mark` before its milliseconds."""
    bits = rng.getrandbits(15)
    return f"{noise.date(rng)} {noise.clock(rng)}:{(bits & 63) % 60:02d}{mark}{bits >> 6:03d}"


def console_log(scene: Scene, rng: Random) -> Draft:
    """Write what a page's script prints of its state, with the place in the bundle."""
    fields = nested(dict(scene.fields), ("state", "values", "form", "user"), rng)
    body = among(fields, some(CAMEL_NOISE, rng, 3), rng)
    place = f"main.{noise.build_hash(rng)}.js:{1 + rng.getrandbits(3)}:{rng.getrandbits(15)}"
    head = pick((f"{place} ", "console.log: ", f"[{scene.setting['title']}] ", "[HMR] state "), rng)
    return json_line(body, scene, rng, head)


def gateway_log(scene: Scene, rng: Random) -> Draft:
    """Write a gateway's JSON log whose request line holds the fields as a query."""
    chain = ("form", "json")
    pairs = woven(scene.fields, some(ALL_NOISE, rng, 2), rng)
    path = url(scene.setting["host"], f"/api/{scene.setting['operation']}")
    record: dict[str, object] = {
        pick(("request_uri", "uri", "http.url", "upstream_url"), rng): f"{path}?{query(pairs)}",
        "status": pick((200, 200, 204, 400, 502), rng),
        "remote_addr": noise.ipv4(rng),
        "request_time": round(rng.random(), 3),
        "service": scene.setting["title"],
        **noise_fields(rng, 2),
    }
    return Draft(compact(turned(record, rng), scene, rng), chain, chain)


def cut_event(scene: Scene, rng: Random) -> Draft:
    """Write an event as a log keeps it that caps its lines: the end is missing."""
    fields = nested(dict(scene.fields), ("data", "input", "payload", "vars"), rng)
    body = {"op": scene.setting["operation"], **noise_fields(rng, 2), **fields}
    text = compact(body, scene, rng).rstrip("}")
    tail = f',"ua":"{noise.user_agent(rng)}'[: 4 + rng.getrandbits(5)]
    mark = pick(("…", "...", "<truncated>", " [cut at 512]", "...(+1.4kB)"), rng)
    head = f"{noise.iso_time(rng)} {pick(_LEVELS, rng)} {scene.setting['path']} "
    return Draft(f"{head}{text}{tail}{mark}", JSON, JSON)


FORMATS: tuple[Format, ...] = (
    Format("xhr_error_report", "xhr", error_report, BOTH),
    Format("xhr_har_entry", "xhr", har_entry, BOTH),
    Format("xhr_post_message", "xhr", post_message, BOTH),
    Format("xhr_logfmt", "xhr", logfmt, BOTH),
    Format("xhr_python_log", "xhr", python_log, BOTH),
    Format("xhr_java_log", "xhr", java_log, BOTH),
    Format("xhr_console_log", "xhr", console_log, BOTH),
    Format("xhr_gateway_log", "xhr", gateway_log, BOTH),
    Format("xhr_cut_event", "xhr", cut_event, BOTH),
)
