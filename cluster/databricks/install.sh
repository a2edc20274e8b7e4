#!/bin/sh
# A cluster-scoped init script. Installs resonance beside the platform's own pyspark and Delta, from the folder $RESONANCE_INSTALL:
# requirements.txt, the wheel; where a model runs ($RESONANCE_PART is train), requirements-train.txt too, and Horovod if its wheel is there.
set -eu
pip="${RESONANCE_PIP:-/databricks/python/bin/pip}"
cd "$RESONANCE_INSTALL"
"$pip" install --quiet -r requirements.txt
if [ "$RESONANCE_PART" = train ]; then
    "$pip" install --quiet -r requirements-train.txt
    for wheel in horovod-*.whl; do
        if [ -e "$wheel" ]; then "$pip" install --quiet --no-deps "$wheel"; fi
    done
fi
"$pip" install --quiet --no-deps --force-reinstall resonance_factory-*.whl
