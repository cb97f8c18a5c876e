"""Lines of chats as text: messages, transcripts, tickets, exports.

The last turn holds the value if any does. Chats as the events of tools are in `chat_events`.
"""

from random import Random

from piiforge.lines import noise
from piiforge.lines.noise import (
    counter_id,
    date,
    duration_ms,
    epoch_ms,
    epoch_s,
    event_id,
    hex16,
    hex32,
    iso_time,
    order_id,
    request_id,
    session_id,
    uuid4,
)
from piiforge.lines.writing import (
    CAMEL_NOISE,
    FORM,
    JSON,
    TRACE,
    around,
    compact,
    encode,
    json_draft,
    json_line,
    noise_fields,
    page_url,
    query,
    some,
    turned,
)
from piiforge.rng import pick, words
from piiforge.types import Draft, Format, Scene

# Visitor, agent, pause
_SPEAKERS = {
    "en": (words("Customer Visitor User Guest Client"), words("Agent Support Bot Rep Advisor")),
    "es": (words("Cliente Usuario Visitante Tú"), words("Agente Asesora Soporte Operador")),
    "fr": (words("Client Cliente Visiteur Vous"), words("Conseiller Agent Support Assistante")),
    "zh": (words("客户 用户 访客 顾客"), words("客服 坐席 机器人 专员")),
}
_CALLERS = {"en": ("CALLER", "AGENT"), "es": ("LLAMANTE", "AGENTE"), "fr": ("APPELANT", "AGENT")}
_PAUSES = {
    "en": words("[pause] [silence] [breath] [crosstalk]"),
    "es": words("[pausa] [silencio] [ruido]"),
    "fr": words("[pause] [silence] [bruit]"),
    "zh": words("[停顿] [静音]"),
}
_SPOKEN = str.maketrans(dict.fromkeys(".,;:!?¿¡。，！？", ""))


def _names(scene: Scene, rng: Random) -> dict[str, str]:
    """Name the two speakers, in the scene's language most of the time."""
    language = scene.language if rng.random() < 0.8 else "en"
    visitors, agents = _SPEAKERS.get(language, _SPEAKERS["en"])
    return {"visitor": pick(visitors, rng), "agent": pick(agents, rng)}


def last_turn(scene: Scene, rng: Random) -> Draft:
    """Write the last message alone, bare or with the little that a log puts before it."""
    text, roll = scene.turns[-1][1], rng.random()
    if roll < 0.45:
        return Draft(text)
    if roll < 0.6:
        return Draft(f"[{noise.clock(rng)}] {text}")
    if roll < 0.75:
        return Draft(f"{_names(scene, rng)[scene.turns[-1][0]]}: {text}")
    if roll < 0.9:
        return Draft(f"msg {event_id(rng)} | {scene.setting['title']} | {text}")
    return Draft(f"> {text}")


def timed(scene: Scene, rng: Random) -> Draft:
    """Write a transcript with a time in brackets before each turn."""
    names = _names(scene, rng)
    bits = rng.getrandbits(12)
    minute = bits % 900
    day = f"{date(rng)} " if bits & 1024 else ""
    shape = pick(("[{t}] {n}: {x}", "({t}) {n}: {x}", "[{t}] <{n}> {x}", "{t} - {n}: {x}"), rng)
    lines = []
    for at, (speaker, text) in enumerate(scene.turns):
        now = minute + at + (bits >> 10) * at
        clock = f"{day}{8 + now // 60 % 16:02d}:{now % 60:02d}"
        # .replace, not .format: a text may hold braces
        head = shape[:-3].replace("{t}", clock).replace("{n}", names[speaker])
        lines.append(head + text)
    if bits & 512:
        lines.insert(0, f"# {scene.setting['title']} ({session_id(rng)})")
    return Draft("\n".join(lines))


