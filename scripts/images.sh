#!/bin/sh
# List the platform's images: name and Dockerfile, one a line. Each is built from the root of the repository.
set -eu
cd "$(dirname "$0")/.."
for dockerfile in services/*/Dockerfile standalone/gateway/Dockerfile; do
    folder=${dockerfile%/Dockerfile}
    echo "member-platform/${folder##*/} $dockerfile"
done
