# What prepare.sh and install.sh know of the machine they run on; sourced, not run. The caller sets `me`, its
# name in messages, and `log`, the file for the chatter of apt and pip.
# shellcheck shell=bash disable=SC2154 # me and log are the caller's

say() { echo "$me: $*"; }

refuse() {
  say "$*" >&2
  exit 2
}

fail() {
  say "$*" >&2
  [ ! -s "$log" ] || { echo "The end of $log:"; tail -n 25 "$log"; } >&2
  exit 1
}

release_field() { sed -n "s/^$1=//p" /etc/os-release 2>/dev/null | tr -d '"'; }

has_apt() { command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; }

# Qt's wheels exist for these machines alone; pip would say so in a way that helps nobody.
check_machine() {
  case "$(uname -m) $(getconf LONG_BIT)" in
    'x86_64 64') ;;
    'aarch64 64')
      [ "$(release_field VERSION_CODENAME)" != bookworm ] ||
        refuse "the screens need Debian 13, Raspberry Pi OS Trixie or Ubuntu 24.04 on ARM; this is older"
      ;;
    *) refuse "the screens need a 64-bit system on x86-64 or ARM; this is $(uname -m), $(getconf LONG_BIT)-bit" ;;
  esac
}

# What Qt's wheels load from the system (GL, keyboard maps, fonts, the X11 and Wayland sides), a font for names in
# every script, and the time zones, which a minimal Ubuntu lacks.
qt_packages() {
  echo libegl1 libgl1 libopengl0 libxkbcommon0 libxkbcommon-x11-0 xkb-data libfontconfig1 libfreetype6
  echo libdbus-1-3 libx11-6 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-render-util0
  echo libxcb-shape0 libwayland-client0 libwayland-cursor0 libwayland-egl1 fonts-noto-core tzdata
  # Debian 12 still has the name from before the 64-bit time change.
  if [ "$(release_field VERSION_CODENAME)" = bookworm ]; then echo libglib2.0-0; else echo libglib2.0-0t64; fi
}

missing_packages() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
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
  read -r -p "$me: install $* with sudo apt-get? [Y/n] " answer
  case $answer in
    '' | [yY]*) ;;
    *) refuse "nothing was installed. The command is: sudo $command" ;;
  esac
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confold "$@" </dev/null >>"$log" 2>&1
}

install_packages() {
  [ $# -gt 0 ] || return 0
  ask_for_root "$@"
  say "installing $# system packages: $*"
  # A mirror out of reach is no reason to stop yet: the packages may be in the cache.
  as_root apt-get update -q </dev/null >>"$log" 2>&1 || true
  apt_install "$@" || fail "apt-get could not install $*"
}

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

has_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

# make_environment FOLDER PYTHON…: a fresh environment by the first Python that is new enough.
make_environment() {
  local folder=$1 python found=
  shift
  for python in "$@"; do
    if is_new_enough "$python"; then found=$python; break; fi
  done
  if [ -z "$found" ]; then
    ! has_apt || install_packages python3 python3-venv
    found=/usr/bin/python3
    is_new_enough $found || refuse "Python 3.11 or newer is needed and none was found; set PYTHON=/path/to/python3"
  fi
  if ! has_venv "$found"; then
    install_packages "$("$found" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    has_venv "$found" || fail "$found still has no venv module"
  fi
  say "making $folder with $("$found" -V)"
  "$found" -m venv --clear "$folder" >>"$log" 2>&1 || fail "$found -m venv failed"
}

# pip_install FOLDER ARGUMENT…: only wheels, since nothing is compiled on somebody's machine.
pip_install() {
  local folder=$1
  shift
  "$folder"/bin/python -m pip --disable-pip-version-check --no-input install --only-binary :all: "$@" >>"$log" 2>&1
}

# pip_install_locked FOLDER FILE…: one file at a time, since pip refuses two that name a package twice; the
# lock keeps them in step.
pip_install_locked() {
  local folder=$1 file
  shift
  say "installing the locked packages of $*"
  for file in "$@"; do
    pip_install "$folder" --require-hashes -r "$file" || fail "pip could not install $file"
  done
}
