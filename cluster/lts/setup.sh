#!/bin/sh
# Leave .venv-lts in the clone: our package on Spark 3.5 with Delta, and Spark NLP with its jars. Does nothing when it already is.
set -eu
cd "$(dirname "$0")/../.."
here=cluster/lts
key=$({ pwd; cat pyproject.toml constraints.txt cluster/platform/requirements.txt cluster/laptop/jars.py $here/*; } | cksum)
if [ "$(cat .venv-lts/ready 2>/dev/null)" = "$key" ]; then exit 0; fi
python=$(sh cluster/laptop/check.sh spark)
.venv-lts/bin/python -c '' 2>/dev/null || "$python" -m venv --clear .venv-lts

run() { # title, log, command
    title=$1 log=$2
    shift 2
    .venv-lts/bin/python cluster/laptop/progress.py "$title" ".venv-lts/logs/$log" "$@"
}

install() { # log, what
    log=$1
    shift
    run 'Spark 3.5 and what fits it (1.3 GB, 1 to 3 minutes)' "$log" .venv-lts/bin/python -m pip install --disable-pip-version-check \
        --no-input --progress-bar off --no-build-isolation -c .venv-lts/constraints.txt "$@"
}

ours=$(sed -n 's/^\([a-z0-9-]*\)==.*/\1/p' $here/requirements.txt | paste -s -d '|' -)
grep -v -E "^($ours|pyspark-client|pysail)==" constraints.txt >.venv-lts/constraints.txt
grep '==' $here/requirements.txt >>.venv-lts/constraints.txt
install tools.log hatchling setuptools wheel
install packages.log -r cluster/platform/requirements.txt -r $here/requirements.txt cleanlab hypothesis obstore psutil pytest pytest-timeout pytest-xdist scikit-learn scipy
install ours.log --no-deps -e .
run 'Delta jars' jars.log .venv-lts/bin/python cluster/laptop/jars.py
run 'Jars of Spark NLP (280 MB)' nlp.log .venv-lts/bin/python cluster/laptop/jars.py nlp
echo "$key" >.venv-lts/ready
