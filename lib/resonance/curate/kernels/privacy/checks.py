"""What a value must add up to, one small function a check: the definition of those that are compiled beside."""

from __future__ import annotations

import ipaddress
import math
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import pairwise, product

from resonance.curate.kernels.privacy.codes import NEAR
from resonance.curate.kernels.privacy.domains import DOMAINS
from resonance.curate.kernels.privacy.letter_pairs import LETTER_PAIRS, ZERO

PROVINCES = frozenset(
    [*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83]
)
"""First two digits of a division of China (GB/T 2260)."""
FIRST_YEAR, LAST_YEAR = 1900, 2039
CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Signs of a unified social credit code, by value (GB 32100)."""
TWO = frozenset(
    [20, 27, *range(30, 35), 36, 39, 40, 41, *range(43, 50), *range(51, 59), *range(60, 67), 81, 82, 84, 86, *range(90, 96), 98]
)
"""Country codes of two digits (ITU-T E.164); 1 and 7 have one digit, those of three begin as no other."""
THREE = frozenset(
    [
        211,
        212,
        213,
        216,
        218,
        *range(220, 259),
        *range(260, 270),
        290,
        291,
        *range(297, 300),
        *range(350, 390),
        *range(420, 430),
        *range(500, 510),
        *range(590, 600),
    ]
    + [*range(670, 693), 850, 852, 853, 855, 856, 880, 886, *range(960, 978), *range(992, 997), 998]
)
ISSUERS = (
    (4, 4, 1, 16, 16), (51, 55, 2, 16, 16), (2221, 2720, 4, 16, 16), (34, 34, 2, 15, 15), (37, 37, 2, 15, 15), (62, 62, 2, 16, 19),
    (65, 65, 2, 16, 16), (644, 649, 3, 16, 16), (6011, 6011, 4, 16, 16), (3528, 3589, 4, 16, 16), (36, 36, 2, 14, 14),
    (38, 38, 2, 14, 14), (300, 305, 3, 14, 14), (2200, 2204, 4, 16, 16), (50, 50, 2, 16, 19), (56, 58, 2, 16, 19),
    (67, 67, 2, 16, 19), (6304, 6304, 4, 16, 19), (606282, 606282, 6, 16, 16), (637095, 637095, 6, 16, 16),
    (4, 4, 1, 13, 13),
)  # fmt: skip
"""Bank cards: the least and greatest prefix, the digits of a prefix, the least and greatest length."""
FILLERS = (
    "example", "xxxx", "your", "****", "...", "placeholder", "changeme", "change_me", "dummy", "sample", "00000000", "12345678",
    "01234567", "1234-5678", "abcdef", "replace", "aws4_request", "a-z", "[0-9", "0-9]", "pkcs11:",
)  # fmt: skip
"""What stands where a secret would, in texts that explain; ranges of expressions; and what ends the public part of a signed request
(AWS Signature 4)."""
ROLES = (
    "password", "passwd", "passphrase", "pass", "pwd", "psw", "token", "key", "seed", "user", "name", "login", "account", "api",
    "app", "id", "client", "access", "auth", "public", "private", "sender", "web", "hook", "host", "port", "db", "my", "our",
    "proxy", "pw",
)  # fmt: skip
"""Words for parts of an address that opens something: what is made of them alone, as ``AppID`` and ``my_password``, is a form."""
MADE_OF_ROLES = re.compile(rf"(?:{'|'.join(ROLES)}|[_.-])+", re.IGNORECASE | re.ASCII)
WORDS_FOR_IT = ("password", "passwd", "pass", "pwd")
"""Where one of these is the login, the address is a form, whatever follows."""
VARIABLE = "$*{}[]()"
"""Signs of variables, expressions and what is blotted out: none stands in a login."""
FORM = re.compile(r".*\{.*\}.*|.*[$%]\(.*|\$[A-Za-z0-9_]+|[\[(].*[\])]|.*\*\*.*", re.DOTALL)
"""A value that is a variable, an expression or blotted out, or holds one."""
OTHERS = (
    "id", "ids", "hash", "name", "type", "scope", "url", "uri", "path", "file", "policy", "digest", "version", "algorithm", "alg",
    "format", "class", "header", "field", "label", "index", "length", "size", "count", "status", "audience", "issuer", "endpoint",
    "location", "prefix", "suffix", "title", "description", "lifetime", "ttl", "date", "time", "expiry", "expires", "expiration",
    "usage", "mode", "provider", "method", "function", "service", "store", "env", "variable", "param", "parameter", "template",
    "regex", "pattern", "resource", "arn", "ref", "reference", "alias", "hint", "number", "purpose", "role", "state", "kind",
    "error", "message", "test", "parser", "manager", "handler", "accessor", "used", "enc", "at",
)  # fmt: skip
"""Last words of names, as ``token_id`` and ``secretName``, whose value is no secret but tells of one."""
PRINTS = ("fingerprint", "thumbprint", "checksum", "public")
"""What a name holds anywhere whose value anybody may see."""
PLACES = (
    "next", "page", "continuation", "request", "creation", "idempotency", "skip", "sync", "cursor", "resume", "start", "change",
    "action",
)  # fmt: skip
"""What stands before ``token`` where it names a place in a list or a request that may come twice, as in the APIs of clouds."""
JOINS = b" \t\"'`=:>]\\\xef\xbc\x9a"
"""Bytes between a name and its value."""
TYPES = ("str", "string", "bytes", "&str", *("".join(each) for size in (1, 2) for each in product("brul@", repeat=size)))
"""What languages write between a name and a text: its type, or letters before its quote."""
NOUNS = ("key", "token", "secret", "password")
"""What names of code end in, as ``ecTestKey256``, when a variable is assigned."""
ENDS = (*NOUNS, "_pass", "-pass", "_pwd", "-pwd", "dbpass")
"""What a word for a password in an address ends in, where it has no digit."""
LEAST_ENTROPY, LEAST_SHARE = 2.5, 0.75
"""Bits a sign, or this share of what signs of which no two are alike would have, where that is less."""
LEAST_MIXED = 10
LEAST_PARTED = 6
"""Digits of a value of one size of letters that is parted as names are."""
LEAST_RANDOM = 6
"""Signs that no word, run or repetition tells: so many at least, and half of all."""
LEAST_WORD, LEAST_WORDY = 4, 2
"""Letters that a word has at least, and by how many half bits its pairs are likelier in words than by chance."""
SHORT_WORDS = (
    "key", "api", "app", "dev", "foo", "bar", "baz", "new", "old", "the", "for", "test", "pass", "auth", "user", "http", "xxx",
    "str", "int", "sha", "rsa", "aes", "jwt", "url", "uri",
)  # fmt: skip
"""Words of names, of few letters or of letters that seldom follow one another."""
KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890")
LONGEST_STEP = 4
"""Signs of a group that repeats, or counts on."""
JOINTS = "_-.:="
"""Signs that join others and so tell nothing."""
JSON = "eyJ"
"""What an object of JSON begins with in Base64: with full stops it is a JWT, or none that holds."""
HEADERS = ("eyJhbGci", "eyJ0eXAi", "eyJraWQi", "ewogICJ0", "ewogICJh")
"""What the first part of a token begins with, where the others stand apart."""
HASHED = re.compile(r"[a-z0-9_]*\$[0-9a-z-]{1,10}\$")
"""What a password begins with that is kept as a hash (crypt, Django)."""
UUID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NO_SECRET = ("::", "//", "%20")
"""What names of code, paths and words in an address hold."""
BESIDE = 12
FEW, SMALL = 8, 64
MATERIAL = 16
"""Signs one after another that a key of a block has at least."""


def _digits(value: str) -> str:
    return "".join(sign for sign in value if "0" <= sign <= "9")


def cn_id(value: str) -> bool:
    """A resident identity number of 18 digits (GB 11643): a division, a date, the check character."""
    signs = value.replace(" ", "").upper()
    try:
        born = date(int(signs[6:10]), int(signs[10:12]), int(signs[12:14]))
    except ValueError:
        return False
    total = sum(int(sign) * 2 ** (17 - place) for place, sign in enumerate(signs[:17]))
    known = int(signs[:2]) in PROVINCES and FIRST_YEAR <= born.year <= LAST_YEAR
    return known and "10X98765432"[total % 11] == signs[17]


def credit_code(value: str) -> bool:
    """A unified social credit code of 18 characters (GB 32100): a division, the check character."""
    total = sum(CREDIT.index(sign) * 3**place for place, sign in enumerate(value[:17]))
    return int(value[2:4]) in PROVINCES and CREDIT[-total % 31] == value[17]


def in_account(before: str) -> bool:
    """Whether a value goes on from the head of an IBAN in groups (ISO 13616): two letters, two digits, then four signs each."""
    near = before.encode()[-NEAR:]
    return re.search(rb"(?<![0-9A-Za-z])[A-Z]{2}[0-9]{2}(?: ?[0-9A-Z]{4})* \Z", near) is not None


def card(value: str, before: str, said: int) -> bool:
    """A bank card: a known prefix with its length, Luhn's sum, one kind of space between groups; no argument of a call.

    Numbers of companies and of goods have 13 and 14 digits too, many with the same sum: of so many a word must say that it is one.
    """
    if re.search(r"[0-9A-Za-z]\(\Z", before):
        return False
    digits = _digits(value)
    if len({sign for sign in value if sign in " -"}) > 1 or len(set(digits)) < 2 or (len(digits) < 15 and said < 1):
        return False
    known = any(low <= int(digits[:size]) <= high and least <= len(digits) <= most for low, high, size, least, most in ISSUERS)
    doubled = [int(sign) * (1 + place % 2) for place, sign in enumerate(reversed(digits))]
    return known and sum(one - 9 * (one > 9) for one in doubled) % 10 == 0


def landline(value: str) -> bool:
    """A landline of China: eight digits after a short area code, seven or eight after a long one."""
    signs = re.sub(r"^(?:\+|00)86", "", value)
    area, rest = re.fullmatch(r"[^0-9]*0?(10|2\d|[3-9]\d\d)(.*)", signs, re.DOTALL).groups()  # type: ignore[union-attr]
    local = 0
    for sign in rest:
        if sign in "0123456789":
            local += 1
        elif local >= 7:
            break
    return local == 8 or (local == 7 and len(area) == 3)


def phone(value: str) -> bool:
    """A phone number with the code of its country, or one of North America."""
    digits = _digits(value.partition("x")[0])
    if len(set(digits)) < 3:
        return False
    if value[0] != "+" and not value.startswith("00"):
        return len(digits) in (10, 11)
    if value[0] != "+":
        digits = digits[2:]
        if not set(value) & set(" .-("):
            return False
    if digits[0] == "1":
        return len(digits) == 11 and digits[1] > "1" and digits[4] > "1"
    if digits[0] == "7":
        return len(digits) == 11
    code = int(digits[:2]) in TWO or int(digits[:3]) in THREE
    return code and 9 <= len(digits) <= 15


def mobile(value: str, before: str, after: str) -> bool:
    """Digits that no word speaks for are a number where they are parted, alone on their line, or beside other signs than ASCII."""
    near = before.encode()[-NEAR:].rpartition(b"\n")[2] + after.encode()[:BESIDE].partition(b"\n")[0]
    return len(value) != 11 or not near.strip(b" ") or not near.isascii()


def said_phone(value: str) -> bool:
    """Digits that a text calls a phone number: as many as one has, not a date, and one in groups where they are few."""
    digits = _digits(value)
    return 7 <= len(digits) <= 15 and len(set(digits)) > 2 and not re.match(r"(?:19|20)\d\d[-. ]\d{1,2}[-. ]\d", value)


def ipv4(value: str, before: str, after: str) -> bool:
    """An address that a machine may have: no loopback, mask, multicast, no version of a product."""
    octets = [int(part) for part in value.split(".")]
    if any(part != str(int(part)) for part in value.split(".")) or max(octets) > 255:
        return False
    if re.search(r"[A-Za-z0-9][/-]\Z|[=<>~]=\Z", before) or re.match(r"-(?!\d{1,3}\.)[0-9A-Za-z]", after):
        return False
    return 0 < octets[0] < 224 and octets[0] != 127


def heads_section(value: str, after: str) -> bool:
    """Whether an address is the number of a section: small parts, then a full stop and a space."""
    return after.startswith((". ", ".\u00a0")) and is_small(value, "")


def is_small(value: str, after: str) -> bool:
    """Whether all parts of an address are below 64, as those of versions and of sections are, and no mask or port follows."""
    return all(int(part) < SMALL for part in value.split(".")) and not re.match(r"[/:][0-9]", after)


def ipv6(value: str, before: str) -> bool:
    """An address of a machine: global, of a site or of a link (RFC 4291, 4193); no end of a longer one."""
    if re.search(r"[0-9A-Fa-f:]:\Z", before):
        return False
    try:
        address = ipaddress.IPv6Address(value)
    except ValueError:
        return False
    first = int(address) >> 112
    return len(value.split(":", 1)[0]) == 4 and (
        0x2000 <= first <= 0x3FFF or 0xFC00 <= first <= 0xFDFF or 0xFE80 <= first <= 0xFEBF
    )


def plate(value: str) -> bool:
    """A plate holds three digits at least."""
    return len(_digits(value)) >= 3


def email(value: str, before: str, after: str) -> bool:
    """An address whose parts have allowed lengths and whose top-level domain exists; no login of a URL, no place on a host."""
    login = re.search(rb"://([^ \n/?]*)\Z", before.encode())
    if login and len(login[1]) < NEAR:
        return False
    local, _, host = value.rpartition("@")
    dotted = ".." in value or local.endswith(".") or re.search(r"@-|-\.|\.-", value)
    fits = len(local) <= 64 and len(value) <= 254 and not dotted
    return fits and host.rpartition(".")[2].lower() in DOMAINS and not re.match(r":[A-Za-z0-9/~]", after)


def passport(value: str) -> bool:
    """Eight or nine signs, more than two of them digits, not all alike."""
    return len(value) in (8, 9) and len(_digits(value)) > 2 and len(set(_digits(value))) > 2


def holds_filler(value: str) -> bool:
    """Whether a value says itself that it is none."""
    return any(filler in value.lower() for filler in FILLERS)


def key(value: str) -> bool:
    """A key is made of enough different signs."""
    return len(set(value[-24:])) >= FEW and not holds_filler(value)


def block(value: str) -> bool:
    """A block holds signs of Base64 in a row, of both sizes and with a digit, as no words of a text about blocks are."""
    runs = (run for run in re.findall(r"[A-Za-z0-9+/=]+", value) if len(run) >= MATERIAL)
    return any(re.search("[A-Z]", run) and re.search("[a-z]", run) and _digits(run) for run in runs) and not holds_filler(value)


def secret(value: str, before: str, after: str) -> bool:
    """A password is not made of words for parts of an address, does not end in one for it, is no variable and not one sign.

    A host comes after it, or the path of a socket. Beside a login that is a variable, shortened or the
    word for a password stands none.
    """
    login = before.rpartition("/")[2][:-1]
    if set(login) & set(VARIABLE) or "..." in login or login.lower() in WORDS_FOR_IT:
        return False
    host = re.match(r"@(?:[0-9A-Za-z\[%{$]|/[a-z]|[^\x00-\x7f])", after)
    form = MADE_OF_ROLES.fullmatch(value) or (value.lower().endswith(ENDS) and not _digits(value))
    return host is not None and not form and len(set(value)) > 1 and not holds_filler(value) and not FORM.fullmatch(value)


def entropy(value: str) -> float:
    """Shannon's entropy of the signs in bits, rounded to a millionth."""
    counts = Counter(value)
    return math.floor(sum(-n / len(value) * math.log2(n / len(value)) for n in counts.values()) * 1e6 + 0.5) / 1e6


