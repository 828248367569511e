#!/bin/sh
# The agent's protocol (docs/agent-protocol.md) with tpm2-tools and curl, for hosts without Node: enrols, then attests as often as
# the service asks. It has no key of its own to show later (hostKey is null), and needs: tpm2-tools, curl, sed, od, base64, sha256sum.
#
#   ASSAY_SERVER        https://HOST:PORT
#   ASSAY_CA            PEM of the CAs that vouch for the service; or
#   ASSAY_PIN           base64 of SHA-256 over the service's key
#   ASSAY_JOIN_TOKEN    file with what the operator handed out; optional
#   ASSAY_STATE         folder for the host's id, /var/lib/assay-agent; where it cannot be written, the host enrols at each start
#   ASSAY_FIRMWARE_LOG, ASSAY_IMA_LOG, ASSAY_BOOT_ID  where the kernel shows them
#   ASSAY_SYSTEMD_LOG   where systemd writes what it measures, if it does
#   ASSAY_ENDORSEMENT_AUTH  file with the password of the endorsement hierarchy where it has one, as for tpm2-tools or after hex:
#   ASSAY_AK_TYPE       ecc, or rsa for an attestation key of RSA-2048
#   TPM2TOOLS_TCTI      as for tpm2-tools; a TPM without resource manager keeps what the tools leave in it
#
# assay-agent.sh [--once]   Exit codes: 0 stopped (with --once: trusted), 1 refused or retired (untrusted), 2 not proved, 3 error.
set -u
umask 077

server=${ASSAY_SERVER:-}
state=${ASSAY_STATE:-/var/lib/assay-agent}
firmware_log=${ASSAY_FIRMWARE_LOG:-/sys/kernel/security/tpm0/binary_bios_measurements}
ima_log=${ASSAY_IMA_LOG:-/sys/kernel/security/ima/binary_runtime_measurements}
systemd_log=${ASSAY_SYSTEMD_LOG:-/run/log/systemd/tpm2-measure.log}
boot_id=${ASSAY_BOOT_ID:-/proc/sys/kernel/random/boot_id}
ak_type=${ASSAY_AK_TYPE:-ecc}
once=no
[ "${1:-}" = --once ] && once=yes

say() { printf 'assay-agent: %s\n' "$*" >&2; }
die() {
  say "$2"
  exit "$1"
}

case $server in
  https://* | http://127.0.0.1[:/]* | http://localhost[:/]* | http://\[::1\]*) ;;
  *) die 3 'ASSAY_SERVER must be https://HOST:PORT; http:// goes to loopback only' ;;
esac

work=$(mktemp -d) || die 3 'no folder for temporary files'
trap 'rm -rf "$work"' EXIT
sleeper=
trap '[ -z "$sleeper" ] || kill "$sleeper" 2>/dev/null; say stopped; exit 0' TERM INT
cd "$work" || exit 3

# --- bytes and JSON ---------------------------------------------------------------------------------------------------------------

base64url() { base64 -w 0 | tr '+/' '-_' | tr -d '='; }

