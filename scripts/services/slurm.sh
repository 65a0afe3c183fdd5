#!/usr/bin/env bash
#
# slurm.sh - a real single-node Slurm cluster for tests.
#
#   slurm.sh up      install (if missing), configure and start; prints the
#                    variables to export on stdout, everything else on stderr:
#                              eval "$(slurm.sh up)"
#   slurm.sh status  what runs; exit 0 = usable, 3 = not
#   slurm.sh env     only print the variables
#   slurm.sh stop    stop slurmctld alone, running jobs go on; `up` starts it
#                    again (for tests of outages)
#   slurm.sh down    cancel all jobs, stop slurmd, slurmctld and munged
#
# Debian 12 (slurm-wlm 22.05), root or sudo, no systemd, no cgroups, no
# accounting database.  `up` may be run any number of times: from a bare
# machine, after `down`, after a crash, after a change of host name (container
# images), or on a running cluster.
#
# The node is called "localhost" whatever the machine is called, so the saved
# state survives a change of host name.  It claims SLURM_CPUS processors and
# SLURM_MEM megabytes, whatever the machine has (config_overrides).
#
# Knobs (environment): SLURM_CPUS SLURM_MEM SLURM_PARTITION SLURM_MIN_JOB_AGE
#                      SLURM_UP_WAIT
set -euo pipefail

NAME=slurm
DAEMONS=/usr/sbin
# shellcheck source=scripts/services/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

readonly CPUS="${SLURM_CPUS:-8}"
readonly MEM="${SLURM_MEM:-16000}"
readonly PARTITION="${SLURM_PARTITION:-main}"
readonly MIN_JOB_AGE="${SLURM_MIN_JOB_AGE:-300}" # s that finished jobs stay visible
readonly WAIT="${SLURM_UP_WAIT:-60}"             # s to wait for a daemon

# Paths of the Debian packages.
readonly CONF=/etc/slurm/slurm.conf
readonly CGROUP_CONF=/etc/slurm/cgroup.conf
readonly STATE=/var/lib/slurm/slurmctld
readonly SPOOL=/var/lib/slurm/slurmd
readonly LOGS=/var/log/slurm
readonly RUNDIR=/run/slurm-single-node
readonly MUNGE_KEY=/etc/munge/munge.key
readonly PACKAGES=(munge slurmctld slurmd slurm-client slurm-wlm)
readonly NODE=localhost
readonly MARK='# Written by slurm.sh: a single-node test cluster.'

start_daemon() { # start_daemon NAME command...
    local name="$1"; shift
    daemon_pid "$name" >/dev/null && return 0
    log "starting $name"
    # No inherited output either: a caller's pipe would stay open.
    "${CLEAN[@]}" --chdir=/ "$@" </dev/null >"$RUNDIR/$name.out" 2>&1 \
        || { cat "$RUNDIR/$name.out" >&2; return 1; }
    wait_for 10 daemon_pid "$name" || { cat "$RUNDIR/$name.out" >&2; return 1; }
}

# --- installation -----------------------------------------------------------

install_packages() {
    local p missing=()
    for p in "${PACKAGES[@]}"; do installed "$p" || missing+=("$p"); done
    (( ${#missing[@]} )) || return 0
    log "installing ${missing[*]}"
    apt_install "${missing[@]}"
}

# --- munge ------------------------------------------------------------------

munge_works() { munge -n </dev/null | unmunge; }

start_munge() {
    # The package makes a key; images with the key removed lack it.
    install -d -o munge -g munge -m 700 /etc/munge /var/log/munge
    install -d -o munge -g munge -m 711 /var/lib/munge
    install -d -o munge -g munge -m 755 /run/munge
    if [[ ! -s $MUNGE_KEY ]]; then
        log "creating a munge key"
        (umask 077; head -c 128 /dev/urandom >"$MUNGE_KEY")
    fi
    chown munge:munge "$MUNGE_KEY"
    chmod 600 "$MUNGE_KEY"
    munge_works >/dev/null 2>&1 && return 0
    if daemon_pid munged >/dev/null; then stop_daemon munged; fi
    # --force: second try, for images with odd owners or modes of / or /var.
    start_daemon munged runuser -u munge -- /usr/sbin/munged \
        || start_daemon munged runuser -u munge -- /usr/sbin/munged --force \
        || die "munged did not start"
    wait_for 10 munge_works || die "munge does not work: $(munge -n </dev/null 2>&1 | unmunge 2>&1 | head -n 3)"
    : >"$RUNDIR/munged.ours"
}

# --- configuration ----------------------------------------------------------

put_file() { # put_file PATH TEXT  -> 0 when the file changed
    [[ -f $1 && "$(cat "$1")" == "$2" ]] && return 1
    if [[ -f $1 ]] && ! grep -qF "$MARK" "$1"; then
        log "keeping the old $1 as $1.before-slurm.sh"
        mv "$1" "$1.before-slurm.sh"
    fi
    printf '%s\n' "$2" >"$1"
    chmod 644 "$1"
}

CONF_CHANGED=0
configure() {
    local host text
    host="$(hostname -s)"                   # what slurmctld and slurmd compare with
    if ! getent ahostsv4 "$(hostname)" >/dev/null; then
        log "host name $(hostname) does not resolve: adding it to /etc/hosts"
        printf '127.0.1.1 %s\n' "$(hostname)" >>/etc/hosts  # append: may be a bind mount
    fi
    install -d -m 755 /etc/slurm "$STATE" "$SPOOL" "$LOGS"
    text="$(cat <<END
$MARK
ClusterName=single
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
MpiDefault=none
SwitchType=switch/none
MailProg=/bin/true

StateSaveLocation=$STATE
SlurmdSpoolDir=$SPOOL
SlurmctldPidFile=$RUNDIR/slurmctld.pid
SlurmdPidFile=$RUNDIR/slurmd.pid
SlurmctldLogFile=$LOGS/slurmctld.log
SlurmdLogFile=$LOGS/slurmd.log
SlurmctldDebug=info
SlurmdDebug=info

# No cgroups: processes are found by parentage, memory is polled.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
PropagateResourceLimits=NONE

# Scheduling at once; the defaults batch things up for seconds to a minute.
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1,sched_min_interval=0
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=64
PriorityType=priority/basic
KillWait=2
CompleteWait=0
EpilogMsgTime=0
InactiveLimit=0
UnkillableStepTimeout=30

# Finished jobs: visible for MinJobAge seconds (squeue -t all, scontrol show
# job), afterwards only as a line in the completion log.
MinJobAge=$MIN_JOB_AGE
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$LOGS/jobcomp.log
JobRequeue=0

# One node; its size is what is written here, not what the machine has.
ReturnToService=2
SlurmdTimeout=300
SlurmctldTimeout=120
SlurmdParameters=config_overrides
NodeName=$NODE NodeHostname=$host NodeAddr=127.0.0.1 CPUs=$CPUS RealMemory=$MEM State=UNKNOWN
PartitionName=$PARTITION Nodes=$NODE Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
END
)"
    if put_file "$CONF" "$text"; then CONF_CHANGED=1; fi
    # slurmd loads a cgroup plugin even when nothing uses it; under cgroup v2
    # without systemd the autodetected one fails, v1 stays idle.
    if put_file "$CGROUP_CONF" "$MARK
CgroupPlugin=cgroup/v1"; then CONF_CHANGED=1; fi
    touch "$LOGS/jobcomp.log"
    chmod 644 "$LOGS/jobcomp.log"           # plugins running as a user may read it
}

# --- state ------------------------------------------------------------------

ctld_up() { timeout 10 scontrol ping 2>/dev/null | grep -q ' is UP'; }

node_state() { timeout 10 sinfo -h -n "$NODE" -o %T 2>/dev/null | head -n 1; }

node_usable() { # idle, or busy with somebody's jobs; no flag such as * (no answer)
    case "$(node_state)" in
        idle | mixed | allocated | completing) return 0 ;;
        *) return 1 ;;
    esac
}

