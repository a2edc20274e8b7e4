#!/bin/sh
# Run a job of the factory on Kubernetes: sh cluster/kubernetes/submit.sh JOB [OPTION of resonance …]
# JOB is a file in jobs/ without .py, such as loop or clean. Give the same command again after a failure. By variables:
#   MASTER        the API server, such as k8s://https://HOST:6443     (must be named)
#   IMAGE         built from cluster/images/Dockerfile                (must be named)
#   NAMESPACE     where pods start                                    (default)
#   PROPERTIES    what Spark is told                                  (spark.properties beside this file)
#   SPARK_SUBMIT  the program of Spark 4.1 that submits               (spark-submit)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${MASTER:?the API server, such as k8s://https://HOST:6443}" "${IMAGE:?an image built from cluster/images/Dockerfile}"
job=${1:?name a job: a file in jobs/ without .py}
shift
exec "${SPARK_SUBMIT:-spark-submit}" --master "$MASTER" --deploy-mode cluster --name "resonance-$job" \
    --properties-file "${PROPERTIES:-$here/spark.properties}" --conf "spark.kubernetes.namespace=${NAMESPACE:-default}" \
    --conf "spark.kubernetes.container.image=$IMAGE" "local:///opt/resonance/jobs/$job.py" --workspace /workspace/main "$@"
