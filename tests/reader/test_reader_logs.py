"""Lines of logs: what stands beside a value names it, denies it or hides it only as it should.

Values are drawn here; hosts and machines are those kept for documents.
"""

import json
from random import Random

import pytest
from reader_draws import card, digits, itin, mailbox, phone, routing, ssn

from piiforge.reader import CATEGORIES, decode, find, judge, served
from piiforge.types import Cue

DRAWS = 8
every_draw = pytest.mark.parametrize("seed", range(DRAWS))


def found(text: str, category: str) -> bool:
    return judge(find(text, category))


def dashed(number: str) -> str:
    return f"{number[:3]}-{number[3:5]}-{number[5:]}"


def spaced(number: str) -> str:
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))


@pytest.mark.parametrize(
    "line",
    ['{{"phone_verified":true,"iat":1767{0}}}', '{{"dialogId":"415738{1}"}}',
     '{{"callId":"415738{1}"}}', '{{"cell_id":415738{1}}}', '{{"contactId":415738{1}}}',
     '{{"sms_sent_at":1767{0}}}', '{{"phone":null,"id":415738{1}}}',
     "I/dialer(415738{1}): call ended", '{{"faxCount":415738{1}}}',
     '{{"msg":"call from 198.51.100.147 rejected"}}', "GET /x 404 415738{1} 17"],
)  # fmt: skip
@every_draw
def test_a_word_of_another_field_names_no_phone(line, seed):
    text = line.format(digits(Random(seed), 6), digits(Random(seed), 4))
    assert not found(text, "phone")


@pytest.mark.parametrize(
    "line",
    ['{"licenseExpires":20271231}', "MIT license 20260121", "license 20251130",
     '{"license":"MIT","build":20260121}', '{"driver_license_issued":"20190704"}'],
)  # fmt: skip
def test_a_day_is_no_licence(line):
    assert not found(line, "drivers_license")


@pytest.mark.parametrize(
    "line",
    ['{{"timestamp":1767000000,"applicant":"{0}"}}', '{{"date":"2026-01-21","user":"{0}"}}',
     '{{"price":12.5,"who":"{0}"}}', "version=3 amount=20 subject={0}", "time 10:22 - {0}",
     '{{"ts":"2026-01-21T10:10:24Z","level":"info","w":"{0}"}}', "request 77 by user {0}",
     "please send the invoice to {0}", "send the parcel to my {0}"],
)  # fmt: skip
@every_draw
def test_a_word_of_another_field_denies_nothing(line, seed):
    assert found(line.format(dashed(ssn(Random(seed)))), "ssn")


@pytest.mark.parametrize(
    "line",
    ["change the order to {0}", "the part number is {0}", '{{"sku":"{0}"}}', "invoice: {0}",
     "set the tracking number to {0}"],
)  # fmt: skip
def test_a_noun_that_is_the_value_still_denies_it(line):
    (best, *_) = find(line.format(dashed(ssn(Random(3)))), "ssn")
    assert best.cue is Cue.VETO


def test_a_verb_before_a_noun_says_where_it_goes():
    assert found(f"text me the tracking number at {phone(Random(2))}", "phone")


@every_draw
def test_what_has_a_sign_or_no_issuers_length_is_no_card(seed):
    rng = Random(seed)
    master19, jcb15 = card(rng, "54", 19), card(rng, "3530", 15)
    for text in (f"block blk_-{card(rng)}", f"range -{card(rng)} to -{card(rng, '4', 19)}",
                 f'{{"id":-{card(rng)}}}', f"id={master19}", f"id={jcb15}",
                 f'{{"snowflakeId":{card(rng, "4", 19)}}}'):  # fmt: skip
        assert not found(text, "credit_card"), text


def test_groups_of_a_uuid_are_no_card():
    number = card(Random(4))
    uuid = f"{number[:8]}-{number[8:12]}-{number[12:]}-abcd-0123456789ab"
    assert not found(f"trace {uuid} done", "credit_card")


@every_draw
def test_a_row_of_counts_is_no_card_and_a_card_may_have_a_code_beside_it(seed):
    number = card(Random(seed), "301", 16)
    row = " ".join((number[:3], number[3], number[4], number[5:10], number[10:14], number[14:]))
    assert not found(f'"-" {row}', "credit_card")
    assert found(f"card {spaced(card(Random(seed)))} 12/27 123", "credit_card")


@pytest.mark.parametrize("category", ["ssn", "phone", "credit_card", "passport", "itin"])
@pytest.mark.parametrize("address", ["198.51.100.147", "203.0.113.20", "192.0.2.242"])
def test_an_address_of_a_machine_is_no_number(category, address):
    for text in (f"{category} from {address} now", f"14 {address} GET", f"80 - {address}"):
        assert not found(text, category), text


@pytest.mark.parametrize(
    "address",
    ["user@1000.service", "getty@tty1.service", "wg-quick@wg0.timer", "celery@worker-1.prod",
     "root@db.internal", "root@db.corp", "svc@node7.cluster", "hero@3x.heic", "logo@2x.avif",
     "deploy@shop.acme.dev:~$", "org-7@git.acme.dev:ops/repo.git", "me@build.acme.dev:/srv/www"],
)  # fmt: skip
def test_what_no_mail_reaches_is_no_address(address):
    assert not found(f"started {address} today", "email")


