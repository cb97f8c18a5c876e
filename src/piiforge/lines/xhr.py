"""Lines of requests that a page's script sends: REST, GraphQL, SOAP, JSON-RPC, sockets, streams.

Shapes after GraphQL over HTTP, SOAP 1.1, JSON-RPC 2.0, Socket.IO 4 packets, server-sent events
(WHATWG HTML), STOMP 1.2. What logs and tools make of requests is in `xhr_logs`.
"""

from collections.abc import Mapping
from random import Random

import orjson

from piiforge.lines.noise import (
    build_hash,
    clock,
    counter_id,
    date,
    duration_ms,
    event_id,
    hex16,
    hex32,
    ipv4,
    iso_time,
    request_id,
    session_id,
    user_agent,
    uuid4,
)
from piiforge.lines.writing import (
    ALL_NOISE,
    BOTH,
    CAMEL_NOISE,
    JSON,
    among,
    compact,
    encode,
    encoded,
    form,
    json_draft,
    json_line,
    nested,
    noise_fields,
    page_url,
    percent,
    query,
    some,
    turned,
    url,
    woven,
)
from piiforge.rng import pick, words
from piiforge.types import Draft, Format, Scene

# What logs, monitors and browser tools keep of requests and of the state around them.
#
# Shapes after the Sentry event payload, HAR 1.2, logfmt, the console and postMessage of browsers,
# the logging of Python and Java services, the JSON logs of gateways.


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
    click = {"category": "ui.click", "message": scene.setting["action"], "timestamp": iso_time(rng)}
    crumbs: list[dict[str, object]] = [dict(click)]
    report: dict[str, object] = {
        "event_id": hex32(rng),
        "platform": "javascript",
        "exception": {"values": [error]},
        "request": {"url": page_url(scene), "headers": {"User-Agent": user_agent(rng)}},
        "tags": {"release": build_hash(rng), "locale": scene.setting["locale"]},
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
        "startedDateTime": iso_time(rng),
        "time": int(duration_ms(rng)),
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
    return Draft(f"time={iso_time(rng)} level={level} {line}", _LOGFMT_KEYS, _LOGFMT)


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
    return f"{date(rng)} {clock(rng)}:{(bits & 63) % 60:02d}{mark}{bits >> 6:03d}"


def console_log(scene: Scene, rng: Random) -> Draft:
    """Write what a page's script prints of its state, with the place in the bundle."""
    fields = nested(dict(scene.fields), ("state", "values", "form", "user"), rng)
    body = among(fields, some(CAMEL_NOISE, rng, 3), rng)
    place = f"main.{build_hash(rng)}.js:{1 + rng.getrandbits(3)}:{rng.getrandbits(15)}"
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
        "remote_addr": ipv4(rng),
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
    tail = f',"ua":"{user_agent(rng)}'[: 4 + rng.getrandbits(5)]
    mark = pick(("…", "...", "<truncated>", " [cut at 512]", "...(+1.4kB)"), rng)
    head = f"{iso_time(rng)} {pick(_LEVELS, rng)} {scene.setting['path']} "
    return Draft(f"{head}{text}{tail}{mark}", JSON, JSON)


LOG_FORMATS: tuple[Format, ...] = (
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


_METHODS = words("POST PUT PATCH POST POST")
_INPUTS = words("input data payload body attributes params patch values")
_APIS = words("/api/v1/ /api/v2/ /rest/ /v3/ /internal/api/ /bff/ /ajax/ /_api/")
_JSON_TWICE = ("json", "json")


def _body(scene: Scene, others: Mapping[str, object], rng: Random) -> dict[str, object]:
    """Put the fields, none to two levels deep, among the other members of a body."""
    return among(nested(dict(scene.fields), _INPUTS, rng), others, rng)


def rest(scene: Scene, rng: Random) -> Draft:
    """Write a REST call: a line with method and address, maybe headers, and a JSON body."""
    host, operation = scene.setting["host"], scene.setting["operation"]
    path = f"{pick(_APIS, rng)}{pick(('customers', 'applications', 'profile', operation), rng)}"
    if rng.random() < 0.4:
        path += f"/{counter_id(rng)}"
    method, roll = pick(_METHODS, rng), rng.random()
    head = f"{method} {url(host, path)}\n"
    if roll < 0.25:
        head = f"{method} {path} HTTP/1.1\nHost: {host}\nX-Request-Id: {request_id(rng)}\n\n"
    elif roll < 0.5:
        status = pick(("200", "201", "400", "422"), rng)
        head = f"{method} {path} {status} {duration_ms(rng)}ms "
    others = noise_fields(rng)
    if rng.random() < 0.3:
        others["message"] = scene.setting["action"]
    return json_draft(_body(scene, others, rng), scene, rng, head)


def graphql(scene: Scene, rng: Random) -> Draft:
    """Write a GraphQL request whose fields are variables."""
    operation = _operation(scene)
    name = operation[0].upper() + operation[1:]
    kind = pick(("mutation", "mutation", "query"), rng)
    argument = pick(("input", "data", "where", "form"), rng)
    selection = pick(
        ("id status", "ok errors { message }", "success requestId", "__typename id"), rng
    )
    head = f"{kind} {name}(${argument}: {name}Input!)"
    text = f"{head} {{ {operation}({argument}: ${argument}) {{ {selection} }} }}"
    fields = among(dict(scene.fields), some(ALL_NOISE, rng, 2), rng)
    body: dict[str, object] = {
        "operationName": name,
        "query": text,
        "variables": {argument: fields},
    }
    if rng.random() < 0.4:
        body["extensions"] = {
            "persistedQuery": {"version": 1, "sha256Hash": hex32(rng) + hex32(rng)}
        }
    if rng.random() < 0.3:
        body["context"] = {"pageTitle": scene.setting["title"], "locale": scene.setting["locale"]}
    start = f"POST {url(scene.setting['host'], '/graphql')} " if rng.random() < 0.4 else ""
    return json_draft(turned(body, rng), scene, rng, start)


def graphql_inline(scene: Scene, rng: Random) -> Draft:
    """Write a GraphQL document whose fields are arguments; its strings are escaped as in JSON."""
    operation = _operation(scene)
    fields = encoded(scene.fields, ("identifier",), JSON)
    others = {
        name.lstrip("_"): encode(str(value), JSON)
        for name, value in some(ALL_NOISE, rng, 2).items()
    }
    gap = "\n    " if rng.random() < 0.3 else ""
    members = f", {gap}".join([f'{name}: "{text}"' for name, text in woven(fields, others, rng)])
    if rng.random() < 0.6:
        members = f"{pick(('input', 'data', 'filter'), rng)}: {{{gap}{members}{gap[:1]}}}"
    note = f"# {scene.setting['title']}\n" if rng.random() < 0.3 else ""
    kind = pick(("mutation", "mutation", "query", f"mutation {operation.title()}"), rng)
    selection = pick(("{ id }", "{ id status }", "{ ok message }", "{ __typename }"), rng)
    return Draft(f"{note}{kind} {{ {operation}({members}) {selection} }}", ("identifier",), JSON)


def _operation(scene: Scene) -> str:
    """Return the scene's operation as a name of GraphQL, SOAP or a socket event."""
    return encode(scene.setting["operation"], ("identifier",))


def soap(scene: Scene, rng: Random) -> Draft:
    """Write a SOAP envelope; the fields are elements, or attributes of one element."""
    chain, keys = ("xml",), ("name",)
    operation = _operation(scene)
    prefix = pick(("soap", "soapenv", "SOAP-ENV", "s"), rng)
    own = pick(("", "ns1:", "web:", "tns:"), rng)
    pairs = encoded(scene.fields, keys, chain)
    elements = "".join([f"<{own}{name}>{text}</{own}{name}>" for name, text in pairs])
    if rng.random() < 0.4:
        box = pick(("request", "customer", "applicant", "payload"), rng)
        elements = f"<{own}{box}>{elements}</{own}{box}>"
    header = ""
    if rng.random() < 0.6:
        header = f"<{prefix}:Header><MessageID>urn:uuid:{uuid4(rng)}</MessageID></{prefix}:Header>"
    spaces = f'xmlns:{prefix}="http://schemas.xmlsoap.org/soap/envelope/"'
    if own:
        spaces += f' xmlns:{own[:-1]}="urn:{encode(scene.setting["host"], chain)}:forms"'
    note = (
        f"<!-- {encode(scene.setting['title'], chain).replace('--', '- ')} -->"
        if rng.random() < 0.3
        else ""
    )
    text = (
        f"<{prefix}:Envelope {spaces}>{header}<{prefix}:Body>{note}<{own}{operation}>{elements}"
        f"</{own}{operation}></{prefix}:Body></{prefix}:Envelope>"
    )
    return Draft(text, keys, chain)


def json_rpc(scene: Scene, rng: Random) -> Draft:
    """Write a JSON-RPC 2.0 call, its params by name."""
    method = f"{pick(('form', 'customer', 'lead', 'account'), rng)}.{scene.setting['operation']}"
    others = noise_fields(rng, 3)
    if rng.random() < 0.5:
        others["title"] = scene.setting["title"]
    body: dict[str, object] = {
        "jsonrpc": "2.0",
        "method": method,
        "params": _body(scene, others, rng),
        "id": pick((1 + rng.getrandbits(8), uuid4(rng)), rng),
    }
    if rng.random() < 0.3:
        return json_draft([turned(body, rng)], scene, rng)
    return json_draft(turned(body, rng), scene, rng)


def batch(scene: Scene, rng: Random) -> Draft:
    """Write a batch of calls in one body; the scene's fields are in one of them."""
    calls: list[dict[str, object]] = []
    at = rng.getrandbits(1)
    own = scene.setting["operation"]
    for index in range(2 + rng.getrandbits(1)):
        body: object = some(ALL_NOISE, rng, 3)
        if index == at:
            body = {**dict(scene.fields), "label": scene.setting["action"]}
        path = f"{pick(_APIS, rng)}{own if index == at else pick(('ping', 'flags', 'cart'), rng)}"
        calls.append({"id": str(index + 1), "method": "POST", "url": path, "body": body})
    if rng.random() < 0.5:
        return json_draft(calls, scene, rng)
    return json_draft({"requests": calls, "batchId": uuid4(rng)}, scene, rng, "POST /$batch ")


def ndjson(scene: Scene, rng: Random) -> Draft:
    """Write a batch of events, one a line, as an analytics endpoint takes it."""
    fields = nested(dict(scene.fields), ("properties", "event_properties", "props", "data"), rng)
    name = pick(("event", "event_type", "name"), rng)
    own = {name: scene.setting["operation"], "page_title": scene.setting["title"], **fields}
    others = [{name: pick(("heartbeat", "scroll", "click", "focus"), rng), **noise_fields(rng)}]
    if rng.random() < 0.4:
        others.append({name: "web_vitals", "lcp_ms": int(duration_ms(rng))})
    rows = [compact(other, scene, rng) for other in others]
    rows.insert(rng.getrandbits(1), compact({**own, **noise_fields(rng, 2)}, scene, rng))
    head = "POST /2/httpapi\n" if rng.random() < 0.2 else ""
    return Draft(head + "\n".join(rows), JSON, JSON)


def headers_dump(scene: Scene, rng: Random) -> Draft:
    """Write request headers; the fields are headers of the application's own, X-..."""
    prefix = pick(("X-", "x-", "X-App-", "x-amz-meta-", "X-Form-"), rng)
    chain = ("header",)
    pairs = [(f"{prefix}{name}", text) for name, text in encoded(scene.fields, ("name",), chain)]
    others = {
        "Accept-Language": scene.setting["locale"],
        "traceparent": f"00-{hex32(rng)}-{hex16(rng)}-01",
        "User-Agent": user_agent(rng),
        "X-Page-Title": percent(scene.setting["title"]),
        "X-Session-Id": session_id(rng),
    }
    kept = dict(list(turned(others, rng).items())[: 2 + rng.getrandbits(2)])
    lines = [f"{name}: {text}" for name, text in woven(pairs, kept, rng)]
    if rng.random() < 0.7:
        path = f"{pick(_APIS, rng)}{scene.setting['operation']}"
        lines.insert(0, f"POST {path} HTTP/1.1\nHost: {scene.setting['host']}")
    return Draft("\n".join(lines), ("name",), chain)


def socket_io(scene: Scene, rng: Random) -> Draft:
    """Write a Socket.IO event packet: 42, maybe a namespace and an acknowledgement id, an array."""
    namespace = pick(("", "", "/support,", "/forms,"), rng)
    ack = str(rng.getrandbits(6)) if rng.random() < 0.3 else ""
    others = noise_fields(rng, 3)
    if rng.random() < 0.5:
        others["page"] = scene.setting["title"]
    event = pick((scene.setting["operation"], "form:update", "save_draft", "field_change"), rng)
    text = compact([event, _body(scene, others, rng)], scene, rng)
    return Draft(f"42{namespace}{ack}{text}", JSON, JSON)


def server_sent(scene: Scene, rng: Random) -> Draft:
    """Write a server-sent event."""
    others = {"label": scene.setting["action"], **noise_fields(rng, 3)}
    lines = [f"data: {compact(_body(scene, others, rng), scene, rng)}"]
    if rng.random() < 0.7:
        lines.insert(0, f"event: {scene.setting['operation']}")
    if rng.random() < 0.5:
        lines.insert(0, f"id: {event_id(rng)}")
    return Draft("\n".join(lines), JSON, JSON)


def web_socket(scene: Scene, rng: Random) -> Draft:
    """Write a WebSocket frame: plain JSON, or a STOMP SEND with its headers."""
    others = noise_fields(rng, 3)
    if rng.random() < 0.5:
        kind = pick(("type", "op", "action", "cmd"), rng)
        others |= {kind: scene.setting["operation"], "title": scene.setting["title"]}
        head = pick(("", "WS > ", "ws send: "), rng)
        return json_line(_body(scene, others, rng), scene, rng, head)
    destination = f"/app/{scene.setting['operation']}"
    head = f"SEND\ndestination:{destination}\ncontent-type:application/json\n"
    head += f"receipt:{hex16(rng)}\n\n"
    return json_line(_body(scene, others, rng), scene, rng, head)


def double_json(scene: Scene, rng: Random) -> Draft:
    """Write JSON with a string that is JSON itself, as queues and gateways do."""
    inner = compact({**dict(scene.fields), **noise_fields(rng, 2)}, scene, rng)
    outer: dict[str, object] = {
        pick(("body", "payload", "message", "Message", "data"), rng): inner,
        pick(("path", "topic", "resource", "source"), rng): scene.setting["path"],
        pick(("subject", "title", "Subject"), rng): scene.setting["title"],
        **noise_fields(rng, 3),
    }
    text = orjson.dumps(turned(outer, rng)).decode()
    return Draft(text, _JSON_TWICE, _JSON_TWICE)


def json_in_form(scene: Scene, rng: Random) -> Draft:
    """Write a urlencoded body or beacon with JSON in one parameter."""
    chain = ("json", "form")
    body = _body(scene, {"title": scene.setting["title"]}, rng)
    text = form(compact(body, scene, rng))
    name = pick(("payload", "data", "json", "d", "event", "batch", "params"), rng)
    others = query((key, str(value)) for key, value in noise_fields(rng, 3).items())
    joined = f"{name}={text}" if not others else f"{name}={text}&{others}"
    if others and rng.random() < 0.5:
        joined = f"{others}&{name}={text}"
    head = pick(("", "", f"GET {page_url(scene)}?", f"POST {scene.setting['path']} "), rng)
    return Draft(head + joined, chain, chain)


FORMATS: tuple[Format, ...] = (
    Format("xhr_rest", "xhr", rest, BOTH),
    Format("xhr_graphql", "xhr", graphql, BOTH),
    Format("xhr_graphql_inline", "xhr", graphql_inline, BOTH),
    Format("xhr_soap", "xhr", soap, BOTH),
    Format("xhr_json_rpc", "xhr", json_rpc, BOTH),
    Format("xhr_batch", "xhr", batch, BOTH),
    Format("xhr_ndjson", "xhr", ndjson, BOTH),
    Format("xhr_headers", "xhr", headers_dump),
    Format("xhr_socket_io", "xhr", socket_io, BOTH),
    Format("xhr_server_sent", "xhr", server_sent, BOTH),
    Format("xhr_web_socket", "xhr", web_socket, BOTH),
    Format("xhr_double_json", "xhr", double_json, BOTH),
    Format("xhr_json_in_form", "xhr", json_in_form, BOTH),
)
