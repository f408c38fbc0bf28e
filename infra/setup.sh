#!/usr/bin/env bash
# Make the development environment in the folder given: a virtual environment with the locked packages, hashes checked,
# and this project in it, editable. Quick when there is nothing to do. Asks apt-get for what Debian keeps in a package
# of its own (venv), where it may.
set -euo pipefail

venv=$1

python=${PYTHON:-}
for candidate in python3 python3.13 python3.12 python3.11; do
    [ -n "$python" ] && break
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
    fi
done
if [ -z "$python" ]; then
    echo "Offhook needs Python 3.11 or newer, and neither python3 nor python3.11 to python3.13 on PATH is that." >&2
    echo "Install one (Debian 12 or newer: apt-get install python3 python3-venv), or name one: make setup PYTHON=/path/to/python" >&2
    exit 1
fi

# Debian's python3 comes without ensurepip, which a virtual environment needs.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing the system package python3-venv."
        apt-get update -qq
        apt-get install -qq -y --no-install-recommends python3-venv >/dev/null
    else
        echo "Python's venv module is missing. On Debian and Ubuntu: sudo apt-get install python3-venv" >&2
        exit 1
    fi
fi

if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    echo "Making $venv with $("$python" --version)."
    "$python" -m venv "$venv"
fi
if ! "$venv/bin/uv" --version 2>/dev/null | grep -q "^uv $(sed -n 's/^uv==\([0-9.]*\).*/\1/p' infra/locks/uv.txt)\b"; then
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r infra/locks/uv.txt
fi
echo "Installing the locked packages (about 1 GB with the speech models)."
if ! "$venv/bin/uv" pip sync --quiet --require-hashes --python "$venv/bin/python" requirements.lock; then
    # pip knows this machine's own package index and certificates, where it has any; uv does not.
    echo "uv could not; trying pip, which takes a few minutes." >&2
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
fi
# After the sync, which takes away what the lock does not name; hatchling is in the lock, so nothing is fetched.
"$venv/bin/uv" pip install --quiet --no-deps --no-build-isolation --offline --python "$venv/bin/python" --editable .
