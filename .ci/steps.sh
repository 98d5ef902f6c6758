# Shared by the scripts beside it (sourced, never run): one line per step, and the full output only when a step fails.

say() { printf '%s\n' "$*" >&2; }

die() {
    say "error: $*"
    exit 1
}

# quietly MESSAGE COMMAND...: print the message, keep the command's output in a file, show its end if it fails.
quietly() {
    local message=$1 log status=0
    shift
    log=$(mktemp "${TMPDIR:-/tmp}/faultline.XXXXXX")
    say "  $message"
    "$@" >"$log" 2>&1 </dev/null || status=$?
    if [ "$status" -ne 0 ]; then
        tail -n 40 "$log" >&2
        say "error: this step failed with status $status: $message"
        say "       its full output is in $log"
        return "$status"
    fi
    rm -f "$log"
}

# debian_install PACKAGE...: install Debian packages when we may (root, apt-get there); otherwise return 1.
debian_install() {
    [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null || return 1
    quietly "updating the package lists of this system" apt-get update || return 1
    quietly "installing $* on this system" \
        env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@" || return 1
}
