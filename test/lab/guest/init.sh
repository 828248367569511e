#!/usr/bin/busybox sh
# Process 1 of the lab's hypervisor image. It loads the measurement policy and KVM, starts the programs of the hypervisor once,
# does what the data disk orders, quotes, and hands the evidence out on the second serial port.
export PATH=/usr/bin:/usr/sbin
export TPM2TOOLS_TCTI=device:/dev/tpmrm0

say() { echo "lab: $*" > /dev/console; }
fail() { say "failed: $*"; poweroff -f; sleep 60; }

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t securityfs securityfs /sys/kernel/security
echo /etc/ima/ima-policy > /sys/kernel/security/ima/policy || fail "the measurement policy was not accepted"
say "measurement policy loaded"

mount -t tmpfs tmpfs /run
mkdir /run/out /run/work

modules=/usr/lib/modules/$(uname -r)/kernel

# A module's parameters from the kernel command line, as modprobe would pass them.
parameters() {
  for word in $(cat /proc/cmdline); do
    case "$word" in "$1".*) echo "${word#*.}" ;; esac
  done
}
for module in $(cat /etc/modules-boot); do
  name=${module##*/}
  insmod "$modules/$module.ko" $(parameters "${name//-/_}") || say "module $module was refused"
done
qemu-system-x86_64 --version > /run/work/qemu || fail "qemu-system-x86_64 did not run"
swtpm --version > /run/work/swtpm || fail "swtpm did not run"
say "hypervisor programs ran"

tries=0
while [ ! -b /dev/vda1 ]; do
  tries=$((tries + 1))
  [ "$tries" -gt 100 ] && fail "no data disk"
  sleep 0.1
done
mount -t vfat -o ro,iocharset=ascii,codepage=437 /dev/vda1 /mnt || fail "the data disk cannot be mounted"
nonce=$(cat /mnt/nonce)
read -r action argument < /mnt/action

# Hands a directory out. The reader checks the digest, so a damaged transfer cannot pass for evidence.
send() {
  tar -c -z -f /run/work/out.tgz -C /run/out .
  stty -F /dev/ttyS1 115200 raw -echo
  {
    echo
    echo "BEGIN $1 $(sha256sum < /run/work/out.tgz | cut -d' ' -f1)"
    base64 /run/work/out.tgz
    echo "END $1"
  } > /dev/ttyS1
}

read_logs() {
  cat /sys/kernel/security/tpm0/binary_bios_measurements > /run/out/firmware
  cat /sys/kernel/security/ima/binary_runtime_measurements > /run/out/ima
}

# A SHA-1 value, and what makes it as long as a SHA-256 and a SHA-384 value.
one=0000000000000000000000000000000000000001
pad256=000000000000000000000000
pad384=00000000000000000000000000000000000000000000000000000000
case "$action" in
  none) ;;
  extend) tpm2 pcrextend "$argument:sha1=$one,sha256=$pad256$one,sha384=$pad384$one" || fail "pcrextend" ;;
  insmod) insmod "/mnt/$argument" && say "module from the data disk loaded" || say "module from the data disk was refused" ;;
  run) "/mnt/$argument" || fail "the program from the data disk did not run" ;;
  run-tmpfs)
    cp "/mnt/$argument" "/run/$argument"
    chmod 755 "/run/$argument"
    "/run/$argument" || fail "the program on tmpfs did not run"
    ;;
  kexec)
    if [ ! -e /etc/after-kexec ]; then
      kexec -s -l /mnt/vmlinuz --initrd=/mnt/initrd --command-line="$(cat /mnt/cmdline)" || fail "kexec refused the kernel"
      say "kexec: new kernel loaded"
      read_logs
      send before-kexec
      kexec -e
      fail "kexec did not start the new kernel"
    fi
    ;;
  *) fail "unknown order on the data disk" ;;
esac

cd /run/work || fail "no work directory"
say "creating keys"
tpm2 createek -c ek-rsa.ctx -G rsa -u ek-rsa.pub || fail "RSA endorsement key"
tpm2 createek -c ek-ecc.ctx -G ecc -u ek-ecc.pub || fail "ECC endorsement key"
tpm2 createak -C ek-ecc.ctx -c ak-ecc.ctx -G ecc -g sha256 -s ecdsa -u /run/out/ak-ecc.tpm2b > /run/work/ak-ecc.txt || fail "ECC attestation key"
tpm2 createak -C ek-rsa.ctx -c ak-rsa.ctx -G rsa -g sha256 -s rsassa -u /run/out/ak-rsa.tpm2b > /run/work/ak-rsa.txt || fail "RSA attestation key"
say "quoting"
for bank in sha256 sha384 sha1; do
  for key in ecc rsa; do
    tpm2 quote -c "ak-$key.ctx" -l "$bank:0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15" -q "$nonce" -g sha256 -F values \
      -m "/run/out/$key-$bank.attest" -s "/run/out/$key-$bank.signature" -o "/run/out/$key-$bank.pcrs" > /run/work/quote.txt ||
      fail "quote with $key over $bank"
  done
done
read_logs
cp /proc/cmdline /run/out/cmdline
dmesg > /run/out/dmesg
say "sending evidence"
send evidence
say "done"
poweroff -f
sleep 60
