"""Noise of devices: user agents, addresses, screens and languages. See `noise`."""

from collections.abc import Sequence
from random import Random

from piiforge.lines.tables import pick, words

_PLATFORMS = (
    "Windows NT 10.0; Win64; x64",
    "Windows NT 10.0; WOW64",
    "Macintosh; Intel Mac OS X 10_15_7",
    "X11; Linux x86_64",
    "X11; Ubuntu; Linux x86_64",
    "X11; CrOS x86_64 14541.0.0",
)
_HANDHELDS = (
    "Linux; Android 10; K",
    "Linux; Android 13; SM-S911B",
    "Linux; Android 14; Pixel 8",
    "Linux; Android 14; SM-A546E",
    "Linux; Android 12; M2101K6G",
    "Linux; Android 15; Pixel 9 Pro",
    "Linux; Android 11; moto g(30)",
    "Linux; Android 13; V2219A",
    "Linux; Android 14; 23127PN0CC",
)
_APPLES = tuple(
    f"{device} OS {major}_{minor} like Mac OS X"
    for device in ("iPhone; CPU iPhone", "iPad; CPU")
    for major, minor in ((15, 8), (16, 7), (17, 1), (17, 5), (18, 0), (18, 3))
)
_GECKOS = tuple(f"{platform}; rv:{{v}}.0" for platform in _PLATFORMS)
_BLINK = "AppleWebKit/537.36 (KHTML, like Gecko)"
_APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
_IN_APP = f"{_APPLE} Mobile/15E148"
_CHROME = f"{_BLINK} Chrome/{{v}}.0.0.0"
# (systems, what follows them, first and last version): {v} is drawn between the two.
_BROWSERS: tuple[tuple[Sequence[str], str, int, int], ...] = (
    (_PLATFORMS, f"{_CHROME} Safari/537.36", 104, 141),
    (_PLATFORMS, f"{_CHROME} Safari/537.36", 120, 141),
    (_PLATFORMS, f"{_CHROME} Safari/537.36 Edg/{{v}}.0.0.0", 112, 141),
    (_PLATFORMS, f"{_BLINK} Chrome/125.0.0.0 Safari/537.36 OPR/{{v}}.0.0.0", 96, 116),
    (_GECKOS, "Gecko/20100101 Firefox/{v}.0", 102, 143),
    (_HANDHELDS, f"{_CHROME} Mobile Safari/537.36", 110, 141),
    (_HANDHELDS, f"{_CHROME} Mobile Safari/537.36 MicroMessenger/8.0.50 NetType/4G", 110, 131),
    (_HANDHELDS, f"{_BLINK} SamsungBrowser/{{v}}.0 Chrome/121.0.0.0 Mobile Safari/537.36", 18, 28),
    (("Android 14; Mobile; rv:{v}.0",), "Gecko/{v}.0 Firefox/{v}.0", 110, 143),
    (_APPLES, f"{_APPLE} Version/{{v}}.4 Mobile/15E148 Safari/604.1", 15, 19),
    (_APPLES, f"{_APPLE} CriOS/{{v}}.0 Mobile/15E148 Safari/604.1", 112, 141),
    (_APPLES, f"{_IN_APP} Instagram {{v}}.0.0.18", 301, 360),
    (_APPLES, f"{_IN_APP} MicroMessenger/8.0.{{v}} NetType/WIFI Language/zh_CN", 38, 56),
    (("Macintosh; Intel Mac OS X 10_15_7",), f"{_APPLE} Version/{{v}}.3 Safari/605.1.15", 14, 19),
)
_WHOLE_AGENTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "curl/8.5.0",
    "curl/7.88.1",
    "Wget/1.21.4",
    "python-requests/2.31.0",
    "python-httpx/0.27.0",
    "okhttp/4.12.0",
    "Go-http-client/2.0",
    "axios/1.7.2",
    "PostmanRuntime/7.39.0",
    "Apache-HttpClient/4.5.14 (Java/17.0.9)",
    "Dalvik/2.1.0 (Linux; U; Android 13; SM-G991U Build/TP1A.220624.014)",
    "ShopApp/5.12.1 CFNetwork/1494.0.7 Darwin/23.4.0",
    "MyPortal/2.8 (iPhone; iOS 17.4; Scale/3.00)",
    "Dart/3.3 (dart:io)",
)
# Written out once: a call is then one draw. The apps and robots stand three times for their share.
_AGENTS = (
    *(
        f"Mozilla/5.0 ({system}) {rest}".replace("{v}", str(version))
        for systems, rest, first, last in _BROWSERS
        for system in systems
        for version in range(first, last + 1)
    ),
    *_WHOLE_AGENTS * 3,
)

_WHOLE_AGENTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "curl/8.5.0",
    "curl/7.88.1",
    "Wget/1.21.4",
    "python-requests/2.31.0",
    "python-httpx/0.27.0",
    "okhttp/4.12.0",
    "Go-http-client/2.0",
    "axios/1.7.2",
    "PostmanRuntime/7.39.0",
    "Apache-HttpClient/4.5.14 (Java/17.0.9)",
    "Dalvik/2.1.0 (Linux; U; Android 13; SM-G991U Build/TP1A.220624.014)",
    "ShopApp/5.12.1 CFNetwork/1494.0.7 Darwin/23.4.0",
    "MyPortal/2.8 (iPhone; iOS 17.4; Scale/3.00)",
    "Dart/3.3 (dart:io)",
)
_LOCALES = words(
    "en-US en-US en en-GB en_US es-MX es-ES es-US es-AR es_ES fr-FR fr-CA fr fr_FR "
    "zh-CN zh-CN zh-TW zh-HK zh_CN zh-Hans de-DE pt-BR ja-JP"
)
_SCREENS = words(
    "1920x1080 1366x768 1536x864 1440x900 2560x1440 3840x2160 1280x720 1600x900 390x844 393x873 "
    "412x915 360x800 414x896 430x932 375x667 768x1024 820x1180 1024x1366"
)


def user_agent(rng: Random) -> str:
    """Return the User-Agent of a browser, an app, a library or a robot."""
    return pick(_AGENTS, rng)


def ipv4(rng: Random) -> str:
    """Return an IPv4 address, one in four a private one."""
    bits = rng.getrandbits(32)
    low = f"{bits >> 8 & 255}.{1 + (bits & 255) % 254}"
    if bits >> 30 == 0:
        return f"10.{bits >> 16 & 255}.{low}" if bits >> 29 else f"192.168.{low}"
    return f"{11 + (bits >> 24) % 115}.{bits >> 16 & 255}.{low}"


def ipv6(rng: Random) -> str:
    """Return an IPv6 address of global scope, the interface half shortened or not."""
    bits = rng.getrandbits(96)
    net = f"2a{bits & 0x1F:02x}:{bits >> 5 & 0xFFF | 0xA000:x}:{bits >> 17 & 0xFFFF:x}"
    if bits >> 95:
        return f"{net}::{bits >> 33 & 0xFFF:x}"
    low = bits >> 45
    return f"{net}:{low & 0xFFFF:x}:{low >> 16 & 0xFF | 0xFE00:x}::{low >> 24 & 0xFFF:x}"


def screen(rng: Random) -> str:
    """Return the size of a screen in pixels."""
    return pick(_SCREENS, rng)


def locale(rng: Random) -> str:
    """Return a language tag."""
    return pick(_LOCALES, rng)
