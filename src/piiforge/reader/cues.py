"""The cue of a candidate: what the nearest words say that it is, seen from a category.

The nearest noun wins: first in the words before it, then right behind it, then its key, then the
turn or sentence before. A misleading phrase ("phone model", `ssn_status`) is told by the word
that follows the category's name.

>>> concept("social security"), concept("orderid"), concept("teapot")
('ssn', 'veto', '')

>>> text = '{"order": 1, "contact": "my ssn is 000-12-3456"}'
>>> place = place_of(text, text.index("000"), text.index('"}'))
>>> place.key, place.sentence
('contact', 'my ssn is ')
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from piiforge.reader.folding import fold, word_set
from piiforge.reader.records import Finding, Reading
from piiforge.types import Cue

# The phrases for each concept, folded: what keys and sentences call things.
#
# `LATIN` is English, Spanish, French and Chinese in Latin letters, phrases separated by commas.
# `HAN` is Chinese. The concepts are the categories, the halves of a bank pair, "tin" (a tax
# number of either kind), "member" (confirms only beside an issuer of health cover), "veto" (any
# other noun) and "idle" (a turn of speech that names nothing).


LATIN = {
    "ssn": """
        ssn, social security, social security number, social sec, soc sec, social insurance,
        ss number, social number, ss no, socsec, socialsecurity, taxpayer ssn, seguro social,
        numero de seguro social, nss, securite sociale, numero de securite sociale, secu, nir,
        my social, your social, full social, her social, his social,
        their social, the social, social is, social was, social ends,
        shehui anquan, shebao hao, shehui baoxian hao""",
    "itin": """
        itin, individual taxpayer, individual taxpayer identification, taxpayer identification,
        individual tax id, identificacion personal del contribuyente,
        identificacion del contribuyente, contribuable, identification du contribuable,
        contribuyente, geren nashui, nashuiren, nashui shibie, w7, w 7""",
    "tin": """
        tin, tax id, taxpayer id, tax identification, tax number, nif, fiscal id, shuihao,
        tax payer""",
    "credit_card": """
        credit card, card, card number, cc, ccn, ccnum, pan, debit card, payment card, visa,
        mastercard, amex, american express, discover, cardno, card no, primary account number,
        tarjeta, tarjeta de credito, tarjeta de debito, numero de tarjeta, carte,
        carte bancaire, carte bleue, carte de credit, numero de carte, xinyongka, kahao,
        yinhangka, creditcard, bank card, cb, plastic, cardnumber, diners, jcb, unionpay,
        payment method, billing card""",
    "routing": """
        routing, routing number, aba, rtn, transit number, aba routing, routing transit,
        bank code, ruta, numero de ruta, enrutamiento, transito, acheminement, routage,
        numero de routage, luyou, transit routing, routingno, rdfi, abanumber, bank routing,
        codigo de ruta, ruta bancaria, code guichet, luxian""",
    "account": """
        account, account number, acct, acc, acct no, bank account, checking, savings,
        checking account, savings account, dda, cuenta, numero de cuenta, cuenta bancaria,
        compte, numero de compte, cta, compte bancaire, zhanghao, zhanghu, accountno, acctnum,
        deposit account, beneficiary account, cuenta corriente, compte courant,
        yinhang zhanghao, iban""",
    "phone": """
        phone, telephone, tel, mobile, cell, cellphone, fax, whatsapp, call, call me, call us,
        text me, dial, msisdn, sms to, reach me at, reach me, reach us, contact number,
        phone number, callback, hotline, toll free, ring me, landline, handset number, telefono,
        movil, celular, llamar, llamame, llameme, llame, marque, telephonique, portable,
        appeler, appelez, appelle, rappeler, rappelez, joindre, mon numero de tel,
        numero de telephone, gsm, dianhua, shouji, shoujihao, lianxi dianhua, ph, mob, tlf,
        tfno, voicemail, phonenum, texting, sms me, contacto telefonico, telf, joignable,
        answering at, messages to, message to, number to reach, best number, contact no,
        evening number, day number""",
    "email": """
        email, e mail, mail, mailbox, correo, correo electronico, courriel, mel, youxiang,
        mailto, adresse mail, email address, mail to""",
    "passport": """
        passport, pass port, passport number, passport no, passport card, pasaporte, passeport,
        huzhao, huzhao hao, passportno, pasport, travel document, ppt no, documento de viaje,
        passnum, passport card number, passport number card,
        document de voyage, pasaporte estadounidense, passport book""",
    "drivers_license": """
        driver license, drivers license, driver s license, driving license, dl, dln, dl number,
        dlno, license, licence, driver licence, drivers licence, driving licence, licencia,
        licencia de conducir, licencia de manejo, permiso de conducir, carnet de conducir,
        conducir, permis, permis de conduire, conduire, jiazhao, jiashizheng, driver id,
        drivers id, op license, operator license, driverlic, drv lic, drivers lic, driver lic,
        jiashi zhengzhao, lic no, dmv""",
    "member_id": """
        medicare, medicaid, mbi, hicn, insurance id, subscriber id, subscriber number,
        insurance number, health plan id, health plan number, plan member, medicare number,
        medicaid id, insurance member, insurance policy, health insurance, insurance card,
        policy holder, policyholder, insured id, beneficiary id, poliza, numero de poliza,
        numero de afiliado, afiliado, asegurado, aseguradora, seguro medico, seguro de salud,
        assurance maladie, numero d assure, assure, mutuelle, numero d adherent, adherent,
        carte vitale, baoxian hao, yibao, canbao, medi cal, medical plan, health plan, hmo id,
        enrollee id, enrollee, coverage id, plan id, insurance card number, insurance card no,
        health card, health card number, insurance card id, medical card number""",
    "member": """
        member id, member number, member, member no, membership, policy, policy number,
        policy no, beneficiary, subscriber, miembro, socio, membre, huiyuan, baodan,
        numero de miembro, memberno""",
    "idle": """
        whole time, this time, last time, on time, next time, first time, any time, same time,
        in time, time being, in case, just in case, in order, in order to, in the process,
        to date, up to date, en caso, esta vez, a tiempo, cette fois, en cas""",
    "veto": """
        order, order number, order id, pedido, orden, commande, purchase, po number, invoice,
        factura, facture, facturation, receipt, recibo, recu, tracking, rastreo, seguimiento,
        suivi, shipment, envio, expedition, parcel, paquete, colis, package, pkg, waybill, awb,
        consignment, sku, part, part number, part no, pieza, piece, serial, serial number,
        serie, model, modelo, modele, product, producto, produit, item, articulo, article, asin,
        catalog, catalogo, catalogue, coupon, cupon, promo, promo code, voucher, gift card,
        gift, tarjeta de regalo, carte cadeau, discount, descuento, gtin, ean, upc, barcode,
        isbn, issn, lot, lote, batch, ticket, case, caso, dossier, booking, reserva,
        reservation, pnr, locator, localizador, confirmation, confirmacion, reference,
        referencia, ref, ref no, session, sesion, sid, device, device id, dispositivo, appareil,
        timestamp, ts, time, datetime, epoch, hora, heure, horodatage, date, fecha, dob, birth,
        birthday, expiry, ip, ip address, addr ip, price, precio, prix, amount, importe,
        montant, total, subtotal, sum, cost, balance, saldo, solde, revenue, coordinate,
        coordinates, lat, latitude, lng, lon, longitude, latitud, longitud, geo, coordenadas,
        coordonnees, version, build, release, short code, shortcode, codigo corto, plate, placa,
        matricula, plaque, immatriculation, license plate, licence plate, vin, vehicle, chassis,
        handle, username, image, img, imagen, photo, repo, repository, commit, hash, checksum,
        sha, md5, token, vault, trace, span, request, req, requestid, correlation, uuid, guid,
        claim, siniestro, sinistre, group, grupo, groupe, rxbin, bin, pcn, rxgrp, payer, payor,
        mrn, medical record, patient, patient file, chart, expediente, historia clinica,
        customer id, client id, clientid, cliente id, numero de cliente, numero client, loyalty,
        rewards, points, fidelidad, fidelite, frequent flyer, npi, ein, fein, employer id, zip,
        postal, postcode, codigo postal, code postal, imei, imsi, iccid, sim, sim card,
        transfer, transferencia, virement, wire, transaction, transaccion, txn, txid,
        transaction id, meter, contador, compteur, user id, userid, uid, usuario id, visitor id,
        visitorid, account id, cid, ga, gclid, fbclid, campaign, campana, campagne, ad id,
        asset, stock, inventory, inventario, quantity, qty, cantidad, size, count, width,
        height, weight, peso, duration, page, page id, post id, article id, listing, property,
        store, tienda, magasin, badge, employee, empleado, employe, student, estudiante,
        etudiant, work order, job, warranty, garantia, garantie, rma, return number, quote,
        cotizacion, devis, contract, contrato, contrat, membership card, library, library card,
        software, license key, product key, activation, otp, pin, verification,
        verification code, security code, passcode, access code, event, event id, message id,
        msg id, thread, chat id, room, flight, vuelo, vol, gate, seat, phone model, phone case,
        nonce, cache, business license, medical license, license version, license type, permit,
        permit number, building permit, permis de construire, flight number, id card, dni,
        cedula, curp, rfc, siren, siret, cuit, cpf, employer identification, dingdan, fapiao,
        kuaidi, bianhao, zip code, template, tpl, extension id, application locator,
        application id, application, solicitud, demande, internal id, record, row, counter,
        index, seq, sequence, firmware, port, process, pid, thread id, error, code erreur, bug,
        issue, pull request, build number, software license, atin, ptin, case number, docket,
        certificate, score, survey, mac, bin range, gift code, routing id, site, site id,
        idsite, container, localisateur, group policy, group policy number, gift card number,
        library card number, membership card number, loyalty card number, sim card number,
        id card number, paqueteria, pixel, pixel id, tracker, screen, resolution, viewport, cart,
        cart id, panier, carrito, checkout id, sequence number, odometer, mileage""",
}
HAN = {
    "ssn": """
        社安号 社会安全号 社会安全号码 社会保障号 社会保障号码 社安 社会安全 社保号
        社保号码 社安码""",
    "itin": """
        个人纳税人识别号 个人报税号 纳税人识别号 纳税人 报税号 个人税号 纳税识别号""",
    "tin": """
        税号""",
    "credit_card": """
        信用卡 信用卡号 卡号 银行卡 银行卡号 借记卡 储蓄卡 支付卡 维萨 万事达 银联 刷卡""",
    "routing": """
        路由号 路由号码 汇款路线 银行路由 路线号 联行号 清算号 路由""",
    "account": """
        账号 帐号 账户 帐户 银行账号 银行账户 支票账户 储蓄账户 户口号码 账户号码 户号""",
    "phone": """
        电话 手机 手机号 电话号码 联系电话 座机 传真 拨打 致电 打给 联系方式 来电 热线
        微信电话 回电 联系 换号 移动电话 短信 打电话""",
    "email": """
        邮箱 电子邮件 邮件 邮箱地址 电邮 邮址""",
    "passport": """
        护照 护照号 护照号码 旅行证件""",
    "drivers_license": """
        驾照 驾驶证 驾驶执照 驾照号 驾驶证号 驾照号码 驾驶证号码 驾驶执照号""",
    "member_id": """
        医保号 医保卡 医保卡号 参保号 参保人 保险号 保险号码 保单号 医疗保险号 医保
        医疗保险 参保 保险会员号 投保人 医疗补助""",
    "member": """
        会员号 会员 会员编号 会员卡号 保单 受益人 成员编号""",
    "veto": """
        订单 订单号 发票 发票号 快递 快递单号 运单 运单号 物流 物流单号 跟踪号 商品
        商品编号 货号 零件 零件号 部件号 序列号 型号 产品 产品编号 优惠券 优惠码 促销码
        折扣码 条码 条形码 书号 批次 批号 工单 工单号 案件 案例 预订 预订号 预约号 参考号
        编号 流水号 会话 设备 设备号 时间戳 时间 日期 价格 金额 总额 总计 坐标 经度 纬度
        版本 版本号 短号 短码 车牌 车牌号 车架号 包裹 图片 仓库 理赔号 理赔 组号 团体号
        病历号 病历 患者编号 就诊号 客户号 客户编号 积分 积分卡 邮编 转账 交易号 交易 电表
        水表 用户号 用户编号 用户名 工号 学号 员工号 票号 订座 航班 验证码 身份证 身份证号
        库存 取件码 礼品卡 申请号 合同号 合同 凭证号 票据号 定位号 信用代码 记录号 索引
        计数 内部编号 余额 面积 重量 生日 出生日期 流水""",
}


# Looks up what a phrase names.
#
# A phrase of several words also counts written as one ("phonenumber"), and with a plural s.


_ATTRIBUTES = word_set(
    """
    status type model brand verified valid format mask hint label required enabled template
    cover holder carrier os length last4 expiry exp country region cvv cvc bin network scheme
    subscribed optin consent validation error policy page form field present missing flag estado
    tipo marca modelo funda plantilla statut marque modele couverture etui housse state color
    colour category version renewal appointment lookup help faq guide photo fee fees plan bill
    case accessory accessories
    """
)
_HAN_ATTRIBUTES = ("状态", "类型", "型号", "品牌", "套", "模板", "壳", "封面", "夹", "格式")
_ISSUERS = """
    plan id, plan member, plan_id, planid, plan_member, assegurad, yibao, canbao,
    baoxian, insur, health plan, healthplan, health_plan, medicare, medicaid,
    aetna, cigna, humana, kaiser, anthem, blue cross, bluecross, bcbs, unitedhealth,
    united health, molina, centene, wellcare, policy holder, policyholder,
    policy_holder, coverage, copay, deductible, medi-cal, asegurad, seguro,
    afiliado, poliza, assurance, mutuelle, assure, adherent, carte vitale, ameli, 保险, 医保,
    参保, 投保, 保单, tricare, highmark, oscar health, enrollee, health net, healthfirst,
    caresource, ambetter, plan medico, plan de salud"""
_ISSUER_PIECES = tuple(" ".join(word.split()) for word in _ISSUERS.split(","))
_SHORT_ISSUERS = re.compile(r"(?<![a-z])(?:mbi|hicn|uhc|hmo|ppo|payer|payor|policy)(?![a-z])")


def names_issuer(folded: str) -> bool:
    """Whether a folded text speaks of health cover; short words count only where they stand alone.

    >>> names_issuer("our support team"), names_issuer("ppo plan"), names_issuer("uninsured")
    (False, True, True)
    """
    for piece in _ISSUER_PIECES:  # a plain loop: a pattern of them all costs ten times as much
        if piece in folded:
            return True
    return _SHORT_ISSUERS.search(folded) is not None


def may_name(named: Iterable[str], folded: str) -> bool:
    """Whether a folded text may hold a phrase for one of the concepts: a quick, loose look.

    >>> may_name(["passport"], "passport_no=1"), may_name(["passport"], "sku=1")
    (True, False)
    """
    for name in named:
        for hint in _HINTS[name]:  # a plain loop: a generator costs three times as much
            if hint in folded:
                return True
    return False


def may_name_twice(named: Iterable[str], folded: str) -> bool:
    """Whether phrases for the concepts may stand in two places: over both halves of a value.

    >>> may_name_twice(["ssn"], "ssn1=0&ssn2=1"), may_name_twice(["ssn"], "ssn=0")
    (True, False)
    """
    for name in named:
        for hint in _HINTS[name]:
            if hint in folded and folded.count(hint) > 1:
                return True
    return False


def concept(phrase: str) -> str:
    """Return what a folded phrase names, or "" where it names nothing known."""
    return _CONCEPTS.get(phrase, "")


def is_attribute(word: str) -> bool:
    """Whether a word right behind a category's name turns it into a talk about it."""
    return word in _ATTRIBUTES


