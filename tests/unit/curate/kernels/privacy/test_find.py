"""The kernel finds what the definition finds; both find what people write, and neither what only looks like it."""

from __future__ import annotations

import time

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.curate.kernels.privacy import measure
from resonance.curate.kernels.privacy.find import find
from resonance.curate.kernels.privacy.patterns import COUNTS, Pattern, own_patterns
from resonance.curate.kernels.privacy.plain import Span, find_plainly
from resonance.curate.kernels.privacy.tables import build_plan

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\n-----END RSA PRIVATE KEY-----"
COMMENTED = "-----BEGIN EC PRIVATE KEY-----\n// MHcCAQEEIKCAQEA7pXq\n# Zk9vUw1pL2MHcCAQ==\n-----END EC PRIVATE KEY-----"
QUOTED = '-----BEGIN PRIVATE KEY-----\\n" +\n    "MIIEpAIBAAKCAQEA7\\n" +\n    "Zk9v\\n" +\n    "-----END PRIVATE KEY----'
HEADED = (
    "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: C# x@y.z\nP2/56wAAAiwAAAA3aW\n---- END SSH2 ENCRYPTED PRIVATE KEY ----"
)
PUTTY = (
    "PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nComment: rsa-key\nPublic-Lines: 1\nAAAAB3NzaC1yc2EAAAABJQ\n"
    "Private-Lines: 1\nAAAAgFZ7kQ2mPz9Lw3RtYx\nPrivate-MAC: 8f5d2c2a9b0c4e7d1f3a5b6c7d8e9f0a1b2c3d4e"
)
HITS = {
    "email": ["zhang.san@example.com", "a+b@mail.co.uk"],
    "cn_mobile": ["138 0013 8001", "+86 138-0013-8001", "(+86)13800138001"],
    "cn_landline": ["010-88886666", "(0755) 8888666", "021-6888 6666转801"],
    "phone": ["+44 20 7946 0958", "(415) 555-2671", "415.555.2671", "+14155552671"],
    "cn_id": ["11010519491231002X"],
    "credit_code": ["91350100M000100Y43"],
    "bank_card": ["4012 8888 8888 1881", "378282246310005"],
    "plate": ["京A12345", "粤B·D12345"],
    "ipv4": ["203.0.113.7"],
    "ipv6": ["fe80::1ff:fe23:4567:890a", "2001:db8:1:2:3:4:5:6", "2001:db8::1"],
    "jwt": [
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9==.dozjgNryP4J3jVmNHl0w5N",
        "ewogICJhbGciOiJIUzI1NiJ9.eyAic3ViIjoiMTIzNCJ9.dozjgNryP4J3jVmNHl0w5N",
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0In0.",
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0In0.",
        "eyJhbGciOiAibm9uZSJ9.eyJzdWIiOiIxMjM0In0.",
        "eyJhbGciOiJIUzI1NiJ9.e30.dozjgNryP4J3jVmNHl0w5N",
        "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.OKOawDo13gRp2ojaHV.48V1_ALb6US04U3b.5eym8TW_c8SuK0lt.XFBoMYUZodetZdvT",
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..jg45D9nmr6-8awml.z-zglLlEw9MVkYHi.MrtVtI0bAs2cHqKl",
    ],
    "private_key": [KEY, COMMENTED, QUOTED, HEADED],
    "putty_key": [PUTTY],
    "aws_access_key": ["AKIAQ3EGRX7LMNOPWQYZ"],
    "telegram_bot_token": ["110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawX", "bot110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawX"],
    "github_token": ["ghp_16C7e42F292c6912E7710c838347Ae178B4a"],
}
LED = [
    ("passport no. ", "E12345678", "passport"),
    ("护照号码：", "G98765432", "passport"),
    ("Tel: ", "0161 496 0018", "said_phone"),
]
LED += [
    ("udp:", "2001:db8::1", "ipv6"),
    ("手机", "13800138001", "cn_mobile"),
    ("call ", "13800138001", "cn_mobile"),
    ("bug", r"\-bash@gnu.org", "email"),
]
LED += [("password = '", "aB3xY9zQ1kLm88", "secret_assignment"), ("ftp://bob:", "s3cretPw", "url_password")]
LED += [("password: str = b'", "aB3xY9zQ1kLm88", "secret_assignment"), ('token := \\"', "kP9$zQ1[x", "quoted_secret")]
LED += [
    ("ftp://bob:", "b7", "url_password"),
    ("ftp://bob:", "q@tt:3,x", "url_password"),
    ("ftp://bob:", "q(t]3$x", "url_password"),
    ("token=", "kG_7.C2h-8.3KrN", "secret_assignment"),
]
MISSES = [
    "订单号：4012888888881881",
    "v203.0.113.7",
    "1.203.0.113.7",
    "2020-11-28 10:20:30",
    "a@b.service",
    "git@github.com:x/y.git",
]
MISSES += ["13800138001a", "x13800138001", "13800138001-77", "978-7-111-12345-6", "std::vector<a::b>", "1.2.3.4", "12800138001"]
MISSES += [
    "(13800138001)",
    "Section 11.8.4.1. Of it",
    "server 11.8.4.1. Of it",
    "rng(4012888888881881)",
    "lib==67.2.0.91",
    "0031 2044 0034",
    "http://localhost:8080",
    "https://bob:password@host.com",
    "https://${BOB}:s3cretPw@host.com",
    "https://b...b:s3cretPw@host.com",
    "token = self.next_token_2",
    "AKIAIOSFODNN7EXAMPLE",
]
MISSES += [
    "PrivateKey1 = openssl.hpke.Key12Private",
    "252.227-7013",
    "fe80::5054:ff:fe99::123",
    "1111:2222::3333",
    "oauth_token=uiop&oauth_token_secret=5678",
]
MISSES += [
    "BE40 0631 6189 5863",
    "ES91 2100 0418 4502 0005 1332",
    "62820000-62889999",
    "30206838200050",
    "secretName = aB3xY9zQ1kLm88",
]
OWN = own_patterns([("badge", r"EMP-\d{4,6}"), ("room", "室[0-9]+")])


