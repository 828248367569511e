/** `assay verify`. */

import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { plainFileOptions, type PlainFileOptions } from './plain-files.ts';

export interface VerifyOptions extends PlainFileOptions {
  readonly policy: string;
  readonly catalogue?: string;
  readonly ak?: string;
  readonly akName?: string;
  readonly host?: string;
  readonly nonce?: string;
  readonly selection?: string;
  readonly at?: string;
  readonly json?: true;
}

export function registerVerify(program: Command, io: Io): void {
  const command = program
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
    .option('--at <time>', 'judge as of this time, RFC 3339 (default: now)');
  plainFileOptions(command)
    .option('--json', 'print the appraisal document')
    .addHelpText(
      'after',
      `
Examples:
  assay verify host7.json --policy policies/kvm-uki.yaml --ak host7.pub --nonce 6f3a…
  assay verify --policy policies/kvm-uki.yaml --quote quote.bin --signature quote.sig --pcrs quote.pcrs \\
    --log binary_bios_measurements --ima binary_runtime_measurements --ak ak.pub --nonce 6f3a…
  assay verify --policy my-policy.yaml --host host7 --ak-public ak.tpm2b --quote quote.bin --signature quote.sig \\
    --pcrs quote.pcrs --log binary_bios_measurements --ima binary_runtime_measurements --nonce 6f3a…

Exit codes: 0 trusted, 1 untrusted, 2 not proved or capped by the policy, 3 error.`,
    )
    .action(async (bundle: string | undefined, options: VerifyOptions) => {
      const { verify } = await import('../actions/verify.ts');
      io.exitCode = verify(io, bundle, options);
    });
}
