#!/bin/sh
# Releases the working tree, or what the arguments say: ./deploy.sh --help
here=$(dirname "$0")
kept=$here/state/cli/current/switchyard
if [ -x "$kept" ]; then exec "$kept" --project "$here" deploy "$@"; fi
exec node "$here/scripts/switchyard.mjs" deploy "$@"