def find_compiled(texts: list[str | None], own: tuple[Pattern, ...] = ()) -> list[list[Span]]:
    found, patterns = find(pa.array(texts, pa.string()), own), build_plan(own).patterns
    spans: list[list[Span]] = [[] for _ in texts]
    each = zip(found.rows, found.patterns, found.first_points, found.last_points, strict=True)
    for row, number, first, last in each:
        spans[row].append(Span(patterns[number].name, int(first), int(last)))
    return spans


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in HITS.items() for value in values])
def test_what_people_write_is_found_whole(kind: str, value: str) -> None:
    for before, after in (("", ""), ("联系", "。"), ("see (", ") there"), ("x: ", ", y"), ("\n", "\n")):
        expected = [Span(kind, len(before), len(before) + len(value))]
        assert find_plainly(before + value + after) == expected
        assert find_compiled([before + value + after]) == [expected]


@pytest.mark.parametrize(("lead", "value", "kind"), LED)
def test_what_needs_a_word_before_it_is_found_without_the_word(lead: str, value: str, kind: str) -> None:
    after = "@host.com/" if kind == "url_password" else "' "
    lead, value = ("", lead + value) if kind == "email" else (lead, value)
    text = f"é {lead}{value}{after}"
    expected = [Span(kind, 2 + len(lead), 2 + len(lead) + len(value))]
    assert find_plainly(text) == expected
    assert find_compiled([text]) == [expected]
    if kind in ("passport", "said_phone"):
        assert find_plainly(value) == []


@pytest.mark.parametrize(
    "value",
    ["soft\u00admail@acme.com", "zero\u200bwidth@acme.com", "josé.garcía@acme.com", "müller+x@acme.de", "ｊohn.ｄoe@acme.com"]
    + ["иван_petrov@acme.ru", "élodie.b@acme.fr"],
)
def test_an_address_is_found_from_its_first_sign_on_whatever_its_letters(value: str) -> None:
    for before in ("", "see ", "写信给", "a@b.com ", "\u200b", "，"):
        expected = Span("email", len(before), len(before) + len(value))
        assert find_plainly(before + value)[-1] == expected
        assert find_compiled([before + value])[0][-1] == expected


