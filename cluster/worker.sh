#!/bin/sh
# Adds this machine to a cluster. stop.sh removes it. Running this again changes nothing.
#
#   sh cluster/worker.sh HEAD_ADDRESS [options of ray start]      for example: 10.0.0.1:6379 --num-gpus=1
set -eu
. "$(dirname "$0")/node.sh"

case ${1:-} in
"" | -*) fail "Give the address that head.sh printed, for example:  sh cluster/worker.sh 10.0.0.1:6379" ;;
*:*) address=$1 ;;
*) address=$1:6379 ;; # the port that head.sh uses
esac
shift

if ! running; then
    start_node --address="$address" "$@"
    echo "$address" > "$folder/address"
fi

joined=$(cat "$folder/address")
[ "$joined" = "$address" ] || fail "This machine is in the cluster of $joined. Remove it first:  sh cluster/stop.sh"
echo "This machine has joined the cluster of $address."
