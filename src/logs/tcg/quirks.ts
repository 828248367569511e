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
  | 'stub-text-terminator'
  | 'crtm-version-digest-unrelated'
  | 'action-digest-unrelated';

interface Quirk {
  readonly name: QuirkName;
  /** `bound`: the digest still proves data, by this rule. `hint`: the digest proves nothing of the data, and that is no fault. */
  readonly effect: 'bound' | 'hint';
  /** what the specification asks for, and who does otherwise */
  readonly why: string;
  /** the rule on content by which it is recognised */
  readonly rule: string;
}

/** Every quirk this verifier makes allowance for. */
export const QUIRKS: readonly Quirk[] = [
  {
    name: 'shim-authority-minus-last-byte',
    effect: 'bound',
    why: 'PFP 1.06, 10.4.1 asks for the digest of UEFI_VARIABLE_DATA. Early shim counted the padding of its C structure: it hashes 5 bytes too many and logs 6.',
    rule: "EV_EFI_VARIABLE_AUTHORITY in PCR 7 after that PCR's separator, of a variable of shim or of the image security databases, with 6 bytes after the structure of which the first 5 are zero; the digest is of all but the last byte.",
  },
  {
    name: 'variable-boot-whole',
    effect: 'bound',
    why: 'EV_EFI_VARIABLE_BOOT is defined over VariableData alone (EFI platform 1.22, 7.2); several firmwares hash the whole structure, as EV_EFI_VARIABLE_BOOT2 does.',
    rule: 'EV_EFI_VARIABLE_BOOT whose digest is of the whole UEFI_VARIABLE_DATA.',
  },
  {
    name: 'variable-driver-config-data-only',
    effect: 'bound',
    why: 'Firmware of the TPM 1.2 time hashes VariableData alone, so that the name of the variable is proved by nothing.',
    rule: 'EV_EFI_VARIABLE_DRIVER_CONFIG in a tcg-1.2 log whose digest is of VariableData.',
  },
  {
    name: 'grub-text-with-nul',
    effect: 'bound',
    why: "GRUB hashes the text of a command or command line without its terminator; one distribution's GRUB includes it.",
    rule: 'EV_IPL in PCR 8 with a prefix of GRUB whose digest is of the text after the prefix with its NUL.',
  },
  {
    name: 'separator-data-text',
    effect: 'bound',
    why: 'PFP 1.06, 10.4.1 asks for the 4-byte value as data. OpenPOWER firmware logs a text and extends the digest of FFFFFFFF.',
    rule: 'EV_SEPARATOR in PCR 0–7 whose data is printable ASCII and whose digest is of FFFFFFFF.',
  },
  {
    name: 'stub-text-terminator',
    effect: 'bound',
    why: 'Loaders that log a command line in UTF-16 disagree on whether its terminator is hashed, logged, or half of it logged once more.',
    rule: 'EV_IPL in PCR 8 or 12 with UTF-16 text whose digest is of the text with exactly one or without terminator, where the data has another number of trailing zero bytes.',
  },
  {
    name: 'crtm-version-digest-unrelated',
    effect: 'hint',
    why: 'PFP 1.06, 10.4.1 asks for the digest of the version string. Several server firmwares extend something else beside it.',
    rule: 'EV_S_CRTM_VERSION in PCR 0 whose digest is not of the data.',
  },
  {
    name: 'action-digest-unrelated',
    effect: 'hint',
    why: 'PFP 1.06, 10.4.1 asks for the digest of the text. OpenPOWER firmware uses EV_ACTION to name components it measured.',
    rule: 'EV_ACTION in PCR 0–7 whose digest is not of the data.',
  },
];
