/**
 * What real firmware and boot loaders do other than the specification says. Each quirk is matched by a rule on content,
 * never by vendor, machine or file, and shows by name in every result that rests on it.
 */

export type QuirkName =
  | 'shim-authority-minus-last-byte'
  | 'variable-boot-whole'
  | 'variable-driver-config-data-only'
  | 'grub-text-with-nul'
  | 'separator-data-text'
  | 'crtm-version-digest-unrelated'
  | 'variable-boot-digest-unrelated';
