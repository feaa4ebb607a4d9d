#!/bin/sh
# Stops the node that head.sh or worker.sh started on this machine. `ray stop` would stop all your Ray instances here.
set -eu
. "$(dirname "$0")/node.sh"

# Ray leaves a file with the cluster's address. The next ray.init() would spend eleven minutes trying to join.
forget() {
    newest=${RAY_TMPDIR:-${TMPDIR:-/tmp}}/ray/ray_current_cluster
    if [ -f "$newest" ] && [ "$(cat "$newest")" = "$(cat "$folder/address" 2> /dev/null)" ]; then
        rm -f "$newest"
    fi
    rm -f "$folder/pid"
}

if ! running; then
    forget # after a crash
    echo "No node started by these scripts is running here."
    exit 0
fi
pid=$(cat "$folder/pid")
kill "$pid" || true
tries=0
while running; do # Ray lets running tasks finish, for up to half a minute
    tries=$((tries + 1))
    [ $tries -lt 120 ] || kill -9 "$pid" || true
    sleep 0.5
done
forget
echo "Stopped."
