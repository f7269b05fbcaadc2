#!/usr/bin/env bash
# Installs Clockhouse on this Debian or Raspberry Pi OS machine, upgrades it, and takes it away again.
# Running it twice changes nothing. See usage() below; the chatter of apt and pip goes to a log file.
# Exit codes: 0 done, 1 a step failed or punches are still here, 2 something that a person has to do first.
set -euo pipefail
cd "$(dirname "$0")/.."

me=install
. deploy/machine.sh

usage() {
  cat <<'END'
deploy/install.sh --role kiosk|server|kiosk,server [--display wayland|linuxfb]
    Installs or upgrades. Settings in /etc/clockhouse that exist stay as they are.
deploy/install.sh --uninstall [--export FILE] [--purge]
    Takes programs and units away; settings and data stay. Refuses while punches of this terminal are not
    delivered, unless --export writes all of them to FILE first. --purge also removes the terminal's settings
    and store. A server's data is never removed.

  --root DIR          lay everything out below DIR, for an image: no packages, nothing started
  --environment DIR   use this ready Python environment instead of making one
END
}

action=install roles='' display=wayland root='' environment='' export_to='' purge=no
while [ $# -gt 0 ]; do
  case $1 in
    --uninstall | --purge) ;;
    --role | --display | --root | --environment | --export) [ $# -ge 2 ] || refuse "$1 needs a value" ;;
    -h | --help) usage; exit 0 ;;
    *) refuse "$1 is no option; deploy/install.sh --help lists them" ;;
  esac
  case $1 in
    --uninstall) action=uninstall; shift; continue ;;
    --purge) purge=yes; shift; continue ;;
    --role) roles=${2//,/ } ;;
    --display) display=$2 ;;
    --root) root=${2%/} ;;
    --environment) environment=$2 ;;
    --export) export_to=$2 ;;
  esac
  shift 2
done

[ -n "$root" ] || [ "$(id -u)" = 0 ] || refuse "run this as root: sudo deploy/install.sh …"
[ -z "$root" ] || [ -d "$root" ] || refuse "--root: there is no folder $root"
[ -z "$environment" ] || [ -x "$environment/bin/clockhouse" ] || refuse "--environment: no bin/clockhouse in $environment"

opt=$root/opt/clockhouse
etc=$root/etc/clockhouse
units=$root/etc/systemd/system
accounts=$root/etc/sysusers.d
kiosk_state=$root/var/lib/clockhouse
server_state=$root/var/lib/clockhouse-server
backups=$root/var/backups/clockhouse

has_role() { [[ " $roles " == *" $1 "* ]]; }

# Whether there is a systemd here that runs, so that units can be started and stopped.
is_booted() { [ -z "$root" ] && [ -d /run/systemd/system ]; }

manage() { ! is_booted || systemctl "$@" || say "systemctl $* failed; look with: journalctl -u ${*: -1}" >&2; }

enable_units() {
  if [ -z "$root" ]; then systemctl enable -q "$@"; else systemctl --root="$root" enable -q "$@"; fi
}

# put FILE PLACE [MODE]: copies when it differs, and remembers that something did.
changed=no
put() {
  if cmp -s "$1" "$2"; then return 0; fi
  install -D -m "${3:-644}" "$1" "$2"
  changed=yes
}

# --- install -----------------------------------------------------------------------------------------

system_packages() {
  ! has_role kiosk || qt_packages
  ! has_role kiosk || [ "$display" != wayland ] || echo cage seatd
}

prepare_system() {
  [ -z "$root" ] || return 0
  ! has_role kiosk || check_machine
  has_apt || { say "no apt-get here, so these are yours to install: $(system_packages | tr '\n' ' ')"; return 0; }
  # shellcheck disable=SC2046 # package names hold no spaces
  install_packages $(missing_packages $(system_packages))
}

make_accounts() {
  local role
  for role in $roles; do
    put systemd/sysusers.d/clockhouse-"$role".conf "$accounts/clockhouse-$role.conf"
  done
  # Nobody may read these by their mode, which stops all but root from adding a second user.
  [ "$(id -u)" = 0 ] || chmod -f u+r "$root"/etc/shadow "$root"/etc/gshadow || true
  systemd-sysusers ${root:+--root="$root"} >>"$log" 2>&1 || fail "systemd-sysusers could not make the users"
}

# owned USER FOLDER: by number, since below --root the names are not this machine's.
owned() {
  local user=$1 folder=$2 numbers
  numbers=$(sed -n "s/^$user:[^:]*:\([0-9]*\):\([0-9]*\):.*/\1:\2/p" "$root/etc/passwd")
  install -d -m 700 "$folder"
  # Below --root anybody may lay out an image; whoever packs it as root gives the folders their owners.
  [ "$(id -u)" != 0 ] || chown "$numbers" "$folder"
}

