#!/usr/bin/env bash
# Build the streamer's image on this machine from the source that CodeBuild would get, without a Docker engine.
# infra/image/build_here.sh NAME
set -euo pipefail
cd "$(dirname "$0")/../.."

name=$1
for tool in buildah podman; do
    command -v "$tool" >/dev/null || { echo "SKIPPED, AND NOT PROVED: the image needs $tool (Debian: apt-get install buildah podman runc)." >&2; exit 1; }
done
base=$(sed -n 's/^ARG PYTHON=//p' streamer/Dockerfile)
if buildah inspect --type image "$base" >/dev/null 2>&1; then
    echo "Base: $base, as it is on this machine."
elif timeout 120 buildah pull --quiet "$base" >/dev/null 2>&1; then
    echo "Base: $base, fetched."
else
    echo "Base: $base cannot be fetched; a stand-in of Debian's own Python is made."
    infra/image/stand_in.sh "$base"
fi

source=$(mktemp -d)
trap 'rm -rf "$source"' EXIT
.venv/bin/python infra/image/source.py . "$source"
buildah bud --quiet --isolation chroot --pull-never --format docker --file "$source/streamer/Dockerfile" --tag "$name" "$source"
podman image inspect --format "Built $name: {{.Size}} bytes, user {{.User}}" "$name"
