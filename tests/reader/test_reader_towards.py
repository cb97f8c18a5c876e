"""Where something is sent, or what it is paid with, is not that something, in four languages."""

from random import Random

import pytest
from reader_draws import DRAWS, phone

from piiforge.reader import find
from piiforge.types import Cue

SENT = [
    "text me the tracking number at {}",
    "tracking updates go to {} please",
    "send the order number to this number: {}",
    "they asked for my invoice number at {} and hung up",
    "leave the ticket number with my husband at {}",
    "send the invoice to: {}",
    "text {} for the tracking number",
    "text {} the order number",
    "{} is where you send the invoice",
    "mándame el número de rastreo al {}",
    "envía la factura a {} por favor",
    "mande el pedido al número {}",
    "texto {} para el número de pedido",
    "envoyez-moi le numéro de suivi au {}",
    "envoyez la facture à {} svp",
    "envoyez à {} la facture",
    "请把快递单号发到{}",
    "发票请寄到{}谢谢",
    "把订单号发给{}",
    "给{}发快递单号",
    "订单请打{}",
]
PAID = [
    "charge the invoice to {} please",
    "put the order on {}",
    "i paid the invoice with {} yesterday",
    "cobra la factura a la {}",
    "paga el pedido con {}",
    "payez la facture avec la {}",
    "mettez la commande sur la {}",
    "订单用{}付款",
    "发票刷{}",
]
NAMED = [
    "my order number is {}",
    "the order with number {}",
    "the order number is at {}",
    "changed the order number to {}",
    "{} is my tracking number",
    "{} order number",
    "call me about order number {}",
    "cambia el número de pedido a {}",
    "el pedido con número {}",
    "{} es mi número de pedido",
    "remplacez le numéro de commande par {}",
    "la commande, c'est la {}, mon numéro de commande",
    "订单号改到{}",
    "订单号是{}",
    "ordered_at=1&order_id={}",
]


def cue_of(text: str, category: str, value: str) -> Cue:
    return next(one.cue for one in find(text.format(value), category) if one.valid)


@pytest.mark.parametrize("text", SENT)
def test_where_something_is_sent_is_not_that_something(text: str) -> None:
    assert cue_of(text, "phone", phone(Random(text))) is not Cue.VETO
    assert cue_of(text, "email", f"m{len(text)}@glassharbour.net") is not Cue.VETO


@pytest.mark.parametrize("text", PAID)
def test_what_something_is_paid_with_is_not_that_something(text: str) -> None:
    assert cue_of(text, "credit_card", DRAWS["credit_card"](Random(text))) is not Cue.VETO


@pytest.mark.parametrize("text", NAMED)
def test_what_is_named_or_changed_into_a_number_is_that_number(text: str) -> None:
    assert cue_of(text, "phone", phone(Random(text))) is Cue.VETO
