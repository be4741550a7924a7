#!/usr/bin/env bash
# Moves the traffic back to the standby slot without the director, Node or Docker: with the files that nginx routes by.
# Needs bash, flock (util-linux), GNU coreutils, sed and grep, and the right to write nginx/live and state/.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -uo pipefail
export LC_ALL=C

DONE=0 FAILED_SAFE=1 NEEDS_ATTENTION=2 USAGE=64 UNREACHABLE=69 BUSY=75
IN_A_ROW=5            # good answers on fresh connections before a move counts
CONFIRM_WITHIN_S=10
ANSWER_WITHIN_S=5     # a slot that shares a tenth of a core with another took 3 s
LEAVING_WITHIN_S=2    # for the slot that has the visitors now, and for each look that compares
SLOT_WITHIN_S=5       # for the slot to answer through nginx, once nginx says that it is live
NGINX_WITHIN_S=15     # for an nginx that takes connections to say what it serves

say() { printf '%s\n' "$*"; }
complain() { printf '%s\n' "$*" >&2; }

usage() {
  cat <<'TEXT'
Usage: ./rollback.sh [--dry-run]

Moves all visitors to the standby slot, if it is healthy, and confirms it through nginx.
Use it when the console and `switchyard rollback` can't be used; the director takes notice of it.

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

SILENT=124 # what `timeout` ends with

# GET on a connection of its own, by bash alone: status line, headers and body on standard output. Ends with SILENT where the
# connection was taken, or may have been, and no whole answer came in time.
http_get() { # HOST PORT PATH [SECONDS]
  # shellcheck disable=SC2016
  timeout "${4:-$ANSWER_WITHIN_S}" bash -c '
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

# Asks SLOT past nginx how it is. Sets `sight` to well, ill, silent (it takes the connection and does not answer in time, as where
# it hangs or the machine is starved) or gone, `seen_release` to the release that a well one reports, else `problem`.
look_at() { # SLOT [SECONDS]
  local port address answer status ended
  ways_to "$1"
  sight=ill seen_release='' problem=''
  answer=$(http_get 127.0.0.1 "$port" /api/system/status "${2:-}")
  ended=$?
  status=$(http_status <<<"$answer")
  if [ -z "$status" ] && [ "$ended" != "$SILENT" ] && [ -n "$address" ]; then
    answer=$(http_get "$address" 3000 /api/system/status "${2:-}")
    ended=$?
    status=$(http_status <<<"$answer")
  fi
  if [ -z "$status" ]; then
    problem="it does not answer on 127.0.0.1:$port"
    if [ "$ended" = "$SILENT" ]; then sight=silent; else sight=gone; fi
    return
  fi
  [ "$status" = 200 ] || { problem="its status route answers $status"; return; }
  grep -q '"status" *: *"operational"' <<<"$answer" || { problem="its status is not operational"; return; }
  grep -q "\"slot\" *: *\"$1\"" <<<"$answer" || { problem="127.0.0.1:$port does not answer as the $1 slot"; return; }
  seen_release=$(grep -o '"release" *: *[0-9]\+' <<<"$answer" | grep -o '[0-9]\+$' | head -n 1)
  [ -n "$seen_release" ] || { problem="its status names no release"; return; }
  sight=well
}

# Asks nginx which slot is live. Sets `nginx_says` to primary or secondary, to late (it takes the connection and is silent), gone, or
# unknown (it was not reloaded since it learnt to say).
ask_nginx() { # HOST PORT
  local answer ended status
  answer=$(http_get "$1" "$2" /_switchyard/live)
  ended=$?
  status=$(http_status <<<"$answer")
  nginx_says=unknown
  if [ -z "$status" ]; then
    if [ "$ended" = "$SILENT" ]; then nginx_says=late; else nginx_says=gone; fi
  elif [ "$status" = 200 ]; then
    answer=$(tail -n 1 <<<"$answer")
    case "$answer" in primary | secondary) nginx_says=$answer ;; esac
  fi
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
  for _ in 1 2 3; do
    look_at "$1"
    [ "$sight" != well ] || return 0
    sleep 0.5
  done
  return 1
}

# Sets `seen` to what was seen of the move through nginx:
#   answers    SLOT (and RELEASE, where it is given) answered on several fresh connections in a row
#   slow       it answered, and not so often in the time
#   unreached  nginx says that SLOT is live, and gives errors of its own in its place
#   silent     nginx says so, and nobody answers
#   late       nginx runs, and has not said which slot is live
#   wrong      nginx says another slot, or another slot or release answers; or nginx is gone
confirm() { # SLOT [RELEASE]
  local since=$SECONDS answer good=0 in_a_row=0 status
  while true; do
    ask_nginx "$http_address" "$http_port"
    case "$nginx_says" in
      "$1" | unknown) break ;;
      late) [ $((SECONDS - since)) -lt "$NGINX_WITHIN_S" ] || { seen=late; return; } ;;
      *) [ $((SECONDS - since)) -lt "$CONFIRM_WITHIN_S" ] || { seen=wrong; return; } ;;
    esac
    sleep 0.05
  done
  # An nginx that can't say which slot is live has said it by no silence either.
  seen=silent
  [ "$nginx_says" != unknown ] || seen=late
  since=$SECONDS
  while [ "$in_a_row" -lt "$IN_A_ROW" ] && [ $((SECONDS - since)) -lt "$SLOT_WITHIN_S" ]; do
    answer=$(http_get "$http_address" "$http_port" /api/system/status)
    status=$(http_status <<<"$answer")
    if grep -qix "x-served-by: $1" <<<"$answer" &&
      { [ "${2:-0}" = 0 ] || grep -q "\"release\" *: *$2\b" <<<"$answer"; }; then
      in_a_row=$((in_a_row + 1)) good=$((good + 1)) seen=slow
      continue
    fi
    in_a_row=0
    # Silence takes nothing back that was answered before.
    if grep -qi '^x-served-by: .' <<<"$answer"; then seen=wrong; elif [ -n "$status" ]; then seen=unreached; fi
    sleep 0.05
  done
  [ "$in_a_row" -lt "$IN_A_ROW" ] || seen=answers
}

