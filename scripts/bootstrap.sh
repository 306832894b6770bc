#!/bin/sh
# Install what is missing: Debian packages, and Python packages in .venv. Does nothing when nothing is.
# usage: bootstrap.sh [up|dev|bench|pictures]
#   up: what the platform needs to run; dev: what the tests and linters need as well; bench: what the benchmarks need as well
#   pictures: what screenshots need, a browser and a font with Korean letters among it
set -eu
cd "$(dirname "$0")/.."

MODE=${1:-up}
VENV=.venv
STAMP=$VENV/.platform-setup
LOG=

RUN_PACKAGES="ca-certificates curl libnginx-mod-http-lua lua-cjson lua-resty-core nginx"
DEV_PACKAGES="lua-busted lua-check shellcheck"

say() { printf '%s\n' "$*"; }
refuse() {
    printf '%s\n' "$*" >&2
    exit 1
}

# --- Python

# A Python that is new enough and can make virtual environments; empty when there is none.
find_python() {
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
}

# --- Debian packages

# Programs that come by several packages, or from elsewhere, and the package to take when there is none.
wanted_commands() {
    case $MODE in
        pictures) echo fc-list:fontconfig ;;
        dev) echo luajit:luajit ;;
        bench) echo luajit:luajit wrk:wrk node:nodejs npm:npm ;;
    esac
}

missing_packages() {
    wanted=$RUN_PACKAGES
    case $MODE in dev | bench) wanted="$wanted $DEV_PACKAGES" ;; esac
    # shellcheck disable=SC2086 # a list of names
    there=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^installed //p')
    for package in $wanted; do
        printf '%s\n' "$there" | grep -qxF "$package" || printf '%s ' "$package"
    done
    for pair in $(wanted_commands); do
        command -v "${pair%:*}" >/dev/null || printf '%s ' "${pair#*:}"
    done
    if [ "$MODE" != up ] && ! sh scripts/chromium.sh >/dev/null 2>&1 && may_be_had chromium; then printf 'chromium '; fi
    if [ "$MODE" = pictures ] && ! has_korean_font; then printf 'fonts-noto-cjk '; fi
}

# Without one every Korean letter in a picture is an empty box.
has_korean_font() { [ -n "$(fc-list :lang=ko file 2>/dev/null)" ]; }

# Whether the system offers a package, as far as its lists say; a fresh machine has none yet.
may_be_had() { # package
    ! command -v apt-cache >/dev/null 2>&1 || apt-cache show "$1" >/dev/null 2>&1 || ! apt-cache show nginx >/dev/null 2>&1
}

install_packages() { # packages…
    names=$(echo "$*" | sed 's/--python/python3 python3-venv/')
    command -v apt-get >/dev/null 2>&1 ||
        refuse "This needs Debian 12, Ubuntu 24.04, or newer; elsewhere install by hand: $names (3.11 or newer)."
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        as_root=sudo
    else
        refuse "Debian packages are missing; let an administrator run: apt-get install --no-install-recommends $names"
    fi
    say "  Debian packages: $names"
    run $as_root sh scripts/apt_install.sh "$@"
}

# --- Python packages

# Everything that an installation depends on; when it changes, the environment is brought up to date.
fingerprint() { # mode
    {
        echo "$1" "$(pwd)"
        "$VENV/bin/python" -c 'import sys; print(sys.version)'
        cat "requirements/$(lock_of "$1")" requirements/bootstrap.lock libs/*/pyproject.toml services/*/pyproject.toml \
            standalone/pyproject.toml
    } | sha256sum | cut -d ' ' -f 1
}

lock_of() {
    case $1 in dev) echo dev.lock ;; *) echo standalone.lock ;; esac
}

up_to_date() { # mode
    [ -f "$STAMP" ] && "$VENV/bin/python" -c '' 2>/dev/null && [ "$(cat "$STAMP")" = "$1 $(fingerprint "$1")" ]
}

# Run a command; its output goes to the log, and to the terminal only when it fails.
run() {
    status=0
    "$@" >>"$LOG" 2>&1 </dev/null || status=$?
    case $status in
        0) return ;;
        3) refuse "$(tail -n 1 "$LOG")" ;;
        *)
            tail -n 15 "$LOG" >&2
            explain
            refuse "That failed: $* (its whole output: $LOG)."
            ;;
    esac
}