def names_other(value: str, before: str) -> bool:
    """Whether the name before a value says that it is something about a secret, or a token that opens nothing.

    ``secret_id`` is what Vault calls a secret where it is a UUID; ``ClientToken`` is what AWS calls the mark of a request.
    """
    name = _strip_joins(before.encode()[-NEAR:])
    whole = re.search(rb"[A-Za-z0-9_.-]*\Z", name)
    if whole and any(word.encode() in whole[0].lower() for word in PRINTS):
        return True
    last = _last_word(name)
    if name.endswith(b"secret_id") and UUID.fullmatch(value):
        return False
    if re.search(rb"(?<![A-Za-z0-9])[Cc]lientToken\Z", name):
        return True
    if last.lower() == b"token":
        return _last_word(name[: len(name) - len(last)].rstrip(b"_-")).decode().lower() in PLACES
    return last.decode().lower() in OTHERS


def _strip_joins(near: bytes) -> bytes:
    """What stands before a value up to the end of its name: without quotes, signs that assign, a type."""
    name = near.rstrip(JOINS)
    tail = re.search(rb"[A-Za-z&@]*\Z", name)
    head = name[: tail.start()] if tail else name
    written = tail is not None and tail[0].decode().lower() in TYPES and head[-1:] in {bytes([byte]) for byte in JOINS}
    return head.rstrip(JOINS) if written else name