def han_concept(run: str) -> tuple[str, int]:
    """Return the last concept in a run of Chinese characters and where it ends; ("", 0) if none.

    >>> han_concept("我的护照号码是"), han_concept("手机型号")
    (('passport', 6), ('attribute', 4))
    """
    for end in range(len(run), max(0, len(run) - 40), -1):
        if run.endswith(_HAN_ATTRIBUTES, 0, end) and _han_before(run, end - 1, end - 2):
            return "attribute", end
        found = _han_before(run, end)
        if found:
            return found, end
    return "", 0


def _han_before(run: str, *ends: int) -> str:
    for end in ends:
        for length in range(min(_LONGEST_HAN, end), 1, -1):
            found = _HAN_CONCEPTS.get(run[end - length : end])
            if found:
                return found
    return ""


def _entries() -> dict[str, str]:
    """Return every Latin phrase, its plural and its joined spelling, with its concept."""
    concepts: dict[str, str] = {}
    for name, phrases in LATIN.items():
        for listed in phrases.split(","):
            phrase = " ".join(listed.split())
            for spelling in (phrase, phrase.replace(" ", "")):
                concepts.setdefault(spelling, name)
                concepts.setdefault(spelling + "s", name)
    return concepts


def _hints(name: str) -> tuple[str, ...]:
    """Return pieces of which every phrase for a concept holds at least one."""
    longest = {
        max(phrase.split(), key=len) for phrase in LATIN[name].replace(",\n", ",").split(",")
    }
    pieces = sorted(longest | set(HAN[name].split() if name in HAN else ()), key=len)
    kept: list[str] = []
    for piece in pieces:
        if not any(shorter in piece for shorter in kept):
            kept.append(piece)
    return tuple(kept)


