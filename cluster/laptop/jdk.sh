#!/bin/sh
# Install the JDK that Spark needs where it is missing and can be: as root on Debian and Ubuntu. Elsewhere say how.
set -u
cd "$(dirname "$0")"
said=$(sh check.sh spark 2>&1 >/dev/null | grep JDK) || exit 0
if [ "$(id -u)" = 0 ] && [ -z "${JAVA_HOME:-}" ] && command -v apt-get >/dev/null; then
    echo "$said" | sed 's/^missing: \(.*\)\. Install it.*/Installing \1/'
    apt-get update -qq >/dev/null
    for version in 17 21; do # Debian 13 has no 17
        if apt-get install -y -qq --no-install-recommends "openjdk-$version-jdk-headless" >/dev/null 2>&1; then break; fi
    done
    said=$(sh check.sh spark 2>&1 >/dev/null | grep JDK) || exit 0
fi
echo "$said" >&2
exit 2
