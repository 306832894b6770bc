#!/bin/sh
# Compile requirements/*.lock: hashed, universal (Python 3.11 and newer), with one version a package everywhere.
# With UPGRADE=1 newer versions are taken.
set -eu
cd "$(dirname "$0")/.."

UV=${UV:-.venv/bin/uv}
LOCAL="platform-common platform-database platform-routes platform-member platform-auth platform-shop platform-web platform-operator platform-standalone platform-testing"

compile() { # output, constraint or "", inputs…
    output=$1 constraint=$2
    shift 2
    set -- "$@" --universal --python-version 3.11 --generate-hashes --no-header --quiet --output-file "$output"
    for package in $LOCAL; do
        set -- "$@" --no-emit-package "$package"
    done
    [ -z "$constraint" ] || set -- "$@" --constraint "$constraint"
    [ -z "${UPGRADE:-}" ] || [ -n "$constraint" ] || set -- "$@" --upgrade
    "$UV" pip compile "$@"
    echo "compiled $output"
}

compile requirements/dev.lock "" --group dev --all-extras \
    pyproject.toml libs/*/pyproject.toml services/*/pyproject.toml standalone/pyproject.toml
compile requirements/standalone.lock requirements/dev.lock --group pyproject.toml:build standalone/pyproject.toml
for service in services/*/; do
    name=$(basename "$service")
    compile "requirements/$name.lock" requirements/dev.lock --group pyproject.toml:build "services/$name/pyproject.toml"
done

"$UV" pip compile --group pyproject.toml:bootstrap --universal --python-version 3.11 --generate-hashes --no-header --quiet \
    --constraint requirements/dev.lock --output-file requirements/bootstrap.lock
echo "compiled requirements/bootstrap.lock"
