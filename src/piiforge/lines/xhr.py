"""Lines of requests that a page's script sends: REST, GraphQL, SOAP, JSON-RPC, sockets, streams.

Shapes after GraphQL over HTTP, SOAP 1.1, JSON-RPC 2.0, Socket.IO 4 packets, server-sent events
(WHATWG HTML), STOMP 1.2. What logs and tools make of requests is in `xhr_logs`.
"""

from collections.abc import Mapping
from random import Random

import orjson

from piiforge.lines import noise
from piiforge.lines.encoders import encode
from piiforge.lines.tables import pick, words
from piiforge.lines.writing import (
    ALL_NOISE,
    BOTH,
    JSON,
    among,
    compact,
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
from piiforge.types import Draft, Format, Scene

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
        path += f"/{noise.counter_id(rng)}"
    method, roll = pick(_METHODS, rng), rng.random()
    head = f"{method} {url(host, path)}\n"
    if roll < 0.25:
        head = f"{method} {path} HTTP/1.1\nHost: {host}\nX-Request-Id: {noise.request_id(rng)}\n\n"
    elif roll < 0.5:
        status = pick(("200", "201", "400", "422"), rng)
        head = f"{method} {path} {status} {noise.duration_ms(rng)}ms "
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
            "persistedQuery": {"version": 1, "sha256Hash": noise.hex32(rng) + noise.hex32(rng)}
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
        header = (
            f"<{prefix}:Header><MessageID>urn:uuid:{noise.uuid4(rng)}</MessageID></{prefix}:Header>"
        )
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
        "id": pick((1 + rng.getrandbits(8), noise.uuid4(rng)), rng),
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
    return json_draft({"requests": calls, "batchId": noise.uuid4(rng)}, scene, rng, "POST /$batch ")


def ndjson(scene: Scene, rng: Random) -> Draft:
    """Write a batch of events, one a line, as an analytics endpoint takes it."""
    fields = nested(dict(scene.fields), ("properties", "event_properties", "props", "data"), rng)
    name = pick(("event", "event_type", "name"), rng)
    own = {name: scene.setting["operation"], "page_title": scene.setting["title"], **fields}
    others = [{name: pick(("heartbeat", "scroll", "click", "focus"), rng), **noise_fields(rng)}]
    if rng.random() < 0.4:
        others.append({name: "web_vitals", "lcp_ms": int(noise.duration_ms(rng))})
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
        "traceparent": f"00-{noise.hex32(rng)}-{noise.hex16(rng)}-01",
        "User-Agent": noise.user_agent(rng),
        "X-Page-Title": percent(scene.setting["title"]),
        "X-Session-Id": noise.session_id(rng),
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
        lines.insert(0, f"id: {noise.event_id(rng)}")
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
    head += f"receipt:{noise.hex16(rng)}\n\n"
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
