"""One finder a category: every candidate in a decoded text, judged by its form and its cue.

>>> text = "my card 4111 1111 1111 1111, and 4000 00** **** 0002"
>>> [(found.key, found.reason) for found in candidates(Reading(text, "plain"), "credit_card")]
[('4111111111111111', 'placeholder'), ('4000000002', 'partial_mask')]
>>> text = "to name@example.com, icon@2x.png, a@b"
>>> [(found.key, found.reason) for found in candidates(Reading(text, "plain"), "email")]
[('name@example.com', 'placeholder'), ('icon@2x.png', 'file'), ('a@b', 'domain')]
"""

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice
from typing import cast

from piiforge import files, plugins
from piiforge.reader import cues, numbers
from piiforge.reader.cues import Finding, finding
from piiforge.reader.decode import Reading
from piiforge.reader.numbers import Number, masks, stands_free, told_apart
from piiforge.reader.records import placed
from piiforge.text import NUMBER_WORDS, fold
from piiforge.types import Cue, key_of

_NINE = range(9, 10)
_TAX_SHAPE = (3, 2, 4)
_CARD_SHAPES = ((4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (4, 4, 4, 1))
_LETTERED = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z][ \-./_+·]{0,2}[0-9]{1,8}(?:[ \-./_+·]{1,3}[0-9]{1,7}){0,7}"
)
_GROUPED = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Za-z]{1,4}[ \-./_+·]{1,2})?[0-9]{1,10}"
    r"(?:[ \-./_+·]{1,3}[0-9]{1,8}){1,5}[A-Za-z]?(?![A-Za-z0-9])"
)
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9.\-])(?=[A-Za-z\-.]{0,6}[0-9])[A-Za-z0-9]++(?:[\-.][A-Za-z0-9]++)*+"
)
_MBI_SPACED = re.compile(
    r"[1-9]S?[A-Za-z]S?[A-Za-z0-9]S?[0-9]S?[A-Za-z]S?[A-Za-z0-9]S?[0-9]S?[A-Za-z]S?[A-Za-z]S?[0-9]S?"
    r"[0-9]".replace("S?", r"[ \-._/+·]{0,3}")
)
_STATES = re.compile(
    r"(?:^|[^A-Za-z])(?<![a-z][a-z]-)(?:(?P<CA>CA|[Cc]aliforni[ae])"
    r"|(?P<NY>NY|ny|[Nn](?:ew|ueva) ?York)"
    r"|(?P<TX>TX|tx|[Tt]e[xj]as))(?:[^A-Za-z]|$)"
    r"|(?P<ca>加州|加利福尼亚)|(?P<ny>纽约)|(?P<tx>德州|得州|德克萨斯|得克萨斯)"
)
_AROUND = 160
_MBI_LENGTH = 11
_GOES_ON = re.compile(r"[ ·.\-/_–]{1,2}[0-9]")
_PAYERS = re.compile(
    r"(medicare(?![ _\-]{0,2}(?:advantage|supp|part))|(?<![a-z])mbi(?![a-z])|红蓝卡)|medicare"
    r"|medicaid|medi-cal|aetna"
    r"|cigna|humana|kaiser|anthem|bcbs|blue ?cross|united ?health|molina|centene"
    r"|wellcare|ambetter|mutuelle|insur|asegurad|assur|seguro|poliza|subscriber|保险|health ?plan"
)
"""Issuers and plans; the group holds what gives a Medicare Beneficiary Identifier."""
_NO_ID = re.compile(
    r"(?:19|20)[0-9]{2}([\-.])[01][0-9]\1[0-3][0-9](?:[Tt]|$)|[0-9]++\.[0-9]{1,2}$|(?:[0-9]{1,3}\.){3}"
    r"|(?:[0-9]++\.)++[0-9]\.[0-9]$|[^x]*xxx"
    r"|(?=[0-9a-f]++$)[0-9a-f]*[a-f][0-9]+[a-f][0-9a-f]{4}"
    rf"|(?i:[^.]*?(?:{'|'.join(sorted(word for word in NUMBER_WORDS if len(word) > 2))}))"
)
"""Dates, amounts, versions, fillers, hashes, and what is partly spelled out: so read, no id."""


