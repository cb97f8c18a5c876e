r"""Fields of a log line that are known by their exact grammar, and hold nothing of any category.

Only grammars that leave no room are here. A date has a month and a day that exist and no digit
beside it; a UUID and a digest have letters among their digits and no eight digits in a row; an
address is a complete IPv4 or IPv6 one; a browser's product has a version of short numbers; a client
id stands behind its own cookie's name or key. A number that only looks like one of these stays: ten
digits are an epoch only where their key says so (policy, rule 6). What is cut leaves `CUT`, which
no number reaches across.

>>> without_noise('203.0.113.9 - - [15/Sep/2024:10:00:44 +0000] "GET / HTTP/1.1" 200 8397 "-"')
'\x1f - - [\x1f] "GET / \x1f "-"'
>>> without_noise("ts=1700000000&n=1700000000&id=123e4567-e89b-12d3-a456-426614174000")
'\x1f&n=1700000000&id=\x1f'
"""

import re

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