_HINTS = {name: _hints(name) for name in LATIN}
_CONCEPTS = _entries()
ENDINGS = frozenset(phrase.split()[-1] for phrase in _CONCEPTS)
"""The words that some phrase ends in: no other needs a look-up."""
_HAN_CONCEPTS = {phrase: name for name, phrases in HAN.items() for phrase in phrases.split()}
_LONGEST_HAN = max(map(len, _HAN_CONCEPTS))


# Where a value stands: the key over it, the words before and after, the turn before.
#
# Only a bounded window around a candidate is looked at, so the cost does not grow with the text.
# Known structures: key=value, "key": "value", <key>value</key>, name="key" value="v", {"name":
# "key", "value": "v"} in either order, `Key: value`, arrays, CSV with a header.


_BEFORE, _AFTER = 220, 120
_OPENERS = " \"'[({<«“+\t"
# Both are matched on reversed text: a search that ends at the end would try every start.
_KEY = re.compile(r"[^\s?&;,{}=\"'<>:|]{1,48}+(?:[ ][^\s?&;,{}=\"'<>:|]{1,24}+){0,3}")
_BARE_KEY = re.compile(r"[^\s?&;,{}=\"'<>:|]{1,64}+")
_NAMED = re.compile(
    r"(?i)(?<![a-z])(?:name|field|key|label|id|k|question|title|for|property|itemprop)[\"']?\s?[:=]\s?[\"']?"
    r"([^\"'&,;<>{}=]{1,60})"
)
_ANSWERED = re.compile(
    r"[\"', ]{1,4}[\"']field[\"']: ?\{[^{}]{0,90}[\"']ref[\"']: ?[\"']([^\"']{1,60})"
)
_VALUE_KEYS = frozenset(["value", "val", "v", "content", "answer", "fieldvalue", "field_value"])
_CUT = re.compile(r"[&\"<>{}\n|]|[.;!?](?:\s|$)|[。；！？]")
_STOP = re.compile(r"[.!?](?=\s)|[。！？\n]")


