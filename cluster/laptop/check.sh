#!/bin/sh
# Say what this machine lacks, one line each with how to get it, before anything is downloaded; print the Python that will be used.
# Usage: check.sh [data|spark|train|all]        as in setup.sh; exits 2 when something is missing
set -u
part=${1:-all}
lacks=0

missing() { # what, how to get it on Debian and Ubuntu, how on macOS
    case $(uname -s) in
        Darwin) printf 'missing: %s. Install it: %s\n' "$1" "$3" >&2 ;;
        *) printf 'missing: %s. Install it (Debian, Ubuntu): %s\n' "$1" "$2" >&2 ;;
    esac
    lacks=1
}

major() { sed -n 's/.*version "*\([0-9][0-9]*\).*/\1/p' | head -n 1; }

check_python() {
    for name in ${PYTHON:-python3.11 python3 python}; do
        if "$name" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
            python=$(command -v "$name")
            break
        fi
    done
    if [ -z "$python" ]; then
        missing 'Python 3.11' 'sudo apt install python3.11 python3.11-venv python3.11-dev' 'brew install python@3.11'
    elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        missing "venv for $python" 'sudo apt install python3.11-venv' 'brew reinstall python@3.11'
    fi
}

check_java() {
    java=${JAVA_HOME:+$JAVA_HOME/bin/}java
    version=$("$java" -version 2>&1 | major)
    case $version in
        17 | 21) ;;
        *) missing "JDK 17 (found: ${version:-none})" 'sudo apt install openjdk-17-jdk-headless' 'brew install openjdk@17, then export JAVA_HOME=$(brew --prefix openjdk@17)' ;;
    esac
}

check_compiler() {
    if ! echo 'int main() { return 0; }' | "${CXX:-c++}" -std=c++20 -x c++ -fsyntax-only - 2>/dev/null; then
        missing 'a C++20 compiler' 'sudo apt install g++' 'xcode-select --install'
    fi
    version=$(cmake --version 2>/dev/null | major)
    if [ -z "$version" ] || [ "$version" -ge 4 ]; then
        missing "cmake below 4 (found: ${version:-none})" 'sudo apt install cmake, or pipx install "cmake<4"' 'pipx install "cmake<4"'
    fi
    if [ -n "$python" ] && ! "$python" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))'; then
        missing "the C headers of $python" 'sudo apt install python3.11-dev' 'brew reinstall python@3.11'
    fi
}

check_disk() { # gigabytes
    free=$(df -Pk . | awk 'NR == 2 { print int($4 / 1000000) }')
    if [ "$free" -lt "$1" ]; then
        echo "missing: $1 GB of free disk under $(pwd) (found: $free GB). Free some, or clone elsewhere." >&2
        lacks=1
    fi
}

python=
check_python
case $part in
    data) check_disk 3 ;;
    spark) check_java; check_disk 5 ;;
    train) check_compiler; check_disk 13 ;;
    all) check_java; check_compiler; check_disk 15 ;;
    *) echo "check.sh: no part $part; data, spark, train or all" >&2; exit 2 ;;
esac
[ "$lacks" = 0 ] || exit 2
"$python" -c 'import sys; print(sys.executable)'
