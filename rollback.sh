#!/usr/bin/env bash
# Moves the traffic back to the standby slot without the director, Node or Docker: with the files that nginx routes by.
# Needs bash, flock (util-linux), GNU coreutils, sed and grep, and the right to write nginx/live and state/.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -uo pipefail
export LC_ALL=C

DONE=0 FAILED_SAFE=1 NEEDS_ATTENTION=2 USAGE=64 UNREACHABLE=69 BUSY=75
IN_A_ROW=5            # good answers on fresh connections before a move counts
CONFIRM_WITHIN_S=10
ANSWER_WITHIN_S=3

say() { printf '%s\n' "$*"; }
complain() { printf '%s\n' "$*" >&2; }

usage() {
  cat <<'TEXT'
Usage: ./rollback.sh [--dry-run]

Moves all visitors to the standby slot, if it is healthy, and confirms it through nginx.
Use it when the console and `npx switchyard rollback` can't be used; the director takes notice of it.

  --dry-run   check everything and say what would happen; move nothing
  --help      this text

Exit codes: 0 done · 1 failed, nothing has changed or it was moved back · 2 needs attention
            64 usage · 69 nginx can't be reached · 75 a release is under way
TEXT
}

# ---- settings and state ------------------------------------------------------------------------------------------

# The last value of NAME in the file that compose reads, never executed; else DEFAULT.
setting() { # NAME DEFAULT
  local value
  value=$(sed -n "s/^$1=//p" "$settings_file" 2>/dev/null | tail -n 1)
  value=${value%$'\r'} value=${value#[\"\']} value=${value%[\"\']}
  printf '%s' "${value:-$2}"
}

# One of the simple values of a generation's state.json, as the director writes it: one key a line.
state_value() { # FILE KEY
  sed -n "s/^  \"$2\": \(.*[^,]\),\{0,1\}\$/\1/p" "$1" | head -n 1
}

other_slot() { if [ "$1" = primary ]; then printf secondary; else printf primary; fi; }

# ---- HTTP --------------------------------------------------------------------------------------------------------

# GET on a connection of its own, by bash alone: status line, headers and body on standard output.
http_get() { # HOST PORT PATH
  # shellcheck disable=SC2016
  timeout "$ANSWER_WITHIN_S" bash -c '
    exec 3<>"/dev/tcp/$1/$2" || exit 1
    printf "GET %s HTTP/1.0\r\nHost: %s:%s\r\nAccept: application/json\r\nConnection: close\r\n\r\n" "$3" "$1" "$2" >&3
    head -c 65536 <&3
  ' http_get "$1" "$2" "$3" 2>/dev/null | tr -d '\r'
}

# Whether the containers' network is known and not on this host: then they don't run, and a request to one of them would
# leave through the default route, to whoever answers there.
network_is_gone() {
  local network found routes=/proc/net/fib_trie
  network=$(setting NETWORK_PREFIX '')
  [ -n "$network" ] && [ -r "$routes" ] || return 1
  found=$(grep -xA 1 " *|-- ${network//./\\.}\\.1" "$routes")
  [[ $found != *'host LOCAL'* ]]
}

# Docker's forwarding of published ports on loopback dies with its daemon; the containers live on at their own addresses.
# Empty for a system that set-up has not written the network of, and for a network that is gone. A system from before slots
# had networks of their own has all of its parts on one.
container_address() { # LAST_NUMBER [SETTING]
  local network
  ! network_is_gone || return 0
  network=$(setting NETWORK_PREFIX '')
  [ -z "$network" ] || network=$(setting "${2:-NETWORK_PREFIX}" "$network")
  printf '%s' "${network:+$network.$1}"
}

answers() { # HOST PORT
  [ -n "$(http_get "$1" "$2" /api/system/status | http_status)" ]
}

http_status() { sed -n '1s/^HTTP\/1\.[01] \([0-9]\{3\}\).*/\1/p'; }

# Sets the release number that a healthy standby reports; else says what is wrong and fails.
healthy_release() { # SLOT PORT CONTAINER_ADDRESS
  local answer status
  answer=$(http_get 127.0.0.1 "$2" /api/system/status)
  status=$(http_status <<<"$answer")
  if [ -z "$status" ] && [ -n "$3" ]; then
    answer=$(http_get "$3" 3000 /api/system/status)
    status=$(http_status <<<"$answer")
  fi
  [ -n "$status" ] || { problem="it does not answer on 127.0.0.1:$2"; return 1; }
  [ "$status" = 200 ] || { problem="its status route answers $status"; return 1; }
  grep -q '"status" *: *"operational"' <<<"$answer" || { problem="its status is not operational"; return 1; }
  grep -q "\"slot\" *: *\"$1\"" <<<"$answer" || { problem="127.0.0.1:$2 does not answer as the $1 slot"; return 1; }
  standby_release=$(grep -o '"release" *: *[0-9]\+' <<<"$answer" | grep -o '[0-9]\+$' | head -n 1)
  [ -n "$standby_release" ] || { problem="its status names no release"; return 1; }
}

# Sets port and address, by which SLOT is asked past nginx.
ways_to() { # SLOT
  if [ "$1" = primary ]; then
    port=$(setting PRIMARY_PORT 8001) address=$(container_address 11 PRIMARY_NETWORK_PREFIX)
  else
    port=$(setting SECONDARY_PORT 8002) address=$(container_address 12 SECONDARY_NETWORK_PREFIX)
  fi
}

# One silence may be the load of a bad moment.
is_healthy() { # SLOT
  local port address problem standby_release
  ways_to "$1"
  for _ in 1 2 3; do
    ! healthy_release "$1" "$port" "$address" || return 0
    sleep 0.5
  done
  return 1
}

# Whether nginx answers with SLOT (and RELEASE, where it is given) on several fresh connections in a row.
confirmed() { # SLOT [RELEASE]
  local answer in_a_row=0 until=$((SECONDS + CONFIRM_WITHIN_S))
  while [ "$in_a_row" -lt "$IN_A_ROW" ]; do
    [ "$SECONDS" -lt "$until" ] || return 1
    answer=$(http_get "$http_address" "$http_port" /api/system/status)
    if grep -qix "x-served-by: $1" <<<"$answer" &&
      { [ -z "${2:-}" ] || grep -q "\"release\" *: *$2\\b" <<<"$answer"; }; then
      in_a_row=$((in_a_row + 1))
    else
      in_a_row=0
      sleep 0.05
    fi
  done
}

# ---- the switch --------------------------------------------------------------------------------------------------

# Writes generation NUMBER from the one in FROM_DIR with SLOT live and no canary, and leads `current` to it.
write_generation() { # FROM_DIR NUMBER SLOT
  local from=$1 number=$2 slot=$3 up id pin_slot
  local new="$live_dir/gen-$number.tmp"
  rm -rf "$new" "$live_dir/gen-$number" && mkdir "$new" && chmod 755 "$new" || return 1
  sed -e "s/^  \"generation\": .*/  \"generation\": $number,/" \
    -e "s/^  \"live\": .*/  \"live\": \"$slot\",/" \
    -e 's/^  "shares": .*/  "shares": {},/' \
    -e 's/^  "release": .*/  "release": null/' "$from/state.json" >"$new/state.json" || return 1
  [ "$(state_value "$new/state.json" generation)" = "$number" ] || return 1
  [ "$(state_value "$new/state.json" live)" = "\"$slot\"" ] || return 1
  : >"$new/live-$slot" || return 1
  for up in primary secondary; do
    case "$(state_value "$from/state.json" up)" in *"\"$up\""*) : >"$new/up-$up" || return 1 ;; esac
  done
  # The only slot with a console keeps it, whichever slot is live.
  up=$(state_value "$from/state.json" console)
  case "$up" in '"primary"' | '"secondary"') : >"$new/console-${up//\"/}" || return 1 ;; esac
  # Tabs stay with the slot that runs their build.
  while read -r id pin_slot; do
    [ ! -e "$new/up-$pin_slot" ] || : >"$new/dpl-$id-$pin_slot" || return 1
  done < <(sed -n 's/^    {"deploymentId":"\([A-Za-z0-9_-]\{1,64\}\)","slot":"\(primary\|secondary\)"},\{0,1\}$/\1 \2/p' "$from/state.json")
  # No visitor is counted apart any more, which is what an executable flag says (nginx/quick_target.conf).
  chmod 644 "$new"/* && chmod 755 "$new/live-$slot" && sync "$new"/* "$new" && mv -T "$new" "$live_dir/gen-$number" || return 1
  ln -sfn "gen-$number" "$live_dir/current.tmp" && sync "$live_dir" || return 1
  mv -T "$live_dir/current.tmp" "$live_dir/current" && sync "$live_dir"
}

replace_file() { # FILE, new content on standard input
  local new="$1.tmp"
  if [ -e "$1" ]; then cp -p "$1" "$new"; else : >"$new"; fi &&
    cat >"$new" && sync "$new" && mv -T "$new" "$1" && sync "$(dirname "$1")"
}

is_served() { # GENERATION
  [ "$(readlink "$live_dir/current")" = "gen-$1" ]
}

# Frees what no request reads any more of earlier generations, since a disk may be out of files alone, and the room that the
# director puts by for a full disk (src/state/reserve.ts), and makes again by itself.
make_room() {
  local generation
  for generation in "$live_dir"/gen-*; do
    case "${generation##*/}" in
      "$current" | "$(readlink "$live_dir/current")") ;;
      *) rm -rf "$generation" ;;
    esac
  done
  [ ! -s state/reserve ] || : >state/reserve
}