def speakers(scene: Scene, rng: Random) -> Draft:
    """Write a transcript with the speaker before each turn."""
    names = _names(scene, rng)
    mark = pick((": ", ": ", " > ", " — ", " said: " if scene.language == "en" else ": "), rng)
    gap = pick(("\n", "\n", "\n\n", " | ", " / "), rng)
    lines = [f"{names[speaker]}{mark}{text}" for speaker, text in scene.turns]
    if rng.random() < 0.25:
        lines.append(f"-- {scene.setting['host']} {request_id(rng)}")
    return Draft(gap.join(lines))


def voice(scene: Scene, rng: Random) -> Draft:
    """Write a call as speech recognition does: lower case, no punctuation, pauses marked."""
    names = dict(
        zip(("visitor", "agent"), _CALLERS.get(scene.language, _CALLERS["en"]), strict=True)
    )
    pauses = _PAUSES.get(scene.language, _PAUSES["en"])
    gap = pick(("\n", "\n", " "), rng)
    lower = rng.random() < 0.8
    lines = []
    for speaker, text in scene.turns:
        words_said = around(text, _as_spoken) if lower else text
        pause = f" {pick(pauses, rng)}" if rng.random() < 0.3 else ""
        lines.append(f"{names[speaker]}:{pause} {words_said}")
    if rng.random() < 0.4:
        lines.insert(0, f"call_ref={hex16(rng)} duration_ms={duration_ms(rng)}")
    return Draft(gap.join(lines))


def _as_spoken(text: str) -> str:
    return text.lower().translate(_SPOKEN)


def ticket(scene: Scene, rng: Random) -> Draft:
    """Write a ticket: a head, then the conversation quoted as in a reply, newest first or last."""
    names = _names(scene, rng)
    head = [
        f"Ticket #{counter_id(rng)}: {scene.setting['title']}",
        f"{pick(('Created', 'Updated', 'Received'), rng)}: {iso_time(rng)}",
    ]
    if rng.random() < 0.5:
        head.append(f"Channel: {pick(('chat', 'web widget', 'messenger', 'in-app'), rng)}")
    quoted = pick(("> ", "> ", "| ", ""), rng)
    lines = [f"{quoted}{names[speaker]}: {text}" for speaker, text in scene.turns]
    if rng.random() < 0.3:
        lines.reverse()
    lines.append(f"--\n{scene.setting['action']}" if rng.random() < 0.4 else "--")
    return Draft("\n".join([*head, "", *lines]))


def table(scene: Scene, rng: Random) -> Draft:
    """Write a conversation as a Markdown table or list."""
    names = _names(scene, rng)
    chain = ("markdown",)
    if rng.random() < 0.6:
        rows = [
            f"| {at + 1} | {names[speaker]} | {encode(text, chain)} |"
            for at, (speaker, text) in enumerate(scene.turns)
        ]
        head = pick(
            ("| # | from | message |", "| n | speaker | text |", "| no | who | said |"), rng
        )
        return Draft("\n".join([head, "|---|---|---|", *rows]), (), chain)
    bullet = pick(("- ", "* ", "1. "), rng)
    rows = [f"{bullet}**{names[speaker]}** {encode(text, chain)}" for speaker, text in scene.turns]
    return Draft("\n".join([f"### {scene.setting['title']}", "", *rows]), (), chain)


def bubbles(scene: Scene, rng: Random) -> Draft:
    """Write the markup of a chat window."""
    chain = ("html",)
    names = _names(scene, rng)
    item, css = pick(
        (("div", "msg"), ("li", "chat-bubble"), ("p", "message"), ("div", "bubble")), rng
    )
    mark = pick(('data-id="{}"', 'id="m-{}"', 'data-seq="{}"'), rng)
    bits = rng.getrandbits(12)
    rows = []
    for at, (speaker, text) in enumerate(scene.turns):
        number = mark.format(at + bits % 90)
        who = f"<b>{names[speaker]}</b>" if bits & 512 else ""
        body = encode(text, chain)
        rows.append(
            f'<{item} class="{css} {css}--{speaker}" {number}>{who}<span>{body}</span></{item}>'
        )
    title = encode(scene.setting["title"], chain)
    box = f'<section aria-label="{title}" data-session="{hex16(rng)}">'
    gap = "\n" if bits & 1024 else ""
    return Draft(gap.join([box, *rows, "</section>"]), (), chain)


