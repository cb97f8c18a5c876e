"""Lines of requests that a page's script sends, and what logs, monitors and browser tools keep.

Shapes after GraphQL over HTTP, SOAP 1.1, JSON-RPC 2.0, Socket.IO 4 packets, server-sent events
(WHATWG HTML), STOMP 1.2; then the Sentry event payload, HAR 1.2, logfmt, the console and
postMessage of browsers, the logging of Python and Java services, the JSON logs of gateways. Some
are in `data/templates.yaml`.
"""

from collections.abc import Mapping
from random import Random

import orjson

from piiforge.lines import noise, pen
from piiforge.rng import pick
from piiforge.types import Draft, Format, Scene

_LITERAL, _LOGFMT, _NAME, _IDENTIFIER = ("literal",), ("logfmt",), ("name",), ("identifier",)
_TOKEN = ("token",)


def _body(scene: Scene, others: Mapping[str, object], rng: Random) -> dict[str, object]:
    """Put the fields, none to two levels deep, among the other members of a body."""
    return pen.among(pen.nested(dict(scene.fields), noise.WORDS["inputs"], rng), others, rng)


def rest(scene: Scene, rng: Random) -> Draft:
    """Write a REST call: a line with method and address, maybe headers, and a JSON body."""
    host, operation = scene.setting["host"], scene.setting["operation"]
    path = noise.word("apis", rng) + pick(("customers", "applications", "profile", operation), rng)
    if rng.random() < 0.4:
        path += f"/{noise.counter_id(rng)}"
    method, roll = noise.word("request_methods", rng), rng.random()
    head = f"{method} {path} "
    if roll < 0.06:
        head = f"{method} {path} HTTP/1.1\nHost: {host}\n\n"
    elif roll < 0.25:
        head = f"{method} {pen.url(host, path)} "
    elif roll < 0.6:
        status = pick(("200", "201", "400", "422"), rng)
        head = f"{method} {path} {status} {noise.duration_ms(rng)}ms "
    others = noise.fields(rng, 2)
    if rng.random() < 0.2:
        others["message"] = scene.setting["action"]
    return pen.json_draft(_body(scene, others, rng), scene, rng, head)


def _operation(scene: Scene) -> str:
    """Return the scene's operation as a name of GraphQL, SOAP or a socket event."""
    return pen.encode(scene.setting["operation"], _IDENTIFIER)


def graphql(scene: Scene, rng: Random) -> Draft:
    """Write a GraphQL request whose fields are variables."""
    operation = _operation(scene)
    name = operation[0].upper() + operation[1:]
    kind = pick(("mutation", "mutation", "query"), rng)
    argument = pick(("input", "data", "where", "form"), rng)
    selection = noise.word("graphql_selections", rng)
    text = f"{kind}(${argument}:{name}Input!){{{operation}({argument}:${argument}){{{selection}}}}}"
    fields = pen.among(dict(scene.fields), noise.some("noise", rng, 2), rng)
    variables = {argument: fields}
    body = pen.drawn("xhr_graphql", scene, rng, name=name, text=text, variables=variables)
    start = f"POST {pen.url(scene.setting['host'], '/graphql')} " if rng.random() < 0.4 else ""
    return pen.json_draft(pen.turned(body, rng), scene, rng, start)


def graphql_inline(scene: Scene, rng: Random) -> Draft:
    """Write a GraphQL document whose fields are arguments; its strings are escaped as in JSON."""
    operation = _operation(scene)
    fields = pen.encoded(scene.fields, _IDENTIFIER, pen.JSON)
    noted = noise.some("noise", rng, 2).items()
    others = {name.lstrip("_"): pen.encode(str(value), pen.JSON) for name, value in noted}
    gap = "\n    " if rng.random() < 0.05 else ""
    members = f", {gap}".join(
        [f'{name}: "{text}"' for name, text in pen.woven(fields, others, rng)]
    )
    if rng.random() < 0.6:
        members = f"{pick(('input', 'data', 'filter'), rng)}: {{{gap}{members}{gap[:1]}}}"
    note = f"# {scene.setting['title']}\n" if rng.random() < 0.06 else ""
    kind = pick(("mutation", "mutation", "query", f"mutation {operation.title()}"), rng)
    selection = pick(("{ id }", "{ id status }", "{ ok message }", "{ __typename }"), rng)
    return Draft(f"{note}{kind} {{ {operation}({members}) {selection} }}", _IDENTIFIER, pen.JSON)


