r"""What the prefilter reads: a content undone and folded, without benign fields, and its words.

>>> without_noise('203.0.113.9 - - [15/Sep/2024:10:00:44 +0000] "GET / HTTP/1.1" 200 8397 "-"')
'\x1f - - [\x1f] "GET / \x1f "-"'
>>> without_noise("ts=1700000000&n=1700000000&id=123e4567-e89b-12d3-a456-426614174000")
'\x1f&n=1700000000&id=\x1f'

>>> read("q=%2530%2531&amp;key=MDAwLTEyLTM0NTY").text
'q=01&key=mdaw ltey ltm0nty\n000-12-3456'
>>> read("ssnField=٠٠٠‑12‑３４５６").text
'ssn field=000‐12‐3456'

>>> named("passport", "traveler passport a=7681"), named("passport", "path=/password")
(True, False)
>>> [named("drivers_license", plain(text)) for text in ("dl=https://x", "user dl id a=1")]
[False, True]

>>> [(atom.text, atom.digits) for atom in atoms("12 - thirty-four, dos")]
[('12', 2), ('thirty', 2), ('four', 1), ('dos', 1)]
>>> [cluster.digits for cluster in clusters("id 12-34 b 5", atoms("id 12-34 b 5"))]
[4, 1]
"""

import re
import unicodedata
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.entities import html5
from operator import attrgetter
from urllib.parse import unquote

# Fields of a log line that are known by their exact grammar, and hold nothing of any category.
#
# Only grammars that leave no room are here. A date has a month and a day that exist and no digit
# beside it; a UUID and a digest have letters among their digits and no eight digits in a row; an
# address is a complete IPv4 or IPv6 one; a browser's product has a version of short numbers; a
# client id stands behind its own cookie's name or key. A number that only looks like one of these
# stays: ten digits are an epoch only where their key says so (policy, rule 6). What is cut leaves
# `CUT`, which no number reaches across.


CUT = "\x1f"

