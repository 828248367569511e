/** taggedEventID values of EV_EVENT_TAG that Linux boot loaders and kernels use. */

const NAMES: ReadonlyMap<number, string> = new Map([
  // Linux, drivers/firmware/efi/libstub
  [0x8f3b22ec, 'linux-initrd'],
  [0x8f3b22ed, 'linux-load-options'],
  // systemd-boot and systemd-stub
  [0xf5bc582a, 'systemd-loader-conf'],
  [0x6c46f751, 'systemd-devicetree-addon'],
  [0x49dffe0f, 'systemd-initrd-addon'],
  [0xdac08e1a, 'systemd-microcode-addon'],
  [0xd5cb7cbc, 'systemd-smbios-type-1'],
  [0xe0d47bc8, 'systemd-smbios-type-2'],
  [0xc0b3bd23, 'systemd-smbios-type-11'],
]);

/** The name given here to a known taggedEventID. */
export function eventTagName(id: number): string | undefined {
  return NAMES.get(id);
}
