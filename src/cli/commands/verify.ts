/** `assay verify`. */

import type { Command } from 'commander';
import type { Io } from '../io.ts';

export interface VerifyOptions {
  readonly policy: string;
  readonly catalogue?: string;
  readonly ak?: string;
  readonly akName?: string;
  readonly host?: string;
  readonly nonce?: string;
  readonly selection?: string;
  readonly at?: string;
  readonly quote?: string;
  readonly signature?: string;
  readonly pcrs?: string;
  readonly log?: string;
  readonly ima?: string;
  readonly systemdLog?: string;
  readonly json?: true;
}

export function registerVerify(program: Command, io: Io): void {
  program
    .command('verify')
    .summary('appraise the evidence of one host')
    .description('Appraises evidence offline and says of each link of the chain whether it holds.')
    .argument('[bundle]', 'evidence bundle (assay.evidence/1); - for standard input')
    .requiredOption('-p, --policy <file>', 'policy to judge by')
    .option(
      '--catalogue <dir>',
      'folder of manifests, references and pins (default: ASSAY_CATALOGUE, else that of the policy)',
    )
    .option(
      '--ak <file>',
      'attestation key of the host: TPM2B_PUBLIC, TPMT_PUBLIC or PEM (default: the pin set of the policy)',
    )
    .option('--ak-name <hex>', 'name of the attestation key')
    .option('--host <name>', 'the evidence must be of this host of the pin set')
    .option('--nonce <hex>', 'nonce of the challenge the evidence must answer')
    .option('--selection <list>', 'PCR selection of the challenge, as sha256:0-15 (default: that of the policy)')
    .option('--at <time>', 'judge as of this time, RFC 3339 (default: now)')
    .option('--quote <file>', 'TPMS_ATTEST, in place of a bundle')
    .option('--signature <file>', 'TPMT_SIGNATURE over --quote')
    .option('--pcrs <file>', 'PCR values, as tpm2_quote --pcr or tpm2_pcrread -o writes them')
    .option('--log <file>', 'firmware log (binary_bios_measurements)')
    .option('--ima <file>', 'IMA list, binary or ASCII')
    .option('--systemd-log <file>', 'systemd’s log of what it measured (/run/log/systemd/tpm2-measure.log)')
    .option('--json', 'print the appraisal document')
    .addHelpText(
      'after',
      `
Examples:
  assay verify host7.json --policy policies/kvm-uki.yaml --ak host7.pub --nonce 6f3a…
  assay verify --policy policies/kvm-uki.yaml --quote quote.bin --signature quote.sig --pcrs quote.pcrs \\
    --log binary_bios_measurements --ima binary_runtime_measurements --ak ak.pub --nonce 6f3a…

Exit codes: 0 trusted, 1 untrusted, 2 not proved or capped by the policy, 3 error.`,
    )
    .action(async (bundle: string | undefined, options: VerifyOptions) => {
      const { verify } = await import('../actions/verify.ts');
      io.exitCode = verify(io, bundle, options);
    });
}