@dataclass(frozen=True, slots=True)
class Place:
    """The surroundings of a candidate. `prior` is what stands before the field or sentence."""

    key: str
    sentence: str
    after: str
    prior: str


def place_of(text: str, start: int, end: int) -> Place:
    """Return the surroundings of the candidate at `start` to `end`."""
    before = text[max(0, start - _BEFORE) : start]
    after = text[end : end + _AFTER]
    cut = _CUT.search(after)
    key, sentence, prior = _field(before)
    if key.lower().rpartition(".")[2] in _VALUE_KEYS:
        key = _sibling(prior, after) or key
    elif asked := _ANSWERED.match(after):
        key = asked[1]
    if not key and "\n" in text and "," in before:
        key = _column(text, start)
    return Place(key, sentence, after[: cut.start()] if cut else after, prior)


def _field(before: str) -> tuple[str, str, str]:
    """Return the key of the field that `before` ends in, its text so far, and what precedes."""
    stop = len(before)
    while stop > 0:
        at = max(before.rfind("=", 0, stop), before.rfind(":", 0, stop), before.rfind(">", 0, stop))
        if at < 0:
            break
        rest = before[at + 1 :].lstrip(_OPENERS)
        if _broken(rest):
            return "", *_last_sentence(before)
        head = before[:at].rstrip(" \"'\\=")
        if before[at] == ">" and not before.endswith("=", 0, at):
            return _element(before[:at], rest)
        found = (_BARE_KEY if before[at] == "=" else _KEY).match(head[::-1])
        key = found[0][::-1] if found else ""
        if (key and not key[-1].isdigit()) or (key and not key.isdigit() and rest == ""):
            sentence, _ = _split_sentence(rest)
            return key, sentence, head[: len(head) - len(key)]
        stop = at
    return "", *_last_sentence(before)