def candidates(reading: Reading, category: str) -> Iterator[Finding]:
    """Yield the candidates for a value of `category`, where it is worth to look for them.

    Categories without a telling form need a word that names them, so without one there is
    nothing to find: most lines are done with after this look.
    """
    if category in {"passport", "drivers_license", "member_id"}:
        folded = fold(reading.text)
        if not cues.may_name(cues.CONFIRMING[category], folded) or (
            category == "member_id" and not cues.has_issuer(folded)
        ):
            more = _medicare(reading) if category == "member_id" else iter(())
            return chain(_in_records(reading, category), more)
    return every_candidate(reading, category)


def every_candidate(reading: Reading, category: str) -> Iterator[Finding]:
    """Yield the candidates for a value of `category`, and then those that are masked."""
    yield from _in_records(reading, category)
    yield from FINDERS[category](reading)
    lengths = _MASKED.get(category, range(0))
    for mask in masks(reading.text) if lengths else ():
        if mask.length in lengths:
            shown = category == "credit_card" and len(mask.head) >= 6 and len(mask.tail) >= 4
            whole = shown and numbers.issued_length(mask.head, mask.length)
            reason = "partial_mask" if whole else "masked"
            yield finding(category, reading, mask.span, key_of(mask.text), reason, telling=whole)


def _in_records(reading: Reading, category: str) -> Iterator[Finding]:
    """Yield what stands in records of a fixed form; these are whole, so their place is the cue."""
    for one in placed(reading.text, category):
        key = key_of(one.key)
        if category == "drivers_license":
            reason = numbers.licence_reason(key, one.state)
        else:
            judged = numbers.passport_reason if category == "passport" else numbers.member_reason
            reason = judged(key)
        valid = reason == "valid"
        span = one.start, one.end
        yield Finding(category, key, valid, reason, Cue.CONFIRM, True, reading.how, *span)


def _tax_numbers(
    category: str, reason_of: Callable[[str], str], reading: Reading
) -> Iterator[Finding]:
    for number in numbers.numbers(reading.text, _NINE, (_TAX_SHAPE,)):
        telling = number.shape == _TAX_SHAPE and number.between.strip() == "-"
        reason = "amount" if number.before in {"$", "€", "£"} else reason_of(number.digits)
        yield finding(category, reading, number.span, number.digits, reason, telling=telling)


def _cards(reading: Reading) -> Iterator[Finding]:
    for number in numbers.numbers(reading.text, range(13, 20), _CARD_SHAPES):
        before = reading.text[max(0, number.start - 2) : number.start]
        if not (before.endswith(".") and before[0].isdigit()):  # a decimal number, a dotted row
            reason = numbers.card_reason(number.digits)
            odd = _signed(reading.text, number) or (
                number.shape not in _CARD_SHAPES
                and not _even(number.shape)
                and _spaced(reading.text, number)
            )
            span, digits = number.span, number.digits
            yield finding("credit_card", reading, span, digits, reason, telling=True, odd=odd)


def _signed(text: str, number: Number) -> bool:
    """Whether a sign stands before a bare number: a quantity, such as a signed 64-bit id."""
    start = number.start
    before = text[max(0, start - 2) : start - 1]
    return number.before == "-" and len(number.shape) == 1 and not before.isalnum()


def _even(shape: tuple[int, ...]) -> bool:
    """Whether groups are of one size, but for a shorter one at the end."""
    return len(set(shape[:-1])) <= 1 and shape[-1] <= shape[0]


def _passports(reading: Reading) -> Iterator[Finding]:
    plain = (
        (number.digits, number.span)
        for number in numbers.numbers(reading.text, _NINE)
        if not cues.glued(reading.text, number.start)
    )
    for key, span in (*plain, *_lettered(reading.text, 8)):
        yield finding("passport", reading, span, key, numbers.passport_reason(key))


