/** Options that name evidence as the plain files of tpm2-tools and the kernel. */

import type { Command } from 'commander';

export interface PlainFileOptions {
  readonly quote?: string;
  readonly signature?: string;
  readonly pcrs?: string;
  readonly log?: string;
  readonly ima?: string;
  readonly systemdLog?: string;
  readonly akPublic?: string;
}

export function plainFileOptions(command: Command): Command {
  return command
    .option('--quote <file>', 'TPMS_ATTEST, in place of a bundle')
    .option('--signature <file>', 'TPMT_SIGNATURE over --quote')
    .option('--pcrs <file>', 'PCR values, as tpm2_quote --pcr or tpm2_pcrread -o writes them')
    .option('--log <file>', 'firmware log (binary_bios_measurements)')
    .option('--ima <file>', 'IMA list, binary or ASCII')
    .option('--systemd-log <file>', 'systemd’s log of what it measured (/run/log/systemd/tpm2-measure.log)')
    .option(
      '--ak-public <file>',
      'attestation key as the host sent it (TPM2B_PUBLIC, TPMT_PUBLIC): a claim, for a pinned name to vouch for',
    );
}
