"""fastText as DCLM trains it (words and pairs of words), run in its own environment: train, then score; prints JSON.

python fasttext_classifier.py TRAIN TEST ALL: files of one text a line, ``__label__good`` or ``__label__general`` first in TRAIN.
"""

import json
import sys
import time

import fasttext

train, test, whole = sys.argv[1:]
began = time.process_time()
model = fasttext.train_supervised(input=train, wordNgrams=2, thread=1, seed=1, verbose=0)
learned = time.process_time()


def scores(path):
    with open(path, encoding="utf-8") as lines:
        texts = [line.rstrip("\n") for line in lines]
    start = time.process_time()
    labels, chances = model.predict(texts)
    said = [float(c[0]) if name[0] == "__label__good" else 1 - float(c[0]) for name, c in zip(labels, chances)]  # noqa: B905 python 3.9
    return said, time.process_time() - start


found, _ = scores(test)
_, seconds = scores(whole)
print(json.dumps({"scores": found, "train_cpu_seconds": learned - began, "score_cpu_seconds": seconds}))
