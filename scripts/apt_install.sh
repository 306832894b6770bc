#!/bin/sh
# Install Debian packages as root, in one call, without starting the services that come with them.
# usage: apt_install.sh [--python] package…     --python: and a Python that is new enough
set -eu
PATH=$PATH:/usr/sbin:/sbin

export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 LC_ALL=C.UTF-8
POLICY=/usr/sbin/policy-rc.d
MARK="# member platform: temporary"

had_nginx=no
if dpkg-query -W -f '${db:Status-Status}' nginx 2>/dev/null | grep -qx installed ||
    dpkg-query -W -f '${db:Status-Status}' nginx-common 2>/dev/null | grep -qx installed; then
    had_nginx=yes
fi

# Debian starts nginx on port 80 as soon as it is installed, unless a policy says no (invoke-rc.d(8)).
# A policy of someone else's stays as it is; one of ours may be left from a run that was killed.
remove_policy() {
    if [ -f "$POLICY" ] && grep -qxF "$MARK" "$POLICY"; then rm -f "$POLICY"; fi
}
trap remove_policy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
remove_policy
if [ "$had_nginx" = no ] && [ ! -e "$POLICY" ]; then
    {
        echo "#!/bin/sh"
        echo "$MARK"
        # shellcheck disable=SC2016 # it is the policy that reads its argument
        echo 'case "$1" in *nginx*) exit 101 ;; esac'
        echo "exit 0"
    } >"$POLICY"
    chmod 755 "$POLICY"
fi

# Exit code 3: the last line is a sentence for a person.
refuse() {
    echo "$*" >&2
    exit 3
}

candidate() { apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: //p' | grep -vxF '(none)'; }

# The system's own python3 where it is new enough, or else a newer one next to it.
python_packages() {
    for version in 3 3.14 3.13 3.12 3.11; do
        case $(candidate "python$version") in
            3.1[1-9]* | 3.[2-9][0-9]*)
                echo "python$version python$version-venv"
                return
                ;;
        esac
    done
    refuse "This system offers no Python 3.11 or newer; install one by hand, with venv."
}

install() {
    apt-get install --yes --quiet --no-install-recommends -o DPkg::Lock::Timeout=120 "$@"
}

# A fresh machine has no lists of packages yet.
LUA=libnginx-mod-http-lua
candidate $LUA >/dev/null || apt-get update --quiet
candidate $LUA >/dev/null || refuse "This system's nginx has no Lua module ($LUA); use Debian 12, Ubuntu 24.04, or newer."

if [ "$1" = --python ]; then
    shift
    python=$(python_packages) || exit 3
    # shellcheck disable=SC2086 # two names
    set -- "$@" $python
fi

# OpenResty's LuaJIT, which nginx's module runs on, goes by two names; the other LuaJIT would drive it out.
if candidate luajit2 >/dev/null; then
    for package in "$@"; do
        shift
        [ "$package" != luajit ] || package=luajit2
        set -- "$@" "$package"
    done
fi

# Not every system has a Chromium of its own (Ubuntu's is a snap); the tests say what is left out without one.
if ! candidate chromium >/dev/null; then
    for package in "$@"; do
        shift
        [ "$package" = chromium ] || set -- "$@" "$package"
    done
    [ $# -gt 0 ] || exit 0
fi

# Files of old lists may be gone from the mirror.
install "$@" || {
    apt-get update --quiet
    install "$@"
}

if [ "$had_nginx" = no ] && [ -e /etc/init.d/nginx ]; then
    # Nor is it to take port 80 at the next boot; the platform runs nginx by itself.
    update-rc.d nginx disable || echo "nginx's system service could not be disabled."
fi
