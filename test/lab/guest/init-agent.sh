#!/usr/bin/busybox sh
# Process 1 of the lab's hypervisor image with an agent. It loads the measurement policy and KVM, starts the programs of the hypervisor
# once, then the agent, and does what is ordered over the second serial port. The agent's configuration lies on the data disk.
export PATH=/usr/bin:/usr/sbin

say() { echo "lab: $*" > /dev/console; }
fail() { say "failed: $*"; poweroff -f; sleep 60; }

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t securityfs securityfs /sys/kernel/security
echo /etc/ima/ima-policy > /sys/kernel/security/ima/policy || fail "the measurement policy was not accepted"
mount -t tmpfs tmpfs /run

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
qemu-system-x86_64 --version > /run/qemu || fail "qemu-system-x86_64 did not run"
swtpm --version > /run/swtpm || fail "swtpm did not run"
say "hypervisor programs ran"

tries=0
while [ ! -b /dev/vda1 ] || [ ! -e /sys/class/net/eth0 ]; do
  tries=$((tries + 1))
  [ "$tries" -gt 100 ] && fail "no data disk or no network"
  sleep 0.1
done
mount -t vfat -o ro,iocharset=ascii,codepage=437 /dev/vda1 /mnt || fail "the data disk cannot be mounted"
# The addresses of QEMU's user-mode network: 10.0.2.2 is the machine it runs on.
ip link set lo up
ip link set eth0 up
ip addr add 10.0.2.15/24 dev eth0
hostname=$(cat /mnt/hostname)
echo "$hostname" > /proc/sys/kernel/hostname

/usr/bin/node /usr/lib/assay/dist/bin/assay.js agent --config /mnt/agent.json > /dev/console 2>&1 &
agent=$!
say "agent started"

stty -F /dev/ttyS1 115200 raw -echo
exec 3< /dev/ttyS1
say "waiting for orders"
while read -r action argument <&3; do
  case "$action" in
    run) "/mnt/$argument" && say "ran $argument" || fail "$argument did not run" ;;
    stop-agent) kill -TERM "$agent" && wait "$agent"; say "agent ended with $?" ;;
    off) break ;;
    *) say "unknown order" ;;
  esac
done
say "done"
poweroff -f
sleep 60