# Base64url from an argument to bytes.
from_base64url() {
  text=$(printf %s "$1" | tr -- '-_' '+/')
  while [ $((${#text} % 4)) -ne 0 ]; do text=$text=; done
  printf %s "$text" | base64 -d
}

# Hexadecimal from standard input to bytes.
from_hex() {
  sed 's/../& /g' | tr ' ' '\n' | while read -r byte; do
    # shellcheck disable=SC2059
    [ -z "$byte" ] || printf "\\$(printf %03o "0x$byte")"
  done
}

hex() { od -An -v -tx1 | tr -d ' \n'; }

sha256() { sha256sum | cut -c 1-64; }

# Size in bytes of what a file holds. Those below securityfs state the size 0, and some wc believe it.
# shellcheck disable=SC2002
size_of() { cat "$1" | wc -c | tr -d ' '; }

# A string, or a number, of the last answer, by its name. What the service writes there holds no quotation marks.
field() { sed -n 's/.*"'"$1"'" *: *"\([A-Za-z0-9_:.+,-]*\)".*/\1/p' answer | head -n 1; }
number() { sed -n 's/.*"'"$1"'" *: *\([0-9]*\).*/\1/p' answer | head -n 1; }

# What follows the name of an object in the last answer, up to its end.
object() { sed -n 's/.*"'"$1"'" *: *{\([^}]*\)}.*/{\1}/p' answer | head -n 1; }

# Letters that need no escape in JSON, and nothing else of a word of the system.
word() { printf %s "$1" | tr -cd 'A-Za-z0-9._-' | cut -c 1-200; }

# The host's words about itself, with what it goes without, in RFC 8785 form.
words() {
  printf '{"agent":"assay-agent.sh","hostname":"%s","kernel":"%s"' "$(word "$(uname -n)")" "$(word "$(uname -r)")"
  [ -z "$1" ] || printf ',"missing":"%s"' "$1"
  printf '}'
}

# --- the service ------------------------------------------------------------------------------------------------------------------

# request METHOD PATH [FILE]: leaves the answer in the file `answer`, and in $code why it is none: empty for an answer of status 2xx.
request() {
  method=$1 path=$2 file=${3:-}
  set -- --silent --show-error --max-time 120 --max-filesize 16777216 --request "$method" --output answer --write-out '%{http_code}'
  set -- "$@" --dump-header headers --header 'content-type: application/json'
  [ -n "${ASSAY_CA:-}" ] && set -- "$@" --cacert "$ASSAY_CA"
  # The key counts, whoever vouches for it.
  [ -n "${ASSAY_PIN:-}" ] && set -- "$@" --insecure --pinnedpubkey "sha256//$ASSAY_PIN"
  [ -n "$file" ] && set -- "$@" --data-binary "@$file"
  : >answer
  : >headers
  code='' detail=''
  status=$(curl "$@" "${server%/}$path") || code=service.unreachable
  case $status in
    2*) ;;
    000) code=service.unreachable ;;
    *)
      code=$(field code) code=${code:-response.unreadable}
      detail=$(sed -n 's/.*"detail" *: *"\([^"]*\)".*/\1/p' answer | tr -cd ' -~' | cut -c 1-300)
      ;;
  esac
  [ -z "$code" ]
}

# Why it did not go on, where that is no answer of the service.
fault() {
  code=$1 detail=$2
  return 1
}

# --- the TPM ----------------------------------------------------------------------------------------------------------------------

# Leaves the password of the endorsement hierarchy in a file, so that it is an argument of no program, and says in $password where.
password=
read_password() {
  case $(stat -c '%a %u' "$1") in
    [46]00\ 0 | 440\ 0 | [46]00\ "$(id -u)") ;;
    *) die 3 "$1 must be a file of root or of this user, and readable by its owner alone" ;;
  esac
  given=$(cat "$1")
  case $given in
    hex:*) printf %s "${given#hex:}" | from_hex ;;
    *) printf %s "$given" ;;
  esac >password
  given=
  password=file:password
}

# Makes the attestation key: primary in the endorsement hierarchy, the same at each start until the TPM is cleared.
make_ak() {
  attributes='fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|sign'
  case $ak_type in
    ecc) algorithm=ecc256:ecdsa-sha256:null ;;
    rsa) algorithm=rsa2048:rsassa-sha256:null ;;
    *) die 3 'ASSAY_AK_TYPE is ecc or rsa' ;;
  esac
  tpm2 createprimary -Q -C e -P "$password" -g sha256 -G "$algorithm" -a "$attributes" -c ak.ctx &&
    tpm2 readpublic -Q -c ak.ctx -o ak.pub -n ak.name
}

# Makes the RSA EK and reads its certificate, which not every TPM has.
make_ek() {
  tpm2 createek -Q -P "$password" -G rsa -c ek.ctx -u ek.pub || return 1
  certificates='[]'
  if tpm2 nvread -Q -C 0x01c00002 -o ek.der 0x01c00002 2>/dev/null; then
    certificates="[\"$(base64url <ek.der)\"]"
  fi
}