def test_an_address_is_widened_by_so_many_signs_at_most_and_not_into_another_value() -> None:
    text = "é" * 100 + "x@acme.com"
    assert find_compiled([text]) == [find_plainly(text)] == [[Span("email", 36, 110)]]
    text = "11010519491231002Xéx@acme.com"
    assert find_compiled([text]) == [find_plainly(text)]
    assert [span.type for span in find_plainly("a@b.coméx@acme.com")][-1:] == ["email"]


@pytest.mark.parametrize("text", MISSES)
def test_what_only_looks_like_it_is_not_found(text: str) -> None:
    assert find_plainly(text) == []
    assert find_compiled([text]) == [[]]


PIECES = [value for values in HITS.values() for value in values] + [lead + value for lead, value, _ in LED] + MISSES
PIECES += [
    "电话",
    "order ",
    "@",
    ".",
    "-",
    " ",
    "\n",
    "字",
    "é",
    "1",
    "0",
    "86",
    "+",
    "x",
    "://",
    "a:b@",
    "AKIA",
    "EMP-1234",
    "室7",
    "ip ",
    "\u00ad",
    "ｊ",
    "\u200b",
    "x@acme.com",
]


@given(
    st.lists(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=7).map("".join) | st.none(), max_size=4),
    st.booleans(),
)
def test_the_kernel_equals_its_definition(given_texts: list[str | None], with_own: bool) -> None:
    texts = [text if text is None else text.encode(errors="replace").decode() for text in given_texts]
    own = OWN if with_own else ()
    assert find_compiled(texts, own) == [find_plainly(text or "", own) for text in texts]


@given(st.sampled_from([value for values in HITS.values() for value in values]), st.data())
def test_the_kernel_equals_its_definition_on_values_with_one_sign_changed(value: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(value) - 1))
    text = value[:place] + data.draw(st.sampled_from([*"0123456789aXz.-: @", "字", ""])) + value[place + 1 :]
    assert find_compiled([text]) == [find_plainly(text)]


def test_slices_large_strings_and_many_spans_are_welcome() -> None:
    texts = ["nothing", None, "138 0013 8001 " * 300, "a@b.com"]
    assert [len(spans) for spans in find_compiled(texts)] == [0, 0, 300, 1]
    found = find(pa.array(texts, pa.large_string()).slice(2))
    assert found.rows.tolist() == [0] * 300 + [1]
    assert found.starts[1] - found.starts[0] == 14


def test_digits_behind_a_number_do_not_hide_it() -> None:
    text = "4012 8888 8888 1881 138 and +44 20 7946 0958 12 more, 11010519491231002X"
    found = [text[span.start : span.end] for span in find_plainly(text)]
    assert found == ["4012 8888 8888 1881", "+44 20 7946 0958 12", "11010519491231002X"]
    assert find_compiled([text]) == [find_plainly(text)]


def test_patterns_of_the_user_come_first_and_anywhere() -> None:
    own = own_patterns([("inner", "38001"), ("mail", r"[a-z]+@b\.com")])
    assert find_compiled(["x38001y a@b.com"], own) == [[Span("inner", 1, 6), Span("mail", 8, 15)]]
    rows, counted = measure.count_found(find(pa.array(["none", "38001"]), own), own)
    assert (rows.tolist(), counted.tolist()) == ([1], [[int(name == "own_patterns") for name in COUNTS] + [0, 0]])


@pytest.mark.parametrize(
    "piece", ["1", "a.", "sk-", "x@", "a:", "passwordpassword", "-----BEGIN PRIVATE KEY-----\n", "https://", "+1 ", "f:"]
)
def test_time_grows_with_the_text_alone(piece: str) -> None:
    """A text made to be costly takes no longer than four times as long when it is twice as long."""
    short, long = pa.array([piece * (100_000 // len(piece))]), pa.array([piece * (200_000 // len(piece))])

    def spend(texts: pa.Array) -> float:
        start = time.process_time()
        find(texts)
        return time.process_time() - start

    spend(short)
    assert min(spend(long) for _ in range(3)) < 4 * min(spend(short) for _ in range(3)) + 0.02
