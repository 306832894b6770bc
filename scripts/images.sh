#!/bin/sh
# List the platform's images, one a line: name, Dockerfile, and a build argument where the Dockerfile needs one. Each is built
# from the root of the repository.
set -eu
cd "$(dirname "$0")/.."
for folder in services/*/; do
    service=$(basename "$folder")
    echo "member-platform/$service services/Dockerfile SERVICE=$service"
done
echo "member-platform/gateway standalone/gateway/Dockerfile"
