"""What each finder accepts and refuses, with the reason."""

from random import Random

import pytest
from reader_draws import card, digits, itin, luhn_digit, mailbox, mbi, phone, routing, ssn

from piiforge.reader import find, judge

REFUSED = [
    ("ssn", "ssn=000-12-3456", "area"),
    ("ssn", "ssn=666-12-3456", "area"),
    ("ssn", "ssn=912-34-5678", "area"),
    ("ssn", "ssn=000120000", "area"),
    ("ssn", "ssn=078-05-1120", "placeholder"),
    ("ssn", "ssn=219-09-9999", "placeholder"),
    ("ssn", "ssn=123-45-6789", "placeholder"),
    ("ssn", "ssn=987-65-4321", "placeholder"),
    ("ssn", "ssn=111-11-1111", "placeholder"),
    ("ssn", "ssn=***-**-0000", "masked"),
    ("ssn", "ssn=•••-••-0000", "masked"),
    ("itin", "itin=900-93-0000", "group"),
    ("itin", "itin=900-66-0000", "group"),
    ("itin", "itin=900-49-0000", "group"),
    ("itin", "itin=000-70-0000", "area"),
    ("itin", "itin=XXX-XX-0000", "masked"),
    ("credit_card", "card=4242 4242 4242 4242", "placeholder"),
    ("credit_card", "card=4111111111111111", "placeholder"),
    ("credit_card", "card=378282246310005", "placeholder"),
    ("credit_card", "card=5555-5555-5555-4444", "placeholder"),
    ("credit_card", "card=4242 4242 4242 4241", "luhn"),
    ("credit_card", "card=9999 0000 9999 0001", "prefix"),
    ("credit_card", "card=**** **** **** 0002", "masked"),
    ("phone", "phone=+1 202-555-0143", "fictional"),
    ("phone", "phone=(202) 555-0100", "fictional"),
    ("phone", "phone=123-456-7890", "placeholder"),
    ("phone", "phone=000-000-0000", "placeholder"),
    ("phone", "phone=(***) ***-0000", "masked"),
    ("phone", "tel=+44 20 7946 0018", "fictional"),
    ("email", "to=name@example.com", "placeholder"),
    ("email", "to=your.email@domain.com", "placeholder"),
    ("email", "to=tucorreo@ejemplo.com", "placeholder"),
    ("email", "to=nom@exemple.fr", "placeholder"),
    ("email", "to=someone@somewhere.test", "placeholder"),
    ("email", "src=logo@2x.png", "file"),
    ("email", "pkg=left-pad@1.3.0", "domain"),
    ("email", "git@github.com:acme/site.git", "repository"),
    ("email", "https://user:secret@db.acme-host.com/x", "url"),
    ("email", "j***@acme-host.com", "masked"),
    ("email", "root@localhost", "domain"),
    ("passport", "passport=123456789", "placeholder"),
    ("passport", "passport=000000000", "placeholder"),
    ("passport", "passport=A12345678", "placeholder"),
    ("drivers_license", "dl=A1234567", "placeholder"),
    ("drivers_license", "dl=123456789", "placeholder"),
    ("member_id", "medicare_id=1EG4-TE5-MK73", "placeholder"),
    ("member_id", "insurance_id=W00000000", "placeholder"),
]
NOTHING = [
    ("phone", "at 2026-03-05 10:11:12"),
    ("phone", "host 203.0.113.29"),
    ("phone", "ts=1767890345123"),
    ("phone", "lat=40.712812&lng=-74.006012"),
    ("phone", "v=2.14.0-rc1"),
    ("phone", "text 55512 to join"),
    ("credit_card", "x=0.4242424242424242"),
    ("email", "@somebody said hi"),
    ("email", "a @ b"),
    ("email", "<your email>"),
    ("ssn", "id=a1b2c3d4-123e-4567"),
    ("ssn", "v=0001234567890"),
    ("passport", "/articles/passport-renewal-2026"),
    ("drivers_license", "plate=ABC1234"),
    ("member_id", "a1b22c33d44"),
    ("bank_account", "routing=000000001"),
]


@pytest.mark.parametrize(("category", "content", "reason"), REFUSED)
def test_what_can_not_be_is_refused_with_its_reason(
    category: str, content: str, reason: str
) -> None:
    findings = find(content, category)
    assert reason in {finding.reason for finding in findings}
    assert not judge(findings)


@pytest.mark.parametrize(("category", "content"), NOTHING)
def test_benign_text_holds_nothing(category: str, content: str) -> None:
    assert not judge(find(content, category))


def dashed(number: str) -> str:
    return f"{number[:3]}-{number[3:5]}-{number[5:]}"


def test_dashes_tell_a_tax_number_without_a_cue() -> None:
    rng = Random(1)
    for _ in range(50):
        assert judge(find(f"here: {dashed(ssn(rng))}", "ssn"))
        assert judge(find(f"x={dashed(itin(rng))}", "itin"))


def test_a_tax_number_is_of_one_kind() -> None:
    rng = Random(2)
    for _ in range(50):
        assert not judge(find(f"tin={dashed(ssn(rng))}", "itin"))
        assert not judge(find(f"tin={dashed(itin(rng))}", "ssn"))


