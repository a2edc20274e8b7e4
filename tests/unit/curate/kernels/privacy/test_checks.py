"""Check digits, lengths and names of numbers, against published examples and other libraries."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.curate.kernels.privacy import checks
from resonance.curate.kernels.privacy.codes import CHECKS
from resonance.curate.kernels.privacy.patterns import HINTS, PATTERNS
from resonance.curate.kernels.privacy.plain import find_plainly
from resonance.curate.kernels.privacy.provider_keys import PROVIDER_KEYS


@pytest.mark.parametrize(
    ("check", "value", "passes"),
    [
        ("cn_id", "11010519491231002X", True),  # the example of GB 11643-1999
        ("cn_id", "440524188001010014", False),  # the standard's other example: born in 1880
        ("cn_id", "110105194912310021", False),
        ("cn_id", "110105 19491231 002X", True),
        ("cn_id", "11010519490231002X", False),
        ("cn_id", "99010519491231002X", False),
        ("credit_code", "91350100M000100Y43", True),  # the example of GB 32100-2015
        ("credit_code", "91350100M000100Y44", False),
        ("landline", "010-88886666", True),
        ("landline", "010-8888666", False),
        ("landline", "(0755) 2888 6666", True),
        ("landline", "0571-8888666-12", True),
        ("landline", "+86 10 8888 6666", True),
        ("phone", "+44 20 7946 0958", True),
        ("phone", "+1 415 555 2671", True),
        ("phone", "+1 115 555 2671", False),
        ("phone", "+2147483647", False),  # no country has this code
        ("phone", "+999 20 7946 0958", False),
        ("phone", "(415) 555-2671 x12", True),
        ("phone", "00442079460958", False),
        ("phone", "0044 20 7946 0958", True),
        ("said_phone", "020 7946 0958", True),
        ("said_phone", "2020-11-28 10", False),
        ("said_phone", "123-45", False),
        ("plate", "京A12345", True),
        ("plate", "京ABCDE5", False),
        ("passport", "E12345678", True),
        ("passport", "E1234567", True),
        ("passport", "1234567", False),
        ("block", "-----BEGIN PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\n-----END PRIVATE KEY-----", True),
        ("block", "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----", False),
        ("block", "-----BEGIN PRIVATE KEY----- and then follow lines -----END PRIVATE KEY-----", False),
        ("block", "-----BEGIN PRIVATE KEY-----\nYourPrivateKey4YouGoesHere\n-----END PRIVATE KEY-----", False),
        ("key", "AKIAIOSFODNN7EXAMPLE", False),
        ("key", "AKIAQ3EGRX7LMNOPWQYZ", True),
        ("key", "AKIAAAAAAAAAAAAAAAAA", False),
    ],
)
def test_values_known_to_hold_or_not(check: str, value: str, passes: bool) -> None:
    assert bool(getattr(checks, check)(value)) == passes


@pytest.mark.parametrize(
    ("value", "passes"),
    [
        ("4111111111111111", True),
        ("4444444444444444", False),  # of one digit alone
        ("30569309025904", True),  # of 14 digits, as a word says what it is
        ("4222222222222", True),
        ("6304000000000000", True),
        ("5066991111111118", True),
        ("4012888888881881", True),
        ("4012 8888 8888 1881", True),
        ("4012-8888 8888-1881", False),
        ("378282246310005", True),
        ("6011000990139424", True),
        ("4012888888881882", False),
        ("1234567812345670", False),
    ],
)
def test_a_card_has_a_known_prefix_and_a_right_sum(value: str, passes: bool) -> None:
    assert checks.card(value, "card (", 1) == passes
    assert checks.card(value, "card (", 0) == (passes and len(value) > 14)
    assert not checks.card(value, "seed(", 1)


@pytest.mark.parametrize(
    ("before", "inside"),
    [
        ("BE40 ", True),
        ("to RS35 2600 0560 ", True),
        ("(GB82WEST1234 ", True),
        ("GB82 WEST 1234", False),  # which is no group before it
        ("XGB82 WEST ", False),
        ("card 1234 ", False),
        ("gb82 1234 ", False),
        ("", False),
    ],
)
def test_a_number_behind_the_head_of_an_iban_is_a_part_of_it(before: str, inside: bool) -> None:
    assert checks.in_account(before) == inside


@pytest.mark.parametrize(
    ("name", "value", "passes"),
    [
        ("token = ", "aB3xY9zQ1kLm88", True),
        ('"TOKEN": "', "W3VDvuzi2nRLsiaDOsmJranO", True),  # letters of chance hold words of capitals too
        ("token_id=", "aB3xY9zQ1kLm88", False),
        ("tokenId: ", "aB3xY9zQ1kLm88", False),
        ('SECRET_NAME => "', "aB3xY9zQ1kLm88", False),
        ("user_id=7 token=", "aB3xY9zQ1kLm88", True),
        ("privateKey: ", "ecTestKey256", False),
        ("PrivateKey=", "RSA_2048_KEY", False),
        ("secretKey: ", "A3-C4ZJMN-PQTZTL-HGL84-G64M7", True),
        ('nextToken="', "aB3xY9zQ1kLm88", False),
        ("client_request_token = ", "aB3xY9zQ1kLm88", False),
        ("user_token = ", "aB3xY9zQ1kLm88", True),
        ("key=", "mysupersecretkey123", False),  # a word and digits: whoever has a list of words guesses it
        ("Credential=", "12312313/20170613/us-east-1/s3/aws4_request", False),
        ("key = ", "Qwen2_5OmniToken2WavConfig", False),
        ("key = ", "self_attn_2_value_3", False),
        ("key = ", "/usr/lib/x86/a1b2c3", False),
        ("token: ", "kQvTnRzWxbLpd7GhYsMe", True),  # one digit among letters of both sizes
        ("token: ", "Sha1withencryption", False),
        ("?token=", "ab%20cd12efgh34", False),
        ("&password=", "B4eek5x", True),  # short, of letters of both sizes
        ("&password=", "b4eek5x", False),
        ("password: ", "Pass_12x", False),
        ('"access_token":"', "kG_7.C2h-8.3KrN", True),  # with full stops
        ("token = ", "config.Token2.Url5x", False),
        ("token = ", "kG_7.C2h-8.3KrN.", False),
        ("token = ", "kG_7.C2h-8.3KrN.json", False),
        ("token = ", "WyJ0ZXN0Il0.eyJhIjoiYiJ9.jiMyrsmD8AoHWeQg", False),
        ("token=", "rtd84217rtd", True),  # few different signs, as it has few
        ('"secret_id": "', "951882ed-22da-ccd8-cdbd-7b4056b70de0", True),  # what Vault calls its secrets
        ('"secret_id": "', "951882ed-22da-ccd8-cdbd-7b4056b70dex", False),
        ('"token_id": "', "951882ed-22da-ccd8-cdbd-7b4056b70de0", False),
        ("token: ", "dk-1234-5678-9012x", False),
        ("password = ", "Password_7x_3_1", False),
        ("password = ", "qwer5678", False),  # runs on a keyboard
        ("password = ", "testing1234", False),
        ("token = ", "a1b2c3d4e5f6", False),  # counts on
        ("token = ", "x7Qx7Qx7Qx7Qx7Q", False),  # repeats
        ("token = ", "aBigStringOfRandomChars.123abc", False),
        ("password = ", "pa9$[x(Qz7]", True),
        ("password = ", "[pa9xQz7vQw]", False),
        ("password = ", "$pa9xQz7vQw", False),
        ("password = ", "pa9{x}Qz7vQw", False),
        ("password = ", "pa9$(x)Qz7vQw", False),
        ("password = ", "pa9**xQz7vQw", False),
        ("password = ", "$2b$12$xQz7vQwLm0pRt", False),  # a hash of one
        ("password = ", "sha256$5$xQz7vQwLm0pRt", False),
        ("token = ", "eyJhbGciOiJIUzI1NiIsInR5cCI6", False),  # the first part of a JWT alone
        ("token = ", "ghs_[0-9a-zA-Z]qX7vQw2", False),
        ("skipToken=", "kP9zQ1xR4tLm", False),
        ("KeyFingerprintWithPassphrase = ", "E3EB7611D815211F1419", False),
        ("TOKEN_POLICY = ", "kP9zQ1xR4tLm", False),
        ("token = ", "EC_SECP384R1_KEY", False),
        ("token: str = ", "kP9zQ1xR4tLm", True),
        ("token_id: str = ", "kP9zQ1xR4tLm", False),
        ('token = b"', "kP9zQ1xR4tLm", True),
        ('token_name = b"', "kP9zQ1xR4tLm", False),
        ("secret = ", "7363616c-6577-6573-6862-6f7579616161", True),
        ("token = ", "1b751d74-de0c-46ae-84f0-915744b582d1", True),
        ("ChangeToken: ", "1b751d74-de0c-46ae-84f1-915744b582d1", False),
        ('"ClientToken": "', "kP9zQ1xR4tLm", False),  # the mark of a request
        ('"clientToken": "', "kP9zQ1xR4tLm", False),
        ("client_token = ", "kP9zQ1xR4tLm", True),
        ("ourClientToken = ", "kP9zQ1xR4tLm", True),
        ("private_key=", "pkcs11:piv=kP9zQ1xR4tLm", False),
        ("PasswordLastUsed: ", "kP9zQ1xR4tLm", False),
    ],
)
def test_a_secret_is_of_chance_and_named_as_one(name: str, value: str, passes: bool) -> None:
    assert checks.assignment(value, name) == passes


def test_a_password_is_no_word_for_one_and_stands_before_a_host() -> None:
    words = ("tiger", "a%20secret", "password", "Passwd", "${PASSWORD}", "%(word)s", "AccessToken", "a...b", "bbbb")
    assert [checks.secret(word, "ftp://bob:", "@host") for word in words] == [True, True, *[False] * 7]
    places = ("@/", "@", "@/run/x", "@[::1]", "@例", "@%s", "@{host}", "@$HOST")
    assert [checks.secret("tiger", "ftp://bob:", after) for after in places] == [False, False, *[True] * 6]
    signs = ("foo(b]c", "a$1", "[pass]word", "$tiger", "[tiger]", "(tiger)", "ti{g}er", "ti%(g)s", "t**r")
    assert [checks.secret(word, "ftp://bob:", "@host") for word in signs] == [*[True] * 3, *[False] * 6]
    logins = ("bob", "b.o.b", "mypass", "${BOB}", "$bob", "{bob}", "b...b", "b*b", "password", "PWD")
    assert [checks.secret("tiger", f"$x/ftp://{login}:", "@host") for login in logins] == [*[True] * 3, *[False] * 7]
    forms = ("pw", "RABBIT_PASS", "ldap-pwd", "AppID", "api_pass", "user-name", "webhook", "MyPassWd", "my.access.key")
    assert not any(checks.secret(form, "ftp://bob:", "@host") for form in forms)
    assert all(checks.secret(word, "ftp://bob:", "@host") for word in ("user1", "secretpass", "hostess", "pass2word!", "mypässwd"))


def test_an_address_is_of_a_machine_and_no_version() -> None:
    assert checks.ipv4("203.0.113.7", "ping ", "")
    assert checks.ipv4("10.0.0.1", "", "-10.0.0.9")
    assert not checks.ipv4("203.0.113.7", "lib-", "")
    assert not checks.ipv4("203.0.113.7", "lib==", "")
    assert not checks.ipv4("203.0.113.7", "", "-1ubuntu2")
    assert not any(checks.ipv4(value, "", "") for value in ("127.0.0.1", "0.0.0.0", "255.255.255.0", "1.2.3.256", "1.02.3.4"))


@given(st.integers(0, 2**128 - 1).map(lambda n: n >> 120 << 112 | n & 2**64 - 1) | st.integers(0x20 << 120, 0x40 << 120))
def test_an_address_of_six_is_what_the_standard_library_calls_global_of_a_site_or_of_a_link(number: int) -> None:
    address = ipaddress.IPv6Address(number)
    kinds = (ipaddress.ip_network(net) for net in ("2000::/3", "fc00::/7", "fe80::/10"))
    expected = any(address in net for net in kinds)
    assert checks.ipv6(address.exploded, "udp:") == expected
    assert checks.ipv6(str(address), "") == (expected and len(str(address).split(":")[0]) == 4)


def test_a_bare_number_needs_a_word_or_other_signs_beside_it() -> None:
    assert [checks.mobile("13800138001", *around) for around in (("", ""), ("a\n ", " \nb"), ("张三 ", ""), ("", " 张三"))] == [
        True
    ] * 4
    assert [checks.mobile("13800138001", *around) for around in (("x ", ""), ("", "*I"), ("(", ")"))] == [False] * 3
    assert checks.mobile("138 0013 8001", "x ", "")


def test_parts_below_sixty_four_are_those_of_a_version_without_mask_or_port() -> None:
    assert checks.is_small("10.0.16.21", "]")
    assert checks.heads_section("10.0.16.21", ". Of it")
    assert checks.heads_section("10.0.16.21", ".\u00a0Of it")
    assert not any((checks.heads_section("10.0.16.21", "."), checks.heads_section("10.0.116.21", ". Then")))
    assert not any((checks.is_small("10.0.16.21", "/24"), checks.is_small("10.0.16.21", ":80"), checks.is_small("10.0.64.21", "")))


def test_the_end_of_a_longer_address_is_none() -> None:
    assert not any(checks.ipv6("2001:db8::1", before) for before in ("1:", "fe80::", "ad:"))


def test_an_address_of_mail_ends_in_a_domain() -> None:
    assert checks.email("jane.doe@mail.example.org", "", "")
    for value in ("a@b.service", "a@2x.png", "a..b@c.org", "a.@c.org", "a@-c.org", "x" * 65 + "@c.org"):
        assert not checks.email(value, "", ""), value
    assert not checks.email("git@github.com", "", ":me/repository.git")
    assert checks.email("me@github.com", "", ": my address")
    assert not checks.email("secret@host.com", "ftp://me:", "/")
    assert checks.email("me@host.com", "http://host.com/?to=", "")


def test_each_name_that_a_pattern_uses_is_known() -> None:
    assert {pattern.check for pattern in PATTERNS} <= {*CHECKS}
    assert {pattern.hint for pattern in PATTERNS} <= {"", *HINTS}
    assert len({pattern.name for pattern in PATTERNS}) == len(PATTERNS)
    assert all(len(row) == 4 and all(row) for row in PROVIDER_KEYS)


def test_words_near_a_number_speak_for_or_against_it() -> None:
    assert [span.type for span in find_plainly("电话13800138001，订单号13800138001，订单的联系电话13800138001")] == [
        "cn_mobile"
    ] * 2
    assert [span.type for span in find_plainly("version 8.8.8.1 or 8.8.8.2\nip 8.8.8.8 flip\nflip 8.8.8.3")] == ["ipv4"]