def _element(head: str, rest: str) -> tuple[str, str, str]:
    """Read <key attr="x">rest."""
    opened = head.rfind("<")
    tag = head[opened + 1 :].split(" ", 1)[0] if opened >= 0 else ""
    if tag.startswith("/") or not tag:
        return "", rest, head
    return tag, _split_sentence(rest)[0], head[:opened]


def _broken(rest: str) -> bool:
    """Whether the field that began before `rest` has ended in it."""
    return any(mark in rest for mark in '&<{}"|') and not rest.startswith(('","', '", "'))


def _last_sentence(before: str) -> tuple[str, str]:
    """Return the text since the last field border, and what precedes it."""
    at = max(before.rfind(mark) for mark in '&<{}"|')
    sentence, earlier = _split_sentence(before[at + 1 :])
    return sentence, before[: at + 1] + earlier


def _split_sentence(text: str) -> tuple[str, str]:
    last = 0
    for stop in _STOP.finditer(text):
        last = stop.end()
    if not text[last:].strip():
        return text, ""
    return text[last:], text[:last]


def _sibling(prior: str, after: str) -> str:
    """Return the name given beside a value: before it in the same object or tag, else after."""
    opened = max(prior.rfind("{"), prior.rfind("<"))
    names = _NAMED.findall(prior[opened + 1 :])
    if names:
        return str(names[-1])
    closed = min((at for at in (after.find("}"), after.find(">")) if at >= 0), default=len(after))
    match = _NAMED.search(after[:closed])
    return match[1] if match else ""