def sms(scene: Scene, rng: Random) -> Draft:
    """Write an SMS gateway's webhook. The sender is masked and the receiver is a short code."""
    others = turned(
        {
            "From": pick(("anonymous", "masked", "opaque:" + hex16(rng)), rng),
            "To": f"{20 + rng.getrandbits(6)}{rng.getrandbits(9):03d}"[:5],
            "MessageSid": f"SM{hex32(rng)}",
            "AccountSid": f"AC{hex32(rng)}",
            "NumMedia": "0",
            "FromCountry": scene.setting["locale"][-2:],
            "ApiVersion": "2010-04-01",
        },
        rng,
    )
    kept = list(others.items())[: 3 + rng.getrandbits(2)]
    kept.insert(rng.getrandbits(2), ("Body", scene.turns[-1][1]))
    head = pick(
        ("", "", "POST /sms/inbound ", f"POST https://{scene.setting['host']}/hooks/sms "), rng
    )
    return Draft(head + query(kept), FORM, FORM)


def csv_export(scene: Scene, rng: Random) -> Draft:
    """Write rows of an export of conversations, with or without their head."""
    chain = ("csv",)
    names = _names(scene, rng)
    others = some(TRACE, rng, 2)
    gap = pick((",", ",", ";", "\t"), rng)
    session = hex16(rng)
    extra = [f'"{encode(str(value), chain)}"' for value in others.values()]
    turns = scene.turns if rng.random() < 0.7 else scene.turns[-1:]
    rows = [
        gap.join(
            [f'"{session}"', str(at + 1), *extra, f'"{names[speaker]}"', f'"{encode(text, chain)}"']
        )
        for at, (speaker, text) in enumerate(turns)
    ]
    rows.insert(0, gap.join(["conversation_id", "seq", *others, "author", "message"]))
    return Draft("\n".join(rows), (), chain)


FORMATS: tuple[Format, ...] = (
    Format("chat_last_turn", "chat_message", last_turn, ("turns",)),
    Format("chat_timed", "chat_message", timed, ("turns",)),
    Format("chat_speakers", "chat_message", speakers, ("turns",)),
    Format("chat_voice", "chat_message", voice, ("turns",)),
    Format("chat_ticket", "chat_message", ticket, ("turns",)),
    Format("chat_table", "chat_message", table, ("turns",)),
    Format("chat_bubbles", "chat_message", bubbles, ("turns",)),
    Format("chat_sms", "chat_message", sms, ("turns",)),
    Format("chat_csv_export", "chat_message", csv_export, ("turns",)),
)


# Chats as the events of widgets, help desks, team chats and bots, mostly JSON.
#
# Shapes after public documentation: Intercom conversation webhooks, Slack Events API, Rasa and
# Dialogflow detection logs, chat completion messages, WhatsApp Cloud API webhooks, Zendesk
# audits.


_TEXT_KEYS = words("text body message content msg utterance")
_ROLES = (
    ("visitor", "agent"),
    ("user", "assistant"),
    ("customer", "operator"),
    ("end-user", "agent"),
    ("client", "bot"),
    ("user", "admin"),
)
_INTENTS = words("provide_details verify_identity update_profile ask_status payment_help fallback")


def _roles(rng: Random) -> dict[str, str]:
    visitor, agent = pick(_ROLES, rng)
    return {"visitor": visitor, "agent": agent}


def _messages(scene: Scene, rng: Random) -> list[dict[str, object]]:
    """Return every turn as an object, its names and its extras the same for all."""
    roles, text_key = _roles(rng), pick(_TEXT_KEYS, rng)
    role_key = pick(("role", "author", "from", "sender", "type"), rng)
    start, bits = int(epoch_ms(rng)), rng.getrandbits(8)
    messages = []
    for at, (speaker, text) in enumerate(scene.turns):
        message: dict[str, object] = {role_key: roles[speaker], text_key: text}
        if bits & 1:
            message["ts"] = start + at * (9000 + bits * 40)
        if bits & 2:
            message["seq"] = at + 1
        messages.append(message)
    return messages


