"""What policy ``zh`` does to real Chinese documents, beside ``gopher``; and to documents that are spoilt on purpose.

python -m tests.bench.chinese [--each N] [--spoilt N] [--write]

Real ones are Debian's documentation in Chinese, both scripts: whole pages, manual pages and sayings, poems among them; nothing is
installed. Some that stay are then spoilt in the ways that Chinese web pages are, which no good rule may let pass.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from resonance.core.policy import Policy, Rule
from resonance.curate.kernels.text.tidy import clean_text
from resonance.runtime.policies import load_policy
from resonance.tables import SIGNAL_SETS
from tests.bench import debian, texts
from tests.bench.places import write_result

PACKAGES = (
    *(f"{name}-zh-{script}" for name in ("libreoffice-help", "debian-reference", "maint-guide") for script in ("cn", "tw")),
    *(f"{name}-zh-cn" for name in ("debian-faq", "debian-edu-doc", "gimp-help", "linuxcnc-doc")),
    *("kicad-doc-zh", "lilypond-doc-html-zh", "manpages-zh", "fortunes-zh"),
)
HAN = re.compile("[\u4e00-\u9fff]")
LETTER = re.compile(r"[^\W\d_]")
ADVERTISEMENTS = (
    "需要的朋友可以加我的微信详聊哦！",
    "扫下面的二维码关注我们的公众号，领取资料！",
    "全场五折，全国包邮，先到先得！",
    "本公司专业代开各类发票，点数优惠，电话联系！",
    "招代理，在家兼职日赚五百！",
    "点击这里立即下载，免费注册送彩金！",
    "咨询热线：四零零八八八，二十四小时在线客服为您服务。",
    "想了解更多，请加qq群交流！",
    "厂家直销，质优价廉，欢迎新老客户来电咨询！",
    "上一篇：没有了。下一篇：相关推荐，猜你喜欢！",
    "转载请注明出处，版权归本站所有。",
    "六合彩特码，时时彩计划群，百家乐技巧！",
)
"""Written for this bench as such pages write, not from the list of phrases that the signal seeks."""
LEAST_HAN, LEAST_SHARE = 30, 0.1
"""Pages that nobody translated are no Chinese documents: so many Han characters, and so many of the letters, one must have."""
MOST_CHARS = 200_000
EACH = 1_500
"""So many documents are taken of a package at most."""
POLICIES = ("gopher", "zh")


class Document(NamedTuple):
    """A text and the package that it comes from."""

    name: str
    source: str
    text: str


def real_documents(each: int) -> Iterator[Document]:
    """At most ``each`` documents of a package, those of equal text once, in an order that depends on their names alone."""
    seen: set[str] = set()
    for package in PACKAGES:
        found = [document for path in debian.files(package) for document in _read(package, path)]
        fresh = []
        for document in sorted(found, key=lambda document: debian.number_of(document.name)):
            han = len(HAN.findall(document.text))
            if document.text in seen or han < LEAST_HAN or han < LEAST_SHARE * len(LETTER.findall(document.text)):
                continue
            seen.add(document.text)
            fresh.append(document)
        yield from fresh[:each]


def _read(package: str, path: Any) -> Iterator[Document]:
    name = str(path.relative_to(debian.unpacked_home()))
    held = [(name, texts.from_html(texts.read(path)))] if name.endswith(".html") else debian.documents(path)
    for name, text in held:
        cleaned = clean_text(text)
        if len(cleaned) <= MOST_CHARS:
            yield Document(name, package, cleaned)


def spoil_mojibake(text: str, draw: random.Random) -> str:
    """UTF-8 that is read as Windows' Latin or as GBK, or GBK that is read as UTF-8."""
    said, read = draw.choice([("utf-8", "cp1252"), ("utf-8", "gbk"), ("gbk", "utf-8")])
    return text.encode(said, "replace").decode(read, "replace")


def spoil_menu(text: str, draw: random.Random) -> str:
    """The entries of a navigation: words of the text, a line each or between bars."""
    words = [text[at : at + draw.randint(2, 5)] for at in draw.sample(range(len(text)), min(80, len(text) - 1))]
    words = ["".join(HAN.findall(word)) for word in words]
    return draw.choice(["\n", " | ", " » "]).join(word for word in words if word)


def spoil_spam(text: str, draw: random.Random) -> str:
    """An advertisement behind every other sentence, of those below: real ones say it in as many ways."""
    pieces = re.split("(?<=[。！？\n])", text[:3_000])
    return "".join(piece + (draw.choice(ADVERTISEMENTS) if place % 2 else "") for place, piece in enumerate(pieces))


