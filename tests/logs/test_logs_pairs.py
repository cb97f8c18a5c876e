"""Laws of keys: each pair is found where it stands, and a name never gives a value away."""

import json
import time
from random import Random
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piiforge import categories, logs
from piiforge.logs import FIELD, PARAMETER, UNSAFE, rows

names = st.text("abcdefghijkXYZ_", min_size=1, max_size=20)
values = st.text(min_size=1, max_size=20)


def found(content):
    return [(pair.key, pair.place, pair.text) for pair in logs.pairs(content)]


@given(st.dictionaries(names, values, min_size=1, max_size=8))
def test_every_parameter_of_an_address_is_found_alone(said):
    query = urlencode(said, quote_via=quote)
    line = f'192.0.2.1 - - "GET /a?{query} HTTP/1.1" 200 "-"'
    outer = [pair for pair in logs.pairs(line) if pair.within < 0]
    assert [(pair.key, pair.place, pair.text) for pair in outer] == [
        (name, PARAMETER, urlencode({name: value}, quote_via=quote)) for name, value in said.items()
    ]


@given(st.dictionaries(names, st.text("abc 1@.", max_size=9), min_size=1, max_size=8))
def test_every_leaf_of_json_is_found_alone_with_what_is_around_it(said):
    assert found(json.dumps({"user": said})) == [
        (f"user.{name}", FIELD, json.dumps({"user": {name: value}}, separators=(",", ":")))
        for name, value in said.items()
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a=1&b%5Bc%5D=2", [("a", PARAMETER, "a=1"), ("b[c]", PARAMETER, "b%5Bc%5D=2")]),
        ('level=info msg="x y" tel=5', [("level", FIELD, "level=info"), ("msg", FIELD, 'msg="x y"'),
                                        ("tel", FIELD, "tel=5")]),
        ('12:00 INFO {"a": [{"b": 1}]} k=2', [("a.b", FIELD, '{"a":[{"b":1}]}'),
                                              ("k", FIELD, "k=2")]),
        ("t=am9AZXhhbXBsZS5jb20=", [("t", PARAMETER, "t=am9AZXhhbXBsZS5jb20=")]),
        ("am9AZXhhbXBsZS5jb20=", []), ("am9AZXhhbXBsZQ==", []), ("a=&b=", []),
        ("nothing here", []), ("", []), ("{broken", []), ("=x", []),
    ],
)  # fmt: skip
def test_pairs_of_other_writings(content, expected):
    assert found(content) == expected


def test_a_pair_inside_a_value_names_the_pair_that_it_is_in():
    inner = "https://a.example/?mail=x%40example.com"
    content = json.dumps({"page": {"url": inner}, "n": 1})
    pairs = logs.pairs(content)
    assert [(pair.key, pair.place, pair.within) for pair in pairs] == [
        ("page.url", FIELD, -1), ("mail", PARAMETER, 0), ("n", FIELD, -1),
    ]  # fmt: skip
    assert [pair.key for pair in logs.pairs("u=" + quote(inner, safe=""))] == ["u", "mail"]


def test_the_number_of_pairs_is_bounded():
    assert len(logs.pairs("&".join(f"k{at}=1" for at in range(500)), most=64)) == 64
    assert len(logs.pairs("&".join(f"k{at}=1" for at in range(9000)))) == 5000


@pytest.mark.parametrize("category", categories.ALL, ids=lambda each: each.id)
def test_a_drawn_value_in_the_place_of_a_key_is_never_shown(category):
    rng = Random(category.id)
    for _ in range(300):
        value = category.draw(rng)
        for part in value.parts:
            bare = "".join(filter(str.isalnum, part.text))
            if "@" in part.text or sum(map(str.isdigit, bare)) > 3:
                assert logs.shown([part.text]) == UNSAFE
                assert logs.shown([quote(quote(part.text, safe=""))]) == UNSAFE


@pytest.mark.parametrize(
    "name", ["email", "user[tel]", "utm_x3", "e-mail", "名前", "correo electrónico", "$ip", "a.b"]
)
def test_the_names_of_keys_are_shown(name):
    assert logs.shown([name]) == name


@pytest.mark.parametrize(
    "name", ["jo@example.com", "jo%40example.com", "555-0100", "x" * 65, "a\nb", "<b>", "",
             "\u200b", "٠٠٠٠", "一二三四五", "a=b", "\udc80"]
)  # fmt: skip
def test_what_may_be_a_value_is_not_shown_as_a_key(name):
    assert logs.shown([name]) == UNSAFE


