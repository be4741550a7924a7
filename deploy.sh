#!/bin/sh
# Releases the working tree, or what the arguments say: ./deploy.sh --help
exec node "$(dirname "$0")/scripts/switchyard.mjs" deploy "$@"