def soap(scene: Scene, rng: Random) -> Draft:
    """Write a SOAP envelope; the fields are elements, or attributes of one element."""
    chain = pen.XML
    operation = _operation(scene)
    prefix = pick(("soap", "soapenv", "SOAP-ENV", "s"), rng)
    own = pick(("", "ns1:", "web:", "tns:"), rng)
    pairs = pen.encoded(scene.fields, _NAME, chain)
    elements = "".join([f"<{own}{name}>{text}</{own}{name}>" for name, text in pairs])
    if rng.random() < 0.4:
        box = pick(("request", "customer", "applicant", "payload"), rng)
        elements = f"<{own}{box}>{elements}</{own}{box}>"
    header = ""
    if rng.random() < 0.15:
        header = f"<MessageID>urn:uuid:{noise.uuid4(rng)}</MessageID>"
        header = f"<{prefix}:Header>{header}</{prefix}:Header>"
    spaces = f'xmlns:{prefix}="http://schemas.xmlsoap.org/soap/envelope/"'
    if own:
        spaces += f' xmlns:{own[:-1]}="urn:{pen.encode(scene.setting["host"], chain)}:forms"'
    title = pen.encode(scene.setting["title"], chain).replace("--", "- ")
    note = f"<!-- {title} -->" if rng.random() < 0.3 else ""
    text = (
        f"<{prefix}:Envelope {spaces}>{header}<{prefix}:Body>{note}<{own}{operation}>{elements}"
        f"</{own}{operation}></{prefix}:Body></{prefix}:Envelope>"
    )
    return Draft(text, _NAME, chain)


def batch(scene: Scene, rng: Random) -> Draft:
    """Write a batch of calls in one body; the scene's fields are in one of them."""
    calls = []
    at, own = rng.getrandbits(1), scene.setting["operation"]
    for index in range(2):
        body: object = noise.some("noise", rng, 2)
        if index == at:
            body = {**dict(scene.fields), "label": scene.setting["action"]}
        api = noise.word("apis", rng)
        path = api + (own if index == at else pick(("ping", "flags", "cart"), rng))
        calls.append({"method": "POST", "url": path, "body": body})
    if rng.random() < 0.5:
        return pen.json_draft(calls, scene, rng)
    body = {"requests": calls, "batch_number": noise.batch_number(rng)}
    return pen.json_draft(body, scene, rng, "POST /$batch ")


def ndjson(scene: Scene, rng: Random) -> Draft:
    """Write a batch of events, one a line, as an analytics endpoint takes it."""
    names = ("properties", "event_properties", "props", "data")
    fields = pen.nested(dict(scene.fields), names, rng)
    name = pick(("event", "event_type", "name"), rng)
    own = {name: scene.setting["operation"], **fields}
    if rng.random() < 0.4:
        own["page_title"] = scene.setting["title"]
    others: list[dict[str, object]] = []
    if rng.random() < 0.3:
        others.append({name: pick(("heartbeat", "scroll", "click"), rng), **noise.fields(rng, 2)})
    rows = [pen.compact(other, scene, rng) for other in others]
    rows.insert(rng.getrandbits(1), pen.compact({**own, **noise.fields(rng, 2)}, scene, rng))
    head = "POST /2/httpapi\n" if rng.random() < 0.04 else ""
    return Draft(head + "\n".join(rows), pen.JSON, pen.JSON)


def headers_dump(scene: Scene, rng: Random) -> Draft:
    """Write request headers; the fields are headers of the application's own, X-..."""
    prefix = pick(("X-", "x-", "X-App-", "x-amz-meta-", "X-Form-"), rng)
    chain = ("header",)
    pairs = [(f"{prefix}{name}", text) for name, text in pen.encoded(scene.fields, _TOKEN, chain)]
    title = pen.percent(scene.setting["title"])
    others = pen.drawn("xhr_headers", scene, rng, title=title)
    kept = dict(list(pen.turned(others, rng).items())[: 1 + rng.getrandbits(1)])
    lines = [f"{name}: {text}" for name, text in pen.woven(pairs, kept, rng)]
    if rng.random() < 0.7:
        path = noise.word("apis", rng) + scene.setting["operation"]
        lines.insert(0, f"POST {path} HTTP/1.1\nHost: {scene.setting['host']}")
    return Draft("\n".join(lines), _TOKEN, chain)


