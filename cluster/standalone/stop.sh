#!/bin/sh
# Stop the cluster that start.sh started: workers first, then the master, and only processes that still are Spark's.
# CLUSTER_DIR    the folder that start.sh was given    (/tmp/resonance-standalone-<user id>)
set -eu
CLUSTER_DIR=${CLUSTER_DIR:-${TMPDIR:-/tmp}/resonance-standalone-$(id -u)}

alive() { kill -0 "$1" 2>/dev/null && { ! command -v ps >/dev/null || ps -ww -p "$1" -o args= | grep -q org.apache.spark.deploy; }; }

end() { # name
    [ -f "$CLUSTER_DIR/$1.pid" ] || return 0
    pid=$(cat "$CLUSTER_DIR/$1.pid")
    seconds=0
    if alive "$pid"; then kill "$pid"; fi
    while alive "$pid"; do
        if [ "$seconds" -ge 20 ]; then kill -9 "$pid"; fi
        sleep 0.5
        seconds=$((seconds + 1))
    done
    rm "$CLUSTER_DIR/$1.pid"
}

found=no
for file in "$CLUSTER_DIR"/worker-*.pid "$CLUSTER_DIR"/master.pid; do
    [ -f "$file" ] || continue
    found=yes
    end "$(basename "$file" .pid)"
done
if [ "$found" = yes ]; then echo "stopped; logs stay in $CLUSTER_DIR"; else echo "no cluster was started in $CLUSTER_DIR"; fi
