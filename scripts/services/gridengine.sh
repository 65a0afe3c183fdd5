#!/usr/bin/env bash
#
# gridengine.sh - a real single-node Grid Engine cluster for tests.
#
#   gridengine.sh up      install (if missing), configure and start; prints the
#                         variables to export on stdout, everything else on
#                         stderr:            eval "$(gridengine.sh up)"
#   gridengine.sh status  what runs; exit 0 = usable, 3 = not
#   gridengine.sh env     only print the variables
#   gridengine.sh stop    stop the qmaster alone, running jobs go on; `up` starts
#                         it again (for tests of outages)
#   gridengine.sh down    delete all jobs, stop execd and qmaster (keeps state)
#
# Debian 12 (gridengine 8.1.9), root or sudo, no systemd needed.  `up` may be
# run any number of times; from a bare machine, after `down`, after a change of
# host name (container images), or on a running cluster.
#
# Every name of this machine is mapped to "localhost" inside Grid Engine (host
# aliases), so neither the host name nor the address ends up in the spooled
# state: the same image works under another host name.
#
# Knobs (environment): SGE_QUEUE SGE_SLOTS SGE_PE SGE_PROJECT SGE_WAIT
set -euo pipefail

NAME=gridengine
DAEMONS=/usr/lib/gridengine
# shellcheck source=scripts/services/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

readonly QUEUE="${SGE_QUEUE:-main.q}"
readonly SLOTS="${SGE_SLOTS:-8}"
readonly PE="${SGE_PE:-smp}"                # parallel environment of the queue
readonly PROJECT="${SGE_PROJECT:-testproj}" # so that `qsub -P` has something to name
readonly WAIT="${SGE_WAIT:-60}"             # seconds to wait for a daemon / host

# Paths of the Debian packages.
export SGE_ROOT=/var/lib/gridengine
export SGE_CELL=default
unset SGE_QMASTER_PORT SGE_EXECD_PORT       # ports come from /etc/services
readonly COMMON="$SGE_ROOT/$SGE_CELL/common"
readonly SPOOL=/var/spool/gridengine
readonly RUNDIR=/run/gridengine
readonly DRMAA_LIB=/usr/lib/gridengine-drmaa/lib/libdrmaa.so.1.0
readonly PACKAGES=(gridengine-common gridengine-master gridengine-exec gridengine-client gridengine-drmaa1.0)
# /usr/bin/q* are shell wrappers (0.1 s each, they only set SGE_ROOT and such):
# call the programs themselves.
export PATH="$DAEMONS:$PATH"
readonly ADMIN=sgeadmin                     # created by gridengine-common
readonly NODE=localhost                     # the one name Grid Engine sees

# --- installation -----------------------------------------------------------

