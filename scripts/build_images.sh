#!/bin/sh
# Build every image of the platform; push them when REGISTRY names one.
# REGISTRY=registry.example.com TAG=0.1.0 IMAGE_TOOL=docker|podman|buildah build_images.sh
set -eu
cd "$(dirname "$0")/.."
TOOL=${IMAGE_TOOL:-docker}
TAG=${TAG:-$(sed -n 's/^appVersion: "\(.*\)"/\1/p' charts/member-platform/Chart.yaml)}

command -v "${TOOL%% *}" >/dev/null 2>&1 ||
    { echo "$TOOL is not installed; set IMAGE_TOOL to docker, podman or buildah." >&2; exit 1; }

scripts/images.sh | while read -r name dockerfile argument; do
    image=${REGISTRY:+$REGISTRY/}$name:$TAG
    $TOOL build -t "$image" -f "$dockerfile" ${argument:+--build-arg "$argument"} . </dev/null
    [ -z "${REGISTRY:-}" ] || $TOOL push "$image" </dev/null
done
[ -z "${REGISTRY:-}" ] || echo "Pushed. Install with: --set image.registry=$REGISTRY --set image.tag=$TAG"