# Name the two causes that package managers bury in their output, or leave out of it.
explain() {
    if grep -qi 'no space left on device' "$LOG" || [ -n "$(full_disks)" ]; then
        say "The disk is full (No space left on device): $(free_space | awk '{print $2 ": " int($1 / 1024) " MB free"}' | paste -sd, - | sed 's/,/, /g')." >&2
    elif grep -qiE 'temporary failure (in name resolution|resolving)|could not resolve|name or service not known|network is unreachable|connection (refused|timed out)|dns error|failed to establish a new connection|no route to host' "$LOG"; then
        say "The network or the package registry cannot be reached; check the connection, then run this again." >&2
    fi
}

# Of each disk that is written to: free KiB, and the folder where it is mounted.
free_space() { df -Pk . "${TMPDIR:-/tmp}" "${HOME:-/}" 2>/dev/null | awk 'NR > 1 && !seen[$6]++ {print $4, $6}'; }

full_disks() { free_space | awk '$1 < 8192'; }

make_environment() {
    # One that was created elsewhere, or by a Python that no longer exists, cannot be repaired: its programs contain both paths.
    if ! grep -qF -- "-m venv $PWD/$VENV" "$VENV/pyvenv.cfg" 2>/dev/null ||
        ! "$VENV/bin/python" -c 'import pip' 2>/dev/null; then
        rm -rf "$VENV"
        say "  virtual environment with $("$PYTHON" -V)"
        run "$PYTHON" -m venv "$VENV"
    fi
    "$VENV/bin/uv" --version >/dev/null 2>&1 ||
        run "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes \
            --requirement requirements/bootstrap.lock
}

install_python_packages() { # mode
    rm -f "$STAMP"
    say "  Python packages: requirements/$(lock_of "$1")"
    # uv must not look for another Python, and uses the system's certificates. Byte code is compiled once, on all cores,
    # rather than by every part of the first start for itself.
    export UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS=1 UV_COMPILE_BYTECODE=1 UV_LINK_MODE="${UV_LINK_MODE:-copy}"
    export VIRTUAL_ENV="$PWD/$VENV"
    inherit_index
    run "$VENV/bin/uv" pip sync --quiet --require-hashes "requirements/$(lock_of "$1")"
    mode=$1
    set --
    for project in libs/*/ services/*/ standalone/; do
        case $mode:$project in up:libs/platform_testing/) continue ;; esac
        [ ! -f "$project/pyproject.toml" ] || set -- "$@" --editable "./$project"
    done
    run "$VENV/bin/uv" pip install --quiet --no-deps --no-build-isolation "$@"
}

# uv does not read pip's configuration: anyone who set an index for pip gets the same one here.
inherit_index() {
    [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ] || return 0
    index=${PIP_INDEX_URL:-$("$VENV/bin/python" -m pip config get global.index-url 2>/dev/null || true)}
    [ -z "$index" ] || export UV_DEFAULT_INDEX="$index"
}

# --- In order

# An environment for development has all that `up` needs; it stays one.
case $MODE in
    up) if [ -x "$VENV/bin/mypy" ]; then effective=dev; else effective=up; fi ;;
    dev | bench | pictures) effective=dev ;;
    *) refuse "usage: bootstrap.sh [up|dev|bench|pictures]" ;;
esac

nothing_missing() { missing=$(missing_packages) && [ -z "$missing" ] && up_to_date "$effective"; }
nothing_missing && exit 0

# One at a time; the directory is what is locked.
exec 9<.
flock 9
nothing_missing && exit 0

LOG=$(mktemp "${TMPDIR:-/tmp}/platform-setup.XXXXXX")
say "Installing what is missing:"
PYTHON=$(find_python)
[ -n "$PYTHON" ] || missing="--python $missing"
if [ -n "$missing" ]; then
    # shellcheck disable=SC2086 # a list of names
    install_packages $missing
    PYTHON=$(find_python)
fi
[ -n "$PYTHON" ] ||
    refuse "Python 3.11 or newer with venv is needed, and none was found; install one (python3.11, python3.11-venv)."
if ! up_to_date "$effective"; then
    make_environment
    install_python_packages "$effective"
    echo "$effective $(fingerprint "$effective")" >"$STAMP"
fi
rm -f "$LOG"