def spoil_keywords(text: str, draw: random.Random) -> str:
    """Keywords without a sentence: Han characters of the text in chance order, one blank between every four."""
    han = HAN.findall(text)[:2_000]
    draw.shuffle(han)
    return " ".join("".join(han[at : at + 4]) for at in range(0, len(han), 4))


def spoil_repeat(text: str, draw: random.Random) -> str:
    """The same passage over and over, as generated pages have it."""
    start = draw.randrange(max(len(text) - 60, 1))
    return text[start : start + 60] * 20


SPOILT: Mapping[str, Callable[[str, random.Random], str]] = {
    "mojibake": spoil_mojibake,
    "menu": spoil_menu,
    "spam": spoil_spam,
    "keywords": spoil_keywords,
    "repeated": spoil_repeat,
}


def measure(documents: Sequence[str], names: Sequence[str]) -> list[dict[str, Any]]:
    """What each set says of each text, by set and signal."""
    held = pa.array(documents, pa.string())
    found = {name: SIGNAL_SETS[name].measure(held).to_pylist() for name in names}
    return [{name: found[name][row] for name in names} for row in range(len(documents))]


def failing(policy: Policy, said: Mapping[str, Any]) -> list[str]:
    """The rules that a text fails, in the policy's order."""
    return [rule.rule for rule in policy.rules if not _passes(rule, said[policy.set_of(rule)][rule.signal])]


def _passes(rule: Rule, value: Any) -> bool:
    if value is None:
        return False
    return bool(value >= rule.below if rule.below is not None else value <= rule.above)


def judge_all(documents: Sequence[Document]) -> dict[str, Any]:
    """For each policy what stays of each source, and which rules cut."""
    policies = [load_policy(name) for name in POLICIES]
    sets = sorted({"basics", *(name for policy in policies for name in policy.sets)})
    said = measure([document.text for document in documents], sets)
    result: dict[str, Any] = {
        "documents": len(documents),
        "languages": _count_languages(said),
    }
    for policy in policies:
        first, fails, kept = Counter[str](), Counter[str](), Counter[str]()
        for document, held in zip(documents, said, strict=True):
            failed = failing(policy, held)
            fails.update(failed)
            first.update(failed[:1])
            kept[document.source] += not failed
        result[policy.title] = {
            "kept": kept.total(),
            "kept_by_source": dict(kept),
            "first_reason": dict(first.most_common()),
            "fails": dict(fails.most_common()),
        }
    result["by_source"] = dict(Counter(document.source for document in documents))
    return result


def _count_languages(said: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """How many texts are told to be in a language, by the tenth of their letters that Han characters make."""
    counts: dict[str, Counter[str]] = {}
    for held in said:
        share = int(10 * held["chinese"]["han_ratio"]) / 10
        counts.setdefault(str(held["basics"]["language"]), Counter())[f"{share:.1f}"] += 1
    return {language: dict(sorted(tenths.items())) for language, tenths in sorted(counts.items())}


def spoil_all(documents: Sequence[Document], policy: Policy, most: int) -> dict[str, Any]:
    """What stays of spoilt documents that the policy keeps while they are whole, by the way in which they are spoilt."""
    whole = [document.text for document in documents]
    kept = [text for text, said in zip(whole, measure(whole, policy.sets), strict=True) if not failing(policy, said)]
    chosen = kept[:: max(len(kept) // most, 1)][:most]
    result: dict[str, Any] = {}
    for name, spoil in SPOILT.items():
        spoilt = [clean_text(spoil(text, random.Random(f"{name} {place}"))) for place, text in enumerate(chosen)]
        failed = [failing(policy, said) for said in measure(spoilt, policy.sets)]
        fails = Counter(rule for rules in failed for rule in rules)
        result[name] = {"documents": len(spoilt), "kept": sum(not rules for rules in failed), "fails": dict(fails.most_common())}
    return result


def main() -> None:
    """Judges and writes the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=EACH)
    parser.add_argument("--spoilt", type=int, default=500)
    parser.add_argument("--write", action="store_true", help="keep the result among the experiments")
    given = parser.parse_args()
    documents = list(real_documents(given.each))
    result = {"real": judge_all(documents), "spoilt": spoil_all(documents, load_policy("zh"), given.spoilt)}
    print(json.dumps(result, indent=1, ensure_ascii=False))
    if given.write:
        print(write_result("chinese", "python -m tests.bench.chinese --write", result))


if __name__ == "__main__":
    main()