def _column(text: str, start: int) -> str:
    """Return the header over a value of a small comma-separated table, or nothing."""
    line_start = text.rfind("\n", 0, start) + 1
    header_end = text.find("\n")
    if not line_start or header_end > 500 or start - line_start > 500:
        return ""
    headers = text[:header_end].split(",")
    place = text.count(",", line_start, start)
    return headers[place].strip(" \"'\r") if 1 < len(headers) > place else ""


_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[a-z]++|[0-9]++|[\u3400-\u9fff]++")
_NEAR = 80
_LONGEST = 4
_VETO_WORDS = 5
_FOR = word_set("for para pour")
_IS = word_set("is es est was")
_DEFINES = re.compile(
    r"[\s\"')+]{0,3}(?:,? ?(?:that|this|it)(?:['’]?s| is| was)|is|was|as|es|era|est|,? ?c['’ ]?est"
    r"|como|comme|[，,]?(?:这|那)?[是为])(?![a-z])"
)
_DEFINED = 48
_CLAUSE = re.compile(r"[\s\"'(\[（)\-–—:]{0,4}[^,;.!?\n，。；！？、]*")
_DATE = re.compile(r"(?<![0-9])(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}/[0-9]{2}/[0-9]{4})(?![0-9])")
_OTHERS_KEY = re.compile(r"\"[\w .\-]{1,40}\" ?: ?(?=\")")
"""The key of a text that stands before: it names that text, not the value behind it."""
_FEW = 6
_SPENT = 5
"""How many digits behind a name make it spent: these were its value."""
_LINKS = word_set("or and y o e et ou to not no now instead a ext x extension 或 和 或者")
_LINES = word_set("office home work oficina casa trabajo bureau domicile")
"""What is said right behind a number of which line it is: "…-Office", "… (home)"."""
_LABELS = word_set("number no num numero nr 号码")
_IN_FIELDS = re.compile(r"[\"&{}<=]")
_ID_KEYS = re.compile(
    r"[\w.\-\[\]+ ]{0,60}(?:id|number|num|no|nr|numero|card|policy|code|_[ab12])[\w\]]{0,8}"
    r"[\"']{0,2}(?:\s?[=:>]| (?:value|content)=|, ?[\"'](?:value|content|answer|response)|,[\"'])"
)
_ISSUED_CARDS = frozenset({"passport", "member_id", "member", "drivers_license", "ssn"})
_IDS = word_set("number no num id code numero")
_SPEAKING = word_set(
    """
    text message msg body content user visitor customer cliente usuario client utilisateur
    visiteur reply answer value val v input comment comments guest me you caller patient agent
    bot 用户 客户 访客 顾客 客服 turn say said utterance q query data payload note notes
    response respuesta reponse
    """
)
CATEGORIES = word_set(
    """
    ssn itin credit_card bank_account phone email passport drivers_license member_id
    """
)
CONFIRMING: dict[str, tuple[str, ...]] = {
    **{category: (category,) for category in sorted(CATEGORIES - {"bank_account"})},
    "ssn": ("ssn", "tin"),
    "itin": ("itin", "tin"),
    "member_id": ("member_id", "member"),
    "bank_account": ("routing", "account"),
}
"""The concepts that confirm each category."""
_ABOUT = CATEGORIES | {"member", "account", "routing"}


