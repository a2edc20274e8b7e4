#!/bin/sh
# Leave .venv in the clone ready to use; do nothing when it already is.
# Usage: setup.sh [data|all]        data: everything up to the plan, no torch, nothing compiled; all: training as well
set -eu
cd "$(dirname "$0")/../.."
part=${1:-all}
tools=cluster/laptop
key=$({ pwd; cat pyproject.toml constraints.txt $tools/*.sh $tools/*.py; } | cksum)

ready() { [ "$(cat ".venv/ready-$1" 2>/dev/null)" = "$key" ]; }

run() { # title, log, command
    title=$1 log=$2
    shift 2
    .venv/bin/python $tools/progress.py "$title" ".venv/logs/$log" "$@"
}

install() { # title, log, what: all versions pinned, and no build environment of pip's own, so that a repetition needs no network
    title=$1 log=$2
    shift 2
    run "$title" "$log" .venv/bin/python -m pip install --disable-pip-version-check --no-input --progress-bar off \
        --no-build-isolation -c constraints.txt "$@"
}

if ready all || ready "$part"; then exit 0; fi
python=$(sh $tools/check.sh "$part")
started=$(date +%s)
.venv/bin/python -c '' 2>/dev/null || "$python" -m venv --clear .venv
install 'Build tools' build-tools.log hatchling packaging setuptools wheel
if [ "$part" = all ]; then
    install 'Python packages (7 GB, 2 to 5 minutes)' packages.log -e '.[spark,train,dev]'
    run 'Delta jars' jars.log .venv/bin/python $tools/jars.py
    run 'Text kernels' kernels.log .venv/bin/python $tools/kernels.py
    .venv/bin/python $tools/horovod_wheel.py
else
    install 'Python packages (2 GB, 1 to 3 minutes)' packages.log -e '.[spark,dev]'
    run 'Delta jars' jars.log .venv/bin/python $tools/jars.py
fi
echo "$key" >".venv/ready-$part"
echo "Set up in $(($(date +%s) - started)) s: .venv"
