#!/bin/sh
# Run the tests and linters; say at the end what passed. Fails when any part does.
# usage: test.sh [--check] [lint|typecheck|unit|lua|e2e|browser|<path>]…     without any: all of them, some side by side
#   --check: only check the names
set -eu
cd "$(dirname "$0")/.."
PATH=$PWD/.venv/bin:$PATH
export PATH

CHECK_ONLY=no
if [ "${1:-}" = --check ]; then
    CHECK_ONLY=yes
    shift
fi
for part in "$@"; do
    case $part in
        lint | typecheck | unit | lua | e2e | browser) ;;
        *)
            [ -e "${part%%::*}" ] || {
                echo "TEST=$part is neither lint, typecheck, unit, lua, e2e, browser nor a path." >&2
                exit 2
            }
            ;;
    esac
done
[ "$CHECK_ONLY" = no ] || exit 0

lint() {
    each "ruff check" ruff check --quiet .
    each "ruff format" ruff format --check --quiet .
    each "import contracts" lint-imports --no-logo
    for folder in $(lua_folders); do
        each "luacheck $folder" in_folder "$folder" luacheck --quiet .
    done
    each "problem pages" python scripts/check_problem_pages.py
    each "word list" word_list
    each "named tests" python scripts/check_named_tests.py
    each documents python scripts/check_documents.py
    each "tables of settings" python scripts/check_settings_tables.py
    # shellcheck disable=SC2046 # no script of ours has a space in its name
    each shellcheck shellcheck -x .ci/run $(git ls-files '*.sh')
}

# Words that have a standard term (scripts/words.txt). Texts for shoppers, Korean and generated files are left out.
word_list() {
    # shellcheck disable=SC2046 # no file of ours has a space in its name
    codespell --builtin clear --dictionary scripts/words.txt $(git ls-files |
        grep -vE '(^|/)(ko|demo|results)/|\.(po|lock|webp|png|woff2)$|\.ko\.md$|CHANGELOG\.md$|^scripts/words\.txt$')
}

typecheck() {
    each mypy mypy
    each "mypy of tests" scripts/typecheck_tests.sh
}

# Every folder of pytest's own list (pyproject.toml, testpaths), on real servers: one set of them a core. Coverage costs time,
# so it is measured, and compared with its floor, only where it is wanted, which in continuous integration it is.
unit() {
    set -- pytest --quiet --numprocesses auto --dist loadfile
    if [ "${CI:-}" = true ] || [ "${COVERAGE:-}" = yes ]; then
        set -- "$@" --cov --cov-report=term:skip-covered
    fi
    each pytest "$@"
}

lua() {
    for folder in $(lua_folders); do
        each "busted $folder" in_folder "$folder" busted
    done
}

e2e() { each "pytest tests/e2e" pytest --quiet tests/e2e; }

# Skipped without a browser, which the summary reports; in continuous integration that is a failure.
browser() {
    if [ "${CI:-}" = true ] || scripts/chromium.sh >/dev/null 2>&1; then
        each "pytest tests/browser" in_a_browser
    else
        SUMMARY="$SUMMARY  left out        pytest tests/browser: no Chromium here (apt-get install chromium, or CHROMIUM=…)
"
    fi
}

in_a_browser() {
    CHROMIUM=$(scripts/chromium.sh) || return
    export CHROMIUM
    pytest --quiet tests/browser
}

# A file or folder: Lua specs by busted, the rest by pytest.
path() {
    case $1 in
        *_spec.lua)
            for folder in $(lua_folders); do
                case $1 in "$folder"/*) each "busted $1" in_folder "$folder" busted "${1#"$folder"/}" ;; esac
            done
            ;;
        *) each "pytest $1" pytest "$1" ;;
    esac
}

# Folders with Lua sources have their own rules.
lua_folders() { for file in */*/.luacheckrc; do dirname "$file"; done; }

in_folder() { # folder command…
    (cd "$1" && shift && "$@")
}

# --- One line of the summary for each

SUMMARY=
FAILED=0

each() { # name command…
    name=$1 began=$(date +%s)
    shift
    printf '\n--- %s\n' "$name"
    if "$@"; then verdict=passed; else verdict=FAILED FAILED=$((FAILED + 1)); fi
    SUMMARY="$SUMMARY$(printf '  %-7s %4d s  %s' "$verdict" $(($(date +%s) - began)) "$name")
"
}

# Two parts at the same time, each of which keeps about one core busy. The output of the second comes after the first's.
both() { # part part
    beside=$(mktemp -d)
    SUMMARY_FILE=$beside/summary interruptible scripts/test.sh "$2" >"$beside/output" 2>&1 &
    "$1"
    wait $! || FAILED=$((FAILED + $?))
    cat "$beside/output"
    SUMMARY="$SUMMARY$(cat "$beside/summary" || echo "  FAILED  $2: no summary")
"
    rm -r "$beside"
}

# A shell's background jobs ignore SIGINT; this one ends by it, and with it all that it has started.
interruptible() { python -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$@"; }

began_all=$(date +%s)
[ -n "${1:-}" ] || set -- lint "typecheck lua" unit "e2e browser"
for part in "$@"; do
    case $part in
        lint | typecheck | unit | lua | e2e | browser) $part ;;
        *" "*) both "${part% *}" "${part#* }" ;;
        *) path "$part" ;;
    esac
done

if [ -n "${SUMMARY_FILE:-}" ]; then
    printf '%s' "$SUMMARY" >"$SUMMARY_FILE"
    exit "$FAILED"
fi
printf '\n%s' "$SUMMARY"
if [ "$FAILED" -gt 0 ]; then
    echo "$FAILED failed, after $(($(date +%s) - began_all)) s."
    exit 1
fi
echo "All passed, in $(($(date +%s) - began_all)) s."
