"""What is looked for: a pattern for each form of a number or name of a person, and of a secret.

An expression says how a value is written; a lead what must stand before it; fences what may touch it; a check what its characters
must add up to; hints which words shortly before it speak for or against it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from resonance.curate.kernels.privacy.provider_keys import PROVIDER_KEYS

PHONE = (
    "电话", "手机", "传真", "联系", "致电", "phone", "mobile", "cell", "tel", "fax", "call", "contact", "whatsapp", "sms",
    "my number", "reach",
)  # fmt: skip
ORDER = (
    "订单", "单号", "流水", "编号", "序号", "序列", "型号", "货号", "批号", "编码", "凭证", "交易号", "时间戳", "版本", "order",
    "serial", "part no", "part number", "sku", "isbn", "issn", "tracking", "invoice", "ticket", "build", "version", "timestamp",
    "hash", "commit", "model no", "batch", "reference", "case no", "checksum", "article no", "item no",
)  # fmt: skip
HINTS = {
    "phone": (PHONE, ORDER),
    "card": (
        (
            "银行卡",
            "卡号",
            "信用卡",
            "借记卡",
            "账号",
            "账户",
            "银联",
            "card",
            "account",
            "visa",
            "mastercard",
            "amex",
            "pan",
            "diners",
            "discover",
            "unionpay",
        ),
        ORDER,
    ),
    "id": (("身份证", "证件", "公民身份", "id card", "identity", "resident"), ORDER),
    "code": (("信用代码", "税号", "纳税人", "credit code", "tax"), ORDER),
    "address": (
        (
            "ip",
            "addr",
            "host",
            "地址",
            "server",
            "服务器",
            "ping",
            "inet",
            "://",
            "dns",
            "route",
            "gateway",
            "网关",
            "listen",
        ),  # fmt: skip
        (*ORDER, "release", "section", "章节", "第", "chapter", "upgrade", "since", " v", "firmware", "driver", "oid"),
    ),
}
"""Words for and against, by name: of those within ``NEAR`` bytes before a value, on its line, the last one counts."""


TRIES = 6


@dataclass(frozen=True)
class Pattern:
    """One form of what is looked for.

    Args:
        name: its type, as ``privacy_spans`` has it.
        signal: the signal that counts it.
        expression: how the value is written.
        lead: what must stand before the value, without regard to case.
        before: the fence before lead and value.
        after: the fence after the value.
        check: what the value must pass; nothing where empty.
        hint: the words that speak for or against it; none where empty. With a word against it nothing is found.
        yields: whether a value after the lead is rather what a pattern without a lead finds there.
        label: what stands in its place in a masked text.
    """

    name: str
    signal: str
    expression: str
    lead: str = ""
    before: str = "word"
    after: str = "word"
    check: str = ""
    hint: str = ""
    yields: bool = False
    label: str = ""

    @property
    def tries(self) -> int:
        """How many matches are tried, the longest first: digits of other numbers may stand behind a number."""
        return TRIES if self.after == "number" else 1

    @property
    def mask(self) -> str:
        """The word of its placeholder."""
        return self.label or self.name.upper()


AREA = r"(?:10|2[0-57-9]|[3-9]\d\d)"
LOCAL = r"[2-8]\d{2,3}[ -]?\d{4}(?:-\d{1,5}|转\d{1,5})?"
SEGMENT = r"1(?:3\d|4[5-9]|5[0-35-9]|6[2567]|7[0-8]|8\d|9[0-35-9])"
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
PLATE = "A-HJ-NP-Z"
CREDIT = "0-9A-HJ-NPQRTUWXY"
OF_NAME = r"(?:[ _-]?(?:no|num|number|id|code|号码|号|编号))?\.?[\"']?(?: is| was|为|是)?[ \t]?[:：#=]?[ \t]?[\"']?"
SAID = r"(?:(?: no| number|号码|号)?\.?[\"']?(?: is|为|是)?[ \t]?[:：=][ \t]?[\"']?|\.? )"
TONGUE = r"(?:phone|telephone|tel|fax|mobile|cell|whatsapp|电话|手机|传真|热线|座机)"
SECRET = (
    "(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|auth[_-]?key|private[_-]?key|credential|密码|密钥|口令)"
)
TYPED = r"(?:[ \t]?:[ \t]?(?:str|string|bytes|&str))?"
"""What languages with types write between a name and its value."""
NAMED_SECRET = rf"[a-z0-9_.-]*{SECRET}[a-z0-9_]*[\"'\]\\]*{TYPED}[ \t]{{0,2}}(?:=>|:=|=|:|：)[ \t]{{0,2}}"
QUOTE = r"[brul@]{0,2}\\{0,3}[\"'`]"
"""A quote, with the letters and escapes that may stand before one."""

NUMBERS = (
    Pattern("cn_id", "cn_ids", r"[1-9]\d{5} ?\d{8} ?\d{3}[\dXx]", before="number", after="number", check="cn_id", hint="id"),
    Pattern(
        "credit_code",
        "credit_codes",
        rf"[1-9ANY][1-9A]\d{{6}}[{CREDIT}]{{10}}",
        before="number",
        after="number",
        check="credit_code",
        hint="code",
    ),
    Pattern(
        "bank_card",
        "bank_cards",
        r"\d{13,19}|\d{4}(?: \d{4}){3}(?: \d{1,3})?|\d{4}(?:-\d{4}){3}(?:-\d{1,3})?|3[0-8]\d\d(?: \d{6} |-\d{6}-)\d{4,5}",
        before="number",
        after="number",
        check="card",
        hint="card",
    ),
    Pattern(
        "cn_mobile",
        "cn_mobiles",
        rf"(?:(?:\((?:\+|00)?86\)|(?:\+|00)?86)[ -]?)?{SEGMENT}(?:\d{{8}}|[ -]\d{{4}}[ -]\d{{4}})",
        before="number",
        after="number",
        check="mobile",
        hint="phone",
        label="PHONE",
    ),
    Pattern(
        "cn_landline",
        "cn_landlines",
        rf"(?:[(（]0{AREA}[)）][ -]?|(?:\+|00)86[ -]?(?:\(0?{AREA}\)|0?{AREA})[ -]?|0{AREA}[- ]){LOCAL}",
        before="number",
        after="number",
        check="landline",
        hint="phone",
        label="PHONE",
    ),
    Pattern(
        "phone",
        "phones",
        r"(?:\+|00)[1-9]\d{0,2}(?:[ .-]?\(\d{1,4}\))?(?:[ .-]?\d{1,5}){2,5}(?: ?x\d{1,5})?|"
        r"(?:\+?1[ .-])?(?:\([2-9]\d\d\)[ .-]?[2-9]\d\d[.-]|[2-9]\d\d-[2-9]\d\d-|[2-9]\d\d\.[2-9]\d\d\.)\d{4}(?: ?x\d{1,5})?",
        before="number",
        after="number",
        check="phone",
        hint="phone",
    ),
    Pattern("ipv4", "ipv4s", r"\d{1,3}(?:\.\d{1,3}){3}", before="dotted", after="dotted", check="ipv4", hint="address"),
    Pattern("ipv6", "ipv6s", r"[0-9A-Fa-f]{4}(?::[0-9A-Fa-f]{0,4}){2,8}", before="colon", after="colon", check="ipv6"),
    Pattern(
        "plate",
        "plates",
        rf"[{PROVINCES}][{PLATE}][ ·•-]?[{PLATE}0-9]{{4,5}}[{PLATE}0-9挂学警港澳]",
        before="any",
        check="plate",
    ),
)
WORDS = (
    Pattern(
        "url_password",
        "url_passwords",
        r"[^\s/\"'<>]{2,128}",
        r"[a-z][a-z0-9+.-]*://[^\s:/@\"'<>]*:",
        before="number",
        after="host",
        check="secret",
    ),
    Pattern(
        "email",
        "emails",
        r"[A-Za-z0-9_](?:[A-Za-z0-9_.%+-]|\\-)*@(?:[A-Za-z0-9-]+\.)+[A-Za-z]+",
        before="mail",
        after="mail",
        check="email",
    ),
    Pattern(
        "passport",
        "passports",
        r"[A-Z]{0,2}\d{7,9}|[CFGHJK][0-9CFGHJKLMNPRTVWXYZ]{8}",
        rf"(?:passport|护照){OF_NAME}",
        check="passport",
        yields=True,
    ),
    Pattern(
        "said_phone",
        "phones",
        r"\+?(?:\(?\d{2,5}\)?[ .-]?)(?:\d{2,5}[ .-]?){1,4}\d{2,8}",
        rf"{TONGUE}{SAID}",
        after="number",
        check="said_phone",
        yields=True,
        label="PHONE",
    ),
    Pattern(
        "secret_assignment",
        "secret_assignments",
        r"[A-Za-z0-9+/=_~!@#%^*$.-]{7,512}",
        rf"{NAMED_SECRET}(?:{QUOTE})?",
        before="name",
        after="value",
        check="assignment",
        yields=True,
        label="SECRET",
    ),
    Pattern(
        "quoted_secret",
        "secret_assignments",
        r"[!#-&(-;=?-\[\]-_a-~]{7,1000}",
        rf"{NAMED_SECRET}{QUOTE}",
        before="name",
        after="quote",
        check="assignment",
        yields=True,
        label="SECRET",
    ),
)
PART = r"[A-Za-z0-9_-]{4,}={0,2}"
OBJECT = "e(?:y[AJ]|w[0ok])"
"""An object of JSON in Base64: a brace, then a quote or what may stand before one."""
NONE = "(?:Im5vbmUi|[iC]Jub25lI|ibm9uZS)"
"""``"none"`` in Base64, wherever its three bytes at a time begin: the algorithm of a token that is not signed (RFC 7519, 6)."""
CLAIMS = rf"(?:{OBJECT}{PART}|e30)"
"""An object of JSON, which may be empty."""
JWT = (
    rf"{OBJECT}{PART}\.(?:{CLAIMS}|[A-Za-z0-9_-]*\.{PART}\.{PART})\.{PART}|"
    rf"{OBJECT}[A-Za-z0-9_-]*{NONE}[A-Za-z0-9_-]*={{0,2}}\.{CLAIMS}\."
)
"""Signed (three parts, of which the second is claims), encrypted (five, of which the second may be empty) or neither, the third
part empty: RFC 7519, 7516. Some writers pad the parts."""
BLOCK = r"-{3,6} ?BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)? ?-{3,6}"
END = r"-{3,6} ?END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)? ?-{3,6}"
SEAM = r"[\s\\\"'`#*>;|,+()]"
"""What lines of a block are joined by, where it stands in code, in a comment or in a quoted mail."""
HEADER = r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*: (?:-?[A-Za-z0-9,/():;@<>_=.#%+&*!?~ ])*"
INSIDE = rf"{SEAM}*(?:{HEADER}[\r\n\\\"'`]{SEAM}*)*(?:{SEAM}|[A-Za-z0-9+/=])*"
PUTTY = (
    r"PuTTY-User-Key-File-[123]: [a-z0-9@.-]+(?:[\s\\]+(?:[A-Za-z-]+: [A-Za-z0-9@._+/ -]*|[A-Za-z0-9+/=]+))+"
    r"[\s\\]+n?Private-MAC: [0-9a-f]{40,64}"
)
"""PuTTY User Manual, appendix C: the format of its private keys."""
PROVIDED = tuple(
    Pattern(name, "provider_keys", expression, before="number", check="key", label="API_KEY")
    for name, _, expression, _ in PROVIDER_KEYS
)
UNLED = ("azure_client_secret", "mailchimp_key", "terraform_token")
"""Keys that begin like any word: what they are known by stands inside. Apart from others, so that few words are read for them."""
KEYS = (
    Pattern("private_key", "private_keys", f"{BLOCK}{INSIDE}{END}", before="any", after="any", check="block"),
    Pattern("putty_key", "private_keys", PUTTY, check="block", label="PRIVATE_KEY"),
    Pattern("jwt", "jwts", JWT, before="number"),
    *(pattern for pattern in PROVIDED if pattern.name not in UNLED),
)
UNLED_KEYS = tuple(pattern for pattern in PROVIDED if pattern.name in UNLED)
GROUPS = (NUMBERS, KEYS, UNLED_KEYS, WORDS)
"""Patterns that share a table, in the order in which they are asked; the first that holds counts. The last two: ``leads``."""
PATTERNS = tuple(pattern for group in GROUPS for pattern in group)
PERSONS = (
    "emails", "cn_mobiles", "cn_landlines", "phones", "cn_ids", "credit_codes", "bank_cards", "passports", "plates",
    "ipv4s", "ipv6s",
)  # fmt: skip
SECRETS = ("provider_keys", "jwts", "private_keys", "url_passwords", "secret_assignments")
OWN = "own_patterns"
COUNTS = (*PERSONS, *SECRETS, OWN)
"""Signals that patterns count in, in the order of the set."""
NAMED = ("person", "address", "organisation")
"""Types of what a model finds, where one is asked."""


def own_patterns(given: Iterable[tuple[str, str]]) -> tuple[Pattern, ...]:
    """Patterns of the user: they have no fences."""
    return tuple(Pattern(name, OWN, expression, before="any", after="any") for name, expression in given)
