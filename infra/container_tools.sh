#!/usr/bin/env bash
# Make this machine one that `make image` can run on: install what is missing, where that may be done (as root, with
# apt-get), and run a container of the machine's own files. Fails with one sentence where it cannot be.
set -euo pipefail

missing=()
for tool in buildah podman runc mmdebstrap; do
    command -v "$tool" >/dev/null || missing+=("$tool")
done
if [ ${#missing[@]} -gt 0 ]; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "There is no ${missing[*]} here. On Debian: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    echo "Installing the system packages ${missing[*]}."
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
fi

# What building needs (a mount namespace of one's own) and what running needs (runc, and cgroups that it may write).
if ! tried=$(unshare --mount true 2>&1 && podman --runtime runc --cgroup-manager cgroupfs run --rm --network=host \
    --ulimit=nofile=4096:4096 --ulimit=nproc=4000:4000 --cap-drop=all --rootfs /:O true 2>&1); then
    echo "No container can be run here: ${tried##*$'\n'}" >&2
    exit 1
fi
