"""A canned model: answers a writing request with lines made of our own banks, always the same.

It reads its orders from the prompt as a real model would, and is wrong now and then in the ways
that real ones are: `faults` is the share of lines that it spoils, each in a named way.
"""

import json
import re
from random import Random

from piiforge import categories, lines
from piiforge.compose.frames import is_pair

_ORDER = re.compile(r"^- (\d+): (\w+), (\w+) \([^)]*\), (\w+)(?:, noun (\w+))?$", re.M)
_CALL = re.compile(r"^\((round-\d+/(\w+)/(\w+)/\d+)\)$", re.M)
_SPOILS = (
    "value_in_text", "no_slot", "wrong_slot", "unknown_slot", "too_long", "prompt_echo", "twice",
    "wrong_event", "wrong_language", "cue_unread", "wrong_shape", "left_out",
)  # fmt: skip
_LOCALES = {"en": "en-US", "es": "es-MX", "fr": "fr-FR", "zh": "zh-CN", "mixed": "zh-TW"}
_NOISE = (
    "utm_source=google", "consent=true", "step=2", "screen=390x844", "currency=MXN", "qty=3",
    "plan=basic", "variant=b", "os=android", "ref=web-{{digits:4}}", "scroll=75", "page=2",
    "coupon_used=false", "theme=dark", "tab=profile", "retry=1", "lang_switch=no", "bot=false",
    "store=north", "price=19.90", "slot=morning", "color=teal", "size=m", "rating=5",
    "newsletter=on",
    "campaign=spring_sale", "source=footer", "device=tablet", "region={{city}}", "owner={{name}}",
    "firm={{company}}", "category=garden", "delivery=pickup", "gift=true", "loyal=silver",
)  # fmt: skip
_PATHS = ("/account", "/checkout/step-2", "/signup", "/profile/edit", "/quote", "/api/v2/save",
          "/apply", "/claims/new", "/support", "/orders", "/onboarding", "/kyc")  # fmt: skip


class Model:
    """`answer` is what a server calls with a payload. `verdict` is the judge's, for every line."""

    def __init__(
        self, *, faults: float = 0.0, fenced: bool = False, full: bool = False, verdict: bool = True
    ) -> None:
        self.faults, self.fenced, self.full, self.verdict = faults, fenced, full, verdict

    def answer(self, payload: dict) -> str:
        text = payload["messages"][-1]["content"]
        call = _CALL.search(text)
        if not call:
            return self._verdicts(text)
        rng = Random(call[1])
        found = []
        for count, event, language, cue, noun in _ORDER.findall(text):
            for _ in range(int(count)):
                found.append(_line(call[2], event, language, cue, noun, rng))
        if self.full:
            found = [_filled(line, call[2], rng) for line in found]
        spoilt = [self._spoilt(line, payload, found, rng) for line in found]
        said = json.dumps({"lines": [line for line in spoilt if line]}, ensure_ascii=False)
        return f"Here they are:\n```json\n{said}\n```" if self.fenced else said

    def _spoilt(self, line: dict, payload: dict, found: list[dict], rng: Random) -> object:
        if rng.random() >= self.faults:
            return line
        way = rng.choice(_SPOILS)
        text = line["text"]
        return {
            "value_in_text": {**line, "text": text + " 0000000"},
            "no_slot": {**line, "text": re.sub(r"\{\{.*?\}\}", "x", text)},
            "wrong_slot": {**line, "text": text + " {{value}} {{value}}"},
            "unknown_slot": {**line, "text": text + " {{my_value}}"},
            "too_long": {**line, "text": text + " and so on" * 100},
            "prompt_echo": {**line, "text": text + " " + payload["messages"][0]["content"][:200]},
            "twice": dict(found[0]),
            "wrong_event": {**line, "event": "chat_message", "text": "a=1&b=2"},
            "wrong_language": {**line, "text": text + " 我们的订单已经发出了请等一下"},
            "cue_unread": {**line, "cue": "neutral"},
            "wrong_shape": {"line": text},
            "left_out": None,
        }[way]

    def _verdicts(self, text: str) -> str:
        numbers = re.findall(r"^(\d+)\. ", text, re.M)
        verdicts = [{"line": int(n), "is_sensitive": self.verdict} for n in numbers]
        return json.dumps({"verdicts": verdicts})


def _line(category: str, event: str, language: str, cue: str, noun: str, rng: Random) -> dict:
    write = _chat if event == "chat_message" else _fields
    text = write(category, event, language, cue, noun, rng)
    return {"event": event, "language": language, "cue": cue, "noun": noun, "text": text}