insist() { # FUNCTION ARGUMENTS...
  "$@" || { make_room && "$@"; }
}

record() { # GENERATION FROM TO
  printf '{"generation":%d,"from":"%s","to":"%s","release":%d,"at":"%s","by":"%s"}\n' \
    "$1" "$2" "$3" "$standby_release" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$who" | replace_file state/rollback.json
}

remember_live() { # SLOT
  if grep -q '^LIVE_SLOT=' "$settings_file"; then
    sed "s/^LIVE_SLOT=.*/LIVE_SLOT=$1/" "$settings_file" | replace_file "$env_file"
  else
    { cat "$settings_file"; printf 'LIVE_SLOT=%s\n' "$1"; } | replace_file "$env_file"
  fi
}

# ---- the run -----------------------------------------------------------------------------------------------------

main() {
  local is_dry=false argument
  for argument in "$@"; do
    case "$argument" in
      --dry-run) is_dry=true ;;
      --help | -h) usage; exit "$DONE" ;;
      *) complain "rollback.sh has no option \"$argument\"."; usage >&2; exit "$USAGE" ;;
    esac
  done

  cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" || exit "$NEEDS_ATTENTION"
  live_dir=nginx/live env_file=state/deployment_state.env
  # The director keeps a copy of what it wrote last, and mends the file by it.
  settings_file=$env_file
  grep -qs '^NETWORK_PREFIX=' "$env_file" || [ ! -s "$env_file.copy" ] || settings_file=$env_file.copy
  if [ ! -e "$settings_file" ]; then
    complain "There is no $env_file here: the system was never set up. Run \`npm run up\`."
    exit "$NEEDS_ATTENTION"
  fi
  who=$(tr -cd 'A-Za-z0-9._-' <<<"${SUDO_USER:-$(id -un 2>/dev/null || id -u)}")
  who=${who:0:64} who=${who:-root}
  http_address=$(setting HTTP_ADDRESS 0.0.0.0)
  case "$http_address" in 0.0.0.0 | '' | '[::]' | '::') http_address=127.0.0.1 ;; esac
  http_address=${http_address#[} http_address=${http_address%]}
  http_port=$(setting HTTP_PORT 80)

  take_lock
  read_routing
  check_ways
  if "$is_dry"; then
    say "Would move the traffic from ${live:-nobody} to $standby (release $standby_release). Nothing has changed."
    exit "$DONE"
  fi
  move
}

