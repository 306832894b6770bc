#!/bin/sh
# Check the types of tests, specs and benchmarks. One run per folder of tests: their modules have the same names.
set -eu
cd "$(dirname "$0")/.."
SOURCES=$(printf '%s:' libs/*/src services/*/src standalone/src)
SUPPORT=services/member/tests/support:services/web/tests/support:services/operator/tests:kong-plugins/idempotency/spec/support:tests/chaos:tests/e2e:bench
status=0

check() { # search path, git patterns…
    path=$1
    shift
    # shellcheck disable=SC2046 # no file of ours has a space in its name
    MYPYPATH=$SOURCES$path .venv/bin/mypy --config-file tests/mypy.ini \
        $(git ls-files "$@" | grep -v /conftest.py) || status=1
}

check "$SUPPORT" 'bench/*.py' 'kong-plugins/*.py' 'libs/*/tests/*.py' 'services/*/tests/*.py' 'standalone/tests/*.py' \
    'tests/chaos/*.py' 'tests/e2e/*.py'
check tests/browser:tests/e2e 'tests/browser/*.py'
check tests/chart 'tests/chart/*.py'
check tests/cluster:tests/e2e 'tests/cluster/*.py'
exit $status
