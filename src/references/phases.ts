/** The phases of a boot, as systemd measures their names into PCR 11 (systemd-pcrphase.service(8)). */
export const PHASES = ['enter-initrd', 'leave-initrd', 'sysinit', 'ready', 'shutdown', 'final'] as const;
