"""Lines of chats as text: messages, transcripts, tickets, exports.

The last turn holds the value if any does. Chats as the events of tools are in `chat_events`.
"""

from random import Random

from piiforge.lines import noise
from piiforge.lines.encoders import encode
from piiforge.lines.sentinels import around
from piiforge.lines.tables import pick, words
from piiforge.lines.writing import FORM, TRACE, query, some, turned
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
    if bits & 512:
        lines.insert(0, f"# {scene.setting['title']} ({noise.session_id(rng)})")
    return Draft("\n".join(lines))


def speakers(scene: Scene, rng: Random) -> Draft:
    """Write a transcript with the speaker before each turn."""
    names = _names(scene, rng)
    mark = pick((": ", ": ", " > ", " — ", " said: " if scene.language == "en" else ": "), rng)
    gap = pick(("\n", "\n", "\n\n", " | ", " / "), rng)
    lines = [f"{names[speaker]}{mark}{text}" for speaker, text in scene.turns]
    if rng.random() < 0.25:
        lines.append(f"-- {scene.setting['host']} {noise.request_id(rng)}")
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
        lines.insert(0, f"call_ref={noise.hex16(rng)} duration_ms={noise.duration_ms(rng)}")
    return Draft(gap.join(lines))


def _as_spoken(text: str) -> str:
    return text.lower().translate(_SPOKEN)


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
    box = f'<section aria-label="{title}" data-session="{noise.hex16(rng)}">'
    gap = "\n" if bits & 1024 else ""
    return Draft(gap.join([box, *rows, "</section>"]), (), chain)


def sms(scene: Scene, rng: Random) -> Draft:
    """Write an SMS gateway's webhook. The sender is masked and the receiver is a short code."""
    others = turned(
        {
            "From": pick(("anonymous", "masked", "opaque:" + noise.hex16(rng)), rng),
            "To": f"{20 + rng.getrandbits(6)}{rng.getrandbits(9):03d}"[:5],
            "MessageSid": f"SM{noise.hex32(rng)}",
            "AccountSid": f"AC{noise.hex32(rng)}",
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
    session = noise.hex16(rng)
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
