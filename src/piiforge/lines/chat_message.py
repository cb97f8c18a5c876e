"""Lines of chats: messages, transcripts, tickets and exports, then the events of tools.

The last turn holds the value if any does. Events of widgets, help desks, team chats and bots are
mostly JSON; their shapes stand in `data/templates.yaml`.
"""

from random import Random

from piiforge.lines import noise, pen
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
_ROLES = (
    ("visitor", "agent"),
    ("user", "assistant"),
    ("customer", "operator"),
    ("end-user", "agent"),
    ("client", "bot"),
    ("user", "admin"),
)


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
        return Draft(f"msg {noise.event_id(rng)} | {scene.setting['title']} | {text}")
    return Draft(f"> {text}")


def timed(scene: Scene, rng: Random) -> Draft:
    """Write a transcript with a time in brackets before each turn."""
    names = _names(scene, rng)
    bits = rng.getrandbits(12)
    minute = bits % 900
    day = f"{noise.date(rng)} " if bits & 1024 else ""
    shape = pick(("[{t}] {n}: {x}", "({t}) {n}: {x}", "[{t}] <{n}> {x}", "{t} - {n}: {x}"), rng)
    lines = []
    for at, (speaker, text) in enumerate(scene.turns):
        now = minute + at + (bits >> 10) * at
        clock = f"{day}{8 + now // 60 % 16:02d}:{now % 60:02d}"
        # .replace, not .format: a text may hold braces
        head = shape[:-3].replace("{t}", clock).replace("{n}", names[speaker])
        lines.append(head + text)
    if bits & 0xE00 == 0xE00:
        lines.insert(0, f"# {scene.setting['title']} ({noise.session_id(rng)})")
    return Draft("\n".join(lines))


def speakers(scene: Scene, rng: Random) -> Draft:
    """Write a transcript with the speaker before each turn."""
    names = _names(scene, rng)
    mark = pick((": ", ": ", " > ", " — ", " said: " if scene.language == "en" else ": "), rng)
    gap = pick(("\n", " // ", " | ", " / ", " "), rng)
    lines = [f"{names[speaker]}{mark}{text}" for speaker, text in scene.turns]
    if rng.random() < 0.1:
        lines.append(f"-- {scene.setting['host']}")
    return Draft(gap.join(lines))


def voice(scene: Scene, rng: Random) -> Draft:
    """Write a call as speech recognition does: lower case, no punctuation, pauses marked."""
    names = dict(
        zip(("visitor", "agent"), _CALLERS.get(scene.language, _CALLERS["en"]), strict=True)
    )
    pauses = _PAUSES.get(scene.language, _PAUSES["en"])
    gap = pick(("\n", " ", " "), rng)
    plain = rng.random() < 0.8
    change: pen.Encoder = (lambda said: said.lower().translate(_SPOKEN)) if plain else str
    lines = []
    for speaker, text in scene.turns:
        pause = f" {pick(pauses, rng)}" if rng.random() < 0.3 else ""
        lines.append(f"{names[speaker]}:{pause} {pen.around(text, change)}")
    if rng.random() < 0.2:
        lines[0] = f"duration_ms={noise.duration_ms(rng)} {lines[0]}"
    return Draft(gap.join(lines))


def ticket(scene: Scene, rng: Random) -> Draft:
    """Write a ticket: a head, then the conversation quoted as in a reply, newest first or last."""
    names = _names(scene, rng)
    head = [
        f"Ticket #{noise.counter_id(rng)}: {scene.setting['title']}",
        f"{pick(('Created', 'Updated', 'Received'), rng)}: {noise.iso_time(rng)}",
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
            f"| {at + 1} | {names[speaker]} | {pen.encode(text, chain)} |"
            for at, (speaker, text) in enumerate(scene.turns)
        ]
        head = pick(
            ("| # | from | message |", "| n | speaker | text |", "| no | who | said |"), rng
        )
        return Draft("\n".join([head, "|---|---|---|", *rows]), (), chain)
    bullet = pick(("- ", "* ", "1. "), rng)
    rows = [
        f"{bullet}**{names[speaker]}** {pen.encode(text, chain)}" for speaker, text in scene.turns
    ]
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
        body = pen.encode(text, chain)
        rows.append(
            f'<{item} class="{css} {css}--{speaker}" {number}>{who}<span>{body}</span></{item}>'
        )
    title = pen.encode(scene.setting["title"], chain)
    if bits & 0xC00:
        return Draft("".join(rows), (), chain)
    box = f'<section aria-label="{title}" data-row="{noise.counter_id(rng)}">'
    gap = "\n" if bits & 0x300 == 0 else ""
    return Draft(gap.join([box, *rows, "</section>"]), (), chain)


