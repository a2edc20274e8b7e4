"""What presidio and detect-secrets find in texts, and sentences of Faker to put values in.

PYTHON presidio_spans.py find TEXTS.json OUT.json      spans of presidio, lines of detect-secrets, processor seconds of each
PYTHON presidio_spans.py write COUNT OUT.json          COUNT sentences each of English and Chinese
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from detect_secrets.core.scan import scan_line  # type: ignore[import-not-found]
from detect_secrets.settings import default_settings  # type: ignore[import-not-found]
from faker import Faker  # type: ignore[import-not-found]
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry  # type: ignore[import-not-found]
from presidio_analyzer.nlp_engine import SpacyNlpEngine  # type: ignore[import-not-found]

ENTITIES = ["EMAIL_ADDRESS", "CREDIT_CARD", "IP_ADDRESS", "PHONE_NUMBER"]


class Blank(SpacyNlpEngine):  # type: ignore[misc]
    """spaCy's words without a model: what is asked for needs none."""

    def load(self) -> None:
        import spacy  # type: ignore[import-not-found]

        self.nlp = {"en": spacy.blank("en")}


def find(texts: list[str]) -> dict[str, object]:
    engine = Blank()
    engine.load()
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"], nlp_engine=engine)
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])
    analyzer.analyze("warm", "en", ENTITIES)
    start = time.process_time()
    spans = [[(found.entity_type, found.start, found.end) for found in analyzer.analyze(text, "en", ENTITIES)] for text in texts]
    middle = time.process_time()
    with default_settings():
        secrets = [
            [(number, secret.type) for number, line in enumerate(text.split("\n")) for secret in scan_line(line)] for text in texts
        ]
    end = time.process_time()
    return {"spans": spans, "secrets": secrets, "presidio_cpu_s": middle - start, "detect_secrets_cpu_s": end - middle}


def write(count: int) -> list[str]:
    english, chinese = Faker("en_US"), Faker("zh_CN")
    for one in (english, chinese):
        one.seed_instance(20261128)
    return [made.sentence(nb_words=9) for made in (english, chinese) for _ in range(count)]


def main() -> None:
    what, given, out = sys.argv[1:]
    found = find(json.loads(Path(given).read_text(encoding="utf-8"))) if what == "find" else write(int(given))
    Path(out).write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