def server_sent(scene: Scene, rng: Random) -> Draft:
    """Write a server-sent event."""
    others = {"label": scene.setting["action"], **noise.fields(rng, 2)}
    lines = [f"data: {pen.compact(_body(scene, others, rng), scene, rng)}"]
    if rng.random() < 0.3:
        lines.insert(0, f"event: {scene.setting['operation']}")
    if rng.random() < 0.1:
        lines.insert(0, f"id: {noise.event_id(rng)}")
    return Draft("\n".join(lines), pen.JSON, pen.JSON)


def web_socket(scene: Scene, rng: Random) -> Draft:
    """Write a WebSocket frame: plain JSON, or a STOMP SEND with its headers."""
    others = noise.fields(rng, 3)
    if rng.random() < 0.9:
        kind = pick(("type", "op", "action", "cmd"), rng)
        others |= {kind: scene.setting["operation"]}
        if rng.random() < 0.3:
            others["title"] = scene.setting["title"]
        head = pick(("", "WS > ", "ws send: "), rng)
        return pen.json_line(_body(scene, others, rng), scene, rng, head)
    head = f"SEND\ndestination:/app/{scene.setting['operation']}\ncontent-type:application/json\n"
    head += f"receipt:m-{noise.counter_id(rng)}\n\n"
    return pen.json_line(_body(scene, others, rng), scene, rng, head)


def double_json(scene: Scene, rng: Random) -> Draft:
    """Write JSON with a string that is JSON itself, as queues and gateways do."""
    inner = pen.compact({**dict(scene.fields), **noise.fields(rng, 2)}, scene, rng)
    outer = pen.turned(pen.drawn("xhr_double_json", scene, rng, inner=inner), rng)
    return Draft(orjson.dumps(outer).decode(), ("json", "json"), ("json", "json"))


def json_in_form(scene: Scene, rng: Random) -> Draft:
    """Write a urlencoded body or beacon with JSON in one parameter."""
    chain = ("json", "form")
    body = _body(scene, {"title": scene.setting["title"]}, rng)
    text = pen.form(pen.compact(body, scene, rng))
    name = pick(("payload", "data", "json", "d", "event", "batch", "params"), rng)
    others = pen.query(noise.fields(rng, 3).items())
    joined = f"{name}={text}&{others}" if others else f"{name}={text}"
    if others and rng.random() < 0.5:
        joined = f"{others}&{name}={text}"
    head = pick(("", "", f"GET {pen.page_url(scene)}?", f"POST {scene.setting['path']} "), rng)
    return Draft(head + joined, chain, chain)


def error_report(scene: Scene, rng: Random) -> Draft:
    """Write an error report; the fields are its extra data, a context, or a breadcrumb's data."""
    fields: dict[str, object] = dict(scene.fields)
    error = {"type": noise.word("errors", rng), "value": f"{scene.setting['operation']} failed"}
    crumbs = [pen.drawn("xhr_error_click", scene, rng)][: rng.getrandbits(1)]
    report = pen.drawn("xhr_error_report", scene, rng, error=error)
    roll = rng.random()
    if roll < 0.35:
        crumbs.append({"category": pick(("xhr", "fetch", "console"), rng), "data": fields})
    elif roll < 0.7:
        report["extra"] = {**fields, **noise.fields(rng, 2)}
    else:
        report["contexts"] = {pick(("form", "state", "redux", "component"), rng): fields}
    if crumbs:
        report["breadcrumbs"] = pick((crumbs, {"values": crumbs}), rng)
    return pen.json_draft(pen.turned(report, rng), scene, rng)


