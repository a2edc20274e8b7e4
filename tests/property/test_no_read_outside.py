"""With every index checked, the kernels read nothing outside a buffer: they are compiled anew for this, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CHECK = """
import random, sys
import pyarrow as pa
from resonance.curate.kernels.text import compiled
compiled.cache_folder = lambda module: sys.argv[1]
import numpy as np
from resonance.curate.kernels.datatrove.c4_lines import rewrite
from resonance.curate.kernels.contamination.contamination import hits
from resonance.curate.kernels.english.english import rules
from resonance.curate.kernels.contamination.evaluation_index import index
from resonance.curate.kernels.duplicates.joined import smallest
from resonance.curate.kernels.duplicates.minhash import signatures
from resonance.core.scorer import Scorer
from resonance.curate.kernels.scorers import classifier, descent, kneser_ney, language_model
from resonance.curate.kernels.scorers.features import BITS
from resonance.curate.signals import SETS
from resonance.curate.kernels.text.prose import counts
from resonance.curate.kernels.duplicates.shingles import sets, settle_pairs
from resonance.curate.kernels.text.tidy import tidy

draw = random.Random(3)
marks = [*"....\\u2026\\u2019'sSUCA$+-*^,:/@?#_~()[]{}<>=%0123456789", "[1]", "[edit", "javascrip", "lorem ips"]
odd = ["\\r", "\\r\\n", "\\n\\n", " ", "  ", "\\u3000", "\\u2028", "\\x85", "\\u4e2d", "\\U0001f600"]
odd += ["\\ufdfa", "\\u3316", "\\u03a3", "\\u0301", "\\uac01"]
words = ["US", "\\u00b0C.", "http://", "a.b", "8.8.8.", "the", "of", "word"]
pieces = [*rules().special_cases, *marks, *odd, *words]
texts = ["".join(draw.choices(pieces, k=draw.randrange(40))) for _ in range(600)] + [None, "", *pieces]
for text in texts:
    array = pa.array([text], pa.string())
    for declared in SETS:
        declared.measure(array)
        if declared.brief is not None:
            declared.brief(array)
    rewrite(array)
    tidy(array)
    counts(array, 5)
    for form in ("resonance", "datatrove"):
        signatures(array, 4, 3, form)
        sets(array, 1, form)
for declared in SETS:
    declared.measure(pa.array(texts))
alphabet = [*"abcdefg ", *"\u4e2d\u6587\u5b57", " word", " \u00df", "\ufdfa"]
items = ["".join(draw.choices(alphabet, k=draw.choice([0, 1, 3, 20, 60, 200]))) for _ in range(60)]
known = index(pa.array([*items, *texts[:20]]))
for item in items:
    hits(pa.array([item + item, item[1:], item + "".join(draw.choices(alphabet, k=30)), None]), known, 0.4)
hits(pa.array(texts), known, 0.4)
hits(pa.array(texts), index(pa.array([], pa.string())), 0.4)
for nodes in (0, 1, 50):
    ends = np.random.default_rng(nodes).integers(0, max(nodes, 1), (2, nodes))
    smallest(ends[0], ends[1], nodes)
held = sets(pa.array(texts), 2, "resonance")
bounds, found = held.offsets.to_numpy(), held.values.to_numpy().view(np.uint64)
later = np.arange(1, len(texts))
settle_pairs(found, bounds, later, later - 1, 0.5)
weights = Scorer("classifier", {"slope": 1.0, "bias": 0.0}, {"weights": np.zeros(1 << BITS, np.int16)})
labels = np.arange(len(texts)) % 2.0
descent.learn(pa.array(texts), labels, labels, 1, 1.0)
for order in (1, 2, 4):
    grams = language_model.weigh_costs(kneser_ney.estimate(language_model.read_tokens(pa.array(texts[:300])), order, 1))
    model = Scorer("perplexity", {"order": order}, grams)
    for text in texts:
        classifier.measure(pa.array([text], pa.string()), weights)
        language_model.read(pa.array([text], pa.string()), model)
print("checked", len(texts))
"""


def test_no_kernel_reads_outside_its_buffers(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_OPT": "0"}  # compiling takes most of the time
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CHECK, str(tmp_path)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("checked")


def test_the_check_would_find_one(tmp_path: Path) -> None:
    """The control: in this mode a read one place too far is an error."""
    code = "import numba, numpy\nnumba.njit(lambda a, i: a[i])(numpy.zeros(3), 3)"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "NUMBA_BOUNDSCHECK": "1"}, capture_output=True, text=True
    )
    assert "IndexError" in done.stderr