make_folders() {
  install -d -m 755 "$etc" "$opt/releases"
  ! has_role kiosk || owned clockhouse "$kiosk_state"
  ! has_role server || owned clockhouse-server "$server_state"
  ! has_role server || owned clockhouse-server "$backups"
}

write_settings() {
  ! has_role kiosk || [ -e "$etc/clockhouse.toml" ] || put deploy/config/clockhouse.toml "$etc/clockhouse.toml"
  ! has_role server || [ -e "$etc/server.toml" ] || put deploy/config/server.toml "$etc/server.toml"
}

# The same sources for the same roles are the same release, whoever builds it.
release_name() {
  {
    echo "$roles"
    find kiosk drivers sync server requirements pyproject.toml -type f ! -name '*.pyc' -print0 | sort -z |
      xargs -0 sha256sum
  } | sha256sum | cut -c1-12
}

# A release is built beside the running one and taken into use by one rename; what fails half way is no release.
make_release() {
  local release files=() projects=(.)
  if [ -n "$environment" ]; then
    use_release "$(realpath "$environment")"
    return 0
  fi
  if [ -n "$root" ]; then
    say "no --environment: put one at /opt/clockhouse/current in the image"
    return 0
  fi
  release=$opt/releases/$(release_name)
  if [ ! -e "$release/complete" ]; then
    # Not a Python below somebody's home, which the services may not read.
    make_environment "$release" ${PYTHON:+"$PYTHON"} /usr/bin/python3
    ! has_role kiosk || files+=(requirements/kiosk.txt)
    ! has_role server || { files+=(requirements/server.txt); projects+=(./server); }
    pip_install_locked "$release" "${files[@]}"
    pip_install "$release" --no-deps --no-build-isolation "${projects[@]}" || fail "pip could not install clockhouse"
    touch "$release/complete"
  fi
  use_release "$release"
}

use_release() {
  local before
  before=$(readlink "$opt/current" || true)
  [ "$before" != "$1" ] || return 0
  say "taking $1 into use"
  ln -sfn "$1" "$opt/current.new"
  mv -T "$opt/current.new" "$opt/current"
  changed=yes
  # The one before stays, to go back to.
  find "$opt/releases" -mindepth 1 -maxdepth 1 ! -path "$1" ! -path "$before" -exec rm -rf {} +
}

put_commands() {
  ! has_role kiosk || put deploy/command.sh "$root/usr/local/bin/clockhouse" 755
  ! has_role server || put deploy/command.sh "$root/usr/local/bin/clockhouse-server" 755
}

install_units() {
  local drop_in=$units/clockhouse-kiosk.service.d/linuxfb.conf
  if has_role kiosk; then
    put systemd/clockhouse-kiosk.service "$units/clockhouse-kiosk.service"
    put systemd/clockhouse-sync.service "$units/clockhouse-sync.service"
    if [ "$display" = linuxfb ]; then
      put systemd/clockhouse-kiosk.service.d/linuxfb.conf "$drop_in"
    elif [ -e "$drop_in" ]; then
      rm "$drop_in"
      changed=yes
    fi
    enable_units clockhouse-sync.service
    desktop_runs || enable_units clockhouse-kiosk.service
  fi
  if has_role server; then
    put systemd/clockhouse-server.service "$units/clockhouse-server.service"
    put systemd/clockhouse-backup.service "$units/clockhouse-backup.service"
    put systemd/clockhouse-backup.timer "$units/clockhouse-backup.timer"
    enable_units clockhouse-server.service clockhouse-backup.timer
  fi
}

# Whoever works at a desktop on this machine should not lose it by an installer.
desktop_runs() { [ -z "$root" ] && systemctl is-enabled -q display-manager.service 2>/dev/null; }

start_units() {
  manage daemon-reload
  local verb=start
  [ $changed = no ] || verb=restart
  if has_role server; then manage $verb clockhouse-server.service; manage start clockhouse-backup.timer; fi
  if has_role kiosk; then
    [ "$display" != wayland ] || manage start seatd.service
    manage $verb clockhouse-sync.service
    desktop_runs || manage $verb clockhouse-kiosk.service
  fi
}

say_what_next() {
  if [ $changed = no ]; then
    say "nothing had to change"
    return 0
  fi
  if has_role server; then
    say "server: settings in /etc/clockhouse/server.toml; the first user:" \
      "sudo clockhouse-server admin create --email you@example.com --name 'Your Name'"
  fi
  if has_role kiosk; then
    say "terminal: settings in /etc/clockhouse/clockhouse.toml; join a server:" \
      "set it up at its screen, or: sudo clockhouse enroll --server URL CODE; what is wrong and what to do: sudo clockhouse doctor"
    ! desktop_runs || say "terminal: a desktop has the screen; to give it to the kiosk:" \
      "systemctl disable --now display-manager && systemctl enable --now clockhouse-kiosk"
  fi
}