def post_message(scene: Scene, rng: Random) -> Draft:
    """Write a message between frames, as the console shows it or as a call."""
    kind = pick(("type", "event", "kind"), rng)
    others = {kind: scene.setting["operation"], **noise.some("camel_noise", rng, 2)}
    data = pen.nested(dict(scene.fields), ("payload", "data", "detail"), rng)
    data = pen.among(data, others, rng)
    origin = f"https://{scene.setting['host']}"
    roll = rng.random()
    if roll < 0.4:
        text = pen.compact(data, scene, rng)
        return Draft(f'window.parent.postMessage({text}, "{origin}");', pen.JSON, pen.JSON)
    if roll < 0.6:
        event = {"origin": origin, "source": "iframe#checkout", "title": scene.setting["title"]}
        return pen.json_draft({"messageEvent": {**event, "data": data}}, scene, rng)
    return pen.json_line(data, scene, rng, f"[postMessage] {origin} -> ")


def logfmt(scene: Scene, rng: Random) -> Draft:
    """Write a logfmt line; every field's value stands in quotes."""
    others = {"msg": f'"{pen.encode(scene.setting["action"], _LOGFMT)}"'}
    others["path"] = scene.setting["path"]
    for name, text in noise.fields(rng).items():
        others[name] = f'"{pen.encode(str(text), _LOGFMT)}"'
    pairs = [(name, f'"{text}"') for name, text in pen.encoded(scene.fields, _NAME, _LOGFMT)]
    line = " ".join([f"{name}={text}" for name, text in pen.woven(pairs, others, rng)])
    level = noise.word("levels", rng).lower()
    return Draft(f"time={noise.iso_time(rng)} level={level} {line}", _NAME, _LOGFMT)


def python_log(scene: Scene, rng: Random) -> Draft:
    """Write a Python service's log line with the repr of a dict."""
    noted = noise.some("noise", rng, 3).items()
    others = {name: pen.encode(str(text), _LITERAL) for name, text in noted}
    pairs = pen.woven(pen.encoded(scene.fields, _LITERAL, _LITERAL), others, rng)
    members = ", ".join([f"'{name}': '{text}'" for name, text in pairs])
    logger, level = noise.word("loggers", rng), noise.word("levels", rng)
    what = pick(("payload", "cleaned_data", "request.data", "kwargs", scene.setting["action"]), rng)
    time = _time(rng, ",")
    joint = pick(("=", ": ", " "), rng)
    heads = (f"{time} {level} {logger}", f"{level}:{logger}", f"[{time}] {level} in {logger}")
    head = pick(heads, rng)
    return Draft(f"{head}: {what}{joint}{{{members}}}", _LITERAL, _LITERAL)


def java_log(scene: Scene, rng: Random) -> Draft:
    """Write a Java service's log line with an object's toString. It escapes nothing."""
    pairs = pen.woven(scene.fields, noise.some("camel_noise", rng, 3), rng)
    quote = pick(("", "'", "'"), rng)
    members = ", ".join([f"{name}={quote}{text}{quote}" for name, text in pairs])
    braces = pick(("{}", "()", "[]"), rng)
    operation = pen.encode(scene.setting["operation"], _IDENTIFIER)
    thread = pick((f"http-nio-8080-exec-{1 + rng.getrandbits(4)}", "XNIO-1 task-3", "main"), rng)
    time, level = _time(rng, "."), noise.word("levels", rng)
    line = f"{time} {level:>5} [{thread}] {noise.word('classes', rng)} - "
    if rng.random() < 0.4:
        line += f"{scene.setting['title']}: "
    return Draft(f"{line}{operation[0].upper()}{operation[1:]}{braces[0]}{members}{braces[1]}")


def _time(rng: Random, mark: str) -> str:
    """Return a local time with `mark` before its milliseconds."""
    bits = rng.getrandbits(15)
    return f"{noise.date(rng)} {noise.clock(rng)}:{(bits & 63) % 60:02d}{mark}{bits >> 6:03d}"


def cut_event(scene: Scene, rng: Random) -> Draft:
    """Write an event as a log keeps it that caps its lines: the end is missing."""
    fields = pen.nested(dict(scene.fields), ("data", "input", "payload", "vars"), rng)
    body = {"op": scene.setting["operation"], **noise.fields(rng, 2), **fields}
    text = pen.compact(body, scene, rng).rstrip("}")
    tail = f',"ua":"{noise.user_agent(rng)}'[: 4 + rng.getrandbits(5)]
    mark = pick(("…", "...", "<truncated>", " [cut at 512]", "...(+1.4kB)"), rng)
    head = f"{noise.iso_time(rng)} {noise.word('levels', rng)} {scene.setting['path']} "
    return Draft(f"{head}{text}{tail}{mark}", pen.JSON, pen.JSON)


