#!/usr/bin/env bash
# Builds the runtime folder of the container image by hand: what the last stage of the Dockerfile holds, without an
# engine. A test starts the binary in it as an unprivileged user on a read-only root.
# Usage: scripts/rootfs.sh BINARY FOLDER
set -euo pipefail
[ $# = 2 ] || { echo "usage: scripts/rootfs.sh BINARY FOLDER" >&2; exit 2; }
binary=$1
root=$2

# Numbers must agree with the Dockerfile.
readonly user=appuser uid=65532 data=/var/lib/lola

rm -rf "$root"
install -d -m 755 "$root"/{usr/local/bin,etc/ssl/certs,proc,tmp} "$root$data"
install -m 755 "$binary" "$root/usr/local/bin/lola"
strip --strip-all "$root/usr/local/bin/lola"

# Shared libraries, at the path under which the loader asks for them.
ldd "$binary" | grep -oE '/[^ ]+' | sort -u | while read -r library; do
    install -D -m 755 "$(readlink -f "$library")" "$root$library"
done

install -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
echo "$user:x:$uid:$uid::$data:/usr/sbin/nologin" >"$root/etc/passwd"
echo "$user:x:$uid:" >"$root/etc/group"
echo "hosts: files dns" >"$root/etc/nsswitch.conf"
printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
if [ "$(id -u)" = 0 ]; then chown -R "$uid:$uid" "$root$data"; fi
