#!/usr/bin/env bash
#
# mongodb.sh - a real MongoDB-protocol database server for tests, on the
# loopback interface.
#
#   mongodb.sh up      install (if missing), build, configure and start; prints
#                      the variable to export on stdout, everything else on
#                      stderr:                 eval "$(mongodb.sh up)"
#   mongodb.sh status  what runs; exit 0 = usable, 3 = not
#   mongodb.sh env     only print the variable
#   mongodb.sh stop    stop the server, keep the database (tests of outages);
#                      `up` starts it again on the same data
#   mongodb.sh kill    the same with SIGKILL for server and database
#   mongodb.sh down    stop both and delete the data
#
# Uses `mongod` where it is installed; otherwise FerretDB 1.24 as a Go library
# (mongodb/main.go, needs Go and the Go module registry) over PostgreSQL from
# Debian. Debian 12, root or sudo, no systemd. `up` may be run any number of
# times.
#
# Knobs (environment): MONGODB_PORT MONGODB_STATE MONGODB_WAIT
#                      MONGODB_CONNECTIONS MONGODB_SERVER
set -euo pipefail

readonly PORT="${MONGODB_PORT:-27217}"
readonly STATE="${MONGODB_STATE:-/var/lib/mongodb-test}"
readonly WAIT="${MONGODB_WAIT:-60}"             # s to wait for a daemon
readonly CONNECTIONS="${MONGODB_CONNECTIONS:-100}"  # from the server to PostgreSQL
readonly PG_PORT=$(( PORT + 1 ))
readonly PG_DATA="$STATE/postgresql"
readonly SERVER="${MONGODB_SERVER:-$STATE/bin/mongodb-server}"
readonly PID_FILE="$STATE/server.pid"
readonly LOG="$STATE/server.log"
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
readonly HERE

NAME=mongodb
# shellcheck source=scripts/services/common.sh
source "$HERE/common.sh"

# After a reboot another process may have the number that a pid file holds.
runs_as() { # runs_as FILE WORD: does the process in a pid file run, with this word in its command?
    local pid=; { read -r pid <"$1"; } 2>/dev/null || [[ -n $pid ]] || return 1
    grep -qaF -- "$2" "/proc/$pid/cmdline" 2>/dev/null
}
alive() { runs_as "$PID_FILE" "$PORT"; }
dead() { ! alive; }
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; }
pg() { runuser -u postgres -- "$PG_BIN/$1" "${@:2}"; }
pg_alive() { runs_as "$PG_DATA/postmaster.pid" "$PG_DATA"; }
find_pg() { PG_BIN="$(compgen -G "/usr/lib/postgresql/*/bin" | sort -V | tail -n 1)" || true; }

print_env() { printf 'export SHERPA_TEST_MONGODB=mongodb://127.0.0.1:%s/\n' "$PORT"; }

install_postgresql() {
    find_pg
    [[ -n $PG_BIN ]] && return 0
    log "installing postgresql"
    # The package's own cluster is not wanted: it would start a second server.
    install -d /etc/postgresql-common
    [[ -e /etc/postgresql-common/createcluster.conf ]] \
        || printf 'create_main_cluster = false\n' >/etc/postgresql-common/createcluster.conf
    apt_install postgresql
    find_pg
    [[ -n $PG_BIN ]] || die "no PostgreSQL after its installation"
}

build_server() {
    local sum; sum="$(cat "$HERE"/mongodb/{main.go,go.mod,go.sum} | sha256sum | cut -c1-16)"
    [[ -x $SERVER && "$(cat "$SERVER.sum" 2>/dev/null)" == "$sum" ]] && return 0
    command -v go >/dev/null || die "needs Go 1.23 or newer (or mongod) on the PATH"
    log "building the server (about a minute the first time)"
    install -d "$(dirname "$SERVER")"
    (cd "$HERE/mongodb" && go build -mod=readonly -o "$SERVER" .) >&2
    printf '%s\n' "$sum" >"$SERVER.sum"
}

start_postgresql() {
    install -d -o postgres -m 700 "$PG_DATA"
    if [[ ! -s $PG_DATA/PG_VERSION ]]; then
        pg initdb -D "$PG_DATA" -A trust -E UTF8 --locale=C.UTF-8 >/dev/null
    fi
    pg_alive && return 0
    log "starting PostgreSQL"
    pg pg_ctl -D "$PG_DATA" -w -t "$WAIT" -l "$PG_DATA/log" start \
        -o "-p $PG_PORT -k $PG_DATA -c listen_addresses=127.0.0.1 -c max_connections=$(( CONNECTIONS + 20 ))" >/dev/null 2>&1 </dev/null \
        || { tail -n 20 "$PG_DATA/log" >&2; die "PostgreSQL did not start"; }
    pg psql -h "$PG_DATA" -p "$PG_PORT" -tAc "select 1 from pg_database where datname='ferretdb'" | grep -q 1 \
        || pg createdb -h "$PG_DATA" -p "$PG_PORT" ferretdb
}

start_server() { # start_server command...
    alive && return 0
    answers && die "port $PORT is taken by something else"
    log "starting $(basename "$1")"
    env -i --chdir=/ PATH="$PATH" HOME="$STATE" setsid "$@" </dev/null >"$LOG" 2>&1 &
    printf '%s\n' "$!" >"$PID_FILE"
    wait_for "$WAIT" answers || { tail -n 20 "$LOG" >&2; die "the server does not answer"; }
}

up() {
    install -d "$STATE"
    chmod 755 "$STATE"
    if command -v mongod >/dev/null; then
        install -d "$STATE/mongod"
        start_server "$(command -v mongod)" --dbpath "$STATE/mongod" --bind_ip 127.0.0.1 --port "$PORT"
    else
        install_postgresql
        build_server
        start_postgresql
        start_server "$SERVER" -listen "127.0.0.1:$PORT" \
            -postgres "postgres://postgres@127.0.0.1:$PG_PORT/ferretdb?pool_max_conns=$CONNECTIONS"
    fi
    log "up: port $PORT, pid $(<"$PID_FILE")"
    print_env
}

end() { # end SIGNAL pg_ctl-mode
    if alive; then
        kill "-$1" "$(<"$PID_FILE")" 2>/dev/null || true
        wait_for 15 dead || kill -KILL "$(<"$PID_FILE")" 2>/dev/null || true
    fi
    rm -f "$PID_FILE"
    find_pg
    if [[ -n $PG_BIN && -s $PG_DATA/PG_VERSION ]] && pg_alive; then
        pg pg_ctl -D "$PG_DATA" -w -m "$2" stop >/dev/null
    fi
}

stop() { end TERM fast; log "stopped; the data is kept"; }
kill_hard() { end KILL immediate; log "killed; the data is kept"; }

down() {
    end TERM immediate
    rm -rf "$PG_DATA" "$STATE/mongod" "$LOG"
    log "down"
}

status() {
    if alive && answers; then log "usable: port $PORT, pid $(<"$PID_FILE")"; else log "NOT usable"; return 3; fi
}

main() {
    case "${1:-}" in
        up|down|status|env|stop|kill) ;;
        *) echo "usage: ${0##*/} up|status|env|stop|kill|down" >&2; exit 2 ;;
    esac
    if [[ $1 != env && $1 != status ]] && (( EUID != 0 )); then
        command -v sudo >/dev/null || die "must be root"
        exec sudo -E -- "$0" "$@"
    fi
    case "$1" in
        env) print_env ;;
        kill) kill_hard ;;
        *) "$1" ;;
    esac
}

main "$@"