def _lettered(text: str, digits: int) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield a letter with exactly `digits` digits behind it, separators left out, and its span."""
    for match in _LETTERED.finditer(text):
        key = key_of(match[0])
        if len(key) == digits + 1 and stands_free(text, *match.span()):
            yield key, match.span()


def _licences(reading: Reading) -> Iterator[Finding]:
    """Judge a licence by its shape, then by its cue, and last by the state named nearby."""
    plain = (
        (number.digits, number.span)
        for number in numbers.numbers(reading.text, range(8, 10))
        if not told_apart(number)
    )
    for key, span in (*plain, *_lettered(reading.text, 7)):
        reason = numbers.licence_reason(key, "")
        yield in_place(finding("drivers_license", reading, span, key, reason), reading.text)


def in_place(found: Finding, text: str) -> Finding:
    """Return a finding judged by what is named nearby: a licence's state, an id's issuer."""
    if not (found.valid and found.cue is Cue.CONFIRM):
        return found
    start, end = found.snippet_start, found.snippet_end
    if found.category == "drivers_license":
        reason = numbers.licence_reason(found.key, _state(text, start, end))
        return replace(found, valid=reason == "valid", reason=reason)
    if (
        found.category == "member_id"
        and not numbers.is_mbi(found.key)
        and _by_medicare(text, start, end)
    ):
        return replace(found, valid=False, reason="format")
    return found


def _whole(text: str, number: Number) -> bool:
    """Whether no further digits stand beside a number, whatever the separators."""
    before, after = text[max(0, number.start - 3) : number.start], text[number.end : number.end + 3]
    return not (_GOES_ON.match(before[::-1]) or _GOES_ON.match(after))


def _by_medicare(text: str, start: int, end: int) -> bool:
    """Whether the issuer named nearest is Medicare itself, before the value or else behind it."""
    names = _PAYERS.findall(fold(text[max(0, start - _AROUND) : start]))
    if not names:
        names = _PAYERS.findall(fold(text[end : end + _AROUND]))[:1]
    return bool(names and names[-1])


def _state(text: str, start: int, end: int) -> str:
    """Return the state named nearest to a licence, before it or else behind it."""
    before = [match.lastgroup for match in _STATES.finditer(text[max(0, start - _AROUND) : start])]
    if before:
        return str(before[-1]).upper()
    behind = _STATES.search(text[end : end + _AROUND])
    return str(behind.lastgroup).upper() if behind else ""


def _medicare(reading: Reading) -> Iterator[Finding]:
    """Medicare's own identifiers are told by their form."""
    for match in _MBI_SPACED.finditer(reading.text):
        key = key_of(match[0])
        if numbers.is_mbi(key) and _alone(reading.text, *match.span()):
            reason = numbers.member_reason(key)
            yield finding("member_id", reading, match.span(), key, reason, telling=True)


def _members(reading: Reading) -> Iterator[Finding]:
    text = reading.text
    yield from _medicare(reading)
    for match in _TOKEN.finditer(text):
        if match.end() - match.start() >= 6 and not _NO_ID.match(match[0]):
            yield from _member(reading, match)
    for match in _GROUPED.finditer(text):
        if match[0][0].isalpha() or match[0][-1].isalpha():
            yield from _member(reading, match)
    for number in numbers.numbers(text, range(6, 21)):
        grouped = len(number.shape) > 1 and not number.between.strip()
        if grouped and not told_apart(number) and _whole(text, number):
            reason = numbers.member_reason(number.digits)
            yield finding("member_id", reading, number.span, number.digits, reason)


def _member(reading: Reading, match: re.Match[str]) -> Iterator[Finding]:
    key = key_of(match[0])
    reason = numbers.member_reason(key)
    if reason != "shape" and _alone(reading.text, *match.span()):
        judged = in_place(finding("member_id", reading, match.span(), key, reason), reading.text)
        if judged.reason != "format" or len(key) >= _MBI_LENGTH:  # else the rest may be elsewhere
            yield judged


def _alone(text: str, start: int, end: int) -> bool:
    """Whether the token stands free: not inside a longer one, an address or a key."""
    of_a_time = text[start - 1 : start] == ":" and text[start - 2 : start - 1].isdigit()
    return stands_free(text, start, end) and text[end : end + 1] not in {"@", "="} and not of_a_time


_KEYPAD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
_PHONE_SHAPES = ((3, 3, 4), (1, 3, 3, 4), (3, 7), (1, 3, 7), (2, 3, 3, 4))
_PHONE_LENGTHS = range(8, 18)
_UNASKED_LENGTHS = range(10, 18)
"""How long a number is that no word names, and that has no plus."""
_FEWEST_GROUPS = 2
_TOLL_FREE = ("800", "833", "844", "855", "866", "877", "888")
_SHORTEST_AT_HOME = 8
_EIGHT_SHAPES = frozenset({(8,), (4, 4), (2, 2, 2, 2), (2, 3, 3), (3, 2, 3)})
_SEEN_AT_HOME = frozenset({"valid", "placeholder", "fictional"})
_OF_A_PLUS = re.compile(r"[ \-./()]{0,3}[0-9][0-9 \-./()]{0,20}\+")  # reversed: inside a +… number
_ANSWERED = re.compile(r'HTTP/[0-9](?:\.[0-9])?\\{0,4}" $')  # then come a status and a size
_FORM_PLUS = re.compile(r"[A-Za-z,:.]\+[A-Za-z]")
_VANITY_HINT = re.compile(r"[2-9][0-9]{2}(?:\)?[ \-.]|\))(?:[A-Z]{2}|[0-9]{3}[\-.][A-Z]{4})")
_VANITY = re.compile(
    r"(?:\+?1[ \-.]?)?\(?([2-9][0-9]{2})(?:\)?[ \-.]|\))"
    r"((?:[A-Z]{7,9}|[A-Z]{2,5}[\-.][A-Z]{2,6}|[0-9]{3}[\-.][A-Z]{4}|[A-Z]{3}[\-.][0-9]{4}))"
)


