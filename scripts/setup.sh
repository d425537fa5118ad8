#!/usr/bin/env bash
# Installs what a task needs and is not there yet, and says so in one line each.
# Usage: scripts/setup.sh build | test | bench
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

apt_ready=
# Installs one Debian package, with sudo when not root; the package lists are fetched once.
apt_install() {
    local package=$1 reason=$2 sudo=()
    command -v apt-get >/dev/null || die "$package is missing ($reason) and there is no apt-get here: install it by hand"
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "$package is missing ($reason): run 'apt-get install $package' as root"
        sudo=(sudo)
    fi
    say "installing $package ($reason)"
    if [ -z "$apt_ready" ]; then
        "${sudo[@]}" apt-get update -qq </dev/null
        apt_ready=yes
    fi
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" \
        </dev/null >/dev/null
}

needs_command() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ] || apt_install "$2" "$3"; }

needs_build() {
    command -v swift >/dev/null || die "no Swift toolchain: install Swift 6.3 from https://www.swift.org/install"
    # The linker wants the unversioned library, the compiler the headers: one package brings both.
    [ -e /usr/include/openssl/ssl.h ] || apt_install libssl-dev "OpenSSL headers"
    needs_command pkg-config pkg-config "finds OpenSSL for the Swift package manager"
}

needs_venv() {
    local requirements=Tests/BlackBox/requirements.txt stamp=.venv/requirements.installed
    [ -f "$stamp" ] && cmp -s "$requirements" "$stamp" && return
    needs_command python3 python3 "black-box tests"
    python3 -c 'import venv, ensurepip' 2>/dev/null || apt_install python3-venv "black-box tests"
    say "creating .venv with the packages of $requirements"
    python3 -m venv .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement "$requirements" </dev/null
    cp "$requirements" "$stamp"
}

# The public MCP clients of both majors: they cannot share a folder, nor that of the other packages.
needs_clients() {
    local client folder version
    for client in mcp1:1.30.0 mcp2:2.3.0; do
        folder=.venv/clients/${client%%:*} version=${client#*:}
        [ -d "$folder/mcp-$version.dist-info" ] && continue
        say "installing the MCP client $version into $folder"
        rm -rf "$folder"
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --target "$folder" "mcp==$version" </dev/null
    done
}

case "${1:-}" in
build)
    needs_build
    ;;
test)
    needs_build
    needs_venv
    needs_clients
    needs_command chromium chromium "browser of the console test"
    needs_command prlimit util-linux "descriptor limit test"
    needs_command strace strace "disks that fail, in tests"
    needs_command redis-server redis-server "store tests"
    ;;
bench)
    needs_build
    needs_venv
    needs_command wrk wrk "load generator"
    needs_command nginx nginx-light "the server Lola is compared with"
    needs_command taskset util-linux "pins server and load to their cores"
    needs_command strace strace "slows the syncs of the journal"
    ;;
*)
    die "usage: scripts/setup.sh build | test | bench"
    ;;
esac