@pytest.mark.parametrize("domain", ["com", "museum", "xn--p1ai", "рф", "com:hunter2", "org, and"])
def test_what_mail_reaches_is_an_address(domain):
    assert found(f"to {mailbox(Random(5)).removesuffix('.com')}.{domain}", "email")


@pytest.mark.parametrize("call", ["ssh", "scp -P 22", "ssh -i key.pem"])
def test_a_login_is_no_address(call):
    assert not found(f"{call} {mailbox(Random(6))} uptime", "email")


STYLES = (
    "415-738-22##x204", "415-738-22## ext 204", "001-415-738-22##", "00441617152###",
    "0171/49288##", "(0171) 49288##", "982045####", "98204 5####", "347123####", "20 48 21 ##",
    "9123 48##", "912348##", "8 (912) 345-6#-8#", "06 48 27 39 ##", "070-123 4# 6#",
)  # fmt: skip


@pytest.mark.parametrize("style", STYLES)
@every_draw
def test_a_phone_key_names_a_number_of_any_country(style, seed):
    rng = Random(seed)
    number = "".join(digits(rng, 1) if sign == "#" else sign for sign in style)
    assert found(json.dumps({"phone": number}), "phone"), number


@pytest.mark.parametrize("number", ["(982) 045-1763", "982-045-1763", "12345678", "20260121"])
def test_what_nobody_can_have_is_no_phone_under_its_key(number):
    assert not found(json.dumps({"phone": number}), "phone")


@every_draw
def test_what_a_server_answered_is_no_phone(seed):
    rng = Random(seed)
    size = f"{rng.randrange(2, 10)}{digits(rng, 6)}"
    row = f'"GET /contact/phone HTTP/{{}} {rng.randrange(200, 599)} {size} "-" "curl/8"'
    for protocol in ('1.1"', '2"', '1.0\\"', '2.0\\\\"'):
        assert not found(row.format(protocol), "phone"), row
    assert found(row.format('1.1"').replace(' "-"', f' "phone={phone(rng)}"'), "phone")


@every_draw
def test_an_account_and_any_number_are_no_pair(seed):
    rng = Random(seed)
    account, number = digits(rng, 12), routing(rng)
    for text in (json.dumps({"accountId": account, "tabId": int(number)}),
                 json.dumps({"user": {"account_id": account}, "memory": int(number)})):  # fmt: skip
        assert not found(text, "bank_account")
    assert found(json.dumps({"routing_number": number, "account": account}), "bank_account")


ESCAPES = ("\x1b[1;31m{}\x1b[0m", "^[[31m{}^[[0m", "\\u001b[32m{}\\u001b[0m", "\\033[31m{}\\033[0m",
           "\\e[38;5;196m{}\\e[0m", "\\x1b[31m{}\\x1b[0m", "#033[31m{}#033[0m")  # fmt: skip


@pytest.mark.parametrize("escape", ESCAPES)
@pytest.mark.parametrize(
    ("category", "value"),
    [("ssn", dashed(ssn(Random(1)))), ("email", mailbox(Random(1))),
     ("credit_card", spaced(card(Random(1))))],
)  # fmt: skip
def test_colours_of_a_terminal_hide_nothing(escape, category, value):
    line = f"{escape.format(category)}={escape.format(value)} declined"
    assert found(line, category)
    assert decode(line)[-1].text == f"{category}={value} declined"


def test_a_documented_sample_is_no_itin():
    assert not found("987-65-4321", "itin")
    assert found(dashed(itin(Random(1))), "itin")


SERVED = (
    "2026-03-02 10:00:00 10.0.0.1 GET /a{} - 443 - 192.0.2.9 curl/8 https://www.example.com/b{}"
)
COUNTS = (
    " 200 0 2147942487 1113 28",
    " 302 7 2 78023 3865 11055",
    " 404 14 0 1591",
    " 200 0 0 15 4 9",
)


@pytest.mark.parametrize("counts", COUNTS)
@pytest.mark.parametrize("path", ["", "?h=1320&q=75", "/27-29678919"])
def test_the_counts_of_a_server_are_no_number(counts, path):
    row = SERVED.format(path, path) + counts
    assert row[served(row) :] == counts
    for category in CATEGORIES:
        for finding in find(row, category):
            assert finding.snippet_end <= served(row)


@every_draw
def test_a_number_before_the_counts_of_a_server_is_found(seed):
    value = dashed(ssn(Random(seed)))
    for place in range(2):
        paths = ["", ""]
        paths[place] = f"?ssn={value}"
        assert found(SERVED.format(*paths) + COUNTS[0], "ssn")


@pytest.mark.parametrize(
    "text",
    ["my phone is 404 555 0123 12", "2026-03-02 10:00:00 visitor: call 404 55 0123 12",
     "2026-03-02 10:00:00 GET /a 404 55 0123 12\\n404 55 0123 12",
     "GET /a curl/8 - 404 55 0123 12", "2026-03-02 10:00:00 GET /a - 2125550123 12 3 4"],
)  # fmt: skip
def test_only_a_row_of_a_server_ends_with_its_counts(text):
    assert served(text.replace("\\n", "\n")) == len(text.replace("\\n", "\n"))