# Defaults for squeue and friends in the caller's environment would bend the
# checks made here.
use_own_settings() {
    unset "${!SLURM_@}" "${!SQUEUE_@}" "${!SINFO_@}" 2>/dev/null || true
    export SLURM_CONF=$CONF
}

print_env() {
    cat <<END
export SLURM_CONF=$CONF
END
}

# --- commands ---------------------------------------------------------------

up() {
    use_own_settings
    install_packages
    install -d -m 755 "$RUNDIR"
    start_munge
    configure
    if (( CONF_CHANGED )) && { daemon_pid slurmctld || daemon_pid slurmd; } >/dev/null; then
        # Running jobs survive, unless the size of the node changed.
        log "configuration changed: restarting the daemons"
        stop_daemon slurmd
        stop_daemon slurmctld
    fi
    start_daemon slurmctld /usr/sbin/slurmctld \
        || { tail -n 20 "$LOGS/slurmctld.log" >&2; die "slurmctld did not start"; }
    wait_for "$WAIT" ctld_up || { tail -n 20 "$LOGS/slurmctld.log" >&2; die "slurmctld does not answer"; }
    start_daemon slurmd /usr/sbin/slurmd \
        || { tail -n 20 "$LOGS/slurmd.log" >&2; die "slurmd did not start"; }
    if ! wait_for 5 node_usable; then
        # Left over from an earlier life: drained, down, or failed.
        case "$(node_state)" in
            *drain* | *down* | *fail*) scontrol update "NodeName=$NODE" State=RESUME >&2 || true ;;
        esac
        wait_for "$WAIT" node_usable || { scontrol show node "$NODE" >&2; die "node is $(node_state)"; }
    fi
    log "up: partition $PARTITION, $CPUS CPUs, node is $(node_state), slurmctld pid $(daemon_pid slurmctld), slurmd pid $(daemon_pid slurmd)"
    print_env
}

no_jobs() { [[ -z "$(timeout 10 squeue -h 2>&1)" ]]; }

down() {
    if ! installed slurmctld; then log "not installed"; return 0; fi
    use_own_settings
    # Steps outlive slurmd: cancel the jobs first.
    if daemon_pid slurmctld >/dev/null && [[ -f $CONF ]] && ctld_up && ! no_jobs; then
        squeue -h -o %A | sort -u | xargs -r scancel >&2 || true
        wait_for 10 no_jobs || log "jobs are left: $(squeue -h -o '%A %T' | tr '\n' ' ')"
    fi
    stop_daemon slurmd
    stop_daemon slurmctld
    # A munged that was there before is not ours to stop.
    if [[ -e $RUNDIR/munged.ours ]]; then
        stop_daemon munged
        rm -f "$RUNDIR/munged.ours"
    fi
    log "down"
}

stop() {
    stop_daemon slurmctld
    log "slurmctld is stopped; running jobs go on"
}

status() {
    if ! installed slurmctld; then log "not installed"; return 3; fi
    use_own_settings
    show_daemons munged slurmctld slurmd || return 3
    if ctld_up && node_usable; then
        sinfo -N -l >&2; squeue >&2
        log "usable"
    else
        sinfo -R >&2 || true; scontrol show node "$NODE" >&2 || true
        log "NOT usable"; return 3
    fi
}

run "$@"
