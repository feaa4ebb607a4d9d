# Functions of head.sh, worker.sh and stop.sh.

# Holds the node's process id, its cluster's address and its output. Machines may share the home folder.
folder=${CLUSTER_FOLDER:-$HOME/.ray-cluster/$(uname -n)}

fail() {
    printf '%s\n' "$1" >&2
    exit 1
}

# Succeeds while the node runs; with --head, while it is a head. After a reboot, another process may have its id.
running() {
    [ -s "$folder/pid" ] && tr '\0' ' ' 2> /dev/null < "/proc/$(cat "$folder/pid")/cmdline" | grep -q "ray start ${1:-}"
}

# Runs `ray start` with these options until stop.sh ends it, even if you log out.
start_node() {
    [ "$(uname)" = Linux ] || fail "Ray supports clusters of several machines on Linux only."
    command -v ray > /dev/null || fail "ray is not on the PATH. Activate its environment first:  . .venv/bin/activate"

    # Ray listens on the network and runs the code that it receives. With a token, it takes code only from those who
    # have the token.
    [ "${RAY_AUTH_MODE:-token}" = token ] ||
        fail "RAY_AUTH_MODE=$RAY_AUTH_MODE lets anyone on the network run code here. Unset it:  unset RAY_AUTH_MODE"
    [ -n "${RAY_AUTH_TOKEN:-}" ] || [ -s "${RAY_AUTH_TOKEN_PATH:-$HOME/.ray/auth_token}" ] ||
        fail "There is no token. Without one, anyone on the network could run code here.
On the head:           ray get-auth-token --generate
On the other machines: copy ~/.ray/auth_token from the head"
    export RAY_AUTH_MODE=token

    # `serve deploy` imports the tour's applications on the nodes.
    PYTHONPATH=$(cd "$(dirname "$0")/.." && pwd)${PYTHONPATH:+:$PYTHONPATH}
    export PYTHONPATH

    mkdir -p "$folder"
    : > "$folder/log"
    echo "Starting Ray. Its output goes to $folder/log"
    # --block: the command runs as long as the node, and stops all of it if one of its processes dies.
    # A script's background processes ignore Ctrl-C, with which Ray cancels tasks. `env` undoes that.
    nohup env --default-signal=INT ray start "$@" --block --disable-usage-stats > "$folder/log" 2>&1 &
    echo $! > "$folder/pid"
    until grep -q "will now block forever" "$folder/log"; do
        if ! kill -0 "$(cat "$folder/pid")" 2> /dev/null; then
            rm "$folder/pid"
            fail "The node did not start. $(cat "$folder/log")"
        fi
        sleep 0.5
    done
}