_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_CLOCK = r"[0-2][0-9]:[0-5][0-9](?::[0-6][0-9](?:[.,][0-9]{1,9})?)?"
_ZONE = "(?:Z|[+ -][01][0-9]:?[0-5][0-9])?"
_MONTH, _DAY = "(?:0[1-9]|1[0-2])", "(?:0[1-9]|[12][0-9]|3[01])"
_IS = r"[\"'\\]{0,4}[:=] ?[\"'\\]{0,4}"
_END = r"(?![0-9A-Za-z.])(?![-/_ +·‐-―][0-9])"  # of a number: no more of it beyond a sign
_PRODUCTS = (
    "Mozilla|AppleWebKit|Gecko|Chrome|Chromium|HeadlessChrome|Safari|Version|Firefox|Edge?|EdgA|"
    "EdgiOS|OPR|Opera|Presto|CriOS|FxiOS|GSA|SamsungBrowser|UCBrowser|YaBrowser|Vivaldi|"
    "MicroMessenger|Trident|MSIE|Googlebot|Googlebot-Mobile|bingbot|YandexBot|AhrefsBot|SemrushBot|"
    "Applebot|curl|Wget|okhttp|python-requests|Go-http-client|axios|PostmanRuntime|kube-probe|"
    "ELB-HealthChecker"
)
_TIME_KEYS = (
    "_[a-z]{0,8}ts|ts|t|time|timestamp|iat|exp|nbf|created|_p|_|sid|cb|"
    "(?:event|start|end|request|response|created|updated|sent|received)(?:_time|Time|_at|At)"
)
_COUNT_KEYS = (
    "status|status_code|bytes|bytes_sent|body_bytes_sent|bytesSent|content_length|contentLength|"
    "remote_port|client_port|duration|duration_ms|request_time|response_time|upstream_response_time|"
    "latency|latency_ms|rt|uct|uht|urt|_et"
)
_CLICK_KEYS = "gclid|fbclid|msclkid|ttclid|twclid|dclid|wbraid|gbraid|li_fat_id|_gl"
_SESSION_KEYS = "JSESSIONID|PHPSESSID|ASP\\.NET_SessionId|connect\\.sid|sid"
_HOST_KEYS = "host|Host|hostname|http_host|server_name|authority|vhost"
# None starts inside a word or a number: see _NOISE.
_GRAMMARS = (
    # dates and times: ISO 8601, the common log format, a dated path, a clock
    rf"(?<![0-9][-./ +])(?:19|20)[0-9]{{2}}-{_MONTH}-{_DAY}(?:[T +]{_CLOCK}{_ZONE})?"
    r"(?![0-9])(?![-./][0-9])",
    rf"{_DAY}/(?:{_MONTHS})/(?:19|20)[0-9]{{2}}(?::{_CLOCK}(?: [+-][0-9]{{4}})?)?(?![0-9])",
    rf"(?<![0-9]/)20[0-9]{{2}}/{_MONTH}(?:/{_DAY})?(?![0-9])(?!/[0-9])",
    rf"(?<![0-9][:.-]){_CLOCK}(?![0-9:-])",
    # addresses: RFC 791; RFC 4291 with eight groups or a "::"
    rf"(?<![0-9]\.){_OCTET}(?:\.{_OCTET}){{3}}(?::[0-9]{{1,5}})?(?![0-9A-Za-z])(?!\.[0-9])",
    r"(?<!:)(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}(?![0-9A-Za-z:])",
    r"(?<!:)(?:[0-9A-Fa-f]{1,4}:){1,6}(?::[0-9A-Fa-f]{1,4}){1,6}(?![0-9A-Za-z:])",
    # RFC 9562; digests and trace ids from 64 to 512 bits
    r"(?<!-)(?=[0-9-]{0,35}[A-Fa-f])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
    r"(?![0-9A-Za-z-])",
    r"(?=[0-9A-Fa-f]{16,128}(?![0-9A-Za-z]))(?![0-9A-Fa-f]{0,120}[0-9]{8})"
    r"(?=(?:[0-9]{0,7}[A-Fa-f]){4})[0-9A-Fa-f]{16,128}",
    # a request's protocol with the status and size behind it; a browser and its machine
    r'HTTP/[0-9](?:\.[0-9])?(?:\\{0,4}" [1-5][0-9]{2} (?:[0-9]{1,12}|-)' + _END + ")?",
    rf"(?:{_PRODUCTS})/(?:20100101|[0-9]{{1,4}}(?:\.[0-9]{{1,4}}){{0,4}}){_END}",
    r"Mobile/[0-9]{2}[A-Z][0-9]{2,4}[a-z]?(?![0-9A-Za-z])|Mobile(?= Safari\b)",
    r"(?:iPhone; CPU iPhone OS|iPad; CPU OS|Intel Mac OS X|Windows NT)"
    r" [0-9]{1,2}(?:[._][0-9]{1,2}){0,3}(?![0-9._])",
    r"Android [0-9]{1,2}(?:\.[0-9]{1,2}){0,2}(?:; [A-Z][A-Za-z]{0,8}(?:[ -][A-Za-z]{1,8})?"
    r"[ -]?[A-Z]{0,3}[0-9]{0,4}[A-Z]{0,2}(?: [A-Z][a-z]{1,8}){0,2}"
    r"(?: Build/[A-Z0-9]{3,5}[0-9A-Z.]{0,14})?(?=[;)]))?",
    r"(?:Linux x86_64|Linux i686|Win64|x64|WOW64|rv:[0-9]{1,3}\.[0-9]{1,2}|MSIE [0-9.]{3,4}"
    r"|CrOS x86_64 [0-9]{4,5}(?:\.[0-9]{1,3}){1,3}|NET CLR [1-4]\.[0-9](?:\.[0-9]{3,5})?)"
    r"(?![0-9A-Za-z.])",
    r"-{4,40}[A-Za-z]{0,20}[Bb]oundary-{0,4}[0-9A-Za-z]{8,40}(?![0-9A-Za-z])",
    # what a server counts, under its own keys or in the order of a load balancer's fields; its host
    rf"(?<![._-])(?:{_COUNT_KEYS}){_IS}[0-9]{{1,10}}(?:\.[0-9]{{1,6}})?{_END}",
    r"(?:[0-9]{1,4}\.[0-9]{3,6} ){3}[1-5][0-9]{2} (?:[1-5][0-9]{2}|-) [0-9]{1,10} [0-9]{1,10}"
    r"(?= \")",
    r"1-[0-9a-f]{8}-[0-9a-f]{24}(?![0-9A-Za-z-])",
    rf"(?<![._-])(?:{_HOST_KEYS}){_IS}[A-Za-z0-9.-]{{3,100}}(?![A-Za-z0-9@._-])",
    rf"(?:sr|vp|screen|viewport|resolution){_IS}[0-9]{{3,4}}[xX*,][0-9]{{3,4}}(?![0-9A-Za-z])",
    rf"(?:lat|lng|lon|latitude|longitude){_IS}-?[0-9]{{1,3}}\.[0-9]{{1,8}}(?![0-9.])",
    # ids of a browser that a tag makes, behind their own names
    r"GA1\.[0-9]\.[0-9]{1,10}\.1[0-9]{9}(?![0-9.])"
    r"|GS[12]\.[0-9]\.[sotjlhdg0-9.$]{10,90}(?![0-9A-Za-z])",
    rf"_?(?:cid|client_id|clientId){_IS}[0-9]{{1,10}}\.1[0-9]{{9}}{_END}",
    rf"(?:{_CLICK_KEYS}|{_SESSION_KEYS}){_IS}(?:s:)?(?![A-Za-z0-9_.*~-]{{0,200}}[0-9]{{7}})"
    r"[A-Za-z0-9_.*~-]{20,300}(?![A-Za-z0-9_.*~-])",
    r"fb\.[0-2]\.1[0-9]{12}\.(?:[0-9]{6,19}|[A-Za-z0-9_-]{20,200})(?![0-9A-Za-z_-])",
    # a moment between 2001 and 2033 where the key is a time's: seconds, ms or us
    rf"(?:{_TIME_KEYS}){_IS}1[0-9]{{9}}(?:[0-9]{{3}}|[0-9]{{6}}|\.[0-9]{{1,9}})?(?![0-9.])",
)
_PADDED = re.compile("(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{40,4096}==(?=[\\s\"'&;,]|$)")
_NOISE = re.compile(f"(?<![0-9A-Za-z])(?:{'|'.join(_GRAMMARS)})")


