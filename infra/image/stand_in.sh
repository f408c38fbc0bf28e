#!/usr/bin/env bash
# Make a stand-in for the image's base, where its registry cannot be reached: Debian's own Python of the same version.
# Needs buildah and mmdebstrap, and a Debian mirror. pip's settings and certificates of this machine go into it.
set -euo pipefail

base=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

mmdebstrap --quiet --variant=minbase --include=ca-certificates,python3-minimal,python3-venv,python3-pip trixie "$scratch/root.tar"
container=$(buildah from scratch)
mounted=$(buildah mount "$container")
tar -xf "$scratch/root.tar" -C "$mounted"
ln -sf python3 "$mounted/usr/bin/python"
rm -f "$mounted"/usr/lib/python3*/EXTERNALLY-MANAGED
cp /etc/ssl/certs/ca-certificates.crt "$mounted/etc/ssl/certs/ca-certificates.crt"
for settings in /etc/pip.conf "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf"; do
    if [ -f "$settings" ]; then cp "$settings" "$mounted/etc/pip.conf"; fi
done
buildah umount "$container" >/dev/null
buildah commit --quiet --format docker --rm "$container" "$base" >/dev/null