# Whether visitors would be better served where they came from: `live` was well with them, answers now, and the standby does not.
# Without its visitors a slot is quicker by that alone.
left_behind_is_better() {
  local better=0
  "$left_well" || return 1
  for _ in 1 2 3 4; do
    [ "$better" -lt 2 ] || return 0
    look_at "$standby" "$LEAVING_WITHIN_S"
    if [ "$sight" = well ] && [ "$seen" != unreached ]; then return 1; fi
    look_at "$live" "$LEAVING_WITHIN_S"
    [ "$sight" != well ] || better=$((better + 1))
  done
  [ "$better" -ge 2 ]
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
  # What the slots see of the routing is told by a second rename, which takes no room.
  mkdir -p "$live_dir/told" && ln -sfn "$slot" "$live_dir/told/slot.tmp" || return 1
  mv -T "$live_dir/current.tmp" "$live_dir/current" || return 1
  mv -T "$live_dir/told/slot.tmp" "$live_dir/told/slot"
  sync "$live_dir"
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
    complain "Wait until it has ended, or abort it with \`switchyard abort\`, then try again."
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
    complain "nginx/live/current leads to no generation of the routing. Run \`switchyard doctor --fix\`."
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
      complain "Deploy another build. \`switchyard status\` says who barred this one and why, and \`switchyard unbar\` takes that back."
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
  local silence
  for _ in 1 2; do
    look_at "$standby"
    [ "$sight" = silent ] || break
  done
  case "$sight" in
    well) standby_release=$seen_release ;;
    silent)
      silence=$problem
      # Where the live slot is as silent, visitors lose nothing by the move, and it is wanted.
      if answers_at_all "$live"; then refuse_standby "$silence"; fi
      standby_release=$(setting "${standby^^}_RELEASE" 0)
      complain "$standby does not answer within $ANSWER_WITHIN_S s, and neither does $live: visitors lose nothing by the move."
      ;;
    *)
      ways_to "$standby"
      if network_is_gone && ! answers 127.0.0.1 "$port"; then
        complain "The containers do not run: their network ($(setting NETWORK_PREFIX '').0/24) is not on this host. \`npm run up\` starts them. Nothing has changed."
        exit "$UNREACHABLE"
      fi
      refuse_standby "$problem"
      ;;
  esac
  address=$(container_address 2)
  ask_nginx "$http_address" "$http_port"
  if [ "$nginx_says" = gone ]; then
    if [ -n "$address" ]; then ask_nginx "$address" 8080; fi
    if [ "$nginx_says" != gone ]; then
      http_address=$address http_port=8080
      return
    fi
    complain "nginx does not answer on $http_address:$http_port. The traffic stays with $live; nothing has changed."
    complain "Look at the container proxy-director, then try again."
    exit "$UNREACHABLE"
  fi
  [ "$nginx_says" != late ] || complain "nginx takes connections and is late to answer, as on a machine that is short of processor time."
}