def _last_word(name: bytes) -> bytes:
    found = re.search(rb"(?:[A-Z]?[a-z]+|[A-Z]*)\Z", name)
    return found[0] if found else b""


def count_random(value: str) -> tuple[int, int]:
    """How many signs of a value no word, run or repetition tells; and how many it has, but for joints."""
    told = {at for first, last in (*_find_words(value), *_find_runs(value)) for at in range(first, last)}
    signs = {at for at, sign in enumerate(value) if sign not in JOINTS}
    return len(signs - told), len(signs)


def _find_words(value: str) -> Iterator[tuple[int, int]]:
    """Where words stand: letters whose pairs are likelier in words than by chance. A capital begins one."""
    for found in re.finditer("[A-Z]+(?![a-z])|[A-Z]?[a-z]+", value):
        word = found[0].lower()
        wordy = sum(ord(LETTER_PAIRS[ord(one) - 97][ord(two) - 97]) - ord(ZERO) for one, two in pairwise(word))
        if word in SHORT_WORDS or (len(word) >= LEAST_WORD and wordy >= LEAST_WORDY):
            yield found.span()


def _find_runs(value: str) -> Iterator[tuple[int, int]]:
    """Where three groups of signs are alike or count on, or four signs follow one another on a keyboard."""
    codes = value.lower().encode()
    for at, step in product(range(len(codes)), range(1, LONGEST_STEP + 1)):
        parts = [codes[first : first + step] for first in range(at, at + 3 * step, step)]
        if len(parts[2]) == step and all(b - a == c - b and abs(b - a) <= 1 for a, b, c in zip(*parts, strict=True)):
            yield at, at + 3 * step
    for at in range(len(codes) - 3):
        four = value[at : at + 4].lower()
        if any(four in row or four[::-1] in row for row in KEYBOARD):
            yield at, at + 4