def _phones(reading: Reading) -> Iterator[Finding]:
    """Yield every candidate, the ones with extensions without them."""
    text = reading.text
    asked = cues.may_name(("phone",), fold(text))  # once a text: long lines stay linear
    lengths = _PHONE_LENGTHS if asked or "+" in text else _UNASKED_LENGTHS
    for number in numbers.numbers(text, lengths, _PHONE_SHAPES):
        before = text[max(0, number.start - 24) : number.start]
        if not (told_apart(number) or _OF_A_PLUS.match(before[::-1]) or _ANSWERED.search(before)):
            yield from _phone(reading, number, asked=asked)
    for match in _VANITY.finditer(text) if _VANITY_HINT.search(text) else ():
        if stands_free(text, *match.span()):
            yield _vanity(reading, match)


def _phone(reading: Reading, number: Number, *, asked: bool) -> Iterator[Finding]:
    text, digits = reading.text, number.digits
    plus = number.before == "+" and not text[number.start - 2 : number.start - 1].isalnum()
    if plus or (digits.startswith(("00", "011")) and len(digits) > 10):
        if "(0)" in text[number.start : number.end]:  # +44 (0)20: the zero is not dialled
            digits = key_of(text[number.start : number.end].replace("(0)", ""))
        bare = digits if plus else digits[3 if digits.startswith("011") else 2 :]
        reason = numbers.world_reason(bare) if 8 <= len(bare) <= 15 else "shape"
        if reason != "shape" or (plus and not _spaces_are_plus(text, number.start)):
            told = plus or (reason == "valid" and len(number.shape) > _FEWEST_GROUPS)
            yield finding("phone", reading, number.span, bare, reason, telling=told)
            return
    local = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    if len(local) == 10:
        reason = "placeholder" if numbers.is_sample(digits) else numbers.nanp_reason(local)
        at_home = number.shape in _PHONE_SHAPES or (len(number.shape) == 1 and local is digits)
        abroad = asked and reason in {"area", "exchange"} and not _american(number)
        if not abroad and (reason in _SEEN_AT_HOME or (at_home and local[0] != "0")):
            told = _telling_phone(text, number)
            odd = not at_home and _spaced(text, number)
            yield finding("phone", reading, number.span, digits, reason, telling=told, odd=odd)
            return
    if asked and len(digits) <= 13:
        yield from _national_phone(reading, number)


def _american(number: Number) -> bool:
    """Whether a number stands in groups as North America writes them: then it is from there.

    Bare digits, and other groups, are some other country's where they can't be.
    """
    return number.shape in {(3, 3, 4), (1, 3, 3, 4)}


def _spaced(text: str, number: Number) -> bool:
    """Whether blanks stand between some of the groups of a number, as between columns."""
    return any(map(str.isspace, text[number.start : number.end]))


def _spaces_are_plus(text: str, start: int) -> bool:
    """Whether the text around is form-encoded, so that a + may be a space."""
    return _FORM_PLUS.search(text, max(0, start - 60), start + 60) is not None


def _national_phone(reading: Reading, number: Number) -> Iterator[Finding]:
    """A number of another country, written as at home: only a cue makes it one."""
    found = finding("phone", reading, number.span, number.digits, "valid")
    if found.cue is not Cue.CONFIRM:
        return
    reason = numbers.national_reason(number.digits)
    if len(number.digits) == _SHORTEST_AT_HOME and number.shape not in _EIGHT_SHAPES:
        reason = "shape"
    if reason == "shape" and len(number.digits) > 10:
        reason = numbers.world_reason(number.digits)
    key = number.digits.removeprefix("0")  # the zero is no part of it from abroad
    yield replace(found, key=key, valid=reason == "valid", reason=reason)