def sms(scene: Scene, rng: Random) -> Draft:
    """Write an SMS gateway's webhook. The sender is masked and the receiver is a short code."""
    country = scene.setting["locale"][-2:]
    others = pen.drawn("chat_sms", scene, rng, short_code=_short_code, country=country)
    others = pen.turned(others, rng)
    kept = list(others.items())[: 1 + rng.getrandbits(1)]
    kept.insert(rng.getrandbits(2), ("Body", scene.turns[-1][1]))
    hook = f"POST https://{scene.setting['host']}/hooks/sms "
    head = pick(("", "", "POST /sms/inbound ", hook), rng)
    return Draft(head + pen.query(kept), pen.FORM, pen.FORM)


def _short_code(_scene: Scene, rng: Random) -> str:
    return f"{20 + rng.getrandbits(6)}{rng.getrandbits(9):03d}"


def csv_export(scene: Scene, rng: Random) -> Draft:
    """Write rows of an export of conversations, with or without their head."""
    chain = ("csv",)
    names = _names(scene, rng)
    others = noise.some("trace", rng, 2)
    gap = pick((",", ",", ";", "\t"), rng)
    session = f"c{noise.counter_id(rng)}"
    extra = [f'"{pen.encode(str(value), chain)}"' for value in others.values()]
    turns = scene.turns if rng.random() < 0.7 else scene.turns[-1:]
    rows = [gap.join(["conversation_id", "seq", *others, "author", "message"])]
    for at, (speaker, text) in enumerate(turns, 1):
        told = (f'"{names[speaker]}"', f'"{pen.encode(text, chain)}"')
        rows.append(gap.join([f'"{session}"', str(at), *extra, *told]))
    return Draft("\n".join(rows), (), chain)


def _names(scene: Scene, rng: Random) -> dict[str, str]:
    """Name the two speakers, in the scene's language most of the time."""
    language = scene.language if rng.random() < 0.8 else "en"
    visitors, agents = _SPEAKERS.get(language, _SPEAKERS["en"])
    return {"visitor": pick(visitors, rng), "agent": pick(agents, rng)}


def ndjson(scene: Scene, rng: Random) -> Draft:
    """Write a conversation as newline-delimited JSON, a message a line."""
    session = int(noise.counter_id(rng))
    told = [{"conv": session, **message} for message in _messages(scene, rng)]
    rows = [pen.compact(message, scene, rng) for message in told]
    if rng.random() < 0.1:
        closed = {"conv": session, "event": "closed", **noise.fields(rng, 2)}
        rows.append(pen.compact(closed, scene, rng))
    return Draft("\n".join(rows), pen.JSON, pen.JSON)


def _messages(scene: Scene, rng: Random) -> list[dict[str, object]]:
    """Return every turn as an object, its names and its extras the same for all."""
    roles, text_key = _roles(scene, rng), noise.word("text_keys", rng)
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


def _roles(_scene: Scene, rng: Random) -> dict[str, str]:
    visitor, agent = pick(_ROLES, rng)
    return {"visitor": visitor, "agent": agent}


def socket(scene: Scene, rng: Random) -> Draft:
    """Write a frame of a chat's socket: Socket.IO, Phoenix channels or Action Cable."""
    text = scene.turns[-1][1]
    key = noise.word("text_keys", rng)
    data = pen.turned({key: text, **noise.some("camel_noise", rng, 2)}, rng)
    roll, room = rng.random(), f"room:{noise.counter_id(rng)}"
    if roll < 0.4:
        name = pick(("message", "chat message", "client_msg", "visitor:message"), rng)
        return Draft(f"42{pen.compact([name, data], scene, rng)}", pen.JSON, pen.JSON)
    if roll < 0.7:
        return pen.json_line([str(rng.getrandbits(4)), "7", room, "new_msg", data], scene, rng)
    identifier = pen.compact({"channel": "ChatChannel", "room": room}, scene, rng)
    body = {"identifier": identifier, "message": data}
    return pen.json_line(body, scene, rng)