def without_noise(text: str) -> str:
    """Return `text` with each benign field as one `CUT`."""
    return _NOISE.sub(CUT, _PADDED.sub(CUT, text) if "=" in text else text)


# The prefilter's reading of a content: encodings undone, benign fields cut out, letters folded.
#
# Undone until nothing changes: percent signs, HTML entities, string escapes (`\u0034`, `\x34`,
# `\u{34}`, `%u0034`). What base64 or hexadecimal text hides is written behind the content. Then
# compatibility forms, accents, case and the digits of all scripts are folded, and characters that
# don't show are dropped. A content that still changes after `ROUNDS` rounds is opaque: of that
# nothing is certain. All of it is linear in the length of the content.


ROUNDS = 6  # of undoing; software rarely leaves more than three encodings over one another
NESTED = 2  # base64 within base64

_ENCODED = re.compile(r"[%&\\]")
_ESCAPE = re.compile(
    r"(?:\\{1,16}|%)u([0-9A-Fa-f]{4})|\\{1,16}u\{0{0,16}([0-9A-Fa-f]{1,6})\}"
    r"|\\{1,16}x([0-9A-Fa-f]{2})"
)
_WHITE = re.compile(r"\\{1,16}[nrt]")
_BACKSLASHES = re.compile(r"\\{2,}")
_ENTITY = re.compile(r"&#(?:[xX]0*([0-9A-Fa-f]{1,6})(?![0-9A-Fa-f])|0*([0-9]{1,7})(?![0-9]));?")
_NAMED = re.compile("&([A-Za-z][A-Za-z0-9]{1,31};)")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{6,}={0,2}(?![A-Za-z0-9+/_-])")
_STEPS = re.compile("[/_-]")
_MIXED = re.compile(r"(?=[^A-Z]*[A-Z])(?=[^a-z0-9]*[a-z0-9])")
_WORTH = re.compile(r"[0-9]{2}|[^\x00-\x7f]|@|[ .][A-Za-z]")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:[2-7][0-9A-Fa-f]){7,}(?![0-9A-Za-z])")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
_HUMP = re.compile("(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a content says. `text` is folded; `opaque` where it could not be read to the bottom."""

    text: str
    opaque: bool = False


def read(content: str) -> Reading:
    """Read `content`; see the module."""
    plain, opaque = _undone(content)
    layers = [plain]
    for _ in range(NESTED):
        hidden, unclear = _hidden(layers[-1])
        opaque = opaque or unclear
        if not hidden:
            break
        layers.append(hidden)
    return Reading(_folded("\n".join(map(without_noise, layers))), opaque)


def _undone(text: str) -> tuple[str, bool]:
    """Return `text` without its encodings, and whether there were more rounds to go."""
    for _ in range(ROUNDS):
        if _ENCODED.search(text) is None:
            return text, False
        before = text
        text = _unescaped(_without_entities(unquote(text, errors="replace")))
        if text == before:
            return text, False
    return text, True


def _without_entities(text: str) -> str:
    """Return `text` without entities; a number too large for any character is left as it is."""
    if "&" not in text:
        return text
    text = _ENTITY.sub(lambda found: _character(found[1], found[2]), text)
    return _NAMED.sub(lambda found: html5.get(found[1], found[0]), text)


def _unescaped(text: str) -> str:
    if "\\" not in text and "%u" not in text:
        return text
    text = _ESCAPE.sub(lambda found: _character(found[1] or found[2] or found[3]), text)
    text = _BACKSLASHES.sub(r"\\", _WHITE.sub(" ", text))
    if any("\ud800" <= char <= "\udfff" for char in text):
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _character(hexadecimal: str, decimal: str = "") -> str:
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return chr(code) if 0 < code <= 0x10FFFF else "\ufffd"


def _hidden(text: str) -> tuple[str, bool]:
    """Return what the base64 and hexadecimal tokens of `text` hide, a line each."""
    tokens = [token[0] for token in _BASE64.finditer(text) if _MIXED.match(token[0])]
    found = [hidden for token in tokens for hidden in _of_token(token)]
    found += [_of_hex(token[0]) for token in _HEX.finditer(text)]
    layers = [_undone(each) for each in found if _WORTH.search(each)]
    return "\n".join(each for each, _ in layers), any(opaque for _, opaque in layers)


def _of_token(token: str) -> list[str]:
    """Return what a token hides as a whole, else what the steps of a path hide."""
    whole = _of_base64(token)
    return [whole] if whole else [_of_base64(step) for step in _STEPS.split(token) if len(step) > 5]


def _of_base64(token: str) -> str:
    """Return the text in a token of base64 of either set, or "" if there is none."""
    body = token.rstrip("=").replace("-", "+").replace("_", "/")
    if len(body) % 4 == 1:
        return ""
    try:
        return _printable(b64decode(body + "=" * (-len(body) % 4)))
    except Error:
        return ""


def _of_hex(token: str) -> str:
    return _printable(bytes.fromhex(token)) if len(token) % 2 == 0 else ""


def _printable(raw: bytes) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return ""
    return "" if _CONTROL.search(text) else text


def _folded(text: str) -> str:
    """Return `text` in lower case, words of a camelCase name apart, without accents."""
    text = _HUMP.sub(" ", text)
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", _INVISIBLE.sub("", text)).casefold()
    return "".join([_plain(char) for char in text if not unicodedata.combining(char)])


def _plain(char: str) -> str:
    """Return the ASCII digit for a digit of any script, other characters as they are."""
    return str(unicodedata.decimal(char)) if char > "\x7f" and char.isdecimal() else char


# Words by which a key, label or sentence may name a category: the widest net that still helps.
#
# A number whose form tells nothing counts only where something names it (policy, rule 7). So
# where none of these words stands anywhere in the content, such a number can be ruled out. The
# lists hold what people and programs call the thing in English, Spanish, French and Chinese, and
# the commonest German, Italian and Portuguese words, with abbreviations and the Chinese words in
# Latin letters. A word too many costs a question to the model, a word too few a miss. They are
# sought in the folded text, inside longer names too. A sentence may name a thing in words that
# are in no list, with mistakes or by a company's name: whole sentences count as naming
# everything. In a list "<" and ">" are edges, with no letter beyond them, and "~" stands for up
# to two signs in a name.


_TAX = (
    "tax <tin> fiscal impuesto impot contribu hacienda <irs> form~1040 form~1099 税 稅 "
    "steuer <nif> <rfc> shui~hao bao~shui na~shui"
)
_IDENTITY = (
    "identity identifica identid identite <ident> id~card id~num id~no> <gov~id government cedula "
    "documento ausweis <dni> "
    "<kyc> 身份 证件 證件 number~on~file"
)
WORDS: Mapping[str, str] = {
    "ssn": f"""
        ssn social <ss> <s~s> <ssa> <sss> <s~s~n> <soc> socsec soc~sec <nss> <nuss> num~ss segur
        <secu> securit afilia insee previden sozial last~4 full~nine 社会 社會 社安 社保 安全号
        安全號 she~bao she~hui she~an <sbh <shbx {_TAX} {_IDENTITY}
    """,
    "itin": f"itin <i~t~i~n> individual~tax ssn social {_TAX} {_IDENTITY}",
    "credit_card": """
        card <cc <pan> <cvv <cvc visa master <mc> amex american~ex discover diners <jcb> unionpay
        credit debit tarjeta carte <cb> plastic kart <tdc> <tdd> nro~tc primary~account <xyk <yhk
        <kh> pay pago paie number~on~the~front ka~hao 信用 借记 借記 银行卡 銀行卡 卡号 卡號 银联
        刷卡
    """,
    "bank_account": """
        bank banco banque banca rout <aba <rtn <rt> transit <ach accoun acct <acc <dda cuenta
        compte konto conta> check cheque wire deposit transfer virement saving micr <ruta <codigo
        iban clabe acheminement dfi receiving payroll 银行 銀行 账号 账户 帐号 帐户 帳 賬 户口
        路由 路线 路線 汇款 匯款 汇路 联行 转账 轉帳 yin~hang zhang~hu zhang~hao lu~you hui~kuan
        <zh> <zhh <lyh <khh
    """,
    "phone": """
        phone fone phn <tel tel> telef telfix telmov telcel telno telnum <tlf mobile <mob> movil
        <cel cell <fax fax> <sms <text <txt <call llam appel dial marca <ring contact reach rappel
        joindre portable <gsm> handy rufn whats~app <wsp viber signal numero number <num> nummer
        landline hotline <ph> msisdn fijo voice~mail domicil <poste> anexo <ext> 电话 電話 手机
        手機 号 號 联系 聯繫 座机 热线 传真 打给 打我 拨 短信 分机 dian~hua shou~ji lian~xi
        chuan~zhen <sjh <dh> <lxfs
    """,
    "email": """
        mail correo courriel <mel> inbox buzon electroni reply contact sender recipient 邮 郵 信箱
        you~xiang you~jian <yx>
    """,
    "passport": f"""
        pass~port pasport passeport passep pasaport passaport paspoort reisepass <pass> <psp <ppt
        <pp> <ppn pass~no> pass~num pass~id passp <pport pasap libreta <mrz> <mrp> travel~doc
        document~de~voy documento~de~viaj book~number 护照 護照 旅行证 旅行證 hu~zhao <hz> <hzh
        {_IDENTITY}
    """,
    "drivers_license": f"""
        licen licn <lic lic> <dln <dl> dl~no dl~num dl~id <dl~nr <dl~nbr <dl~state d~l~# <d~l>
        <d/l driv <drv <dmv <dps> <oln> conduc condui permis carnet manej brevet chofer motorist
        fuhrersch patente <cnh> operator real~id state~id matricula 驾 駕 行车 jia~zhao jia~shi
        <jsz <jz> {_IDENTITY}
    """,
    "member_id": """
        member <mem> <mbr <memb medicar medicaid medi~cal <mbi mbi> <hic insur <ins> <plan>
        <plans> subscri benefi polic enroll <hmo> <ppo> <bcbs blue~cross blue~shield aetna cigna
        humana kaiser anthem dental coverage covered payer asegur segur afilia poliz salud assur
        mutuelle adherent sante vitale soins carte~id medical health 会员 會員 成员 医保 醫保 保险
        保險 医疗 醫療 保单 保單 投保 参保 受益 红蓝卡 紅藍卡 健保 被保 联邦医 bao~xian yi~bao
        hui~yuan bao~dan yi~liao <rx card~id id~card id~num patient krankenk versicher socio
        membre miembro titular derechohab <cin> <elig copay <pcp> deducti clinic doctor hospital
        pharma <dob> <uhc united~health molina centene ambetter well~care highmark geisinger
        tricare optum ameri~group ameri~health fidelis florida~blue oscar elevance well~point
        care~source premera regence care~first excellus emblem medica tufts harvard~pilgrim
        metlife guardian moda cal~optima <la~care metro~plus cdphp clover emisor 卡
    """,
}
# Six words, or six Chinese characters, with no more than punctuation between them
_SENTENCE = re.compile(
    r"(?<![^\W_])(?:[^\W\d_]{1,20}[^\w\s+\x1f]{0,3}[\s+]){5}[^\W\d_]"
    r"|(?:[\u4e00-\u9fff][，。？！、：]?){6}"
)
# What a tag's own names and the pages of any site hold, and what names nobody's number there.
_NOT_CUES = re.compile(
    r"(?<![a-z])dl(?==https?:)|\.txt(?![a-z])|iphone(?!s? ?(?:n|#|:|is))"
    r"|utm_(?:medium|source|campaign)=[a-z_.-]*"
    r"|(?:privacy|cookies?)[-_ ]?policy|/health(?:z\b|[-_ ]?check|(?=[/?\" ]))"
)


@dataclass(frozen=True, slots=True)
class _Net:
    """One category's words: those sought as they are, and a pattern of those with edges or gaps."""

    plain: tuple[str, ...]
    pattern: re.Pattern[str]

    def catches(self, text: str) -> bool:
        return any(word in text for word in self.plain) or self.pattern.search(text) is not None


def plain(text: str) -> str:
    """Return a folded text without what looks like a cue in every log."""
    return _NOT_CUES.sub("", text)


def sentence(text: str) -> bool:
    """Say whether a whole sentence stands in a folded text."""
    return _SENTENCE.search(text) is not None


def named(category: str, text: str) -> bool:
    """Say whether a word of `category` stands in a `plain` text."""
    return _NETS[category].catches(text)


def _net(words: str) -> _Net:
    every = words.split()
    patterns = [word for word in every if set(word) & set("<>~")]
    plain = tuple(word for word in every if word not in patterns)
    return _Net(plain, re.compile("|".join(map(_written, patterns))))


def _written(word: str) -> str:
    """Write a word as a pattern that begins with its first letter: others are passed quickly."""
    body = re.escape(word.strip("<>")).replace("\\~", "~").replace("~", "[^a-z0-9]{0,2}")
    before = f"(?<![a-z]{body[0]})" if word[0] == "<" else ""
    return body[0] + before + body[1:] + ("(?![a-z])" if word[-1] == ">" else "")


_NETS: Mapping[str, _Net] = {category: _net(words) for category, words in WORDS.items()}


# Atoms: whatever may stand for a digit, and the clusters that atoms form.
#
# A run of digits is one atom of its length. A number word of English, Spanish, French or Chinese
# is one too, wherever it stands, inside other words as well ("seis4cuatro"); it counts for at
# least as many digits as it can mean ("seventy" and "seventeen" two, "thousand" three), so a
# count is never too low. A cluster is a stretch of atoms with nothing between neighbours but a
# few signs or a word for a sign ("dash", "y").


_GAP = 10  # characters between two atoms of a cluster
_ONE = (
    "zero|one|two|three|four|five|six|seven|eight|nine|double|oh|o(?<![a-z0-9]o)(?![a-z0-9])",
    "cero|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|doble|veinti|una|une|un",
    "deux|trois|quatre|cinq|sept|huit|neuf",
)
_TWO = (
    "thirteen|thirty|fourteen|forty|fourty|fifteen|fifty|sixteen|sixty|seventeen|seventy|eighteen|eighty",
    "nineteen|ninety|twenty|ten|eleven|twelve|hundred|triple",
    "diez|once|doce|trece|catorce|quince|dieci|veinte|treinta|cuarenta|cincuenta|sesenta|setenta",
    "ochenta|noventa|cientos|ciento|cien",
    "dix|onze|douze|treize|quatorze|quinze|seize|vingts|vingt|trente|quarante|cinquante|soixante",
    "septante|huitante|octante|nonante|cents|cent",
)
_THREE = ("thousand|mille|mil",)
_RUN = re.compile("[0-9]+")
# Every alternative begins with a letter as it is: the expression then skips to where one stands.
_WORD = re.compile("|".join((*_THREE, *_TWO, *_ONE)))
_HAN = re.compile("[零〇一二两兩三四五六七八九十百幺壹贰貳弍参參叁叄肆伍陆陸柒捌玖]")
_DIGITS = dict.fromkeys("|".join(_THREE).split("|"), 3) | dict.fromkeys(
    "|".join(_TWO).split("|"), 2
)
_SIGN_WORDS = "dash|hyphen|guion|tiret|plus|mas|and|y|et|杠|横|加|至|x|转|ext|-"
_BETWEEN = re.compile(rf"[\W_]*(?:(?:{_SIGN_WORDS})[\W_]*)?")
_START = attrgetter("start")


@dataclass(frozen=True, slots=True)
class Atom:
    """A run of digits or a number word at `start`; `digits` is the most that it can mean."""

    start: int
    text: str
    digits: int

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.text)

    @property
    def is_word(self) -> bool:
        """Say whether it is a word and no run of digits."""
        return not self.text.isdecimal()


