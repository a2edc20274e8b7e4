"""How many Chinese names of persons, addresses and organisations the model finds, how many of what it finds are none, and how fast.

python -m tests.bench.names [--each N] [--no-result] [--list FILE]

(a) Values of Faker in sentences like those of forms, letters and news, and sentences without any. (b) What is found in
Chinese documentation of Debian, labelled by reading (``names_labels.json``: hashes of lines and offsets);
``--list`` writes those to be read.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from resonance.curate.kernels.names.chinese_words import HAN
from resonance.curate.kernels.names.find import TYPES, find_names
from tests.bench import debian
from tests.bench.environments import python_of, versions_of
from tests.bench.places import write_result
from tests.bench.privacy_real import hash_line, read_corpora, read_lines

SCRIPT = Path(__file__).parent / "peers" / "faker_names.py"
LABELS = Path(__file__).with_name("names_labels.json")
SEED, EACH, LINES = 20261129, 200, 4000
SENTENCES = {
    "person": (
        "联系人：{}，请在收到后三日内答复。", "昨天下午{}在会上介绍了新的方案。", "我的同事{}负责这个项目。",
        "{}说，这件事明年再谈。",
        "尊敬的{}先生，您的申请已经受理。", "这篇文章由{}翻译，由{}校对。", "收件人 {}",
    ),
    "address": (
        "收货地址：{}，请放门口。", "他家住在{}，离地铁站不远。", "公司于去年搬到{}。", "通讯地址 {}",
        "火灾发生在{}附近，无人受伤。",
    ),
    "organisation": (
        "合同由{}与买方签订。", "{}发布了第三季度的财报。", "他在{}工作了十年。", "发票抬头：{}", "据悉，{}计划明年上市。",
    ),
}  # fmt: skip
PLAIN = (
    "请在安装之前备份所有重要数据。", "这个选项会让程序在后台运行，并把结果写入日志。", "北京和上海之间的高铁每天有四十多趟。",
    "第3章介绍了5种方法，表2列出了12个参数。", "长江流经十一个省区，最后流入东海。", "他走了3号门，上了2楼。",
    "明天气温下降，注意保暖。",
    "妈妈买了三斤苹果和一斤葡萄。", "如果没有网络，请检查路由器的3号接口。", "版本5.10修正了若干错误。",
)  # fmt: skip
READ = ("debian-reference-zh-cn", "debian-handbook")
"""Packages whose lines are read."""
Place = tuple[str, int, int]


class Item(NamedTuple):
    """A text and what it names."""

    text: str
    places: tuple[Place, ...]


def make_items(values: dict[str, list[str]]) -> list[Item]:
    """Each value in a sentence, one of three beside a plain one; and plain ones alone."""
    rng, items = random.Random(SEED), []
    for kind, held in values.items():
        left = list(held)
        while left:
            before, *rest = rng.choice(SENTENCES[kind]).split("{}")
            text, places = before, []
            for after in rest:
                value = left.pop() if left else held[0]
                places.append((kind, len(text), len(text) + len(value)))
                text += value + after
            items.append(Item(text + rng.choice(PLAIN) * (rng.random() < 1 / 3), tuple(places)))
    return [*items, *(Item(text, ()) for text in PLAIN)]


def find_places(texts: Sequence[str]) -> list[list[Place]]:
    """Type, start and end of all that is found in each text."""
    found: list[list[Place]] = [[] for _ in texts]
    for row, kind, _, _, start, end in zip(*find_names(pa.array(texts, pa.string())), strict=True):
        found[row].append((TYPES[kind], int(start), int(end)))
    return found


def rate(items: Sequence[Item], found: Sequence[Sequence[Place]]) -> dict[str, Any]:
    """Of each type: what is there, found, found in its very place or in part, and what of the found is right.

    ``hidden`` counts characters of values over which something was found, of whatever type: what masking takes out.
    """
    rated = {}
    for kind in TYPES:
        count: Counter[str] = Counter()
        for item, places in zip(items, found, strict=True):
            own = [place for place in item.places if place[0] == kind]
            mine = [place for place in places if place[0] == kind]
            count["there"] += len(own)
            count["found"] += len(mine)
            count["exact"] += sum(place in mine for place in own)
            count["met"] += sum(any(_meet(place, other) for other in mine) for place in own)
            count["right"] += sum(any(_meet(place, other) for other in own) for place in mine)
            for _, start, end in own:
                count["characters"] += end - start
                count["hidden"] += sum(any(first <= at < last for _, first, last in places) for at in range(start, end))
        rated[kind] = dict(count) | {
            "precision": round(count["right"] / max(count["found"], 1), 3),
            "recall": round(count["met"] / max(count["there"], 1), 3),
            "recall_exact": round(count["exact"] / max(count["there"], 1), 3),
            "hidden_share": round(count["hidden"] / max(count["characters"], 1), 3),
        }
    return rated


def _meet(one: Place, other: Place) -> bool:
    return one[1] < other[2] and other[1] < one[2]


def measure_made(each: int) -> dict[str, Any]:
    """Part (a)."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "values.json")
        subprocess.run([python_of("faker"), SCRIPT, str(each), out], check=True)
        items = make_items(json.loads(out.read_text(encoding="utf-8")))
    return {"items": len(items), "rated": rate(items, find_places([item.text for item in items]))}