def exchange(scene: Scene, rng: Random) -> Draft:
    """Write the last question and its answer as a bot's log does, or the answer alone."""
    pairs = scene.turns[-2:]
    roles = _roles(scene, rng)
    if rng.random() < 0.5:
        text_key = noise.word("text_keys", rng)
        told = [{"role": roles[speaker], text_key: text} for speaker, text in pairs]
        return pen.json_line(told if len(told) > 1 else told[0], scene, rng)
    visitor, agent = pick((("user", "bot"), ("A", "Q"), ("U", "B"), ("user", "assistant")), rng)
    names = {"visitor": visitor, "agent": agent}
    head = pick(("", "", f"[{noise.clock(rng)}] ", f"{scene.setting['title']}: "), rng)
    return Draft(head + " ".join([f"{names[speaker]}: {text}" for speaker, text in pairs]))


def _visitor(scene: Scene, rng: Random) -> str:
    """Name the visitor as a log does, or by a first name."""
    return _names(scene, rng)["visitor"] if rng.random() < 0.7 else _friend(scene, rng)


def _friend(_scene: Scene, rng: Random) -> str:
    return noise.word("given_names", rng).capitalize()


def _day(_scene: Scene, rng: Random) -> str:
    """Return a day as phones show it: 9/12/24, 12.09.24, 12/09/2024."""
    year, month, day = noise.date(rng).split("-")
    short = f"{int(month)}/{int(day)}/{year[2:]}"
    return pick((short, f"{day}.{month}.{year[2:]}", f"{day}/{month}/{year}"), rng)


def _microseconds(_scene: Scene, rng: Random) -> str:
    """Return the part of a message's time behind its seconds."""
    return f"{rng.getrandbits(19):06d}"


def _score(_scene: Scene, rng: Random) -> float:
    """Return how sure a bot is of an intent."""
    return round(0.4 + 0.6 * rng.random(), 4)


_TURNS = ("turns",)
FORMATS: tuple[Format, ...] = (
    Format("chat_last_turn", "chat_message", last_turn, _TURNS),
    Format("chat_timed", "chat_message", timed, _TURNS, weight=0.5),
    Format("chat_speakers", "chat_message", speakers, _TURNS),
    Format("chat_voice", "chat_message", voice, _TURNS),
    Format("chat_ticket", "chat_message", ticket, _TURNS, weight=0.2),
    Format("chat_table", "chat_message", table, _TURNS, weight=0.2),
    Format("chat_bubbles", "chat_message", bubbles, _TURNS, weight=0.5),
    Format("chat_sms", "chat_message", sms, _TURNS),
    Format("chat_csv_export", "chat_message", csv_export, _TURNS, weight=0.25),
    pen.template("chat_widget", "chat_message", _TURNS, roles=_roles),
    pen.template("chat_conversation", "chat_message", _TURNS, roles=_roles, weight=0.2),
    pen.template("chat_messages", "chat_message", _TURNS, messages=_messages),
    Format("chat_ndjson", "chat_message", ndjson, _TURNS, weight=0.5),
    Format("chat_socket", "chat_message", socket, _TURNS),
    pen.template("chat_team", "chat_message", _TURNS, microseconds=_microseconds),
    pen.template("chat_intent", "chat_message", _TURNS, score=_score),
    pen.template("chat_messenger", "chat_message", _TURNS, weight=0.5),
    pen.template("chat_audit", "chat_message", _TURNS, weight=0.4),
    pen.template("chat_bare", "chat_message", _TURNS, weight=50.0),
    pen.template("chat_said", "chat_message", _TURNS, visitor=_visitor),
    pen.template("chat_clock", "chat_message", _TURNS, visitor=_visitor),
    pen.template("chat_short_json", "chat_message", _TURNS, weight=2.0),
    pen.template("chat_csv_line", "chat_message", _TURNS, visitor=_visitor),
    pen.template("chat_phone_export", "chat_message", _TURNS, day=_day, friend=_friend),
    pen.template("chat_text_message", "chat_message", _TURNS, short_code=_short_code),
    pen.template("chat_query", "chat_message", _TURNS),
    pen.template("chat_markup", "chat_message", _TURNS, visitor=_visitor),
    pen.template("chat_log_line", "chat_message", _TURNS),
    pen.template("chat_note", "chat_message", _TURNS),
    Format("chat_exchange", "chat_message", exchange, _TURNS),
)