@pytest.mark.parametrize(
    ("prefix", "length"),
    [("4", 16), ("4", 13), ("4", 19), ("51", 16), ("2221", 16), ("34", 15), ("37", 15),
     ("6011", 16), ("644", 16), ("65", 16), ("36", 14), ("3528", 16), ("62", 16), ("62", 19)],
)  # fmt: skip
def test_cards_of_every_network_are_found_without_a_cue(prefix: str, length: int) -> None:
    rng = Random(prefix + str(length))
    for _ in range(10):
        number = card(rng, prefix, length)
        assert judge(find(f"x={number}", "credit_card"))
        grouped = " ".join(number[at : at + 4] for at in range(0, length, 4))
        assert find(f"x={grouped}", "credit_card")[0].key == number


def test_a_card_with_a_wrong_check_digit_is_refused() -> None:
    number = card(Random(3))
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert luhn_digit(wrong[:-1]) != wrong[-1]
    assert not judge(find(f"card={wrong}", "credit_card"))


@pytest.mark.parametrize("hidden", ["******", "XXXXXX", "••••••", "######"])
def test_first_six_and_last_four_count_under_the_switch(hidden: str) -> None:
    findings = find(f"card=424242{hidden}4242", "credit_card")
    assert judge(findings)
    assert not judge(findings, partial_mask=False)


def test_role_mailboxes_count_under_the_switch() -> None:
    findings = find("to=support@tolvamar.com", "email")
    assert judge(findings)
    assert not judge(findings, role_mailbox=False)


def test_mailboxes_are_found_whatever_their_key() -> None:
    address = mailbox(Random(4))
    for content in (f"order={address}", f"请写信到{address}。", f"/u/{address}/x", f"<{address}>"):
        assert find(content, "email")[0].key == address
        assert judge(find(content, "email"))


@pytest.mark.parametrize(
    "form", ["+1{a}{b}{c}", "+1 ({a}) {b}-{c}", "({a}) {b}-{c}", "{a}-{b}-{c}", "1-{a}-{b}-{c}",
             "+1.{a}.{b}.{c}", "+1{a}{b}{c};ext=12", "({a}) {b}-{c} x123", "({a}) {b}-{c} ext. 9"],
)  # fmt: skip
def test_forms_that_tell_a_phone_need_no_cue(form: str) -> None:
    number = phone(Random(form))
    content = form.format(a=number[:3], b=number[3:6], c=number[6:])
    best = find(f"here: {content}", "phone")[0]
    assert best.key.endswith(number)
    assert judge([best])


@pytest.mark.parametrize("exchange", ["011", "111", "911", "122"])
def test_exchanges_that_can_not_be_are_refused(exchange: str) -> None:
    assert not judge(find(f"phone=+1 212-{exchange}-0000", "phone"))


@pytest.mark.parametrize("area", ["111", "911", "292", "370", "961"])
def test_areas_that_can_not_be_are_refused(area: str) -> None:
    assert not judge(find(f"phone=({area}) 220-0000", "phone"))


def test_vanity_numbers_are_read_on_the_keypad() -> None:
    assert find("call 1-800-ABCDEFG", "phone")[0].key == "18002223334"


@pytest.mark.parametrize(
    ("lead", "count", "key"), [("6", 8, "telefono"), ("06", 8, "téléphone"), ("139", 8, "手机")]
)
def test_national_numbers_need_a_cue(lead: str, count: int, key: str) -> None:
    rng = Random(key)
    numbers = [lead + digits(rng, count) for _ in range(20)]
    assert sum(judge(find(f"{key}: {number}", "phone")) for number in numbers) >= 15
    assert not any(judge(find(f"x={number}", "phone")) for number in numbers)


@pytest.mark.parametrize(
    "frame",
    [
        "routing={r}&account={a}",
        "routingNumber={r}&accountNumber={a}",
        '{{"aba":"{r}","acct":"{a}"}}',
        "my routing number is {r} and my account is {a}",
        "account {a}, routing {r}",
        "mi numero de ruta es {r} y mi cuenta {a}",
        "numéro de routage {r}, compte {a}",
        "路由号{r}，账号{a}",
        "⑆{r}⑆ {a}⑈",
        "T{r}T {a}C",
        "622{r}{a:<17}0000012345",
    ],
)
def test_bank_pairs_are_found(frame: str) -> None:
    rng = Random(frame)
    ours, account = routing(rng), "8" + digits(rng, 6) + "30"
    findings = find(frame.format(r=ours, a=account), "bank_account")
    assert findings[0].key == f"{ours}|{account}"
    assert judge(findings)


@pytest.mark.parametrize(
    "frame",
    ["routing={r}", "account={a}", "routing={bad}&account={a}", "routing={r}&account=*****{last}",
     "sku={r}&part={a}", "order={r}&account={a}"],
)  # fmt: skip
def test_half_a_pair_is_nothing(frame: str) -> None:
    rng = Random(frame)
    ours, account = routing(rng), "8" + digits(rng, 7) + "30"
    bad = ours[:-1] + str((int(ours[-1]) + 1) % 10)
    content = frame.format(r=ours, a=account, bad=bad, last=account[-4:])
    assert not judge(find(content, "bank_account"))


def test_medicare_ids_are_told_by_their_form() -> None:
    rng = Random(5)
    for _ in range(20):
        number = mbi(rng)
        assert judge(find(f"x={number[:4]}-{number[4:7]}-{number[7:]}", "member_id"))
        assert find(f"mbi={number}", "member_id")[0].key == number.lower()


def test_digits_tied_to_a_code_are_not_numbers() -> None:
    number = dashed(ssn(Random(6)))
    assert not judge(find(f"AB-{number}", "ssn"))
    assert not judge(find(f"{number}-A", "ssn"))
    assert not judge(find(f"part {number}-7", "ssn"))
    assert judge(find(f"号码：{number}是我的社安号", "ssn"))
