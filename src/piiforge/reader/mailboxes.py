"""E-mail addresses: where they stand in a text, and which of them can be delivered to.

>>> [(box.address, box.reason) for box in mailboxes("to name@example.com, icon@2x.png, a@b")]
[('name@example.com', 'placeholder'), ('icon@2x.png', 'file'), ('a@b', 'domain')]
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from piiforge.reader.folding import word_set

_LOCAL_SIGNS = frozenset("._+-'")
_HAN_FROM = 0x2E80
_MOST_LOCAL, _MOST_DOMAIN = 64, 253
_FILES = word_set(
    """
    png jpg jpeg gif svg webp avif ico css js mjs ts tsx jsx json map html htm php txt xml yaml
    yml md pdf zip gz tgz tar jar py rb rs exe dll so woff woff2 ttf mp4 mp3 log lock csv
    """
)
_RESERVED = word_set(
    """
    test example invalid localhost local internal lan localdomain
    """
)
_SAMPLE_DOMAINS = word_set(
    """
    example domain yourdomain mydomain yourcompany company yoursite mysite website site ejemplo
    exemple beispiel dominio midominio tudominio sudominio domaine votredomaine mondomaine
    monsite tuempresa empresa entreprise societe test placeholder 例子 示例 域名 youremail email
    mail foo bar sample provider host correo anbieter xxx xxxx xx yyy abc dominioejemplo
    acme-example shili yuming
    """
)
_NOBODYS_DOMAINS = word_set(
    """
    domain test yourdomain mydomain dominio midominio tudominio sudominio domaine votredomaine
    mondomaine prueba essai sample placeholder 域名 测试
    """
)
_KEY_RUNS = word_set("asdf asd qwerty qwer azerty abc xyz aaa xxx foo")
_SAMPLE_LOCALS = word_set(
    """
    name firstname lastname prenom prueba essai shili ceshi apellido
    your.name yourname your_name your-name your.email youremail your_email user username
    email your you me someone somebody nobody anyone firstname.lastname first.last first.name
    nombre tunombre tu.nombre su.nombre sunombre correo tucorreo tu.correo micorreo usuario nom
    votrenom votre.nom prenom.nom votre.email utilisateur adresse monadresse example ejemplo
    exemple test sample placeholder foo xxx xxxx xx abc mail e-mail mailbox xingming 姓名
    你的邮箱 邮箱 用户 您的邮箱 用户名 名字 john.doe jane.doe johndoe janedoe
    """
)
_SAMPLE_NAMES = word_set(
    """
    name yourname your.name user username email test someone nombre nom
    """
)
_ROLES = word_set(
    """
    info support sales contact admin help helpdesk hello office billing service services team
    webmaster postmaster abuse noreply no-reply donotreply do-not-reply news newsletter
    marketing press jobs careers hr privacy legal security soporte ventas contacto ayuda
    informacion atencion facturacion rrhh vente ventes aide accueil bonjour commercial
    comptabilite recrutement kefu service.client servicio feedback
    """
)
_MASKS = frozenset("*•●…#")
_BORDERS = frozenset(["", *" \t\n\"'=>:,+"])
_COMMA = re.compile(r",(?:com|net|org|edu|es|fr|mx|cn|io|us)(?![\w.@])")
_URL_BEFORE = re.compile(r"[a-z][a-z0-9+.\-]{1,12}://[^\s/@\"'<>]{0,80}\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address as it stands in a text; `reason` is "valid", "role" or why it is none."""

    address: str
    start: int
    end: int
    reason: str


def mailboxes(text: str) -> Iterator[Mailbox]:
    """Yield whatever looks like an address around each @."""
    at = text.find("@")
    while at >= 0:
        start, end = _local_start(text, at), _domain_end(text, at)
        if end > at + 1 and (start < at or text[at - 1 : at] in _MASKS):
            yield from _boxes(text, start, at, end)
        at = text.find("@", at + 1)


def _boxes(text: str, start: int, at: int, end: int) -> Iterator[Mailbox]:
    """Yield the address around an @; where a + may be a space, also what stands behind it."""
    plus = text[start:at].count("+")
    cut = text.rfind("+", start, at) + 1
    spaced = plus and cut < at and _form_like(text, start)
    if spaced:
        yield Mailbox(text[cut:end].lower(), cut, end, _reason(text, cut, at, end))
    tag = text[cut:at].lower()
    if not spaced or (
        plus == 1 and address_reason(tag, text[at + 1 : end].lower()) != "placeholder"
    ):
        yield Mailbox(text[start:end].lower(), start, end, _reason(text, start, at, end))


def address_reason(local: str, domain: str) -> str:
    """Judge an address by its two halves, both in lower case."""
    labels = domain.split(".")
    last = labels[-1]
    if len(labels) < 2 or not all(labels) or any(label[0] == "-" for label in labels):
        return "domain"
    if last in _FILES:
        return "file"
    if last in _RESERVED:
        return "placeholder"
    if len(last) < 2 or not (last.isalpha() or last.startswith("xn--")):
        return "domain"
    if local[0] == "." or local[-1] == "." or ".." in local:
        return "local"
    return _placeholder(local, labels) or ("role" if local in _ROLES else "valid")


def _placeholder(local: str, labels: list[str]) -> str:
    site = labels[-2] if len(labels[-2]) > 3 or len(labels) == 2 else labels[-3]
    if site in {"example", "ejemplo", "exemple", "例子", "示例"} or labels[0] == "example":
        return "placeholder"
    if site in _NOBODYS_DOMAINS and labels[1:] == ["com"]:
        return "placeholder"
    if local == site and local in _KEY_RUNS:
        return "placeholder"
    known_local = local.partition("+")[0] in _SAMPLE_LOCALS
    if site in _SAMPLE_DOMAINS and (
        known_local or site.startswith(("your", "my", "tu", "su", "votre"))
    ):
        return "placeholder"
    if known_local and local in _SAMPLE_NAMES | {"youremail", "your.email", "tucorreo"}:
        return "placeholder"
    return "placeholder" if len(set(local)) == 1 and len(local) > 2 else ""


def _reason(text: str, start: int, at: int, end: int) -> str:
    before = text[max(0, start - 1) : start]
    if text[at - 1] in _MASKS or before in _MASKS or "***" in text[at : end + 3]:
        return "masked"
    if text[end : end + 1] in _MASKS and text[end : end + 1]:
        return "masked"
    if before in {"/", ":"} and _URL_BEFORE.search(text, max(0, start - 100), start):
        return "url"
    local, domain = text[start:at].lower(), text[at + 1 : end].lower()
    if before == "." and text[start - 2 : start - 1] in _BORDERS:
        return "local"
    if _COMMA.match(text, end):
        return "domain"
    if local == "git" and text[end : end + 1] in {":", "/"}:
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


def _form_like(text: str, start: int) -> bool:
    return "=" in text[max(0, start - 60) : start]
