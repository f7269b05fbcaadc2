#!/usr/bin/env bash
# Brings this machine to a working .venv/: prepare.sh demo|test|lock
#
# demo: what server, sync daemon and kiosk need to run. test: also what the checks need. lock: also uv.
# Says one line per step and nothing when all is there; the chatter of apt and pip goes to var/prepare.log.
# Exit codes: 0 ready, 1 a step failed, 2 something that a person has to do first.
set -euo pipefail
cd "$(dirname "$0")/.."

me=prepare
log=var/prepare.log
venv=.venv
stamp=$venv/prepared
. deploy/machine.sh

kind=${1-}
case $kind in
  demo) covered_by='demo|test|lock' requirements=(requirements/kiosk.txt requirements/server.txt) ;;
  test) covered_by='test|lock' requirements=(requirements/dev.txt) ;;
  lock) covered_by='lock' requirements=(requirements/dev.txt) ;;
  *) refuse "say demo, test or lock, not '$kind'" ;;
esac

fingerprint() {
  cat requirements/*.txt pyproject.toml server/pyproject.toml deploy/prepare.sh deploy/machine.sh | sha256sum |
    cut -d' ' -f1
}

is_prepared() {
  [ -x $venv/bin/python ] && [ -f $stamp ] && grep -qE "^($covered_by) $wanted\$" $stamp
}

wanted_packages() {
  qt_packages
  [ "$kind" != demo ] || return 0
  echo poppler-utils xvfb libatomic1 # the browser driver brings its own node, which needs the last one
  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || echo postgresql
  has_browser || is_ubuntu || echo chromium
}

is_ubuntu() { [ "$(release_field ID)" = ubuntu ]; }

has_browser() { command -v chromium >/dev/null || command -v google-chrome >/dev/null; }

# Debian starts a database server with the package; the tests want the programs alone. The setting is taken
# back afterwards, so that somebody who installs a database here later gets what Debian promises.
without_a_database_server() {
  local setting=/etc/postgresql-common/createcluster.conf
  if [[ " $* " != *" postgresql "* ]] || [ -e $setting ]; then
    install_packages "$@"
    return
  fi
  ask_for_root "$@"
  as_root mkdir -p /etc/postgresql-common
  echo 'create_main_cluster = false' | as_root tee $setting >/dev/null
  install_packages "$@"
  as_root sed -i '/^create_main_cluster = false$/d' $setting
}

prepare_system() {
  local missing
  check_machine
  if ! has_apt; then
    say "no apt-get here, so the system's libraries are yours to install: $(wanted_packages | tr '\n' ' ')"
    return
  fi
  # shellcheck disable=SC2046 # package names hold no spaces
  missing=$(missing_packages $(wanted_packages))
  # shellcheck disable=SC2086
  without_a_database_server $missing
  if [ "$kind" != demo ] && ! has_browser; then
    say "no chromium here (on Ubuntu it is a snap): tests that open pages in a browser will be skipped"
  fi
}

prepare_python() {
  $venv/bin/python -c '' 2>/dev/null ||
    make_environment $venv ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11 /usr/bin/python3
  pip_install_locked $venv "${requirements[@]}"
  [ "$kind" != lock ] || pip_install $venv uv || fail "pip could not install uv"
  pip_install $venv --no-deps --no-build-isolation -e . -e server || fail "pip could not install clockhouse itself"
}

wanted=$(fingerprint)
! is_prepared || exit 0

mkdir -p var
exec 9>var/prepare.lock
flock 9
! is_prepared || exit 0 # somebody else's prepare.sh was faster
: >$log
prepare_system
prepare_python
echo "$kind $wanted" >$stamp
say "ready"
