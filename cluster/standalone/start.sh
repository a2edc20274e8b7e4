#!/bin/sh
# Start a Spark standalone cluster on this machine, a master and workers as separate processes, and wait until all have registered.
# The last line printed is the master's address. What can be changed, by environment variables:
#   PYTHON         the Python that runs everything       (.venv/bin/python of the clone)
#   WORKERS        how many workers                      (2)
#   WORKER_CORES   cores of each                         (1)
#   WORKER_MEMORY  memory of each                        (2g)
#   MASTER_PORT    where applications connect            (7077)
#   WEB_PORT       the master's web page                 (8080); the workers take the next free ports
#   CLUSTER_DIR    process ids, logs, working folders    (/tmp/resonance-standalone-<user id>)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
PYTHON=${PYTHON:-$here/../../.venv/bin/python}
WORKERS=${WORKERS:-2} WORKER_CORES=${WORKER_CORES:-1} WORKER_MEMORY=${WORKER_MEMORY:-2g}
MASTER_PORT=${MASTER_PORT:-7077} WEB_PORT=${WEB_PORT:-8080}
CLUSTER_DIR=${CLUSTER_DIR:-${TMPDIR:-/tmp}/resonance-standalone-$(id -u)}
host=127.0.0.1
master=spark://$host:$MASTER_PORT

fail() { # why, log to show
    echo "$1" >&2
    [ -z "${2:-}" ] || tail -n 5 "$2" >&2
    CLUSTER_DIR=$CLUSTER_DIR sh "$here/stop.sh" >/dev/null
    exit 1
}

if ls "$CLUSTER_DIR"/*.pid >/dev/null 2>&1; then
    echo "a cluster was started in $CLUSTER_DIR already: cluster/standalone/stop.sh ends it, CLUSTER_DIR names another folder" >&2
    exit 1
fi
SPARK_HOME=${SPARK_HOME:-$("$PYTHON" -c 'from importlib.util import find_spec; print(find_spec("pyspark").submodule_search_locations[0])' 2>/dev/null)} || SPARK_HOME=
[ -x "$SPARK_HOME/bin/spark-class" ] || { # pyspark-client alone has none
    echo "no Spark for PYTHON=$PYTHON: run 'make setup-spark', or set PYTHON or SPARK_HOME" >&2
    exit 1
}
export SPARK_HOME PYSPARK_PYTHON="$PYTHON" SPARK_LOCAL_IP=$host
mkdir -p "$CLUSTER_DIR"

launch() { # name, class, arguments
    name=$1 class=org.apache.spark.deploy.$2
    shift 2
    nohup "$SPARK_HOME/bin/spark-class" "$class" --host "$host" "$@" >"$CLUSTER_DIR/$name.log" 2>&1 </dev/null &
    echo $! >"$CLUSTER_DIR/$name.pid"
}

port_taken() { "$PYTHON" -c 'import socket, sys; sys.exit(socket.socket().connect_ex((sys.argv[1], int(sys.argv[2]))) != 0)' "$host" "$1"; }
for port in "$MASTER_PORT" "$WEB_PORT"; do
    if port_taken "$port"; then fail "port $port is taken: set MASTER_PORT or WEB_PORT"; fi
done

launch master master.Master --port "$MASTER_PORT" --webui-port "$WEB_PORT"
number=1
while [ "$number" -le "$WORKERS" ]; do
    launch "worker-$number" worker.Worker --cores "$WORKER_CORES" --memory "$WORKER_MEMORY" --webui-port 0 \
        --work-dir "$CLUSTER_DIR/work-$number" "$master"
    number=$((number + 1))
done

seconds=0
until [ "$(grep -c 'Registering worker' "$CLUSTER_DIR/master.log")" -ge "$WORKERS" ]; do
    for file in "$CLUSTER_DIR"/*.pid; do
        name=$(basename "$file" .pid)
        kill -0 "$(cat "$file")" 2>/dev/null || fail "$name ended before the cluster was up; the end of its log:" "$CLUSTER_DIR/$name.log"
    done
    [ "$seconds" -lt 120 ] || fail "not all of $WORKERS workers registered within 120 s; the end of the master's log:" "$CLUSTER_DIR/master.log"
    sleep 1
    seconds=$((seconds + 1))
done
echo "$WORKERS workers with $WORKER_CORES cores and $WORKER_MEMORY each; logs in $CLUSTER_DIR; web page http://$host:$WEB_PORT"
echo "$master"
