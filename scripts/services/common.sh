# common.sh - what the scripts of this folder share; sourced, not run.
#
# A script sets NAME (the word before its messages) and DAEMONS (the folder of
# its daemons' programs) before it calls these functions, defines up, down,
# stop, status and print_env, and ends with `run "$@"`.
# shellcheck shell=bash disable=SC2034,SC2153

log() { printf '%s: %s\n' "$NAME" "$*" >&2; }
die() { log "ERROR: $*"; exit 1; }

wait_for() { # wait_for SECONDS command...   (polls every 0.2 s)
    local n=$(( $1 * 5 )); shift
    while (( n-- > 0 )); do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.2
    done
    return 1
}

# --- packages ---------------------------------------------------------------

installed() { [[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]; }

NO_POLICY=0
tidy() { (( ! NO_POLICY )) || rm -f /usr/sbin/policy-rc.d; }

# No package starts its daemon: ours need their configuration first, and what
# comes along as a dependency (a mailer, say) is not wanted at all.
apt_install() { # apt_install [apt-get options] package...
    local opts=(-y -qq --no-install-recommends
        -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold)
    export DEBIAN_FRONTEND=noninteractive
    trap tidy EXIT
    if [[ ! -e /usr/sbin/policy-rc.d ]]; then
        NO_POLICY=1
        printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
        chmod 755 /usr/sbin/policy-rc.d
    fi
    dpkg --configure -a >&2 || true # an earlier, interrupted installation
    if ! apt-get install "${opts[@]}" "$@" >&2; then
        apt-get update -qq >&2
        apt-get install "${opts[@]}" "$@" >&2
    fi
    tidy
    NO_POLICY=0
}

# --- daemons ----------------------------------------------------------------

# Pid of a daemon, by its command line: init scripts, a manual start and these
# scripts write their pid files to different places. /proc/PID/exe is no help:
# the daemons run with changed uids, and reading it takes CAP_SYS_PTRACE, which
# containers lack. Zombies (a container whose pid 1 does not reap) have an empty
# command line: not a match.
daemon_pid() { # daemon_pid NAME
    local p comm ppid argv0
    for p in /proc/[0-9]*; do
        { read -r comm <"$p/comm"; } 2>/dev/null || continue
        [[ $comm == "$1" ]] || continue
        argv0=; { read -r -d '' argv0 <"$p/cmdline"; } 2>/dev/null || true
        [[ $argv0 == "$DAEMONS/$1" ]] || continue
        # A fork that is about to become something else is not the daemon.
        ppid="$(awk '$1 == "PPid:" { print $2 }' "$p/status" 2>/dev/null)" || continue
        comm=; { read -r comm <"/proc/$ppid/comm"; } 2>/dev/null || true
        [[ $comm != "$1" ]] || continue
        echo "${p#/proc/}"
        return 0
    done
    return 1
}

gone() { ! daemon_pid "$1"; }

stop_daemon() { # stop_daemon NAME [command that asks it to end]
    local name="$1" pid; shift
    pid="$(daemon_pid "$name")" || return 0
    if (( $# )); then
        timeout 10 "$@" >/dev/null 2>&1 && wait_for 10 gone "$name" && return 0
    fi
    kill -TERM "$pid" 2>/dev/null || true
    wait_for 15 gone "$name" && return 0
    log "$name ($pid) ignores SIGTERM, killing it"
    kill -KILL "$pid" 2>/dev/null || true
    wait_for 5 gone "$name" || die "cannot stop $name"
}

show_daemons() { # show_daemons NAME...  -> 0 when all run
    local name pid rc=0
    for name in "$@"; do
        if pid="$(daemon_pid "$name")"; then log "$name runs, pid $pid"
        else log "$name does not run"; rc=3; fi
    done
    return "$rc"
}

# The environment of every daemon: whoever starts it may have anything in his,
# an active virtual environment for one, and jobs would inherit that.
CLEAN=(env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)

# --- the command line -------------------------------------------------------

run() { # run up|down|stop|status|env
    case "${1:-}" in
        up | down | stop | status | env) ;;
        *) echo "usage: ${0##*/} up|down|stop|status|env" >&2; exit 2 ;;
    esac
    if [[ $1 != status && $1 != env ]] && (( EUID != 0 )); then
        command -v sudo >/dev/null || die "must be root"
        exec sudo -E -- "$0" "$@"
    fi
    if [[ $1 == env ]]; then print_env; else "$1"; fi
}