def _telling_phone(text: str, number: Number) -> bool:
    """Whether brackets or dashes stand where a North American number has them."""
    if number.shape not in {(3, 3, 4), (1, 3, 3, 4)}:
        return False
    if number.digits[-10:].startswith(_TOLL_FREE):
        return True
    written = text[number.start : number.end]
    bracketed = ")" in written and text[number.start - 1 : number.start + 3].count("(") > 0
    return bracketed or number.between == "-"


def _vanity(reading: Reading, match: re.Match[str]) -> Finding:
    digits = key_of(match[0].translate(_KEYPAD))
    local = digits.removeprefix("1")[:10]
    shaped = match[0].count("-") > 1 or reading.text[match.start() : match.end()].count(")") > 0
    telling = shaped or local[0] == "8" or match[0].startswith(("1", "+"))
    reason = numbers.nanp_reason(local)
    return finding("phone", reading, match.span(), digits, reason, telling=telling)


_LOCAL_SIGNS = frozenset("._+-'")
_HAN_FROM = 0x2E80
_MOST_LOCAL, _MOST_DOMAIN = 64, 253
_TABLE = cast(
    "Mapping[str, list[str]]", files.shipped_yaml("piiforge.reader", "data/mailboxes.yaml")
)
_MAILBOXES = {kind: frozenset(names) for kind, names in _TABLE.items()}
_RESERVED_UNDER = frozenset(["com", "net", "org", "edu"])
"""Where nobody can have the name "example" (RFC 2606)."""
_STARS = frozenset("*•●…#")
_EDGES = frozenset(["", *" \t\n\"'=>:,+"])
_COMMA = re.compile(r",(?:com|net|org|edu|es|fr|mx|cn|io|us)(?![\w.@])")
_REMOTE = re.compile(r":(?:~|/(?!/)|[\w.\-]{1,100}/[\w.\-]|[\w.\-]{1,100}\.git(?![\w]))")
"""What stands behind the host of a copy over the network, and in a prompt: "…:ops/repo", "…:~#"."""
_LOGIN = re.compile(
    r"(?:^|[\s;|&(])(?:ssh|scp|sftp|rsync|mosh|ssh-copy-id)[ +]"
    r"(?:-[\w-]{1,20}(?:[ =][\w.]{1,12})? ){0,4}\Z"
)
_URL_BEFORE = re.compile(r"[a-z][a-z0-9+.\-]{1,12}://[^\s/@\"'<>]{0,80}\Z", re.IGNORECASE)


def _mailboxes(reading: Reading) -> Iterator[Finding]:
    """Yield whatever looks like an address around each @.

    Where a + may be a space, also what stands behind it.
    """
    text = reading.text
    at = text.find("@")
    while at >= 0:
        start, end = _local_start(text, at), _domain_end(text, at)
        if end > at + 1 and (start < at or text[at - 1 : at] in _STARS):
            cut = text.rfind("+", start, at) + 1
            spaced = 0 < cut < at and "=" in text[max(0, start - 60) : start]  # a form
            if spaced:
                yield _box(reading, cut, at, end)
            tag = text[cut:at].lower()
            if not spaced or (
                text.count("+", start, at) == 1
                and address_reason(tag, text[at + 1 : end].lower()) != "placeholder"
            ):
                yield _box(reading, start, at, end)
        at = text.find("@", at + 1)


def _box(reading: Reading, start: int, at: int, end: int) -> Finding:
    reason = _box_reason(reading.text, start, at, end)
    address = reading.text[start:end].lower()
    return finding("email", reading, (start, end), address, reason, telling=True)


def address_reason(local: str, domain: str) -> str:
    """Judge an address by its two halves, both in lower case."""
    labels = domain.split(".")
    last = labels[-1]
    if len(labels) < 2 or not all(labels) or any(label[0] == "-" for label in labels):
        return "domain"
    if last in _MAILBOXES["files"]:
        return "file"
    if last in _MAILBOXES["reserved"]:
        return "placeholder"
    if last not in files.top_level_domains():
        return "domain"
    if local[0] == "." or local[-1] == "." or ".." in local:
        return "local"
    return _placeholder_address(local, labels) or (
        "role" if local in _MAILBOXES["roles"] else "valid"
    )


