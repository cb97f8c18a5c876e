r"""Words by which a key, label or sentence may name a category: the widest net that still helps.

A number whose form tells nothing counts only where something names it (policy, rule 7). So where
none of these words stands anywhere in the content, such a number can be ruled out. The lists hold
what people and programs call the thing in English, Spanish, French and Chinese, and the commonest
German, Italian and Portuguese words, with abbreviations and the Chinese words in Latin letters. A
word too many costs a question to the model, a word too few a miss. They are sought in the folded
text, inside longer names too. A sentence may name a thing in words that are in no list, with
mistakes or by a company's name: whole sentences count as naming everything. In a list "<" and ">"
are edges, with no letter beyond them, and "~" stands for up to two signs in a name.

>>> named("passport", "traveler passport a=7681"), named("passport", "path=/password")
(True, False)
>>> [named("drivers_license", plain(text)) for text in ("dl=https://x", "user dl id a=1")]
[False, True]
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

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