def widget(scene: Scene, rng: Random) -> Draft:
    """Write a widget's event for the last message."""
    speaker, text = scene.turns[-1]
    message: dict[str, object] = {
        pick(_TEXT_KEYS, rng): text,
        "author": _roles(rng)[speaker],
        "id": event_id(rng),
    }
    event: dict[str, object] = {
        pick(("event", "type", "action"), rng): pick(
            ("chat:message", "message_sent", "new_message", "chat.user.message", "onMessage"), rng
        ),
        "message": turned(message, rng),
        "page": {"title": scene.setting["title"], "url": page_url(scene)},
        "locale": scene.setting["locale"],
        **noise_fields(rng),
    }
    if rng.random() < 0.3:
        del event["message"]
        event |= message
    return json_draft(turned(event, rng), scene, rng)


def conversation(scene: Scene, rng: Random) -> Draft:
    """Write a help desk's webhook with the parts of a conversation."""
    roles = _roles(rng)
    parts = [
        {
            "type": "conversation_part",
            "part_type": "comment",
            "body": text,
            "author": {"type": roles[speaker], "id": hex16(rng)},
        }
        for speaker, text in scene.turns
    ]
    item: dict[str, object] = {
        "type": "conversation",
        "id": hex16(rng),
        "source": {"subject": scene.setting["title"], "url": page_url(scene)},
        "conversation_parts": {"conversation_parts": parts, "total_count": len(parts)},
    }
    topic = pick(("conversation.user.replied", "conversation.user.created"), rng)
    body: dict[str, object] = {
        "type": "notification_event",
        "topic": topic,
        "data": {"item": turned(item, rng)},
        "created_at": int(epoch_s(rng)),
        "delivery_attempts": 1,
    }
    return json_draft(turned(body, rng), scene, rng)


def messages(scene: Scene, rng: Random) -> Draft:
    """Write a whole conversation as a list of messages, alone or inside an object."""
    turns = _messages(scene, rng)
    if rng.random() < 0.2:
        return json_draft(turns, scene, rng)
    body: dict[str, object] = {
        pick(("messages", "transcript", "history", "turns"), rng): turns,
        pick(("queue", "topic", "subject", "department"), rng): scene.setting["title"],
        **noise_fields(rng),
    }
    return json_draft(turned(body, rng), scene, rng)


def ndjson(scene: Scene, rng: Random) -> Draft:
    """Write a conversation as newline-delimited JSON, a message a line."""
    session = hex16(rng)
    rows = [compact({"conv": session, **message}, scene, rng) for message in _messages(scene, rng)]
    if rng.random() < 0.4:
        rows.append(
            compact({"conv": session, "event": "closed", **noise_fields(rng, 2)}, scene, rng)
        )
    return Draft("\n".join(rows), JSON, JSON)


def socket(scene: Scene, rng: Random) -> Draft:
    """Write a frame of a chat's socket: Socket.IO, Phoenix channels or Action Cable."""
    text = scene.turns[-1][1]
    data = turned({pick(_TEXT_KEYS, rng): text, **some(CAMEL_NOISE, rng, 3)}, rng)
    roll, room = rng.random(), f"room:{hex16(rng)}"
    if roll < 0.4:
        name = pick(("message", "chat message", "client_msg", "visitor:message"), rng)
        return Draft(f"42{compact([name, data], scene, rng)}", JSON, JSON)
    if roll < 0.7:
        return json_line([str(rng.getrandbits(4)), "7", room, "new_msg", data], scene, rng)
    identifier = compact({"channel": "ChatChannel", "room": room}, scene, rng)
    body = {"identifier": identifier, "message": data, "title": scene.setting["title"]}
    return json_line(body, scene, rng)


