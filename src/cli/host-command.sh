#!/bin/sh
# io.switchyard.host-command: the releases of a project, from its host. `npm run up` installs it as /usr/local/bin/switchyard,
# and the project's director keeps a copy and what it runs in state/cli. It needs nothing of the project that is under git,
# and none of its packages.
set -u

UNREACHABLE=69 USAGE=64

complain() { printf '%s\n' "$@" >&2; }

case $0 in
  */bin/switchyard) library=${0%/bin/switchyard}/lib/switchyard ;;
  *) library=/usr/local/lib/switchyard ;;
esac
library=${SWITCHYARD_LIBRARY:-$library}

# ---- which project -----------------------------------------------------------------------------------------------

is_project() { # DIRECTORY
  [ -e "$1/state/cli/current/main.mjs" ] || { [ -e "$1/docker-compose.release.yml" ] && [ -e "$1/scripts/switchyard.mjs" ]; }
}

# Whether what lies there is root's, the caller's, or a project that set-up has noted. What another user has put into a directory
# such as /tmp must not run as root because somebody typed a command below it.
is_trusted() { # DIRECTORY
  local decides=$1 entry at
  for entry in "$library"/projects/*; do
    [ -r "$entry" ] && IFS= read -r at <"$entry" && [ "$at" = "$1" ] && return 0
  done
  # Once it was set up, all that runs lies below state/, which is root's.
  [ ! -e "$1/state" ] || decides=$1/state
  [ -n "$(find "$decides" -prune -type d \( -user 0 -o -user "$(id -u)" -o -user "${SUDO_UID:-0}" \) 2>/dev/null)" ]
}

# The nearest directory from here upwards that is one; a directory that was removed under our feet has no way up.
project_above() {
  local at
  at=$(pwd -P 2>/dev/null) || return 1
  while [ -n "$at" ]; do
    if is_project "$at"; then
      is_trusted "$at" || {
        complain "$at looks like a project of Switchyard. It belongs to another user and was not set up on this host, so nothing of it was run." "If it is meant, name it: switchyard --project $at …"
        exit "$USAGE"
      }
      project=$at
      return 0
    fi
    at=${at%/*}
  done
  return 1
}

# The only one that `npm run up` has brought up on this host.
only_project() {
  local entry at
  projects=''
  for entry in "$library"/projects/*; do
    # One that a killed set-up has not finished stands for no second project.
    case $entry in *.tmp) continue ;; esac
    [ -r "$entry" ] && IFS= read -r at <"$entry" && is_project "$at" || continue
    projects="$projects
  $at"
    project=$at
  done
  case $projects in
    '') complain 'No project of Switchyard is here, and none was set up on this host.' 'Go to its directory, or name it: switchyard --project DIRECTORY …' ;;
    *'
'*'
'*) complain "No project of Switchyard is here, and several were set up on this host:$projects" 'Go to the directory of one, or name it: switchyard --project DIRECTORY …' ;;
    *) return 0 ;;
  esac
  return 1
}

project=''
while [ $# -gt 0 ]; do
  case $1 in
    -C | --project)
      [ $# -ge 2 ] || { complain "$1 needs the directory of a project."; exit "$USAGE"; }
      project=$2
      shift 2
      ;;
    --project=*)
      project=${1#*=}
      shift
      ;;
    *) break ;;
  esac
done
if [ -n "$project" ]; then
  at=$(CDPATH='' cd -- "$project" 2>/dev/null && pwd -P) && is_project "$at" || {
    complain "$project is no directory of a project of Switchyard."
    exit "$USAGE"
  }
  project=$at
elif [ -n "${SWITCHYARD_DIR:-}" ]; then
  project=$SWITCHYARD_DIR
else
  project_above || only_project || exit "$USAGE"
fi
export SWITCHYARD_DIR="$project"
# Where a command was called from may be gone, and no program starts well there.
cd -- "$project" || exit "$UNREACHABLE"

# ---- what runs it ------------------------------------------------------------------------------------------------

own_node="$library/node"
if [ -d "$library/lib" ]; then
  # What small systems lack of it lies beside it, and is for no other program.
  run_own_node() { LD_LIBRARY_PATH="$library/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" exec "$own_node" "$@"; }
else
  run_own_node() { exec "$own_node" "$@"; }
fi

case ${1:-} in
  up | down | prepare)
    # Set-up is the checkout's: it brings the system to what the files say now.
    if [ ! -e scripts/switchyard.mjs ]; then
      complain "This checkout has no scripts/switchyard.mjs, without which \`switchyard $1\` can't work. Nothing has changed." 'Check out a commit that has it. All other commands work without it.'
      exit 1
    fi
    if command -v node >/dev/null; then exec node scripts/switchyard.mjs "$@"; fi
    if [ -x "$own_node" ]; then run_own_node scripts/switchyard.mjs "$@"; fi
    complain 'Node 20 or newer is needed on this machine. Nothing has changed.'
    exit 1
    ;;
esac

main=state/cli/current/main.mjs
if [ -e "$main" ]; then
  export NODE_COMPILE_CACHE="$project/state/cli/cache"
  if [ -x "$own_node" ]; then run_own_node "$main" "$@"; fi
  # The host's own: older ones lack the database that the doctor reads.
  node=$(command -v node) && case $("$node" --version) in
    v2[4-9].* | v[3-9]?.*) exec "$node" "$main" "$@" ;;
    v2[0-3].*) case " $* " in *' doctor '*) ;; *) exec "$node" "$main" "$@" ;; esac ;;
  esac
fi

# ---- without a Node of the host's: in the director's container, or in one of its image ----------------------------

# The last value of NAME in the file that compose reads, else in its copy.
setting() { # NAME
  local file value=''
  for file in state/deployment_state.env state/deployment_state.env.copy; do
    value=$(sed -n "s/^$1=//p" "$file" 2>/dev/null | tail -n 1)
    [ -z "$value" ] || break
  done
  printf '%s' "$value" | tr -d "\"'"
}

if ! command -v docker >/dev/null; then
  complain "Neither what the director keeps for the command line (state/cli) with a Node for it, nor Docker's own command is here." 'Run `npm run up` in the project, then try again. ./rollback.sh needs none of it.'
  exit "$UNREACHABLE"
fi
streams=''
[ -t 0 ] && [ -t 1 ] && streams=-it
container=$(setting CONTAINER_PREFIX)release-director
SUDO_USER=${SUDO_USER:-$(id -un)}
export SUDO_USER
if [ "${1:-}" != doctor ] && [ "$(docker inspect -f '{{.State.Running}}' "$container" 2>/dev/null)" = true ]; then
  exec docker exec $streams -e SUDO_USER -e TERM -e NO_COLOR -e CI -e APP_VERSION "$container" switchyard "$@"
fi
image=$(setting DIRECTOR_IMAGE)
if [ -z "$image" ]; then
  complain 'Switchyard is not up here: it was never set up.' 'Bring the system up with `npm run up`, then try again.'
  exit "$UNREACHABLE"
fi
# The doctor looks at ports, processes and files as the host sees them.
exec docker run --rm $streams --init --label com.docker.compose.project= --label com.docker.compose.service= --network host --pid host --cap-add SYS_PTRACE \
  -e SUDO_USER -e TERM -e NO_COLOR -e CI -e APP_VERSION -e SWITCHYARD_DIR -w "$project" \
  -v /var/run/docker.sock:/var/run/docker.sock -v "$project:$project" "$image" switchyard "$@"