take_lock() {
  local holder
  if ! exec 9>>state/deploy.lock; then
    complain "state/deploy.lock can't be opened. Run this as the user who set the system up (root). Nothing has changed."
    exit "$FAILED_SAFE"
  fi
  # The director holds a free lock for a moment where it looks whether anybody does.
  if ! flock -w 1 9; then
    holder=$(holder_words)
    complain "A release is under way${holder:+: $holder}. Nothing has changed."
    complain "Wait until it has ended, or abort it with \`npx switchyard abort\`, then try again."
    exit "$BUSY"
  fi
  printf '{"verb":"rollback","release":null,"actor":{"kind":"host","name":"%s"},"since":"%s"}\n' \
    "$who" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >state/deploy.lock.json
  trap 'rm -f state/deploy.lock.json' EXIT
}

# Who holds the lock, as far as its file tells: `deploy by root since 12:34:56 UTC`.
holder_words() {
  local holder verb name since
  holder=$(head -c 4096 state/deploy.lock.json 2>/dev/null) || return 0
  verb=$(sed -n 's/.*"verb" *: *"\([a-z -]\{1,40\}\)".*/\1/p' <<<"$holder")
  name=$(sed -n 's/.*"actor" *: *{[^}]*"name" *: *"\([^"\\]\{1,100\}\)".*/\1/p' <<<"$holder")
  since=$(sed -n 's/.*"since" *: *"[0-9-]*T\([0-9:]\{8\}\)[.0-9]*Z".*/\1/p' <<<"$holder")
  [ -z "$verb" ] || printf '%s' "$verb${name:+ by $name}${since:+ since $since UTC}"
}

