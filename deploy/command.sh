#!/bin/sh
# `clockhouse` and `clockhouse-server` as install.sh puts them: with the installed settings, and never as root,
# since a file that root makes in a store would lock the store's own service out.
name=$(basename "$0")
case $name in
  clockhouse) user=clockhouse ;;
  *)
    user=clockhouse-server
    export CLOCKHOUSE_SERVER_CONFIG="${CLOCKHOUSE_SERVER_CONFIG:-/etc/clockhouse/server.toml}"
    ;;
esac
[ "$(id -u)" != 0 ] || exec runuser -u "$user" -- "/opt/clockhouse/current/bin/$name" "$@"
exec "/opt/clockhouse/current/bin/$name" "$@"
