#!/bin/sh
# Leave .venv in the clone ready to use; do nothing when it already is.
# Usage: setup.sh [data|spark|train|all|stage|demo]
#   data   curating, up to the plan: Python alone
#   spark  data, and Spark with Delta's jars: a JDK
#   train  data, and torch with Horovod: a C++ compiler, cmake
#   all    all of it, and the tools of development
#   stage  the trainer in .venv/trainer, while .venv is in use: `train` then takes it over in a moment
#   demo   data, then the demo, which makes the trainer while text is curated
set -eu
cd "$(dirname "$0")/../.."
part=${1:-all}
tools=cluster/laptop
key=$({ pwd; cat pyproject.toml constraints.txt $tools/*.sh $tools/*.py; } | cksum)

ready() { [ "$(cat ".venv/ready-$1" 2>/dev/null)" = "$key" ]; }

stamp() { for name in "$@"; do echo "$key" >".venv/ready-$name"; done; }

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

install_packages() { # title, what, which kernels: they compile beside the rest, as it takes as long
    .venv/bin/python -c '' 2>/dev/null || "$python" -m venv --clear .venv
    install 'Build tools and numba' tools.log hatchling packaging setuptools wheel numba numpy pyarrow
    install "$1" packages.log -e "$2" --and 'Text kernels' .venv/logs/kernels.log \
        env PYTHONPATH=lib .venv/bin/python $tools/kernels.py ${3:-}
}

stage_trainer() {
    if [ "$(cat .venv/trainer/staged 2>/dev/null)" = "$key" ]; then return; fi
    rm -rf .venv/trainer
    .venv/bin/python $tools/trainer.py requirements >.venv/trainer.txt
    install 'torch and what training needs (6 GB, 1 to 4 minutes)' trainer.log --prefix .venv/trainer -r .venv/trainer.txt
    PYTHONPATH=$(.venv/bin/python $tools/trainer.py packages) .venv/bin/python $tools/horovod_wheel.py --prefix .venv/trainer
    echo "$key" >.venv/trainer/staged
}

if ready "$part"; then exit 0; fi
case $part in
    demo) if ready train; then exec .venv/bin/resonance demo; else python=$(sh $tools/check.sh train); fi ;;
    stage) python=$(sh $tools/check.sh train) ;;
    *) python=$(sh $tools/check.sh "$part") ;;
esac
started=$(date +%s)
case $part in
    data)
        install_packages 'Python packages (1 GB, about a minute)' . default
        stamp data
        ;;
    spark)
        install_packages 'Python packages (1.5 GB, 1 to 2 minutes)' '.[spark]'
        run 'Delta jars' jars.log .venv/bin/python $tools/jars.py
        run 'Classes of Spark' classes.log .venv/bin/python $tools/classes.py
        stamp data spark
        ;;
    train)
        sh $tools/setup.sh data
        stage_trainer
        .venv/bin/python $tools/trainer.py take-over
        stamp train
        ;;
    stage)
        sh $tools/setup.sh data
        stage_trainer
        exit
        ;;
    demo)
        sh $tools/setup.sh data
        exec .venv/bin/python $tools/demo.py
        ;;
    all)
        install_packages 'Python packages (7 GB, 2 to 5 minutes)' '.[spark,train,dev]'
        run 'Delta jars' jars.log .venv/bin/python $tools/jars.py
        run 'Classes of Spark' classes.log .venv/bin/python $tools/classes.py
        .venv/bin/python $tools/horovod_wheel.py
        stamp data spark train all
        ;;
esac
echo "Set up in $(($(date +%s) - started)) s: .venv"