def _placeholder_address(local: str, labels: list[str]) -> str:
    site = labels[-2] if len(labels[-2]) > 3 or len(labels) == 2 else labels[-3]
    if site in {"ejemplo", "exemple", "例子", "示例"}:
        return "placeholder"
    if "example" in {site, labels[0]} and labels[-1] in _RESERVED_UNDER:
        return "placeholder"
    if site in _MAILBOXES["nobodys_domains"] and labels[1:] == ["com"]:
        return "placeholder"
    if local in _MAILBOXES["sample_names"] or (local == site and local in _MAILBOXES["key_runs"]):
        return "placeholder"
    if site in _MAILBOXES["sample_domains"] and (
        local.partition("+")[0] in _MAILBOXES["sample_mailboxes"]
        or site.startswith(("your", "my", "tu", "su", "votre"))
    ):
        return "placeholder"
    return "placeholder" if len(set(local)) == 1 and len(local) > 2 else ""


def _box_reason(text: str, start: int, at: int, end: int) -> str:
    before = text[max(0, start - 1) : start]
    beside = (text[at - 1], before, text[end : end + 1])
    if not _STARS.isdisjoint(beside) or "***" in text[at : end + 3]:
        return "masked"
    if before in {"/", ":"} and _URL_BEFORE.search(text, max(0, start - 100), start):
        return "url"
    local, domain = text[start:at].lower(), text[at + 1 : end].lower()
    if before == "." and text[start - 2 : start - 1] in _EDGES:
        return "local"
    if _COMMA.match(text, end):
        return "domain"
    if local == "git" and text[end : end + 1] in {":", "/"}:
        return "repository"
    if _REMOTE.match(text, end) or _LOGIN.search(text, max(0, start - 60), start):
        return "repository"
    return address_reason(local, domain)


def _local_start(text: str, at: int) -> int:
    start = at
    while start > 0 and at - start < _MOST_LOCAL:
        character = text[start - 1]
        if not (character.isalnum() or character in _LOCAL_SIGNS):
            break
        if start < at and (ord(character) >= _HAN_FROM) != (ord(text[at - 1]) >= _HAN_FROM):
            break
        start -= 1
    while start < at and text[start] in "'.-+":
        start += 1
    return start


def _domain_end(text: str, at: int) -> int:
    end = at + 1
    limit = min(len(text), end + _MOST_DOMAIN)
    wide = end < limit and ord(text[end]) >= _HAN_FROM
    while end < limit:
        character = text[end]
        if not (character.isalnum() or character in ".-"):
            break
        if not wide and ord(character) >= _HAN_FROM:
            break
        end += 1
    while end > at + 1 and text[end - 1] in ".-":
        end -= 1
    return end


_ENTRY = re.compile(r"6(?:2[1-9]|3[1-9]|4[1-9]|5[1-6])([0-9]{9})([0-9A-Za-z \-]{17})[0-9]{10}")
_MICR = re.compile(
    r"(?:⑆|[Tt|:]:?|<:?|A) ?([0-9]{9}) ?(?:⑆|[Tt|:]|>|A:?|:?>?) ?"
    r"(?:[0-9]{3,6} ?[⑈CcUu<\"]?:? )?([0-9][0-9 \-⑉]{2,18}[0-9]) ?(?:⑈|[CcUu<\"⑆]|/)"
)
_MAY_BE_MICR = re.compile(
    r"[0-9](?<=[⑆Tt|:<A ][0-9])[0-9]{8} ?(?:⑆|[Tt|:]|>|A:?|:?>?) ?[0-9][0-9 \-⑉⑈CcUu<\":]"
)
"""What each has: it begins with a digit, so that most places are passed at once."""
_NINE_DIGITS = re.compile(r"[0-9]{9}|(?:[0-9]{3,4}[ -]){2}[0-9]")
_BANKISH = re.compile(
    r"(?i)\bach\b|routing|direct.?deposit|nacha|micr|bank|banco|banque|chequ?e|wire|银行|支票|dep[oó]sito"
    r"|virement|payroll|n[oó]mina|账户|账号"
)
_BANKISH_HINTS = tuple(
    "ach rout depos nacha micr bank banco banque cheq wire virement payroll nomina".split()  # noqa: SIM905
)
"""Of these each of its words in ASCII holds one."""
_BORDER = re.compile(r"[&{}<>|\n\"=]")
_NINE_SHAPES = ((4, 4, 1), (3, 3, 3))
_MOST_HALVES = 12
_ROUTING, _ACCOUNTS = 9, range(4, 18)
_ASKED_WITHIN, _GAP_WITHIN = 260, 30
_BANK_DETAILS = re.compile(
    r"bank(?:ing)? (?:account )?(?:details|info)|both numbers|numbers (?:from|at|on) the bottom"
)
_SPENT_NUMBER = re.compile(r"[0-9][0-9 \-./]{3,24}[0-9]")
_FIELDS_END = re.compile(r"[=&<>{}]|\"\s?:|[:：]")
_APART, _BESIDE, _SIDE_BY_SIDE = 400, 60, 12
"""How far the halves may stand apart: both named, one named, and none named (characters)."""


