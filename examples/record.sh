#!/usr/bin/env bash
# Records the examples again: real clients against real servers (aiosmtpd, Dovecot) on a loopback of their own.
#
#   examples/record.sh [OUT]     OUT/CASE/CASE.pcap for every case, and OUT/swaks/session.log; OUT is examples/ if not given
#
# Needs root (tcpdump, ports 25 and 110), dovecot-pop3d swaks tcpdump iproute2, and a python3 with aiosmtpd and trustme
# ($PYTHON, or the checkout's .venv).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
out=$(realpath -m "${1:-$here}")
python=${PYTHON:-$here/../.venv/bin/python}
cases='smtp smtp-550 smtp-starttls smtp-pipelining smtp-rst pop3 pop3-stls pop3-wrong-password'

# A network namespace of its own: nobody else's packets, and the well-known ports are free.
if [ -z "${SEQDIAG_RECORDING:-}" ]; then
    for need in dovecot swaks tcpdump ip unshare "$python"; do
        command -v "$need" > /dev/null || { echo "record.sh: $need is missing" >&2; exit 5; }
    done
    SEQDIAG_RECORDING=1 exec unshare --net "$0" "$out"
fi
ip link set lo up

work=$(mktemp -d)
started=()
stop() {
    local pid
    for pid in "${started[@]}"; do kill "$pid" 2> /dev/null || true; done
    for pid in "${started[@]}"; do for _ in $(seq 100); do kill -0 "$pid" 2> /dev/null || break; sleep .03; done; done
    rm -rf "$work"
}
trap stop EXIT

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || { echo "record.sh: waited in vain for: $*" >&2; return 1; }
        sleep .03
    done
}

listens() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }

start_servers() {
    mkdir -p "$work/run" "$work/mail"
    chmod 755 "$work"
    "$python" -m trustme -q -d "$work" -i localhost 127.0.0.1 # server.pem, server.key, and the authority as client.pem
    printf 'alice:{PLAIN}opensesame-7\nbob:{PLAIN}builder-4\n' > "$work/users"
    cat > "$work/dovecot.conf" << CONF
protocols = pop3
listen = 127.0.0.1
base_dir = $work/run
state_dir = $work/run
log_path = $work/dovecot.log
default_login_user = nobody
default_internal_user = nobody
default_internal_group = nogroup
disable_plaintext_auth = no
mail_location = maildir:$work/mail/%u
first_valid_uid = 1
ssl = yes
ssl_cert = <$work/server.pem
ssl_key = <$work/server.key
service anvil {
  chroot =
}
service stats {
  chroot =
}
service pop3-login {
  chroot =
  inet_listener pop3 {
    port = 110
  }
  inet_listener pop3s {
    port = 0
  }
}
passdb {
  driver = passwd-file
  args = username_format=%n $work/users
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=$work/mail/%u
}
CONF
    chown -R nobody:nogroup "$work"
    dovecot -c "$work/dovecot.conf" < /dev/null > "$work/dovecot.out" 2>&1 # it lives on: it must not hold our output open
    started+=("$(cat "$work/run/master.pid")")
    "$python" "$here/record/smtpd.py" "$work/mail" 25 "$work/server.pem" "$work/server.key" > "$work/smtpd.log" 2>&1 < /dev/null &
    started+=($!)
    wait_for 10 grep -q ready "$work/smtpd.log"
    wait_for 10 listens 110
    "$python" "$here/record/clients.py" fill "$work/client.pem"
}

# count FILE FILTER: packets of the capture that match.
count() { tcpdump -nr "$1" "$2" 2> /dev/null | wc -l; }

# complete FILE: one connection, from its SYN to the last ACK or an RST.
complete() {
    [ "$(count "$1" 'tcp[13] & 0x12 = 0x02')" = 1 ] && [ "$(count "$1" 'tcp[13] & 0x12 = 0x12')" = 1 ] || return 1
    [ "$(count "$1" 'tcp[13] & 0x04 != 0')" = 0 ] || return 0
    [ "$(count "$1" 'tcp[13] & 0x01 != 0 and (src port 25 or src port 110)')" -ge 1 ] &&
        [ "$(count "$1" 'tcp[13] & 0x01 != 0 and (dst port 25 or dst port 110)')" -ge 1 ] && tcpdump -nr "$1" 2> /dev/null | tail -n 1 | grep -q 'Flags \[\.\]'
}

# plain FILE: no FIN was sent again, as happens on a busy machine.
plain() { [ "$(count "$1" 'tcp[13] & 0x04 != 0')" != 0 ] || [ "$(count "$1" 'tcp[13] & 0x01 != 0')" = 2 ]; }

# record CASE: runs the client of that name while tcpdump watches, and keeps a capture only if it is whole.
record() {
    local name=$1 pcap=$work/$1.pcap log=$work/$1.tcpdump keys=() tcpdump
    case $name in *tls | *stls) keys=("$work/$name.keys") ;; esac
    tcpdump -i lo -U --immediate-mode -B 16384 -s 0 -Z root --time-stamp-precision=nano -w "$pcap" 'tcp' 2> "$log" &
    tcpdump=$!
    started+=("$tcpdump")
    wait_for 10 grep -q 'listening on' "$log"
    "$python" "$here/record/clients.py" "$name" "$work/client.pem" "${keys[@]}"
    wait_for 10 complete "$pcap"
    sleep .2
    kill -INT "$tcpdump"
    wait "$tcpdump" || true
    grep -q '^0 packets dropped by kernel' "$log" || { echo "record.sh: packets were dropped" >&2; return 1; }
    complete "$pcap"
    mkdir -p "$out/$name"
    cp "$pcap" "${keys[@]}" "$out/$name/"
    echo "$name: $(count "$pcap" tcp) packets"
}

start_servers
for name in $cases; do
    for _ in 1 2 3 4 5; do
        record "$name"
        if plain "$out/$name/$name.pcap"; then continue 2; fi
    done
    echo "record.sh: $name: every time something was sent again" >&2
    exit 1
done

mkdir -p "$out/swaks"
swaks --server 127.0.0.1 --local-interface 127.0.0.2 --helo client.example.test --from alice@example.test --to bob@example.test \
    --auth LOGIN --auth-user alice --auth-password opensesame-7 --data "@$here/record/note.eml" > "$out/swaks/session.log" 2>&1
echo "swaks: $(wc -l < "$out/swaks/session.log") lines"
chown -R --reference="$here" "$out"