# Opens the credential in id-object and encrypted-secret, in the file form of tpm2-tools, into the file `secret`.
activate() {
  { printf '\272\334\300\336\0\0\0\1' && cat id-object encrypted-secret; } >credential
  tpm2 startauthsession -Q --policy-session -S session.ctx || return 1
  tpm2 policysecret -Q -S session.ctx -c e "$password" >/dev/null &&
    tpm2 activatecredential -Q -c ak.ctx -C ek.ctx -i credential -o secret -P session:session.ctx
  opened=$?
  tpm2 flushcontext -Q session.ctx
  return "$opened"
}

# sha256:0-15 as sha256:0,1,…,15, which is what tpm2-tools take.
expand() {
  printf %s "$1" | tr '+' '\n' | while IFS=: read -r bank list || [ -n "$bank" ]; do
    pcrs=$(printf %s "$list" | tr ',' '\n' | while IFS=- read -r first last || [ -n "$first" ]; do
      seq -s , "$first" "${last:-$first}"
    done | tr '\n' ',')
    printf '%s:%s+' "$bank" "${pcrs%,}"
  done
}

# The values beside the quote as JSON, from the file `values`: one after the other, in the order of the selection.
pcr_json() {
  offset=0
  printf '{'
  comma=
  for part in $(printf %s "$1" | tr '+' ' '); do
    case $part in
      sha1:*) digest=20 ;;
      sha256:*) digest=32 ;;
      sha384:*) digest=48 ;;
      *) digest=64 ;;
    esac
    printf '%s"%s":{' "$comma" "${part%%:*}"
    comma=
    for pcr in $(printf %s "${part#*:}" | tr ',' ' '); do
      printf '%s"%s":"%s"' "$comma" "$pcr" "$(tail -c +$((offset + 1)) values | head -c "$digest" | hex)"
      offset=$((offset + digest))
      comma=,
    done
    printf '}'
    comma=,
  done
  printf '}'
}

# --- enrolling --------------------------------------------------------------------------------------------------------------------

# Sets $host, or $enrolment while an operator has to decide.
enrol() {
  make_ek || fault agent.tpm 'no EK: see the message of tpm2-tools above' || return 1
  {
    printf '{"ek":"%s","ekCertificates":%s,"ak":"%s","akParent":"endorsement"' \
      "$(base64url <ek.pub)" "$certificates" "$(base64url <ak.pub)"
    if [ -n "${ASSAY_JOIN_TOKEN:-}" ]; then printf ',"joinToken":"%s"' "$(word "$(cat "$ASSAY_JOIN_TOKEN")")"; fi
    printf ',"hints":%s}' "$(words '')"
  } >body
  request POST /v1/enrol body || return 1
  begun=$(field enrolment)
  from_base64url "$(field idObject)" >id-object
  from_base64url "$(field encryptedSecret)" >encrypted-secret
  activate || fault agent.tpm 'the TPM does not open the credential' || return 1
  printf '{"secret":"%s"}' "$(base64url <secret)" >body
  rm -f secret
  request POST "/v1/enrol/$begun/activate" body
  rm -f body
  [ -z "$code" ] && decided "$begun"
}

# Reads from the last answer how an enrolment stands.
decided() {
  enrolment=
  case $(field state) in
    enrolled) host=$(field host) ;;
    pending) enrolment=$1 ;;
    refused) fault enrolment.refused 'the service refused this machine' || return 1 ;;
    *) return 0 ;;
  esac
  [ -n "$host" ] || return 0
  say "enrolled as host $host"
  { printf '%s\n%s\n' "$server" "$host" >"$state/host.new" && mv "$state/host.new" "$state/host"; } 2>/dev/null ||
    say "$state cannot be written: the host enrols again at each start"
}

# Sets $host, from an enrolment that waits or by a new one.
join() {
  if [ -n "$enrolment" ]; then
    request GET "/v1/enrol/$enrolment" || [ "$code" = enrolment.unknown ] || return 1
    decided "$enrolment" || return 1
  fi
  [ -n "$host" ] || [ -n "$enrolment" ] || enrol || return 1
  [ -n "$host" ] || fault enrolment.pending "an operator has to decide about enrolment $enrolment"
}

# --- attesting --------------------------------------------------------------------------------------------------------------------

# Bytes of the runtime list that fit into the evidence, and into a part of a list that does not.
max_list=45000000
max_part=8388608