install_all() {
  local role
  [ -n "$roles" ] || refuse "say --role kiosk, --role server or --role kiosk,server"
  for role in $roles; do
    case $role in kiosk | server) ;; *) refuse "--role: $role is neither kiosk nor server" ;; esac
  done
  case $display in wayland | linuxfb) ;; *) refuse "--display: $display is neither wayland nor linuxfb" ;; esac
  warn_undelivered
  prepare_system
  make_accounts
  make_folders
  write_settings
  make_release
  put_commands
  install_units
  start_units
  say_what_next
}

# --- uninstall ---------------------------------------------------------------------------------------

# The terminal's own command, as its own user where there is one.
clockhouse() {
  local run=(timeout 120 "$(readlink -f "$opt/current")/bin/clockhouse" "$@" --config "$etc/clockhouse.toml")
  if [ -n "$root" ]; then
    CLOCKHOUSE_STATE_DIR=$kiosk_state "${run[@]}"
  else
    runuser -u clockhouse -- "${run[@]}"
  fi
}

undelivered() {
  clockhouse outbox status --json | "$(readlink -f "$opt/current")/bin/python" -c '
import json, sys
print(json.load(sys.stdin)["waiting"])'
}

# An update takes nothing away. Whoever makes one should still know that the server does not have everything yet.
warn_undelivered() {
  local waiting
  has_role kiosk && [ -e "$kiosk_state/outbox.db" ] && [ -x "$opt/current/bin/clockhouse" ] || return 0
  waiting=$(undelivered 2>>"$log") || waiting=some
  [ "$waiting" = 0 ] || say "terminal: $waiting lines are not delivered yet; they stay, and are delivered afterwards"
}

# Nobody's hours may go with the programs: what the server does not have is delivered, exported, or stays.
save_punches() {
  local waiting
  [ -e "$kiosk_state/outbox.db" ] || return 0
  [ -x "$opt/current/bin/clockhouse" ] || refuse "$kiosk_state holds punches and the programs to read them are gone;" \
    "run deploy/install.sh --role kiosk first"
  manage stop clockhouse-kiosk.service
  manage stop clockhouse-sync.service
  # A last try: the network may just have come back.
  clockhouse sync --once >>"$log" 2>&1 || true
  if [ -n "$export_to" ]; then
    # Written and checked by whoever runs this, since the terminal's user may not reach a stick or a home.
    clockhouse outbox export >"$export_to" || keep_all "the punches could not be written to $export_to"
    "$(readlink -f "$opt/current")/bin/clockhouse" outbox verify "$export_to" --config "$etc/clockhouse.toml" \
      >>"$log" || keep_all "$export_to does not verify"
    say "every punch of this terminal is in $export_to; keep it until the office has imported it"
    return 0
  fi
  waiting=$(undelivered) || keep_all "the outbox cannot be read"
  [ "$waiting" != 0 ] || return 0
  start_terminal
  say "$waiting lines are not delivered yet, so nothing was taken away. Connect the network and wait, or write" \
    "them to a file first: --uninstall --export FILE" >&2
  exit 1
}

# People go on punching here when the terminal could not be taken away.
keep_all() {
  start_terminal
  fail "$1; nothing was taken away"
}

start_terminal() {
  manage start clockhouse-sync.service
  desktop_runs || manage start clockhouse-kiosk.service
}

purge_terminal() {
  # A store that could not be read was set aside; somebody may still rescue punches from it.
  if compgen -G "$kiosk_state/outbox.db.aside-*" >/dev/null; then
    say "an unreadable store is among the terminal's data, which therefore stays"
    return 0
  fi
  rm -rf "$etc/clockhouse.toml" "$kiosk_state"
  [ -n "$root" ] || ! id clockhouse >/dev/null 2>&1 || userdel clockhouse 2>>"$log" || true
}

remove_all() {
  save_punches
  local unit
  for unit in clockhouse-kiosk.service clockhouse-sync.service clockhouse-backup.timer clockhouse-server.service; do
    [ ! -e "$units/$unit" ] || systemctl ${root:+--root="$root"} disable -q "$unit"
    [ ! -e "$units/$unit" ] || manage stop "$unit"
  done
  rm -rf "$units"/clockhouse-*.service "$units"/clockhouse-*.timer "$units/clockhouse-kiosk.service.d" \
    "$accounts"/clockhouse-*.conf "$root"/usr/local/bin/clockhouse "$root"/usr/local/bin/clockhouse-server "$opt"
  manage daemon-reload
  [ $purge = no ] || purge_terminal
  say "programs and units are gone"
  for unit in "$etc" "$kiosk_state" "$server_state" "$backups"; do
    [ ! -e "$unit" ] || say "kept: $unit"
  done
}

# --- all of it ---------------------------------------------------------------------------------------

log=$root/var/log/clockhouse-install.log
install -d "$(dirname "$log")"
: >"$log"
if [ $action = install ]; then install_all; else remove_all; fi
