# ruff: noqa: E501  (a row of the tables of forms is one line)
"""Made items: values of each type, and what only looks like one, each in a sentence around it. Check digits are worked out here.

Nothing of the library is used: what is written is what the standards and the providers' documentation say.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass

DIVISIONS = ("110105", "310104", "440305", "510107", "330106", "420111", "610113", "320102", "370202", "500103", "230102", "460105")
SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
NAMES = ("zhang", "li", "wang", "smith", "garcia", "mueller", "rossi", "tanaka", "kim", "novak", "o.brien", "van-dam")
HOSTS = (
    "qq.com",
    "163.com",
    "gmail.com",
    "mail.ru",
    "uni-bonn.de",
    "example.co.uk",
    "foxmail.com",
    "posteo.net",
    "kth.se",
    "ic.ac.uk",
)
BASE62 = string.ascii_letters + string.digits
HEX = "0123456789abcdef"


@dataclass(frozen=True)
class Item:
    """A text with a value from ``start`` to ``end``: ``signal`` says what it is, or is empty where it only looks like something."""

    text: str
    start: int
    end: int
    signal: str
    kind: str


def pick(rng: random.Random, signs: Sequence[str], size: int) -> str:
    return "".join(rng.choice(signs) for _ in range(size))


def digits(rng: random.Random, size: int) -> str:
    return pick(rng, string.digits, size)


def luhn(payload: str) -> str:
    """The digit that makes the sum of Luhn a multiple of ten."""
    total = 0
    for place, sign in enumerate(reversed(payload)):
        one = int(sign) * (2 if place % 2 == 0 else 1)
        total += one // 10 + one % 10
    return str(-total % 10)


def make_card(rng: random.Random) -> str:
    prefix, size = rng.choice((("4", 16), ("51", 16), ("55", 16), ("37", 15), ("62", 16), ("6222", 19), ("6011", 16), ("3530", 16)))
    payload = prefix + digits(rng, size - len(prefix) - 1)
    card = payload + luhn(payload)
    if size == 16 and rng.random() < 0.4:
        return rng.choice((" ", "-")).join(card[i : i + 4] for i in range(0, 16, 4))
    return card


def make_id(rng: random.Random) -> str:
    body = rng.choice(DIVISIONS) + f"{rng.randint(1930, 2012)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}" + digits(rng, 3)
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def make_credit_code(rng: random.Random) -> str:
    body = rng.choice(("91", "92", "51", "12", "93")) + rng.choice(DIVISIONS) + digits(rng, 8) + rng.choice(SIGNS)
    weights = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
    return body + SIGNS[(31 - sum(SIGNS.index(s) * w for s, w in zip(body, weights, strict=True)) % 31) % 31]


def make_mobile(rng: random.Random) -> str:
    number = rng.choice(("138", "139", "150", "159", "177", "186", "199", "166", "147", "131")) + digits(rng, 8)
    grouped = f"{number[:3]}{{0}}{number[3:7]}{{0}}{number[7:]}"
    return rng.choice((number, number, grouped.format(" "), grouped.format("-"), f"+86 {number}", f"+86{number}"))


def make_landline(rng: random.Random) -> str:
    area = rng.choice(("010", "021", "0755", "0571", "028", "0532"))
    number = rng.choice("2345678") + digits(rng, 7)
    return rng.choice(
        (
            f"{area}-{number}",
            f"({area}) {number}",
            f"{area} {number}",
            f"（{area}）{number}",
            f"{area}-{number}-{rng.randint(1, 999)}",
        )
    )


def make_phone(rng: random.Random) -> str:
    area, exchange = f"{rng.randint(2, 9)}{digits(rng, 2)}", f"{rng.randint(2, 9)}{digits(rng, 2)}"
    last = digits(rng, 4)
    forms = (
        f"+1 {area} {exchange} {last}",
        f"({area}) {exchange}-{last}",
        f"{area}-{exchange}-{last}",
        f"+1-{area}-{exchange}-{last}",
    )
    abroad = (
        f"+44 20 7{digits(rng, 3)} {digits(rng, 4)}", f"+49 30 {digits(rng, 7)}", f"+33 1 {' '.join(digits(rng, 2) for _ in range(4))}",
        f"+81 3-{digits(rng, 4)}-{digits(rng, 4)}", f"+61 2 9{digits(rng, 3)} {digits(rng, 4)}", f"+91 98{digits(rng, 3)} {digits(rng, 5)}",
        f"+852 2{digits(rng, 3)} {digits(rng, 4)}", f"+7 495 {digits(rng, 3)}-{digits(rng, 2)}-{digits(rng, 2)}",
    )  # fmt: skip
    return rng.choice(forms + abroad)


def make_email(rng: random.Random) -> str:
    name = rng.choice(NAMES)
    local = rng.choice((name, f"{name}{rng.randint(1, 99)}", f"{rng.choice(NAMES)}.{name}", f"{name}_x", f"{name}+news"))
    return f"{local}@{rng.choice(HOSTS)}"


def make_ipv4(rng: random.Random) -> str:
    first = rng.choice([10, 172, 192, *rng.sample(range(20, 223), 6)])
    return f"{first if first != 127 else 128}.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(20, 254)}"


def make_ipv6(rng: random.Random) -> str:
    groups = [rng.choice(("2001", "2400", "fe80", "fd12", "2a02"))] + [f"{rng.randint(1, 0xFFFF):x}" for _ in range(7)]
    return rng.choice((":".join(groups), ":".join(groups[:3]) + "::" + groups[-1]))


def make_plate(rng: random.Random) -> str:
    head = rng.choice("京沪粤浙苏鲁川豫") + rng.choice("ABCDEFGH")
    tail = rng.choice((digits(rng, 5), f"{rng.choice('ABCDEFGHJK')}{digits(rng, 4)}", f"{rng.choice('DF')}{digits(rng, 5)}"))
    return head + rng.choice(("", "", "·")) + tail


def make_passport(rng: random.Random) -> str:
    return rng.choice((f"E{digits(rng, 8)}", f"G{digits(rng, 8)}", f"EA{digits(rng, 7)}", digits(rng, 9), f"C{digits(rng, 8)}"))


def make_key(rng: random.Random) -> str:
    return rng.choice(
        (
            f"AKIA{pick(rng, string.ascii_uppercase + '234567', 16)}", f"ghp_{pick(rng, BASE62, 36)}", f"glpat-{pick(rng, BASE62, 20)}",
            f"AIza{pick(rng, BASE62 + '_-', 35)}", f"xoxb-{digits(rng, 12)}-{digits(rng, 12)}-{pick(rng, BASE62, 24)}",
            f"sk_live_{pick(rng, BASE62, 24)}", f"sk-proj-{pick(rng, BASE62, 48)}", f"sk-ant-api03-{pick(rng, BASE62 + '_-', 95)}",
            f"npm_{pick(rng, BASE62, 36)}", f"pypi-AgEIcHlwaS5vcmc{pick(rng, BASE62, 60)}", f"LTAI5t{pick(rng, BASE62, 18)}",
            f"AKID{pick(rng, BASE62, 32)}", f"hf_{pick(rng, BASE62, 34)}", f"SG.{pick(rng, BASE62, 22)}.{pick(rng, BASE62, 43)}",
            f"glsa_{pick(rng, BASE62, 32)}_{pick(rng, HEX, 8)}", f"dop_v1_{pick(rng, HEX, 64)}",
        )
    )  # fmt: skip


def make_jwt(rng: random.Random) -> str:
    return f"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ{pick(rng, BASE62 + '_-', 40)}.{pick(rng, BASE62 + '_-', 43)}"


def make_block(rng: random.Random) -> str:
    kind = rng.choice(("RSA ", "EC ", "", "OPENSSH "))
    body = "\n".join(pick(rng, BASE62 + "+/", 64) for _ in range(rng.randint(3, 12)))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----"


def make_strong(rng: random.Random) -> str:
    return pick(rng, BASE62, 14) + digits(rng, 2) + pick(rng, string.ascii_letters, 2)


ZH_PHONE = ("请拨打{}联系我们。", "电话：{}", "手机{}，微信同号", "联系人张先生 {}（工作日）", "如有疑问请致电{}。")
EN = ("You can reach her at {} any day.", "It says {} on the form.", "Please use {} from now on.", "({})", "see: {}, or ask again")
ZH = ("登记的是{}，请核对。", "他写下了{}。", "资料如下：{}；其余从略。", "（{}）")
Form = tuple[str, Callable[[random.Random], str], Sequence[str]]
HITS: tuple[Form, ...] = (
    ("cn_ids", make_id, ("身份证号：{}", "身份证号码{}，住址不详。", *ZH, "ID card {} was shown.")),
    ("credit_codes", make_credit_code, ("统一社会信用代码：{}", "公司税号{}。", *ZH)),
    ("bank_cards", make_card, ("卡号：{}", "My card is {} and it works.", "请汇款到{}（招商银行）。", *EN)),
    ("cn_mobiles", make_mobile, (*ZH_PHONE, "My number in Shanghai is {}.")),
    ("cn_landlines", make_landline, ("电话：{}", "传真 {}", "办公室{}。", "Our office in China: {}")),
    ("phones", make_phone, ("Call {} today.", "Tel. {}", "Fax: {}", *EN)),
    ("emails", make_email, (*EN, *ZH, "mailto:{}", "<{}>", "邮箱{}")),
    ("ipv4s", make_ipv4, ("The server is {} now.", "http://{}/index", "ssh root@{}", "服务器地址{}", "from {}:8080", "inet {}/24")),
    ("ipv6s", make_ipv6, ("ping6 {}", "地址 {} 已分配", *EN)),
    ("plates", make_plate, ("车牌号{}", "一辆{}的轿车", *ZH)),
    ("passports", make_passport, ("Passport No. {}", "护照号码：{}", "passport number: {}", "护照{}", "her passport is {}")),
    ("provider_keys", make_key, ("export KEY={}", 'key: "{}"', "the token {} leaked", "密钥 {} 已失效")),
    ("jwts", make_jwt, ("Authorization: Bearer {}", "cookie={}", "jwt {} here")),
    ("private_keys", make_block, ("{}", "cat id_rsa\n{}\ndone", "密钥如下\n{}")),
    (
        "url_passwords",
        make_strong,
        ("postgres://app:{}@db.host.org/x", "https://bob:{}@host.com/a", "redis://u:{}@cache.host:6379"),
    ),
    ("secret_assignments", make_strong, ("password = '{}'", "DB_PASSWORD={}", 'api_key: "{}"', "secret_token => {}", "密码：{}")),
)


def wrong_id(rng: random.Random) -> str:
    good = make_id(rng)
    return good[:-1] + rng.choice([s for s in "0123456789X" if s != good[-1]])


def wrong_card(rng: random.Random) -> str:
    payload = "4" + digits(rng, 14)
    return payload + str((int(luhn(payload)) + rng.randint(1, 9)) % 10)


def isbn(rng: random.Random) -> str:
    return f"978-{rng.randint(0, 9)}-{digits(rng, 3)}-{digits(rng, 5)}-{digits(rng, 1)}"


def version(rng: random.Random) -> str:
    return ".".join(str(rng.randint(0, 40)) for _ in range(4))


def uuid(rng: random.Random) -> str:
    return "-".join(pick(rng, HEX, size) for size in (8, 4, 4, 4, 12))


def timestamp(rng: random.Random) -> str:
    return rng.choice(
        (
            f"17{digits(rng, 8)}",
            f"17{digits(rng, 11)}",
            f"17{digits(rng, 14)}",
            f"2026{rng.randint(1, 12):02}{rng.randint(1, 28):02}{digits(rng, 6)}",
        )
    )


NEAR: tuple[Form, ...] = (
    ("order number", lambda rng: make_card(rng).replace(" ", "").replace("-", ""), ("订单号：{}", "Order no. {} was sent.", "流水号{}")),
    ("order number", lambda rng: "1" + rng.choice("3578") + digits(rng, 9), ("订单编号{}已发货", "serial number {}", "part number {} is out")),
    ("order number", lambda rng: digits(rng, 20), ("运单{}", "tracking {} today")),
    ("wrong check digit", wrong_id, ("身份证号：{}", "编号{}。")),
    ("wrong check digit", wrong_card, ("card {}", "卡号{}")),
    ("version", version, ("version {}", "upgrade to v{} now", "版本{}发布", "release {} of it", "lib-{}.tar.gz", "app/{} (Linux)")),
    ("version", lambda rng: f"{rng.randint(0, 9)}.{rng.randint(0, 30)}.{rng.randint(0, 30)}", ("pip install x=={}", "python {}")),
    ("hash", lambda rng: pick(rng, HEX, rng.choice((32, 40, 64))), ("commit {}", "md5 {}", "sha256:{}", "文件校验值{}")),
    ("hash", uuid, ("id {}", "编号 {}", "/items/{}/edit")),
    ("isbn", isbn, ("ISBN {}", "ISBN：{}", "书号{}")),
    ("timestamp", timestamp, ("at {} it began", '"time": {}', "时间戳{}", "log-{}.txt")),
    ("timestamp", lambda rng: f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02} {rng.randint(0, 23):02}:{digits(rng, 2)}:{digits(rng, 2)}", EN),
    ("part number", lambda rng: f"{digits(rng, 3)}-{digits(rng, 4)}-{pick(rng, string.ascii_uppercase, 2)}", ("part {}", "型号{}")),
    ("part number", lambda rng: f"{digits(rng, 4)}-{digits(rng, 7)}-A{digits(rng, 1)}", ("part {}", "货号{}")),
    ("part number", lambda rng: f"138-{digits(rng, 4)}-{digits(rng, 4)}-{digits(rng, 2)}", ("PN {}", "料号{}")),
    ("not a mail", lambda rng: f"{rng.choice(('getty', 'user', 'app'))}@{rng.choice(('tty1.service', 'host', '2x.png', '1.2.3'))}", EN),
    ("not a mail", lambda rng: f"git@{rng.choice(('github.com', 'gitlab.com'))}:{rng.choice(NAMES)}/x.git", ("clone {} now", "远程仓库 {}")),
    ("not an address", lambda rng: rng.choice(("127.0.0.1", "0.0.0.0", "255.255.255.0", "::1", "300.1.2.3", "1.2.3.4.5")), EN),
    ("not an address", lambda rng: ":".join(pick(rng, HEX, 2) for _ in range(6)), ("mac {}", "网卡{}")),
    ("not an address", lambda rng: rng.choice(("std::vector", "a::b::c", "dead::beef", "Foo::Bar", "12:30:45")), EN),
    ("no secret", lambda rng: rng.choice(("your_password_here", "changeme123", "${DB_PASSWORD}", "<token>", "xxxxxxxxxxxx99", "None")), ("password = '{}'", "api_key: {}", "TOKEN={}")),
    ("no secret", lambda rng: rng.choice(("get_token_2()", "self.secret_key_1", "os.environ['KEY_1']", "tokens[12]", "read_token(f2)")), ("token = {}", "secret = {}")),
    ("no secret", lambda rng: rng.choice(("AKIAIOSFODNN7EXAMPLE", "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "ghp_xxx")), EN),
    ("no secret", lambda rng: rng.choice(("user:pass", "user:password", "name:secret")), ("http://{}@host.com", "ftp://{}@ftp.host.org")),
    ("no plate", lambda rng: rng.choice(("京A级", "沪B股", "川A", "粤B2B", "苏C语言")), ZH),
    ("number", lambda rng: f"{rng.randint(1, 999)},{digits(rng, 3)},{digits(rng, 3)}", ("￥{}", "$ {}", "共{}人")),
    ("number", lambda rng: f"{rng.randint(1, 99)}.{digits(rng, 9)}", EN),
    ("number", lambda rng: digits(rng, 9), ("id={}", "共{}条", "QQ群{}")),
)  # fmt: skip


def make_items(sentences: Sequence[str], each: int, seed: int) -> list[Item]:
    """``each`` items of every form of value, and half as many of all that only looks like one; sentences stand around them."""
    rng = random.Random(seed)
    items = []
    for forms, is_hit in ((HITS, True), (NEAR, False)):
        for name, make, contexts in forms:
            for _ in range(each if is_hit else each // 2):
                value = make(rng)
                before, _, after = rng.choice(contexts).partition("{}")
                around = rng.choice(sentences), rng.choice(sentences)
                head = f"{around[0]}\n{before}"
                items.append(
                    Item(f"{head}{value}{after}\n{around[1]}", len(head), len(head) + len(value), name if is_hit else "", name)
                )
    return items