MAIL = "mira@fleet.example"


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (f"X-User-Email: {MAIL}", "X-User-Email"), (f"From: Mira <{MAIL}>", "From"),
        (f"Mail address: {MAIL}", "Mail address"), (f"12:01 INFO mail: {MAIL} plan: pro", "mail"),
        (f"INFO mail: {MAIL}", "mail"), (f"Cookie: sid=1; mail={MAIL}; x=y", "mail"),
        (f"{{'mail': '{MAIL}', 'plan': 'pro'}}", "mail"), (f"User(id=3, mail={MAIL}, p=1)", "mail"),
        (f"User{{id=3, mail='{MAIL}'}}", "mail"), (f"map[mail:{MAIL} plan:pro]", "mail"),
        (f'#<User id: 3, mail: "{MAIL}">', "mail"), (f"{{mail:'{MAIL}', n:1}}", "mail"),
        (f'<user mail="{MAIL}"/>', "mail"), (f"<mail>{MAIL}</mail>", "mail"),
        (f"<a:mail x='1'><![CDATA[{MAIL}]]></a:mail>", "mail"),
        (f'<Data Name="mail">{MAIL}</Data>', "mail"), (f"<td>{MAIL}</td>", None),
        (f"<key>mail</key> <string>{MAIL}</string>", "mail"),
        (f"mail => {MAIL}", "mail"), (f"[mail] => {MAIL}", "mail"), (f':mail=>"{MAIL}"', "mail"),
        (f"mail = {MAIL} x=1", "mail"), (f"run --mail {MAIL} --dry", "mail"),
        (f'  "mail": "{MAIL}",', "mail"), (f'body="{{\\"mail\\":\\"{MAIL}\\"}}"', "mail"),
        (f'sent "{{\\"mail\\": \\"{MAIL}\\"}}" on', "mail"),
        (f'level=info msg="a \\"b\\" c" mail={MAIL}', "mail"),
        (rf'{{"body":"{{\x22mail\x22:\x22{MAIL}\x22}}"}}', "mail"),
        (rf'"POST /a" "{{\x22mail\x22:\x22{MAIL}\x22}}" 200', "mail"),
        (f'{{"ua":"x\\xE3","mail":"{MAIL}"}}', "mail"),
        (f'{{"mail":"{MAIL}"}}{{"mail":"none"}}', "mail"),
        (f'req={{"a":1}} res={{"mail":"{MAIL}"}} 5 ms', "mail"),
        (f'{{"mail":"{MAIL}","mail":"none"}}', "mail"),
        (f'{{"mail":"none","mail":"{MAIL}"}}', "mail_2"),
        (f'{{"log":"\\u001b[32mmail\\u001b[0m=\\u001b[33m{MAIL}\\u001b[0m"}}', "mail"),
        (f"\x1b[36mmail\x1b[0m={MAIL}", "mail"), (f"#033[1;36mmail#033[0m={MAIL}", "mail"),
        (f'{{"tags":[["mail","{MAIL}"],["b","c"]]}}', "tags.mail"),
        (f'{{"tags":[{{"key":"mail","value":{{"stringValue":"{MAIL}"}}}}]}}',
         "tags.mail.stringValue"),
        (f"INSERT INTO `u` (`id`, `mail`) VALUES (1,'it''s, (x)'),(2,'{MAIL}');", "mail"),
        (f'insert into "u"("mail","n") values (\'{MAIL}\', NULL)', "mail"),
        (f'Content-Disposition: form-data; name="mail"\r\n\r\n{MAIL}\r\n--x', "mail"),
        (f"PATH=/bin\0USER_EMAIL={MAIL}\0HOME=/root\0", "USER_EMAIL"),
        (f'["{MAIL}"]', None), (f"write to {MAIL}", None), (f'{{"":"{MAIL}"}}', None),
    ],
)  # fmt: skip
def test_a_key_is_seen_wherever_one_plainly_stands(content, key):
    holding = [pair for pair in logs.pairs(content) if MAIL in pair.text]
    outer = {pair.within for pair in holding}
    named = [pair.key for at, pair in enumerate(logs.pairs(content))
             if pair in holding and at not in outer]  # fmt: skip
    assert named == ([key] if key else [])


def test_groups_of_a_number_without_quotes_stay_together():
    assert ("card", FIELD, "card=0000 1111 2222") in found("at=1 card=0000 1111 2222 declined")


@pytest.mark.parametrize(
    "escape", ["\x1b[", "\\u001b[", "\\x1b[", "\\033[", "\\e[", "#033[", "^[[", "\x9b", "["]
)
def test_the_letters_of_an_escape_are_no_text(escape):
    said = f"a {escape}31m0000 1111{escape}0m b{escape}1;33;40m c"
    assert rows.uncoloured(said) == "a 0000 1111 b c"


@pytest.mark.parametrize("text", ["a[1]m", "[m]", "[31 m", "x[i]", "^[a-z]", "\\e", "[1,2]"])
def test_what_is_no_escape_stays(text):
    assert rows.uncoloured(text) == text


@pytest.mark.parametrize("count", [65, 1000])
def test_the_last_of_many_pairs_is_named(count):
    batch = json.dumps({"events": [{"id": at, f"k{at % 7}": "x"} for at in range(count)]})
    batch = batch[:-2] + f', {{"mail": "{MAIL}"}}]}}'
    assert found(batch)[-1][0] == "events.mail"


@pytest.mark.parametrize(
    "piece",
    ["a=", '="', "k='", "&a", '{"a":', "[{", "%25", "a?b=", "\\", "a: ", '"a":', "<a>", "{a:",
     "map[", "a => ", " --a", "INSERT INTO x (a) VALUES (", "\x1b[", "\\x22", '\\"', "[1;",
     "<key>a</key>",
     'Content-Disposition: name="a"\n\n', "('", "a b c: "],
)  # fmt: skip
def test_hostile_text_costs_no_more_than_its_length(piece):
    short, long = (piece * (size // len(piece)) for size in (25_000, 200_000))
    assert cost_s(long) < 20 * max(cost_s(short), 0.01)  # eight times the text; squared is 64


def cost_s(content):
    """Return the least processor time of this thread of three readings."""
    took = []
    for _ in range(3):
        began = time.thread_time()
        logs.pairs(content)
        took.append(time.thread_time() - began)
    return min(took)