def _bank_pairs(reading: Reading) -> Iterator[Finding]:
    """Yield the pairs of a routing and an account number in one content.

    They are read from keys or words that name the halves, from a line of an ACH (NACHA) file and
    from the magnetic line of a cheque. One half alone is nothing, nor is a masked account number.

    Sources: NACHA Operating Rules, entry detail record (type 6); ANSI X9.100-160 (MICR line).
    """
    text = reading.text
    if not _NINE_DIGITS.search(text):
        return
    magnetic = _MICR.finditer(text) if _MAY_BE_MICR.search(text) else ()
    for match in (*_ENTRY.finditer(text), *magnetic):
        account = "".join(filter(str.isdigit, match[2]))
        yield _pair(reading, match[1], account, (match.start(1), match.end(2)), Cue.CONFIRM)
    if not _is_bankish(text) and not cues.may_name(("routing",), fold(text)):
        return
    routings, accounts = _halves(text)
    for routing in routings:
        yield from _paired(reading, routing, accounts)
    yield from _asked_together(reading)


def _is_bankish(text: str) -> bool:
    """Whether words for a bank stand in a text: in ASCII most of them are sought as they are."""
    folded = fold(text)
    if not text.isascii() or any(map(folded.__contains__, _BANKISH_HINTS)):
        return _BANKISH.search(text) is not None
    return False


def _asked_together(reading: Reading) -> Iterator[Finding]:
    """Yield two numbers side by side where what stands before names both halves.

    The routing number must pass its checksum. Where words were read, one run may hold both.
    """
    text = reading.text
    found = [
        one
        for one in islice(numbers.numbers(text, range(4, 27), _NINE_SHAPES), 4 * _MOST_HALVES)
        if not told_apart(one)
    ]
    for at, one in enumerate(found):
        if cues.name_of(cues.place_of(text, *one.span)) in {"veto", "attribute"}:
            continue
        if len(one.digits) < _ROUTING or not _both_named(text, one.start):
            continue
        head, rest = one.digits[:_ROUTING], one.digits[_ROUTING:]
        if len(rest) in _ACCOUNTS and numbers.routing_reason(head) == "valid":
            if len(one.shape) > 1 or "words" in reading.how:
                yield _pair(reading, head, rest, one.span, Cue.CONFIRM)
        elif not rest and numbers.routing_reason(head) == "valid":
            for mate in found[at + 1 : at + _MOST_HALVES]:
                if (
                    mate.start >= one.end
                    and len(mate.digits) in _ACCOUNTS
                    and _next_to(text, one, mate)
                ):
                    span = min(one.start, mate.start), max(one.end, mate.end)
                    yield _pair(reading, head, mate.digits, span, Cue.CONFIRM)


def _both_named(text: str, start: int) -> bool:
    """Whether the words before name a routing number and an account."""
    before = _unspent(fold(text[max(0, start - _ASKED_WITHIN) : start]))
    if _BANK_DETAILS.search(before):
        return True
    return cues.may_name(("routing",), before) and cues.may_name(("account",), before)


def _unspent(before: str) -> str:
    """Return what stands behind the last number of the words' own field, all if it has none."""
    field = max(before.rfind(sign) for sign in '"<>{}\n') + 1
    spent = deque(_SPENT_NUMBER.finditer(before, field), maxlen=1)
    return before[spent[0].end() :] if spent else before


def _next_to(text: str, one: Number, other: Number) -> bool:
    between = text[min(one.end, other.end) : max(one.start, other.start)]
    return len(between) <= _GAP_WITHIN and not _FIELDS_END.search(between)


@dataclass(frozen=True, slots=True)
class _Half:
    """A number that may be half of a pair.

    `name` is what the words around call it, "" where they say nothing; `bare`: it has no key of
    its own, so the sentence it stands in may speak for it. `digits` is "" where it is masked.
    """

    digits: str
    start: int
    end: int
    name: str
    bare: bool