# Sets current, number, live (what nginx routes by, whatever state.json says) and standby.
read_routing() {
  current=$(readlink "$live_dir/current") || current=''
  if ! grep -qx 'gen-[1-9][0-9]*' <<<"$current" || [ ! -f "$live_dir/$current/state.json" ]; then
    complain "nginx/live/current leads to no generation of the routing. Run \`npx switchyard doctor --fix\`."
    exit "$NEEDS_ATTENTION"
  fi
  number=${current#gen-}
  live=''
  [ ! -e "$live_dir/$current/live-primary" ] || live=primary
  # As in nginx/upstream_target.conf, the second wins where someone made both by hand.
  [ ! -e "$live_dir/$current/live-secondary" ] || live=secondary
  if [ -z "$live" ]; then
    complain "No slot is live in nginx/live/$current, so there is nothing to roll back from. Deploy, or run \`npm run up\`."
    exit "$NEEDS_ATTENTION"
  fi
  standby=$(other_slot "$live")
}

check_ways() {
  local port address problem=''
  case "$(state_value "$live_dir/$current/state.json" barred)" in
    *"\"$standby\""*)
      complain "The build in $standby is barred, so there is nothing to roll back to. The traffic stays with $live; nothing has changed."
      complain "Deploy another build. \`npx switchyard status\` says who barred this one and why, and \`npx switchyard unbar\` takes that back."
      exit "$FAILED_SAFE"
      ;;
  esac
  case "$(state_value "$live_dir/$current/state.json" up)" in
    *"\"$standby\""*) ;;
    *)
      complain "There is no build to roll back to: the routing does not count $standby as ready. The traffic stays with $live; nothing has changed."
      exit "$FAILED_SAFE"
      ;;
  esac
  ways_to "$standby"
  if ! healthy_release "$standby" "$port" "$address"; then
    if network_is_gone && ! answers 127.0.0.1 "$port"; then
      complain "The containers do not run: their network ($(setting NETWORK_PREFIX '').0/24) is not on this host. \`npm run up\` starts them. Nothing has changed."
      exit "$UNREACHABLE"
    fi
    complain "The standby ($standby) is not healthy: $problem. The traffic stays with $live; nothing has changed."
    exit "$FAILED_SAFE"
  fi
  address=$(container_address 2)
  if ! answers "$http_address" "$http_port"; then
    if [ -n "$address" ] && answers "$address" 8080; then
      http_address=$address http_port=8080
      return
    fi
    complain "nginx does not answer on $http_address:$http_port. The traffic stays with $live; nothing has changed."
    complain "Look at the container proxy-director, then try again."
    exit "$UNREACHABLE"
  fi
}

move() {
  local next=$((number + 1))
  say "Moving the traffic from $live to $standby (release $standby_release)."
  write_generation "$live_dir/$current" "$next" "$standby" || is_served "$next" ||
    { make_room && write_generation "$live_dir/$current" "$next" "$standby"; } || is_served "$next" || {
    complain "Generation $next could not be written. The traffic stays with $live; nothing has changed."
    exit "$FAILED_SAFE"
  }
  if ! confirmed "$standby" "$standby_release"; then
    # Visitors are not led from a slot that is healthy to one that is not.
    if is_healthy "$live" || ! is_healthy "$standby"; then move_back "$((next + 1))"; fi
    stay "$next"
  fi
  if insist record "$next" "$live" "$standby" && insist remember_live "$standby"; then
    say "Done: nginx serves $standby, release $standby_release (generation $next). The director takes notice of it."
    exit "$DONE"
  fi
  complain "nginx serves $standby, release $standby_release, but state/ could not be written: $env_file may name the wrong slot as live."
  exit "$NEEDS_ATTENTION"
}

stay() { # GENERATION
  complain "nginx did not serve $standby within $CONFIRM_WITHIN_S s, but $live is not healthy and $standby is."
  complain "So the traffic stays with $standby, release $standby_release (generation $1). Look at nginx: the container proxy-director."
  record "$1" "$live" "$standby" && remember_live "$standby" ||
    complain "state/ could not be written: $env_file may name the wrong slot as live."
  exit "$NEEDS_ATTENTION"
}

move_back() { # GENERATION
  complain "nginx did not serve $standby within $CONFIRM_WITHIN_S s. Moving the traffic back to $live."
  if write_generation "$live_dir/gen-$number" "$1" "$live" && confirmed "$live"; then
    complain "$live is live again (generation $1). Look at the $standby slot and at nginx, then try again."
    exit "$FAILED_SAFE"
  fi
  complain "That could not be confirmed either. nginx/live/current leads to $(readlink "$live_dir/current"); look at the container proxy-director."
  exit "$NEEDS_ATTENTION"
}

main "$@"
