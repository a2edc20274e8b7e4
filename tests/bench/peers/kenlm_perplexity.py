"""KenLM on texts of ready tokens, run in its own environment: loads a model, scores, prints JSON.

python kenlm_perplexity.py MODEL TEXTS: an ARPA file, and a file of one text a line, tokens parted by blanks.
"""

import json
import sys
import time

import kenlm

model = kenlm.Model(sys.argv[1])
with open(sys.argv[2], encoding="utf-8") as lines:
    texts = [line.rstrip("\n") for line in lines]
began = time.process_time()
found = [model.score(text, bos=True, eos=True) for text in texts]
print(json.dumps({"log10": found, "score_cpu_seconds": time.process_time() - began}))
