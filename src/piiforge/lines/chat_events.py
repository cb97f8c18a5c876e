"""Chats as the events of widgets, help desks, team chats and bots, mostly JSON.

Shapes after public documentation: Intercom conversation webhooks, Slack Events API, Rasa and
Dialogflow detection logs, chat completion messages, WhatsApp Cloud API webhooks, Zendesk audits.
"""

from random import Random

from piiforge.lines import noise
from piiforge.lines.tables import pick, words
from piiforge.lines.writing import (
    CAMEL_NOISE,
    JSON,
    compact,
    json_draft,
    json_line,
    noise_fields,
    page_url,
    some,
    turned,
)
from piiforge.types import Draft, Format, Scene

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
    start, bits = int(noise.epoch_ms(rng)), rng.getrandbits(8)
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
        "id": noise.event_id(rng),
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
            "author": {"type": roles[speaker], "id": noise.hex16(rng)},
        }
        for speaker, text in scene.turns
    ]
    item: dict[str, object] = {
        "type": "conversation",
        "id": noise.hex16(rng),
        "source": {"subject": scene.setting["title"], "url": page_url(scene)},
        "conversation_parts": {"conversation_parts": parts, "total_count": len(parts)},
    }
    topic = pick(("conversation.user.replied", "conversation.user.created"), rng)
    body: dict[str, object] = {
        "type": "notification_event",
        "topic": topic,
        "data": {"item": turned(item, rng)},
        "created_at": int(noise.epoch_s(rng)),
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
    session = noise.hex16(rng)
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
    roll, room = rng.random(), f"room:{noise.hex16(rng)}"
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
    at = f"{noise.epoch_s(rng)}.{rng.getrandbits(19):06d}"
    event: dict[str, object] = {
        "type": "message",
        "channel": f"C0{noise.hex16(rng)[:9].upper()}",
        "user": f"U0{noise.hex16(rng)[:9].upper()}",
        "text": scene.turns[-1][1],
        "ts": at,
    }
    if rng.random() < 0.4:
        event["thread_ts"] = at
        event["topic"] = scene.setting["title"]
    if rng.random() < 0.3:
        return json_draft(turned(event, rng), scene, rng)
    body: dict[str, object] = {
        "team_id": f"T0{noise.hex16(rng)[:9].upper()}",
        "event": turned(event, rng),
        "type": "event_callback",
        "event_id": f"Ev{noise.hex16(rng)[:9].upper()}",
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
            "message_id": noise.hex32(rng),
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
        body = {"responseId": noise.uuid4(rng), "queryResult": turned(result, rng)}
        body["session"] = noise.session_id(rng)
    return json_draft(turned({**body, **noise_fields(rng, 2)}, rng), scene, rng)


def messenger(scene: Scene, rng: Random) -> Draft:
    """Write a messenger platform's webhook; both ends are opaque ids."""
    message = {"mid": f"m_{noise.hex32(rng)}", "text": scene.turns[-1][1]}
    entry: dict[str, object] = {
        "sender": {"id": noise.hex16(rng)},
        "recipient": {"id": noise.hex16(rng)},
        "timestamp": int(noise.epoch_ms(rng)),
        "message": message,
    }
    if rng.random() < 0.4:
        entry["postback"] = {"title": scene.setting["action"], "payload": "CONTINUE"}
    inside = {"id": noise.hex16(rng), "messaging": [turned(entry, rng)]}
    return json_draft({"object": "page", "entry": [inside]}, scene, rng)


def audit(scene: Scene, rng: Random) -> Draft:
    """Write a ticket system's audit of a chat: an event for each message."""
    events = [
        {
            "type": "ChatMessage" if speaker == "visitor" else "ChatReply",
            "message": text,
            "public": True,
            "actor_row": int(noise.counter_id(rng)),
        }
        for speaker, text in scene.turns
    ]
    body: dict[str, object] = {
        "ticket": {"subject": scene.setting["title"], "ref": noise.order_id(rng)},
        "audit": {"events": events, "via": {"channel": pick(("chat", "web", "native"), rng)}},
        **noise_fields(rng, 3),
    }
    return json_draft(turned(body, rng), scene, rng)


_TURNS = ("turns",)

FORMATS: tuple[Format, ...] = (
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