def cue_of(place: Place, category: str, nearby: str = "") -> Cue:
    """Return the cue of a candidate of `category` at `place`.

    `nearby` is the text in which an issuer of member ids is looked for.
    """
    named = name_of(place)
    if named == "member" and not has_issuer(f"{place.key} {place.sentence} {place.after}"):
        nearby = _ID_KEYS.sub(" ", fold(nearby))  # a neighbour's own id says nothing of this one
    return _seen_from(category, named, nearby)


def name_of(place: Place) -> str:
    """Return the concept that names the value, "attribute" for a misleading one, or ""."""
    defined = _DEFINES.match(fold(place.after[:_DEFINED]))
    if defined:
        named = first(place.after[defined.end() : _DEFINED])
        if named:
            return named
    named = nearest(place.sentence[-_NEAR:]) if place.sentence else ""
    if named:
        return named
    key = name_of_key(place.key) if place.key else ""
    if key:
        return key
    behind = first(place.after[:_DEFINED])
    if behind:
        return behind
    if place.prior and _asks(place):
        return nearest(_OTHERS_KEY.sub(" ", place.prior[-2 * _NEAR :]))
    return ""


@lru_cache(maxsize=4096)
def name_of_key(key: str) -> str:
    """Return the concept that a key names; keys come again and again, so answers are kept."""
    return nearest(_CAMEL.sub(" ", key))


def nearest(text: str) -> str:
    """Return the last concept in `text`; what follows a "for" yields to the noun before it.

    A veto counts only within five words of the value: "my order ... reach me on" is no veto. A
    name that has a value of its own behind it is spent: it says nothing of the next one.

    >>> nearest("call me, my order number is "), nearest("phone model"), nearest("as agreed")
    ('veto', 'attribute', '')
    >>> nearest("my ssn is 000-12-3456, I ordered "), nearest("my phone, as of 2024-05-06, is ")
    ('', 'phone')
    """
    words = _WORD.findall(_DATE.sub(" ", fold(text)))
    digits, linked, apart = 0, False, False
    for end in range(len(words), 0, -1):
        word = words[end - 1]
        if word[0].isdigit():
            digits += len(word)
            continue
        if digits >= _SPENT and (apart or not linked):
            return ""
        found = _at(words, end)
        if found and found != "idle" and (found != "veto" or len(words) - end <= _VETO_WORDS):
            return _head(words, end) or found
        linked = linked or word in _LINKS
        apart = apart or (digits < _SPENT and word not in _LINKS)
    return ""


def _at(words: list[str], end: int) -> str:
    """Return the concept that ends before `end`, "attribute" where it is only talked about."""
    word = words[end - 1]
    if word >= "\u3400":
        return han_concept(word)[0]
    if end > 1 and is_attribute(word) and _ending(words, end - 1) in _ABOUT:
        return "attribute"
    return _ending(words, end)


