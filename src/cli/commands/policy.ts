/** `assay policy …`: what is done with policies offline. */

import type { Command } from 'commander';
import type { ExplainOptions } from '../actions/policy-explain.ts';
import type { ImageOptions } from '../image-input.ts';
import type { Io } from '../io.ts';

export interface PolicyOptions {
  readonly catalogue?: string;
  readonly json?: true;
}

export interface PolicyNewOptions extends ImageOptions {
  readonly image: string;
  readonly firmware?: readonly string[];
  readonly keys?: string;
  readonly policyName?: string;
  readonly fixture?: string;
  readonly out?: string;
  readonly json?: true;
}

const CATALOGUE = [
  '--catalogue <dir>',
  'folder of manifests, references and pins (default: ASSAY_CATALOGUE, else that of the policy)',
] as const;

export function registerPolicy(program: Command, io: Io): void {
  const policy = program.command('policy').summary('check and test policies').description('Checks and tests policies.');
  const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value];
  policy
    .command('new')
    .description('Writes a whole, commented policy for an image, with its catalogue beside it and no host at hand.')
    .requiredOption(
      '--image <file>',
      'unified kernel image, folder with the files of an EFI system partition, or manifest',
    )
    .option('--keys <dir>', 'folder with PK.esl, KEK.esl, db.esl and dbx.esl')
    .option(
      '--firmware <file>',
      'reference set of the firmware; may be given again, and with other kinds of sets',
      collect,
    )
    .option('--fixture <dir>', 'bundle.json and context.json of a good host, for a test of the policy')
    .option('--policy-name <name>', 'name of the policy (default: the image’s)')
    .option('--name <name>', 'name of the manifest (default: from the file’s name)')
    .option('--image-version <text>', 'version of the image (default: the kernel’s)')
    .option('--shim <path>', 'of a folder: path of shim on the partition', '/EFI/BOOT/BOOTX64.EFI')
    .option('--device <name>', 'of a folder: the partition as GRUB names it', 'hd0,gpt1')
    .option('--out <dir>', 'folder to write into (default: this one)')
    .option('--json', 'print one JSON document (assay.policy-new/1)')
    .addHelpText(
      'after',
      '\nExample:\n  assay policy new --image hypervisor.efi --keys keys --firmware ovmf.json --out policies\n\nExit codes: 0 written, 3 error.',
    )
    .action(async (options: PolicyNewOptions) => {
      const { writeNewPolicy } = await import('../actions/policy-new.ts');
      writeNewPolicy(io, options);
    });
  policy
    .command('check')
    .description('Says whether a policy can be used, and what it resolves to.')
    .argument('<file>', 'policy')
    .option(...CATALOGUE)
    .option('--json', 'print one JSON document (assay.policy-check/1)')
    .addHelpText(
      'after',
      '\nExample:\n  assay policy check policies/kvm-uki.yaml\n\nExit codes: 0 usable, 1 not, 3 error.',
    )
    .action(async (file: string, options: PolicyOptions) => {
      const { checkPolicy } = await import('../actions/policy-check.ts');
      io.exitCode = checkPolicy(io, file, options);
    });
  policy
    .command('test')
    .description('Appraises the evidence of a policy’s test file, <policy>.test.yaml beside it, and compares.')
    .argument('<file...>', 'policies')
    .option(...CATALOGUE)
    .option('--json', 'print one JSON document (assay.policy-test-result/1)')
    .addHelpText(
      'after',
      '\nExample:\n  assay policy test policies/*.yaml\n\nExit codes: 0 all as expected, 1 not, 3 error.',
    )
    .action(async (files: string[], options: PolicyOptions) => {
      const { testPolicies } = await import('../actions/policy-test.ts');
      io.exitCode = testPolicies(io, files, options);
    });
  policy
    .command('diff')
    .description('Says in what a policy is tighter or looser than another, item by item.')
    .argument('<from>', 'policy')
    .argument('<to>', 'policy it is compared with')
    .option(...CATALOGUE)
    .option('--json', 'print one JSON document (assay.policy-diff/1)')
    .addHelpText(
      'after',
      '\nExample:\n  assay policy diff old.yaml new.yaml\n\nExit codes: 0 they ask the same, 1 they differ, 3 error.',
    )
    .action(async (from: string, to: string, options: PolicyOptions) => {
      const { diffPolicies } = await import('../actions/policy-diff.ts');
      io.exitCode = diffPolicies(io, from, to, options);
    });
  policy
    .command('explain')
    .description(
      'Says what a policy asks of each link, by which parameters and references, and what a host has to show.',
    )
    .argument('<file>', 'policy')
    .option('--check <id>', 'one check alone')
    .option(...CATALOGUE)
    .option('--json', 'print one JSON document (assay.policy-explanation/1)')
    .addHelpText('after', '\nExample:\n  assay policy explain policies/kvm-uki.yaml --check firmware.components-known')
    .action(async (file: string, options: ExplainOptions) => {
      const { explain } = await import('../actions/policy-explain.ts');
      explain(io, file, options);
    });
  policy
    .command('checks')
    .description('Lists every check: its question, its link, whether it is required, its parameters.')
    .option('--json', 'print one JSON document (assay.checks/1)')
    .action(async (options: { readonly json?: true }) => {
      const { listChecks } = await import('../actions/policy-checks.ts');
      listChecks(io, options);
    });
}