def _halves(text: str) -> tuple[list[_Half], list[_Half]]:
    """Return the numbers that may be routing numbers, and those that may be accounts."""
    nines = islice(numbers.numbers(text, _NINE, _NINE_SHAPES), _MOST_HALVES)
    halves = [_half(text, one.span, one.digits) for one in nines]
    routings = [half for half in halves if half.name == "routing" or (half.bare and not half.name)]
    if not routings:
        return [], []
    low = min(half.start for half in routings) - _APART
    high = max(half.end for half in routings) + _APART
    near = (
        (one.span, one.digits)
        for one in numbers.numbers(text, range(4, 18))
        if low <= one.start <= high and not told_apart(one)
    )
    hidden = ((one.span, "") for one in masks(text) if low <= one.span[0] <= high)
    found = [_half(text, *one) for one in islice((*near, *hidden), _MOST_HALVES)]
    return routings, [half for half in found if half.name != "routing"]


def _half(text: str, span: tuple[int, int], digits: str) -> _Half:
    place = cues.place_of(text, *span)
    name, bare = cues.name_of(place), not place.key or cues.speaks(place.key)
    return _Half(digits, *span, name, bare=bare)


def _paired(reading: Reading, routing: _Half, accounts: list[_Half]) -> Iterator[Finding]:
    """Yield the routing number with the account that its words give it: the nearest named one.

    A number without a name counts only beside it in the same sentence, where none is named.
    """
    near = sorted(
        (half for half in accounts if 0 <= _apart(routing, half) <= _APART),
        key=lambda half: (_apart(routing, half), half.start - half.end),
    )
    for name in ("account", "", "veto"):
        mate = next((half for half in near if half.name == name and (name or half.bare)), None)
        cue = _pair_cue(reading.text, routing, mate) if mate else None
        if mate and cue is not None:
            start, end = min(routing.start, mate.start), max(routing.end, mate.end)
            yield _pair(reading, routing.digits, mate.digits, (start, end), cue)
            return


def _apart(routing: _Half, account: _Half) -> int:
    return max(routing.start, account.start) - min(routing.end, account.end)


def _pair_cue(text: str, routing: _Half, account: _Half) -> Cue | None:
    """A named account confirms a named routing number, or a bare one in the same sentence."""
    if account.name == "veto":
        return Cue.VETO if routing.name else None
    together = _same_sentence(text, routing, account)
    if account.name:
        return Cue.CONFIRM if routing.name or together else None
    near = text[max(0, min(routing.start, account.start) - 80) : max(routing.end, account.end) + 40]
    side_by_side = _apart(routing, account) < _SIDE_BY_SIDE and _BANKISH.search(near)
    return Cue.CONFIRM if together and (routing.name or side_by_side) else None


def _same_sentence(text: str, routing: _Half, account: _Half) -> bool:
    """Whether no border of a field stands between two numbers that are near each other."""
    if _apart(routing, account) >= _BESIDE:
        return False
    between = text[min(routing.end, account.end) : max(routing.start, account.start)]
    return not _BORDER.search(between)


def _pair(reading: Reading, routing: str, account: str, span: tuple[int, int], cue: Cue) -> Finding:
    reason = numbers.routing_reason(routing)
    if reason == "valid":
        reason = numbers.account_reason(account) if account else "masked"
    key, valid, telling = f"{routing}|{account}", reason == "valid", cue is Cue.CONFIRM
    return Finding("bank_account", key, valid, reason, cue, telling, reading.how, *span)


def _own(own: plugins.OwnCategory, pattern: re.Pattern[str], reading: Reading) -> Iterator[Finding]:
    """Find what a category from outside calls a candidate; its own validation judges it."""
    name, telling = own.category.id, own.category.checked
    for match in pattern.finditer(reading.text):
        reason = own.reason(plugins.letters_and_digits(match[0]))
        yield finding(name, reading, match.span(), key_of(match[0]), reason, telling=telling)


FINDERS: Mapping[str, Callable[[Reading], Iterator[Finding]]] = {
    "ssn": partial(_tax_numbers, "ssn", numbers.ssn_reason),
    "itin": partial(_tax_numbers, "itin", numbers.itin_reason),
    "credit_card": _cards,
    "bank_account": _bank_pairs,
    "phone": _phones,
    "email": _mailboxes,
    "passport": _passports,
    "drivers_license": _licences,
    "member_id": _members,
    **{name: partial(_own, own, re.compile(own.pattern)) for name, own in cues.OWN.items()},
}
_MASKED = {
    "ssn": range(9, 10),
    "itin": range(9, 10),
    "credit_card": range(12, 20),
    "phone": range(7, 16),
    "passport": range(8, 10),
    "drivers_license": range(8, 10),
    "member_id": range(6, 15),
}
"""How many signs a value has that is written with some of them hidden."""