def _head(words: list[str], end: int) -> str:
    """Return the noun before a "for": of "order number for my phone is" the order number."""
    if _IS.isdisjoint(words[end:]):
        return ""
    for at in range(end - 2, max(0, end - 5), -1):
        if words[at] in _FOR:
            return _ending(words, at) or (_ending(words, at - 1) if words[at - 1] in _IDS else "")
    return ""


def first(text: str) -> str:
    """Return the first concept in the clause that `text` begins with: for "… is my passport".

    >>> first(" is my ssn, the order"), first(", the order")
    ('ssn', '')
    """
    clause = _CLAUSE.match(fold(text))
    words = _WORD.findall(clause[0])[:_FEW] if clause else []
    if words and words[0] in _LINES:
        return "phone"
    for end in range(1, len(words) + 1):
        word = words[end - 1]
        found = han_concept(word)[0] if word >= "\u3400" else _ending(words, end)
        if found and found != "idle":
            longer = _ending(words, end + 1) if end < len(words) else ""
            return longer or found
    return ""


def has_issuer(text: str) -> bool:
    """Whether the text speaks of health cover: an insurer, a plan, Medicare, in any language."""
    return names_issuer(fold(text))


def _ending(words: list[str], end: int) -> str:
    """Return the concept of the longest known phrase that ends before `end`.

    A passport card and the like is no payment card, whatever "card number" may say alone.
    """
    if words[end - 1] not in ENDINGS:
        return ""
    for start in range(max(0, end - _LONGEST), end):
        found = concept(" ".join(words[start:end]))
        if found == "credit_card" and start and words[start] == "card":
            other = _ending(words, start)
            return other if other in _ISSUED_CARDS else found
        if found:
            return found
    return ""


def speaks(key: str) -> bool:
    """Whether a key is that of speech or free text, or says nothing ("Number")."""
    words = _WORD.findall(fold(key))
    return not words or words[-1] in _SPEAKING or _LABELS.issuperset(words)


def _asks(place: Place) -> bool:
    """Whether what precedes may speak for the value: a bare sentence, or a turn of a talk."""
    words = _WORD.findall(fold(place.key))
    if words and _LABELS.issuperset(words):
        return _IN_FIELDS.search(place.prior[-_NEAR // 2 :]) is None
    return not words or words[-1] in _SPEAKING


def _seen_from(category: str, named: str, nearby: str) -> Cue:
    if not named:
        return Cue.NEUTRAL
    if named == "attribute":
        return Cue.MISLEADING
    if named == "member":
        return _member(category, nearby)
    if named == category or (named == "tin" and category in {"ssn", "itin"}):
        return Cue.CONFIRM
    if named == "account" and category == "credit_card":
        return Cue.NEUTRAL
    if named in {"account", "routing"}:
        return Cue.CONFIRM if category == "bank_account" else Cue.OTHER
    return Cue.VETO if named == "veto" else Cue.OTHER


def _member(category: str, nearby: str) -> Cue:
    if not has_issuer(nearby):
        return Cue.VETO
    return Cue.CONFIRM if category == "member_id" else Cue.OTHER


# A candidate with its cue: how every finder hands out what it has seen.


_AROUND = 160
_VALID = word_set("valid role partial_mask")
_FORMLESS = word_set("shape prefix luhn domain local file url repository amount")


def glued(text: str, start: int) -> bool:
    """Whether a letter or digit is tied to the value's front: "AB-123", "slug_123"."""
    return start > 1 and text[start - 1] in "-_" and text[start - 2].isalnum()


def finding(
    category: str, reading: Reading, start: int, end: int, key: str, reason: str, *, telling: bool
) -> Finding:
    """Return the finding at `start` to `end` of the reading, with its cue.

    The cue is NONE, and is not looked for, where not even the form fits.
    """
    text = reading.text
    if reason in _FORMLESS:
        return Finding(category, key, False, reason, Cue.NONE, telling, reading.how, start, end)
    nearby = text[max(0, start - _AROUND) : end + _AROUND] if category == "member_id" else ""
    cue = cue_of(place_of(text, start, end), category, nearby)
    if cue is not Cue.CONFIRM and category != "email" and glued(text, start):
        cue = Cue.VETO
    return Finding(category, key, reason in _VALID, reason, cue, telling, reading.how, start, end)