install_packages() {
    local p missing=() opts=()
    for p in "${PACKAGES[@]}"; do installed "$p" || missing+=("$p"); done
    # State directory deleted by hand: its links belong to gridengine-common.
    if (( ! ${#missing[@]} )) && [[ ! -e $SGE_ROOT/util/arch ]]; then
        missing=(gridengine-common)
        opts=(--reinstall)
    fi
    (( ${#missing[@]} )) || return 0
    log "installing ${missing[*]}"
    # One blank before the value: any further one would become part of it, and
    # the postinst then fails with `install: target ' default/common/bootstrap'`.
    for p in gridengine-common gridengine-client gridengine-exec gridengine-master; do
        printf '%s %s\n' \
            "$p" 'shared/gridengineconfig boolean true' \
            "$p" "shared/gridenginecell string $SGE_CELL" \
            "$p" "shared/gridenginemaster string $NODE"
    done | debconf-set-selections
    # netbase: /etc/services names the two ports; procps: used by init scripts.
    apt_install "${opts[@]}" "${missing[@]}" netbase procps
}

# What the packages' postinst scripts do on a first install; repeated here for
# the case of a state directory that was deleted while the packages stayed.
ensure_cell() {
    id "$ADMIN" >/dev/null 2>&1 || die "user $ADMIN is missing: reinstall gridengine-common"
    install -d -o "$ADMIN" -g "$ADMIN" -m 755 "$SGE_ROOT" "$SGE_ROOT/$SGE_CELL" "$COMMON" \
        "$SPOOL/qmaster" "$SPOOL/qmaster/job_scripts" "$SPOOL/spooldb" "$SPOOL/execd" "$RUNDIR"
    [[ -s $COMMON/bootstrap ]] || install -m 644 -o "$ADMIN" -g "$ADMIN" \
        /usr/share/gridengine/default-bootstrap "$COMMON/bootstrap"
    if [[ ! -e $SPOOL/spooldb/sge ]]; then
        log "creating an empty cell"
        runuser -u "$ADMIN" -- /usr/share/gridengine/scripts/init_cluster \
            "$SGE_ROOT" "$SGE_CELL" "$SPOOL/spooldb" "$ADMIN" >&2
    fi
}

# --- host names -------------------------------------------------------------

local_names() { # every name by which this machine may present itself (IPv4)
    local host ips
    host="$(hostname)"
    ips="$(hostname -I 2>/dev/null || true) $(getent ahostsv4 "$host" | awk '{print $1}' | sort -u | tr '\n' ' ')"
    {
        echo "$host"
        hostname -f 2>/dev/null || true
        hostname -s 2>/dev/null || true
        # What /etc/hosts calls the loopback and our own addresses ...
        awk -v ips=" $ips " '
            { sub(/#.*/, "") }
            $1 ~ /^127\./ || index(ips, " " $1 " ") && $1 !~ /:/ {
                for (i = 2; i <= NF; i++) if (n++ < 64) print $i }' /etc/hosts
        # ... and what DNS calls them.
        local ip
        for ip in $ips; do
            [[ $ip == *:* ]] || timeout 3 getent hosts "$ip" 2>/dev/null \
                | awk '{ for (i = 2; i <= NF; i++) print $i }' || true
        done
    } | tr '[:upper:]' '[:lower:]' | awk -v node="$NODE" '$0 != "" && $0 != node && !seen[$0]++'
}

put_file() { # put_file PATH TEXT  -> 0 when the file changed
    [[ -f $1 && "$(cat "$1")" == "$2" ]] && return 1
    printf '%s\n' "$2" >"$1"
    chown "$ADMIN:$ADMIN" "$1"
    chmod 644 "$1"
}

# Without this, qmaster answers `access denied (client IP resolved to host name
# "localhost" ...)`: the client says "vm", its address says "localhost".
# The daemons read these files at start only: NAMES_CHANGED asks for a restart.
NAMES_CHANGED=0
fix_names() {
    local host names line
    host="$(hostname)"
    if ! getent ahostsv4 localhost >/dev/null; then
        echo '127.0.0.1 localhost' >>/etc/hosts
    fi
    if ! getent ahostsv4 "$host" >/dev/null; then
        log "host name $host does not resolve: adding it to /etc/hosts"
        printf '127.0.1.1 %s\n' "$host" >>/etc/hosts   # append: may be a bind mount
    fi
    mapfile -t names < <(local_names)
    line="$NODE${names[*]:+ ${names[*]}}"
    if put_file "$COMMON/host_aliases" "$line"; then NAMES_CHANGED=1; log "host aliases: $line"; fi
    if put_file "$COMMON/act_qmaster" "$NODE"; then NAMES_CHANGED=1; fi
    [[ "$("$DAEMONS/gethostname" -aname 2>/dev/null)" == "$NODE" ]] \
        || die "Grid Engine does not resolve this machine to $NODE: $("$DAEMONS/gethostname" -all 2>&1)"
}

# --- daemons ----------------------------------------------------------------

start_daemon() { # start_daemon NAME PIDFILE_VARIABLE PIDFILE_NAME
    daemon_pid "$1" >/dev/null && return 0
    log "starting $1"
    rm -f "$RUNDIR/$3"
    "${CLEAN[@]}" SGE_ROOT="$SGE_ROOT" SGE_CELL="$SGE_CELL" "$2=$RUNDIR/$3" \
        --chdir=/ sh -c "umask 022; exec /usr/sbin/$1" \
        </dev/null >"$RUNDIR/$1.out" 2>&1 || { cat "$RUNDIR/$1.out" >&2; die "$1 did not start"; }
    wait_for "$WAIT" daemon_pid "$1" || { cat "$RUNDIR/$1.out" >&2; die "$1 did not stay up"; }
}

master_up() { timeout 10 qconf -sss 2>/dev/null | grep -q .; } # also: scheduler registered

start_master() {
    start_daemon sge_qmaster SGE_QMASTER_PIDFILE qmaster.pid
    wait_for "$WAIT" master_up || { tail -n 20 "$SPOOL/qmaster/messages" >&2 || true; die "qmaster does not answer"; }
}

# --- configuration ----------------------------------------------------------

# qconf reports many failures on stdout with exit status 0: show its words, and
# let the check at the end of `up` decide.
qc() { local out; out="$(qconf "$@" 2>&1)" || log "qconf $*: $out"; }

set_keys() { # set_keys key value ...  : filter for "key value" lines
    awk -v args="$(printf '%s\n' "$@")" '
        BEGIN { n = split(args, a, "\n"); for (i = 1; i < n; i += 2) { val[a[i]] = a[i+1]; order[++m] = a[i] } }
        ($1 in val) { printf "%-32s %s\n", $1, val[$1]; done[$1] = 1; next }
        { print }
        END { for (i = 1; i <= m; i++) if (!(order[i] in done)) printf "%-32s %s\n", order[i], val[order[i]] }'
}

same() { # same FILE1 FILE2, apart from spacing
    diff -q <(tr -s ' \t' ' ' <"$1") <(tr -s ' \t' ' ' <"$2") >/dev/null
}

CONF_CHANGED=0          # 1: execd must be told (it learns of changes only later)
configure() {
    local tmp u
    tmp="$(mktemp -d)"; chmod 755 "$tmp"
    export SGE_SINGLE_LINE=1                # qconf: no continuation lines

    # Global configuration.  min_uid/min_gid must be 0 on qmaster AND execd
    # before root's first job, or execd puts the whole queue into error state.
    # The file name given to -Mconf is the name of the configuration.
    qconf -sconf global | grep -v '^#' >"$tmp/before"
    set_keys \
        min_uid 0 \
        min_gid 0 \
        load_report_time 00:00:01 \
        enforce_user auto \
        auto_user_delete_time 0 \
        reporting_params 'accounting=true reporting=false flush_time=00:00:01 accounting_flush_time=00:00:00 joblog=false sharelog=00:00:00' \
        <"$tmp/before" >"$tmp/global"
    if ! same "$tmp/before" "$tmp/global"; then
        qc -Mconf "$tmp/global"
        CONF_CHANGED=1
    fi

    # Scheduler: run every second and right after a submission or an end;
    # no artificial load for fresh jobs (it would hold back the next ones).
    qconf -ssconf >"$tmp/sched.before"
    set_keys \
        schedule_interval 0:0:1 \
        flush_submit_sec 1 \
        flush_finish_sec 1 \
        job_load_adjustments NONE \
        load_adjustment_decay_time 0:0:0 \
        schedd_job_info true \
        <"$tmp/sched.before" >"$tmp/sched"
    same "$tmp/sched.before" "$tmp/sched" || qc -Msconf "$tmp/sched"

    # Managers: root is one by birth; add whoever called sudo.
    u="${SUDO_USER:-root}"
    qconf -sm | grep -qx "$u" || qc -am "$u"

    # This machine: administrative, submit and execution host.
    qconf -sh | grep -qx "$NODE" || qc -ah "$NODE"
    qconf -ss 2>/dev/null | grep -qx "$NODE" || qc -as "$NODE"
    if ! qconf -sel 2>/dev/null | grep -qx "$NODE"; then
        cat >"$tmp/host" <<-END
	hostname          $NODE
	load_scaling      NONE
	complex_values    NONE
	user_lists        NONE
	xuser_lists       NONE
	projects          NONE
	xprojects         NONE
	usage_scaling     NONE
	report_variables  NONE
	END
        qc -Ae "$tmp/host"
    fi

    # Host group, parallel environment, project.
    printf 'group_name @allhosts\nhostlist %s\n' "$NODE" >"$tmp/hgrp"
    if ! qconf -shgrpl 2>/dev/null | grep -qx @allhosts; then qc -Ahgrp "$tmp/hgrp"
    elif ! qconf -shgrp @allhosts | grep -qw "$NODE"; then qc -Mhgrp "$tmp/hgrp"; fi

    if ! qconf -spl 2>/dev/null | grep -qx "$PE"; then
        cat >"$tmp/pe" <<-END
	pe_name            $PE
	slots              999
	user_lists         NONE
	xuser_lists        NONE
	start_proc_args    NONE
	stop_proc_args     NONE
	allocation_rule    \$pe_slots
	control_slaves     TRUE
	job_is_first_task  TRUE
	urgency_slots      min
	accounting_summary TRUE
	qsort_args         NONE
	END
        qc -Ap "$tmp/pe"
    fi

    if ! qconf -sprjl 2>/dev/null | grep -qx "$PROJECT"; then
        printf 'name %s\noticket 0\nfshare 0\nacl NONE\nxacl NONE\n' "$PROJECT" >"$tmp/prj"
        qc -Aprj "$tmp/prj"
    fi

    # The queue.  load_thresholds NONE: on a busy two-core machine the default
    # np_load_avg=1.75 closes the queue.  pe_list must only name what exists
    # (the stock template says "make", which Debian does not define).
    cat >"$tmp/queue" <<-END
	qname                 $QUEUE
	hostlist              @allhosts
	seq_no                0
	load_thresholds       NONE
	nsuspend              1
	suspend_interval      00:05:00
	priority              0
	min_cpu_interval      00:05:00
	processors            UNDEFINED
	qtype                 BATCH INTERACTIVE
	pe_list               $PE
	rerun                 FALSE
	slots                 $SLOTS
	tmpdir                /tmp
	shell                 /bin/bash
	shell_start_mode      posix_compliant
	notify                00:00:60
	initial_state         default
	$(printf '%s NONE\n' suspend_thresholds ckpt_list prolog epilog starter_method \
        suspend_method resume_method terminate_method owner_list user_lists xuser_lists \
        subordinate_list complex_values projects xprojects calendar)
	$(for u in rt cpu fsize data stack core rss vmem; do
        printf 's_%s INFINITY\nh_%s INFINITY\n' "$u" "$u"; done)
	END
    if ! qconf -sql 2>/dev/null | grep -qx "$QUEUE"; then
        qc -Aq "$tmp/queue"
    else
        qconf -sq "$QUEUE" >"$tmp/queue.before"
        same <(sort "$tmp/queue.before") <(sort "$tmp/queue") || qc -Mq "$tmp/queue"
    fi
    rm -rf "$tmp"
    unset SGE_SINGLE_LINE
}

# --- state ------------------------------------------------------------------

host_up() { # execd has reported: the load column of qhost is a number
    timeout 10 qhost -h "$NODE" 2>/dev/null | awk -v n="$NODE" '$1 == n && $7 ~ /^[0-9]/ { ok = 1 } END { exit !ok }'
}

queue_states() { # letters of the queue instance: "" is good; a/u/E/d/s... are not
    timeout 10 qstat -f -q "$QUEUE" -u '*' | awk -v q="$QUEUE@" 'index($1, q) == 1 { print $6 }'
}

queue_open() { [[ "$(timeout 10 qselect -q "$QUEUE" 2>/dev/null)" == "$QUEUE@$NODE" && -z "$(queue_states)" ]]; }

print_env() {
    # libdrmaa is linked to jemalloc, whose 2.6 kB of static thread-local
    # storage do not fit into a process that is already running ("cannot
    # allocate memory in static TLS block").  Room must be reserved at process
    # start; LD_PRELOAD=libjemalloc.so.2 would do as well but replaces malloc
    # in every child.
    cat <<END
export SGE_ROOT=$SGE_ROOT
export SGE_CELL=$SGE_CELL
export DRMAA_LIBRARY_PATH=$DRMAA_LIB
export GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384
END
}

# --- commands ---------------------------------------------------------------

up() {
    install_packages
    ensure_cell
    fix_names
    if (( NAMES_CHANGED )) && { daemon_pid sge_qmaster || daemon_pid sge_execd; } >/dev/null; then
        log "names changed: restarting the daemons"
        stop_daemon sge_execd
        stop_daemon sge_qmaster
    fi
    # An execd that outlives its qmaster may never tell the next one that jobs ended.
    daemon_pid sge_qmaster >/dev/null || stop_daemon sge_execd   # its jobs live on
    start_master
    configure
    if (( CONF_CHANGED )); then stop_daemon sge_execd; fi
    start_daemon sge_execd SGE_EXECD_PIDFILE execd.pid
    wait_for "$WAIT" host_up || { tail -n 20 "$SPOOL/execd/$NODE/messages" >&2 || true; die "execd does not report"; }
    if ! queue_open; then
        # Left over from an earlier life: error state, disabled.
        case "$(queue_states)" in
            *E*) qmod -cq "$QUEUE" >&2 ;;
        esac
        case "$(queue_states)" in
            *d*) qmod -e "$QUEUE" >&2 ;;
        esac
        wait_for "$WAIT" queue_open || { qstat -f -explain aE >&2; die "queue $QUEUE is not usable"; }
    fi
    [[ "$(qconf -sconf global | awk '$1=="min_uid"||$1=="min_gid"{n+=$2} END{print n+0}')" == 0 ]] \
        || die "min_uid/min_gid were not accepted"
    log "up: $QUEUE with $SLOTS slots, qmaster pid $(daemon_pid sge_qmaster), execd pid $(daemon_pid sge_execd)"
    print_env
}

no_jobs() { [[ -z "$(timeout 10 qstat -u '*' 2>/dev/null)" ]]; }

down() {
    if ! installed gridengine-master; then log "not installed"; return 0; fi
    if daemon_pid sge_qmaster >/dev/null && master_up; then
        if ! no_jobs; then
            qdel -u '*' >/dev/null 2>&1 || true
            wait_for 10 no_jobs || { qdel -f -u '*' >/dev/null 2>&1 || true; wait_for 5 no_jobs || true; }
        fi
        stop_daemon sge_execd qconf -ke "$NODE"
        stop_daemon sge_qmaster qconf -km
    else
        stop_daemon sge_execd
        stop_daemon sge_qmaster
    fi
    rm -f "$RUNDIR"/qmaster.pid "$RUNDIR"/execd.pid
    log "down"
}

stop() {
    stop_daemon sge_qmaster qconf -km
    log "the qmaster is stopped; running jobs go on"
}

status() {
    if ! installed gridengine-master; then log "not installed"; return 3; fi
    show_daemons sge_qmaster sge_execd || return 3
    if master_up && host_up && queue_open; then
        qhost >&2; qstat -f -u '*' >&2
        log "usable"
    else
        qhost >&2 || true; qstat -f -explain aE -u '*' >&2 || true
        log "NOT usable"; return 3
    fi
}

run "$@"
