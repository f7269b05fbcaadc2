#!/usr/bin/env bash
# Brings this machine to a working .venv/: prepare.sh demo|test|lock
#
# demo: what server, sync daemon and kiosk need to run. test: also what the checks need. lock: also uv.
# Says one line per step and nothing when all is there; the chatter of apt and pip goes to var/prepare.log.
# Exit codes: 0 ready, 1 a step failed, 2 something that a person has to do first.
set -euo pipefail
cd "$(dirname "$0")/.."

kind=${1-}
case $kind in
  demo) covered_by='demo|test|lock' requirements=(requirements/kiosk.txt requirements/server.txt) ;;
  test) covered_by='test|lock' requirements=(requirements/dev.txt) ;;
  lock) covered_by='lock' requirements=(requirements/dev.txt) ;;
  *) echo "prepare.sh: say demo, test or lock, not '$kind'" >&2; exit 2 ;;
esac

venv=.venv
stamp=$venv/prepared
log=var/prepare.log

fingerprint() {
  cat requirements/*.txt pyproject.toml server/pyproject.toml deploy/prepare.sh | sha256sum | cut -d' ' -f1
}

is_prepared() {
  [ -x $venv/bin/python ] && [ -f $stamp ] && grep -qE "^($covered_by) $wanted\$" $stamp
}

say() { echo "prepare: $*"; }

fail() {
  say "$1" >&2
  [ ! -s $log ] || { echo "The end of $log:"; tail -n 25 $log; } >&2
  exit 1
}

# --- system packages ---------------------------------------------------------------------------------

release_field() { sed -n "s/^$1=//p" /etc/os-release 2>/dev/null | tr -d '"'; }

wanted_packages() {
  # What Qt's wheels load from the system: GL, keyboard maps, fonts, and the X11 and Wayland sides.
  echo libegl1 libgl1 libopengl0 libxkbcommon0 libxkbcommon-x11-0 xkb-data libfontconfig1 libfreetype6
  echo libdbus-1-3 libx11-6 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-render-util0
  echo libxcb-shape0 libwayland-client0 libwayland-cursor0 libwayland-egl1
  # Debian 12 still has the name from before the 64-bit time change.
  if [ "$(release_field VERSION_CODENAME)" = bookworm ]; then echo libglib2.0-0; else echo libglib2.0-0t64; fi
  # Names of people come in every script.
  echo fonts-noto-core
  [ "$kind" != demo ] || return 0
  echo poppler-utils
  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || echo postgresql
  has_browser || is_ubuntu || echo chromium
}

is_ubuntu() { [ "$(release_field ID)" = ubuntu ]; }

has_browser() { command -v chromium >/dev/null || command -v google-chrome >/dev/null; }

missing_packages() {
  local package
  for package in $(wanted_packages); do
    case "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" in
      installed) ;;
      *) echo "$package" ;;
    esac
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

ask_for_root() {
  local command="apt-get install -y --no-install-recommends $*" answer
  [ "$(id -u)" != 0 ] || return 0
  if ! command -v sudo >/dev/null || [ ! -t 0 ]; then
    say "system packages are missing; run this as root, then try again:" >&2
    echo "  apt-get update && $command" >&2
    exit 2
  fi
  read -r -p "prepare: install $* with sudo apt-get? [Y/n] " answer
  case $answer in
    '' | [yY]*) ;;
    *) say "nothing was installed. The command is: sudo $command" >&2; exit 2 ;;
  esac
}

# Debian starts a database server with the package; the tests want the programs alone. The setting is taken
# back afterwards, so that somebody who installs a database here later gets what Debian promises.
cluster_setting=/etc/postgresql-common/createcluster.conf
without_a_cluster() {
  local ours=no
  if [[ " $* " == *" postgresql "* ]] && [ ! -e $cluster_setting ]; then
    ours=yes
    as_root mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' | as_root tee $cluster_setting >/dev/null
  fi
  apt_install "$@" || return 1
  [ $ours = no ] || as_root sed -i '/^create_main_cluster = false$/d' $cluster_setting
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confold "$@" </dev/null >>$log 2>&1
}

install_packages() {
  [ $# -gt 0 ] || return 0
  ask_for_root "$@"
  say "installing $# system packages: $*"
  # A mirror out of reach is no reason to stop yet: the packages may be in the cache.
  as_root apt-get update -q </dev/null >>$log 2>&1 || true
  without_a_cluster "$@" || fail "apt-get could not install $*"
}

prepare_system() {
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "no apt-get here, so the system's libraries are yours to install: $(wanted_packages | tr '\n' ' ')"
    return 0
  fi
  # shellcheck disable=SC2046 # package names hold no spaces
  install_packages $(missing_packages)
  if [ "$kind" != demo ] && ! has_browser; then
    say "no chromium here (on Ubuntu it is a snap): tests that open pages in a browser will be skipped"
  fi
}

# --- Python ------------------------------------------------------------------------------------------

find_python() {
  local python
  for python in ${PYTHON-} python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      command -v "$python"
      return 0
    fi
  done
  return 1
}

has_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

make_environment() {
  local python
  python=$(find_python) || { install_packages python3 python3-venv; python=$(find_python) || true; }
  if [ -z "$python" ]; then
    say "Python 3.11 or newer is needed and none was found; set PYTHON=/path/to/python3" >&2
    exit 2
  fi
  if ! has_venv "$python"; then
    install_packages "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    has_venv "$python" || fail "$python still has no venv module"
  fi
  say "making $venv with $("$python" -V)"
  "$python" -m venv --clear $venv >>$log 2>&1 || fail "$python -m venv failed"
}

pip() {
  # Only wheels: nothing is compiled on somebody's machine.
  $venv/bin/python -m pip --disable-pip-version-check --no-input install --only-binary :all: "$@" >>$log 2>&1
}

install_requirements() {
  local file
  say "installing the locked packages of ${requirements[*]}"
  # One at a time: pip refuses two files that name a package twice, and the lock keeps them in step.
  for file in "${requirements[@]}"; do
    pip --require-hashes -r "$file" || fail "pip could not install $file"
  done
  [ "$kind" != lock ] || pip uv || fail "pip could not install uv"
  pip --no-deps --no-build-isolation -e . -e server || fail "pip could not install clockhouse itself"
}

# --- all of it ---------------------------------------------------------------------------------------

wanted=$(fingerprint)
! is_prepared || exit 0

mkdir -p var
exec 9>var/prepare.lock
flock 9
! is_prepared || exit 0 # somebody else's prepare.sh was faster
: >$log
prepare_system
$venv/bin/python -c '' 2>/dev/null || make_environment
install_requirements
echo "$kind $wanted" >$stamp
say "ready"