def team_chat(scene: Scene, rng: Random) -> Draft:
    """Write a team chat's event, as from a shared support channel."""
    at = f"{epoch_s(rng)}.{rng.getrandbits(19):06d}"
    event: dict[str, object] = {
        "type": "message",
        "channel": f"C0{hex16(rng)[:9].upper()}",
        "user": f"U0{hex16(rng)[:9].upper()}",
        "text": scene.turns[-1][1],
        "ts": at,
    }
    if rng.random() < 0.4:
        event["thread_ts"] = at
        event["topic"] = scene.setting["title"]
    if rng.random() < 0.3:
        return json_draft(turned(event, rng), scene, rng)
    body: dict[str, object] = {
        "team_id": f"T0{hex16(rng)[:9].upper()}",
        "event": turned(event, rng),
        "type": "event_callback",
        "event_id": f"Ev{hex16(rng)[:9].upper()}",
        "event_time": int(at[:10]),
    }
    return json_draft(turned(body, rng), scene, rng)


def intent(scene: Scene, rng: Random) -> Draft:
    """Write a bot's log of what it understood of the last message."""
    text, name = scene.turns[-1][1], pick(_INTENTS, rng)
    score = round(0.4 + 0.6 * rng.random(), 4)
    if rng.random() < 0.5:
        body: dict[str, object] = {
            "text": text,
            "intent": {"name": name, "confidence": score},
            "entities": [],
            "message_id": hex32(rng),
            "metadata": {"page": scene.setting["title"]},
        }
    else:
        result = {
            "queryText": text,
            "languageCode": scene.setting["locale"],
            "intent": {"displayName": name},
            "intentDetectionConfidence": score,
            "fulfillmentText": scene.setting["action"],
        }
        body = {"responseId": uuid4(rng), "queryResult": turned(result, rng)}
        body["session"] = session_id(rng)
    return json_draft(turned({**body, **noise_fields(rng, 2)}, rng), scene, rng)


def messenger(scene: Scene, rng: Random) -> Draft:
    """Write a messenger platform's webhook; both ends are opaque ids."""
    message = {"mid": f"m_{hex32(rng)}", "text": scene.turns[-1][1]}
    entry: dict[str, object] = {
        "sender": {"id": hex16(rng)},
        "recipient": {"id": hex16(rng)},
        "timestamp": int(epoch_ms(rng)),
        "message": message,
    }
    if rng.random() < 0.4:
        entry["postback"] = {"title": scene.setting["action"], "payload": "CONTINUE"}
    inside = {"id": hex16(rng), "messaging": [turned(entry, rng)]}
    return json_draft({"object": "page", "entry": [inside]}, scene, rng)


def audit(scene: Scene, rng: Random) -> Draft:
    """Write a ticket system's audit of a chat: an event for each message."""
    events = [
        {
            "type": "ChatMessage" if speaker == "visitor" else "ChatReply",
            "message": text,
            "public": True,
            "actor_row": int(counter_id(rng)),
        }
        for speaker, text in scene.turns
    ]
    body: dict[str, object] = {
        "ticket": {"subject": scene.setting["title"], "ref": order_id(rng)},
        "audit": {"events": events, "via": {"channel": pick(("chat", "web", "native"), rng)}},
        **noise_fields(rng, 3),
    }
    return json_draft(turned(body, rng), scene, rng)


_TURNS = ("turns",)

EVENT_FORMATS: tuple[Format, ...] = (
    Format("chat_widget", "chat_message", widget, _TURNS),
    Format("chat_conversation", "chat_message", conversation, _TURNS),
    Format("chat_messages", "chat_message", messages, _TURNS),
    Format("chat_ndjson", "chat_message", ndjson, _TURNS),
    Format("chat_socket", "chat_message", socket, _TURNS),
    Format("chat_team", "chat_message", team_chat, _TURNS),
    Format("chat_intent", "chat_message", intent, _TURNS),
    Format("chat_messenger", "chat_message", messenger, _TURNS),
    Format("chat_audit", "chat_message", audit, _TURNS),
)