@dataclass(frozen=True, slots=True)
class Cluster:
    """Atoms that stand close together: the most digits they can mean, how many are words."""

    atoms: tuple[Atom, ...]
    digits: int
    words: int


def atoms(text: str) -> list[Atom]:
    """Return the atoms of a folded text in their order."""
    found = [Atom(run.start(), run[0], len(run[0])) for run in _RUN.finditer(text)]
    found += [Atom(word.start(), word[0], _DIGITS.get(word[0], 1)) for word in _WORD.finditer(text)]
    if not text.isascii():
        found += [Atom(sign.start(), sign[0], 1) for sign in _HAN.finditer(text)]
    return sorted(found, key=_START)


def clusters(text: str, found: Sequence[Atom]) -> list[Cluster]:
    """Return the atoms of `text` by cluster."""
    return [
        Cluster(
            tuple(group), sum(atom.digits for atom in group), sum(atom.is_word for atom in group)
        )
        for group in _grouped(text, found)
    ]


def densest(found: Sequence[Atom], width: int) -> int:
    """Return the most digits that the atoms of any stretch of `width` characters can mean."""
    best = total = first = 0
    for atom in found:
        total += atom.digits
        while atom.start - found[first].start > width:
            total -= found[first].digits
            first += 1
        best = max(best, total)
    return best


def _grouped(text: str, found: Sequence[Atom]) -> Iterator[list[Atom]]:
    group: list[Atom] = []
    for atom in found:
        if group and not _joined(text, group[-1].end, atom.start):
            yield group
            group = []
        group.append(atom)
    if group:
        yield group


def _joined(text: str, start: int, end: int) -> bool:
    if end - start > _GAP:
        return False
    between = text[start:end]
    return CUT not in between and _BETWEEN.fullmatch(between) is not None