def list_found() -> list[list[Any]]:
    """Places that are found in lines of Chinese documentation, to be labelled by reading: where they stand, and the line."""
    rng, lines = random.Random(SEED), []
    for package in READ:
        home = debian.unpacked(package)
        for path in debian.files(package) if home is not None else ():
            name = path.relative_to(home).as_posix()  # type: ignore[arg-type]
            lines += [(package, name, line) for line in read_lines(package, name) if HAN.search(line)]
    rng.shuffle(lines)
    chosen = lines[:LINES]
    return [
        [package, name, hash_line(line), start, end, kind, line]
        for (package, name, line), places in zip(chosen, find_places([line for *_, line in chosen]), strict=True)
        for kind, start, end in places
    ]


def measure_real() -> dict[str, Any]:
    """Part (b): of the labelled places that are still found, how many are right; what is missed was not labelled."""
    held: dict[tuple[str, str], dict[str, str]] = {}
    counts: Counter[str] = Counter()
    for package, name, hash, start, end, kind, label in json.loads(LABELS.read_text(encoding="utf-8"))["places"]:
        if (package, name) not in held:
            held[package, name] = {hash_line(line): line for line in read_lines(package, name)}
        if hash in held[package, name] and (kind, start, end) in find_places([held[package, name][hash]])[0]:
            counts[f"{kind} {'right' if label else 'wrong'}"] += 1
    return dict(sorted(counts.items()))


def measure_speed(kilobytes: int = 400) -> dict[str, Any]:
    """Kilobytes of Chinese text that are read in a second of the processor, warm."""
    texts, size = [], 0
    for text in read_corpora()["Chinese"]:
        texts.append(text)
        size += len(text.encode())
        if size > kilobytes * 1000:
            break
    find_places(texts[:1])
    start = time.process_time()
    find_places(texts)
    return {"kilobytes": size // 1000, "kb_per_cpu_s": round(size / 1e3 / (time.process_time() - start), 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=EACH, help="made values of each type")
    parser.add_argument("--no-result", action="store_true", help="write no result file")
    parser.add_argument("--list", type=Path, help="write lines to be labelled there, and measure nothing")
    asked = parser.parse_args()
    if asked.list:
        asked.list.write_text(json.dumps(list_found(), ensure_ascii=False, indent=1), encoding="utf-8")
        return
    result = {"versions": versions_of("faker"), "made": measure_made(asked.each), "real": measure_real(), "speed": measure_speed()}
    print(json.dumps(result, indent=1))
    if not asked.no_result:
        print(write_result("names", "python -m tests.bench.names", result))


if __name__ == "__main__":
    main()