def assignment(value: str, before: str) -> bool:
    """A value of high entropy, half of it told by no word or run, that is no path, no name, no filler, and is named as a secret.

    Two digits are asked for; one where a fifth of it are large letters and a fifth small ones, or where it is short. A short one
    holds letters of both sizes and no underscore, one with a full stop several of both sizes and three digits; it is no
    name of a file.
    """
    if names_other(value, before) or FORM.fullmatch(value) or re.search(rf"[a-z](?=[A-Z][a-z])(?i:{'|'.join(NOUNS)})", value):
        return False
    digits, letters = len(_digits(value)), sum(sign.isalpha() for sign in value)
    sizes = min(sum(map(str.isupper, value)), sum(map(str.islower, value)))
    short = len(value) < LEAST_MIXED
    named = JSON in value or re.search(r"\.[a-z]*\Z", value)
    if (short and (sizes < 1 or "_" in value)) or ("." in value and (sizes < 2 or digits < 3 or named)):
        return False
    few = digits < 2 - (short or 5 * sizes >= len(value))
    begins = re.match(rf"(?i:{'|'.join(NOUNS)})[_-]", value)
    if few or begins or letters < 2 or holds_filler(value) or value[0] in "/.~*&-=" or any(map(value.__contains__, NO_SECRET)):
        return False
    parted = any(sign in "_.-" for sign in value) and (value.islower() or value.isupper()) and re.fullmatch(r"[\w.-]+", value)
    if (parted and digits < LEAST_PARTED) or value.startswith(HEADERS) or HASHED.match(value):
        return False
    random, signs = count_random(value)
    least = min(LEAST_ENTROPY, LEAST_SHARE * math.log2(len(value)))
    return random >= LEAST_RANDOM and 2 * random >= signs and entropy(value) >= least