# The logs as JSON into the file `logs`: of each only what the service lacks, or whole. A list that
# does not fit is only named.
log_json() {
  comma=
  printf '{' >logs
  if [ -n "$firmware_size" ]; then
    if [ "$1" != whole ] && [ "sha256:$(sha256 <firmware)" = "$kept_firmware" ]; then
      printf '"firmware":{"id":"%s"}' "$kept_firmware" >>logs
    else
      { printf '"firmware":"' && base64url <firmware && printf '"'; } >>logs
    fi
    comma=,
  fi
  if [ -n "$ima_size" ]; then
    if [ "$1" = whole ] || [ -z "$kept_ima" ] || [ $(($(size_of ima) - kept_bytes)) -gt "$max_list" ] ||
      [ "sha256:$(head -c "$kept_bytes" ima | sha256)" != "$kept_ima" ]; then
      if [ "$(size_of ima)" -gt "$max_list" ]; then
        printf '%s"ima":{"id":"sha256:%s"}' "$comma" "$(sha256 <ima)" >>logs
      else
        { printf '%s"ima":"' "$comma" && base64url <ima && printf '"'; } >>logs
      fi
    else
      { printf '%s"ima":{"id":"%s","tail":"' "$comma" "$kept_ima" && tail -c "+$((kept_bytes + 1))" ima | base64url && printf '"}'; } >>logs
    fi
    comma=,
  fi
  if [ -f systemd ]; then
    if [ "$1" != whole ] && [ "sha256:$(sha256 <systemd)" = "$kept_systemd" ]; then
      printf '%s"systemd":{"id":"%s"}' "$comma" "$kept_systemd" >>logs
    else
      { printf '%s"systemd":"' "$comma" && base64url <systemd && printf '"'; } >>logs
    fi
  fi
  printf '}' >>logs
}

# systemd's log into the file `systemd`, if there is one. The sticky bit is set while systemd extends a PCR whose record is not written
# yet; where the writer was killed it stays.
read_systemd_log() {
  rm -f systemd
  tries=0
  while [ -r "$systemd_log" ]; do
    settled=yes
    if [ -k "$systemd_log" ]; then settled=no; fi
    cat "$systemd_log" >systemd
    if [ "$settled" = yes ] && { [ ! -s systemd ] || [ "$(tail -c 1 systemd | hex)" = 0a ]; }; then return; fi
    tries=$((tries + 1))
    [ "$tries" -lt 3 ] || return
    sleep 1
  done
}

# send [whole]: the evidence for the challenge at hand.
send() {
  log_json "${1:-new}"
  {
    printf '{"nonce":"%s","expiresAt":"%s","bundle":{"schema":"assay.evidence/1","ak":"%s"' "$nonce" "$expires" "$(base64url <ak.pub)"
    printf ',"quotes":[{"attest":"%s","signature":"%s","pcrs":' "$(base64url <attest)" "$(base64url <signature)"
    pcr_json "$selection"
    printf '}],"claims":%s,"hints":%s,"logs":' "$claims" "$hints"
    cat logs
    printf '}}'
  } >body
  request POST "/v1/hosts/$host/evidence" body
}

# Sends a runtime list that the evidence only names, in parts, with the grant of the last answer.
send_parts() {
  [ -n "$ima_size" ] && [ "$(size_of ima)" -gt "$max_list" ] || return 0
  grant=$(field grant) start=0
  while [ "$start" -lt "$(size_of ima)" ]; do
    {
      printf '{"nonce":"%s","expiresAt":"%s","grant":"%s","index":%d,"bytes":"' "$nonce" "$expires" "$grant" $((start / max_part))
      tail -c "+$((start + 1))" ima | head -c "$max_part" | base64url
      printf '"}'
    } >body
    request POST "/v1/hosts/$host/evidence-parts" body || return 1
    start=$((start + max_part))
  done
}

