"""Many languages under the default policy: sentences of each stay, what is spoilt goes, both scripts of Chinese meet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from resonance.cli import main

SIMPLIFIED = (
    "图书馆的后面有一座小山，春天的时候，山上开满了杜鹃花。老人们早晨在那里打太极拳，孩子们放学以后就在树林里捉迷藏。"
    "去年夏天，一场大雨把山路冲坏了，人们花了整整两个月才把它修好。现在从ＡＢ路走上去，只要十分钟就能看见整个城市和远处的海。"
)
TRADITIONAL = (
    "圖書館的後面有一座小山，春天的時候，山上開滿了杜鵑花。老人們早晨在那裡打太極拳，孩子們放學以後就在樹林裡捉迷藏。"
    "去年夏天，一場大雨把山路沖壞了，人們花了整整兩個月才把它修好。現在從AB路走上去，只要十分鐘就能看見整個城市和遠處的海。"
)
"""One text in both scripts, its Latin letters in full and half width; written for this test."""
TEXTS = {
    "simplified": SIMPLIFIED,
    "traditional": TRADITIONAL,
    "japanese": "電車が二時間遅れて、みんなホームで待ちました。先生は葉を一枚ずつ持ってくるように言いました。"
    "暗くなる前に漁船は港に戻りました。"
    "春の雨で麦がよく育っています。",
    "thai": "ร้านก๋วยเตี๋ยวเล็กๆเปิดมาสี่สิบปีแล้ว คนขายผลไม้ในตลาดรู้จักลูกค้าทุกคน ครูให้นักเรียนนำใบไม้มาคนละหนึ่งชนิด",
    "arabic": "تأخر القطار ساعتين وانتظر الجميع على الرصيف. قال المهندس إن مستوى الماء أقل من العام الماضي.",
    "korean": "기차가 두 시간 늦어서 모두 승강장에서 기다렸습니다. 선생님은 학생들에게 나뭇잎을 한 장씩 가져오라고 했습니다. "
    "어두워지기 전에 "
    "어선들이 항구로 돌아왔습니다.",
    "russian": "Поезд опоздал на два часа, и все ждали на перроне. Инженер сказал, что уровень воды ниже, чем в прошлом году.",
    "english": "The train was two hours late, and all of us waited on the platform. The engineer said that the water was lower "
    "than it had been the year before. The fishing boats came back to the harbour before it was dark, and the children went to "
    "the old library to write what they had to write for school.",
    "short": "The train was two hours late.",
    "mojibake": SIMPLIFIED.encode().decode("gbk", "replace"),
    "menu": "首页\n新闻中心\n产品展示\n在线留言\n人才招聘\n联系我们\n公司简介\n企业文化\n发展历程\n荣誉资质\n合作伙伴\n"
    "技术支持\n下载中心\n常见问题\n服务网点\n投资者关系\n网站地图\n隐私政策\n法律声明\n公众监督",
    "repeated": "Поезд опоздал на два часа. " * 30,
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("texts.jsonl").write_text("".join(json.dumps({"id": name, "text": text}) + "\n" for name, text in TEXTS.items()))
    return tmp_path


def rows_of(name: str) -> list[dict[str, Any]]:
    return DeltaTable(Path("w/tables") / name).to_pyarrow_table().to_pylist()  # type: ignore[no-any-return]


def find_reasons() -> Mapping[str, set[str]]:
    """The rules that each text fails, by its name."""
    names = {row["doc_id"]: row["source_key"] for row in rows_of("documents")}
    found: dict[str, set[str]] = {name: set() for name in TEXTS}
    for row in rows_of("rejects"):
        found[names[row["doc_id"]]].add(row["rule"])
    return found


def test_each_language_is_held_to_its_own_rules(spark: SparkSession, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["curate", "texts.jsonl", "--workspace", "w"])
    said, reasons = capsys.readouterr().out, find_reasons()
    assert "gopher.short_doc" in said
    whole = ("japanese", "thai", "arabic", "korean", "russian", "english")
    assert {name: rules for name, rules in reasons.items() if name in whole and rules} == {}
    assert sorted(map(sorted, (reasons["simplified"], reasons["traditional"]))) == [[], ["near_duplicate"]]
    assert "gopher.short_doc" in reasons["short"]
    assert any(rule.endswith(".mojibake") for rule in reasons["mojibake"])
    assert "zh.menus" in reasons["menu"]
    assert "any_language.repeated_30_chars" in reasons["repeated"]
    for name, rules in reasons.items():
        of_rules = {rule.partition(".")[0] for rule in rules if "." in rule}
        assert len(of_rules) <= 1, f"{name} is judged by the rules of one policy"
    measured = {name: len(rows_of(f"signals_{name}")) for name in ("basics", "datatrove", "any_language")}
    assert measured["basics"] == len(TEXTS) == measured["datatrove"] + measured["any_language"]

    main(["why", "menu", "--workspace", "w"])
    assert "zh.menus" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["judge", "--policy", "gopher", "--workspace", "w"])
    assert "reads signals of datatrove, which were measured of texts in some languages alone" in capsys.readouterr().err