answers_at_all() { # SLOT
  for _ in 1 2; do
    look_at "$1"
    case "$sight" in silent | gone) ;; *) return 0 ;; esac
  done
  return 1
}

refuse_standby() { # PROBLEM
  complain "The standby ($standby) is not healthy: $1. The traffic stays with $live; nothing has changed."
  exit "$FAILED_SAFE"
}

move() {
  local next=$((number + 1)) seen left_well=false
  say "Moving the traffic from $live to $standby (release $standby_release)."
  for _ in 1 2; do
    "$left_well" || look_at "$live" "$LEAVING_WITHIN_S"
    [ "$sight" != well ] || left_well=true
  done
  write_generation "$live_dir/$current" "$next" "$standby" || is_served "$next" ||
    { make_room && write_generation "$live_dir/$current" "$next" "$standby"; } || is_served "$next" || {
    complain "Generation $next could not be written. The traffic stays with $live; nothing has changed."
    exit "$FAILED_SAFE"
  }
  confirm "$standby" "$standby_release"
  case "$seen" in
    answers | slow) ;;
    silent | unreached | late) if left_behind_is_better; then move_back "$((next + 1))" "$(doubt), and $live answers well."; fi ;;
    *)
      # Visitors are not led from a slot that is healthy to one that is not.
      if is_healthy "$live" || ! is_healthy "$standby"; then
        move_back "$((next + 1))" "nginx did not serve $standby within $CONFIRM_WITHIN_S s."
      fi
      stay "$next"
      ;;
  esac
  if insist record "$next" "$live" "$standby" && insist remember_live "$standby"; then
    told "$next"
  fi
  complain "nginx serves $standby, release $standby_release, but state/ could not be written: $env_file may name the wrong slot as live."
  exit "$NEEDS_ATTENTION"
}

# What is missing, as the beginning of a sentence.
doubt() {
  case "$seen" in
    slow) printf '%s' "$standby is slow to answer through nginx" ;;
    unreached) printf '%s' "nginx gives errors of its own in place of $standby" ;;
    silent) printf '%s' "$standby has not answered through nginx within $SLOT_WITHIN_S s" ;;
    late) printf '%s' "nginx runs and has not said which slot it serves" ;;
  esac
}

told() { # GENERATION
  case "$seen" in
    late | unreached)
      complain "Generation $1 is on the disk and leads visitors to $standby, release $standby_release, but $(doubt), and $live is no better."
      complain "Look at the load of this machine and at the container proxy-director, then at \`switchyard status\`."
      exit "$NEEDS_ATTENTION"
      ;;
  esac
  say "Done: nginx serves $standby, release $standby_release (generation $1). The director takes notice of it."
  case "$seen" in
    slow) say "But $(doubt). Look at the load of this machine." ;;
    silent) say "But $(doubt), and $live is no better. Look at the load of this machine and at the log of the slot." ;;
  esac
  exit "$DONE"
}

stay() { # GENERATION
  complain "nginx did not serve $standby within $CONFIRM_WITHIN_S s, but $live is not healthy and $standby is."
  complain "So the traffic stays with $standby, release $standby_release (generation $1). Look at nginx: the container proxy-director."
  record "$1" "$live" "$standby" && remember_live "$standby" ||
    complain "state/ could not be written: $env_file may name the wrong slot as live."
  exit "$NEEDS_ATTENTION"
}

move_back() { # GENERATION WHY
  complain "$2 Moving the traffic back to $live."
  seen=''
  if write_generation "$live_dir/gen-$number" "$1" "$live"; then confirm "$live"; fi
  case "$seen" in answers | slow | silent | unreached)
    complain "$live is live again (generation $1). Look at the $standby slot and at nginx, then try again."
    exit "$FAILED_SAFE"
    ;;
  esac
  complain "That could not be confirmed either. nginx/live/current leads to $(readlink "$live_dir/current"); look at the container proxy-director."
  exit "$NEEDS_ATTENTION"
}

main "$@"