# One attestation of $host: sets $verdict and $next.
attest() {
  printf '{}' >body
  request POST "/v1/hosts/$host/challenge" body || return 1
  [ "$(field rule)" = assay-quote-1 ] || fault agent.rule 'the service asks for quotes by a rule this agent does not know' || return 1
  [ "$(field ak)" = "$(hex <ak.name)" ] || fault host.unknown 'the service expects another attestation key' || return 1
  nonce=$(field nonce) expires=$(field expiresAt)
  selection=$(expand "$(field selection)")
  selection=${selection%+}
  kept_firmware=$(field firmware)
  kept_systemd=$(field systemd)
  acknowledged=$(object ima)
  kept_ima=$(printf %s "$acknowledged" | sed -n 's/.*"id" *: *"\([a-z0-9:]*\)".*/\1/p')
  kept_bytes=$(printf %s "$acknowledged" | sed -n 's/.*"bytes" *: *\([0-9]*\).*/\1/p')

  firmware_size='' ima_size='' systemd_size='' missing=''
  if [ -r "$firmware_log" ]; then cat "$firmware_log" >firmware && firmware_size=$(size_of firmware); else missing='firmware log'; fi
  if [ -r "$ima_log" ]; then ima_size=$(size_of "$ima_log"); else missing="${missing:+$missing, }runtime list"; fi
  if [ -r "$systemd_log" ]; then systemd_size=$(size_of "$systemd_log"); fi
  hints=$(words "$missing")
  claims=$(printf '{"bootId":"%s","firmwareLog":%s,"guests":[],"hints":"sha256:%s","hostKey":null,"imaLog":%s,"systemdLog":%s}' \
    "$(cat "$boot_id")" "${firmware_size:-null}" "$(printf %s "$hints" | sha256)" "${ima_size:-null}" "${systemd_size:-null}")
  extra=$({ printf assay-quote-1 && from_base64url "$nonce" && printf %s "$claims" | sha256 | from_hex; } | sha256)
  tpm2 quote -Q -c ak.ctx -l "$selection" -q "$extra" -m attest -s signature -o values -F values ||
    fault agent.tpm 'no quote: see the message of tpm2-tools above' || return 1
  # Read after the quote, so that the logs are never behind it.
  if [ -n "$ima_size" ]; then cat "$ima_log" >ima; fi
  read_systemd_log

  send || { [ "$code" = evidence.logs-missing ] && send_parts && send whole; } || return 1
  verdict=$(field verdict) next=$(number nextAttestationSeconds)
  [ "${next:-0}" -ge 5 ] || next=5
}

# --- the loop ---------------------------------------------------------------------------------------------------------------------

# Waits in a way that a signal ends.
pause() {
  sleep "$1" &
  sleeper=$!
  wait "$sleeper"
}

host='' enrolment='' failures=0 again=0
[ -d "$state" ] || mkdir "$state" 2>/dev/null
if [ "$(sed -n 1p "$state/host" 2>/dev/null)" = "$server" ]; then host=$(sed -n 2p "$state/host"); fi
[ -z "${ASSAY_ENDORSEMENT_AUTH:-}" ] || read_password "$ASSAY_ENDORSEMENT_AUTH"
make_ak || die 3 'the TPM made no attestation key: see the message of tpm2-tools above'

while :; do
  if { [ -n "$host" ] || join; } && attest; then
    say "$verdict, again in $next s"
    if [ "$once" = yes ]; then
      case $verdict in trusted) exit 0 ;; untrusted) exit 1 ;; *) exit 2 ;; esac
    fi
    failures=0 again=0
    pause "$next"
    continue
  fi
  say "$code: $detail"
  case $code in
    host.retired | enrolment.refused | enrolment.retired) exit 1 ;;
    host.unknown) host='' again=$((again + 1)) ;;
    challenge.*) again=$((again + 1)) ;;
    *) again=3 ;;
  esac
  [ "$again" -lt 3 ] && continue
  if [ "$once" = yes ]; then
    case $code in *.pending | host.no-policy) exit 2 ;; *) exit 3 ;; esac
  fi
  again=0 failures=$((failures + 1))
  delay=300
  [ "$failures" -lt 9 ] && delay=$((1 << failures))
  asked=$(sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9]\{1,4\}\).*/\1/p' headers | tail -n 1)
  [ "${asked:-0}" -gt "$delay" ] && delay=$asked
  pause "$delay"
done