def field_value(scene: Scene, rng: Random) -> Draft:
    """Write each field as an object of its name and its value: an answer, a rejected field."""
    name = pick(("field", "type", "label", "name", "question"), rng)
    value = pick(("value", "answer", "value", "val"), rng)
    own: dict[str, object] = {}
    if rng.random() < 0.3:
        own = {"error": pick(("invalid", "required format", scene.setting["action"]), rng)}
    items = [{**own, name: key, value: text} for key, text in scene.fields]
    if len(items) > 1:
        return pen.json_line(items, scene, rng)
    return pen.json_line(items[0], scene, rng, pick(("", "", "", "> ", "422 ", "save "), rng))


def _address(scene: Scene, rng: Random) -> str:
    """Return the address of the call with the fields as its query."""
    pairs = pen.woven(scene.fields, noise.some("noise", rng, 2), rng)
    path = pen.url(scene.setting["host"], f"/api/{scene.setting['operation']}")
    return f"{path}?{pen.query(pairs)}"


def _seconds(_scene: Scene, rng: Random) -> float:
    return round(rng.random(), 3)


_TEXT = ("text",)
FORMATS: tuple[Format, ...] = (
    Format("xhr_rest", "xhr", rest, pen.BOTH),
    Format("xhr_graphql", "xhr", graphql, pen.BOTH, weight=0.4),
    Format("xhr_graphql_inline", "xhr", graphql_inline, pen.BOTH, weight=0.5),
    Format("xhr_soap", "xhr", soap, pen.BOTH, weight=0.2),
    pen.template("xhr_json_rpc", "xhr", pen.BOTH),
    Format("xhr_batch", "xhr", batch, pen.BOTH, weight=0.3),
    Format("xhr_ndjson", "xhr", ndjson, pen.BOTH, weight=0.5),
    Format("xhr_headers", "xhr", headers_dump, weight=0.2),
    pen.template("xhr_socket_io", "xhr", pen.BOTH),
    Format("xhr_server_sent", "xhr", server_sent, pen.BOTH, weight=0.5),
    Format("xhr_web_socket", "xhr", web_socket, pen.BOTH, weight=0.7),
    Format("xhr_double_json", "xhr", double_json, pen.BOTH),
    Format("xhr_json_in_form", "xhr", json_in_form, pen.BOTH),
    Format("xhr_error_report", "xhr", error_report, pen.BOTH, weight=0.2),
    pen.template("xhr_har_entry", "xhr", pen.BOTH, weight=0.2),
    Format("xhr_post_message", "xhr", post_message, pen.BOTH),
    Format("xhr_logfmt", "xhr", logfmt, pen.BOTH),
    Format("xhr_python_log", "xhr", python_log, pen.BOTH),
    Format("xhr_java_log", "xhr", java_log, pen.BOTH),
    pen.template("xhr_console_log", "xhr", pen.BOTH),
    pen.template("xhr_gateway_log", "xhr", pen.BOTH, address=_address, seconds=_seconds),
    Format("xhr_cut_event", "xhr", cut_event, pen.BOTH, weight=0.5),
    pen.template("xhr_call_line", "xhr", pen.BOTH),
    pen.template("xhr_variables", "xhr", pen.BOTH),
    pen.template("xhr_short_json", "xhr", pen.BOTH),
    pen.template("xhr_get", "xhr", pen.BOTH),
    pen.template("xhr_post_body", "xhr", pen.BOTH),
    pen.template("xhr_sql", "xhr", pen.BOTH, weight=0.5),
    pen.template("xhr_short_logfmt", "xhr", pen.BOTH),
    pen.template("xhr_app_log", "xhr", pen.BOTH),
    pen.template("xhr_header_options", "xhr", weight=0.5),
    Format("xhr_field_value", "xhr", field_value, pen.BOTH),
    pen.template("xhr_text_json", "xhr", _TEXT, weight=2.0),
    pen.template("xhr_text_log", "xhr", _TEXT),
    pen.template("xhr_text_call", "xhr", _TEXT),
    pen.template("xhr_text_logfmt", "xhr", _TEXT),
)
