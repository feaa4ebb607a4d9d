#!/bin/sh
# Starts the head of a cluster on this machine. stop.sh stops it. Running this again changes nothing.
#
#   sh cluster/head.sh [options of ray start]      for example: --node-ip-address=10.0.0.1 --num-cpus=8
set -eu
. "$(dirname "$0")/node.sh"

if ! running; then
    # The dashboard listens only on this machine: reach it through a tunnel.
    start_node --head --port=6379 --dashboard-host=127.0.0.1 "$@"
    sed -n "s/.*ray start --address='\(.*\)'.*/\1/p" "$folder/log" > "$folder/address"
fi

address=$(cat "$folder/address")
running --head || fail "This machine is in the cluster of $address. Remove it first:  sh cluster/stop.sh"
echo "The cluster runs. On every other machine, run:  sh cluster/worker.sh $address"
echo "Run a lesson on the cluster:  RAY_ADDRESS=$address RAY_AUTH_MODE=token python O1_tiny_demo.py"