def _chat(category, _event, language, cue, noun, rng) -> str:
    banks = lines.load()
    bank = banks.categories[category]
    if cue == "neutral":
        pure = "zh" if language == "mixed" else language
        phrases = banks.shared["phrases", pure]
        phrases = [p for p in phrases if p.slots.count("value") == 1]
    else:
        known = bank.phrases[cue, language]
        phrases = [p for p in known if cue != "veto" or p.noun == noun] or list(known)
    phrase = rng.choice(phrases)
    spoken = _spoken(phrase, category, phrase.noun if cue == "veto" else "", rng)
    end = rng.choice(("", " 🙏", " - {{name}}", " thx", " (ref {{digits:3}})", "!!", " :)"))
    if rng.random() < 0.4:
        body = {"event": "chat_message", "thread": f"t{rng.randrange(999)}", "text": spoken + end}
        return json.dumps(body, ensure_ascii=False)
    start = rng.choice(("Visitor: ", "[chat] ", "user> ", "", "msg: "))
    return f"{start}{spoken}{end}"


def _spoken(phrase, category: str, noun: str, rng: Random) -> str:
    pieces = list(phrase.pieces)
    alike = f"{{{{lookalike:{noun}}}}}"
    for at in range(1, len(pieces), 2):
        slot = pieces[at]
        pieces[at] = {
            "value": alike if noun else _slots(category, "confirm", "")[0],
            "routing": alike if noun else "{{value:routing}}",
            "account": alike if noun else "{{value:account}}",
            "name": "{{name}}", "city": "{{city}}", "company": "{{company}}",
            "order": "{{lookalike:order}}", "time": "10:30", "date": "last week",
            "amount": f"${rng.randrange(9, 99)}.50", "state": "", "issuer": "Medicare",
        }.get(slot, "it")  # fmt: skip
    return "".join(pieces)


def _fields(category, event, language, cue, noun, rng) -> str:
    style = lines.draw_style(rng)
    names = _names(category, language, cue, noun, rng)
    own = [lines.styled(name, style) for name in names]
    texts = ["pending"] if cue == "none" else _slots(category, cue, noun)
    fields = list(zip(own, texts, strict=False))
    noise = [tuple(n.split("=")) for n in rng.sample(_NOISE, rng.randrange(4, 8))]
    at = rng.randrange(len(noise) + 1)
    noise[at:at] = fields
    noise.append(("locale", _LOCALES[language]))
    path = rng.choice(_PATHS) + rng.choice(("", "/new", f"/v{rng.randrange(2, 9)}"))
    if event == "page_view":
        return f"https://www.example.com{path}?" + "&".join(f"{k}={v}" for k, v in noise)
    if event == "form_submit" and rng.random() < 0.5:
        return "&".join(f"{k}={v}" for k, v in noise)
    body = json.dumps(dict(noise), ensure_ascii=False)
    head = "form_submit" if event == "form_submit" else rng.choice(("POST", "PUT", "PATCH"))
    return f"{head} {path} {body}"


def _names(category, language, cue, noun, rng) -> list[str]:
    banks = lines.load()
    spoken = rng.choice(("en", "zh")) if language == "mixed" else language
    if cue == "neutral":
        neutral = banks.neutral_pairs if is_pair(category) else banks.neutral_keys
        names = rng.choice(neutral[spoken])
    elif cue == "veto":
        names = rng.choice(banks.nouns[noun].keys[spoken])
    elif cue == "none":
        names = rng.choice(banks.categories[category].keys["misleading", spoken])
    else:
        names = rng.choice(banks.categories[category].keys["confirm", spoken])
    return [name.strip() for name in names.split(" / ")]


def _slots(category: str, cue: str, noun: str) -> list[str]:
    if cue == "veto":
        return [f"{{{{lookalike:{noun}}}}}"] * (2 if is_pair(category) else 1)
    if is_pair(category):
        return ["{{value:routing}}", "{{value:account}}"]
    return ["{{value}}"]


def _filled(line: dict, category: str, rng: Random) -> dict:
    """Put values of ours where the slots are: what a model does in mode full."""
    asked = categories.get(category)
    parts = [part.text for part in asked.draw(rng).parts]

    def text(found: re.Match) -> str:
        name, _, detail = found[1].partition(":")
        if name in ("value", "lookalike"):
            return parts.pop(-1 if detail == "account" else 0) if parts else "x"
        if name == "digits":
            return "".join(str(rng.randrange(10)) for _ in range(int(detail)))
        return {"name": "Ana", "city": "Leeds", "company": "Acme"}.get(name, "x")

    label = line["cue"] == "confirm" or (line["cue"] == "neutral" and asked.checked)
    return {**line, "text": re.sub(r"\{\{(.*?)\}\}", text, line["text"]), "label": label}
