/** `assay trust …`: which makers of TPMs a service believes. */

import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { operatorOptions, type OperatorOptions, type ReasonOptions } from './operator-options.ts';

export interface AddTrustOptions extends OperatorOptions {
  readonly class: string;
  readonly name?: string;
  readonly passphraseFile?: string;
  readonly anyCa?: true;
  readonly reason?: string;
}

const REASON = ['--reason <text>', 'why, for the record of changes'] as const;

export interface FetchTrustOptions extends ReasonOptions {
  readonly root?: readonly string[];
  readonly yes?: true;
}

export function registerTrust(program: Command, io: Io): void {
  const trust = program
    .command('trust')
    .summary('say which makers of TPMs are believed')
    .description('TPMs whose certificates lead to a trusted root are genuine.');
  operatorOptions(
    trust
      .command('add')
      .description(
        'Trusts the roots in a file or a folder: PEM, DER, PKCS#7 or PKCS#12. All is read before any is trusted.',
      )
      .argument('<path>', 'file, or folder with all that lies below it')
      .requiredOption('--class <class>', 'the TPMs they vouch for: discrete, firmware, virtual or lab')
      .option('--name <name>', 'what people call it, where there is one (default: its subject)')
      .option('--any-ca', 'trust CAs that another CA has issued too')
      .option('--passphrase-file <file>', 'passphrase of PKCS#12 files')
      .option(...REASON),
  )
    .option('--json', 'print what was done as JSON (assay.trust-added/1)')
    .addHelpText(
      'after',
      `
Example:
  assay trust add vendor-roots/ --class discrete --token-file admin-token

Exit codes: 0 all are trusted, 1 something was left out, 3 error.`,
    )
    .action(async (path: string, options: AddTrustOptions) => {
      const { addTrust } = await import('../actions/trust-add.ts');
      io.exitCode = await addTrust(io, path, options);
    });
  operatorOptions(trust.command('list').description('Lists the roots that are trusted now.'))
    .option('--json', 'print the list as JSON (assay.trust-roots/1)')
    .action(async (options: OperatorOptions) => {
      const { listTrust } = await import('../actions/trust.ts');
      await listTrust(io, options);
    });
  operatorOptions(
    trust
      .command('show')
      .description('Shows one root, with its certificate in PEM.')
      .argument('<id>', 'id of the root'),
  )
    .option('--json', 'print the root as JSON (assay.trust-root/1)')
    .action(async (id: string, options: OperatorOptions) => {
      const { showTrust } = await import('../actions/trust.ts');
      await showTrust(io, id, options);
    });
  operatorOptions(
    trust
      .command('remove')
      .description('Trusts a root no longer. Hosts that stood on it lose that at once.')
      .argument('<id>', 'id of the root')
      .option(...REASON),
  )
    .option('--json', 'print the answer as JSON (assay.trust-removed/1)')
    .action(async (id: string, options: ReasonOptions) => {
      const { removeTrust } = await import('../actions/trust.ts');
      await removeTrust(io, id, options);
    });
  registerFetch(trust, io);
  registerCrls(trust, io);
}

/** What makers of TPMs publish. */
function registerFetch(trust: Command, io: Io): void {
  operatorOptions(
    trust
      .command('fetch-ek')
      .description(
        'Fetches the roots that makers of TPMs publish, from addresses that are part of this program, and shows their digests. With --yes they are trusted.',
      )
      .argument('<maker...>', 'infineon, stmicro, nuvoton, intel or amd')
      .option('--root <id...>', 'only these, by the digest that was shown')
      .option('--yes', 'trust them: you have compared the digests')
      .option('--reason <text>', 'why, for the record of changes (default: where they were published)'),
  )
    .option('--json', 'print what was found and done as JSON (assay.trust-fetched/1)')
    .addHelpText(
      'after',
      `
Example:
  assay trust fetch-ek infineon intel
  assay trust fetch-ek infineon --root sha256:… --yes --token-file admin-token

Exit codes: 0 trusted, 1 something was left out, 2 shown and not trusted, 3 error.`,
    )
    .action(async (makers: readonly string[], options: FetchTrustOptions) => {
      const { fetchTrust } = await import('../actions/trust-fetch.ts');
      io.exitCode = await fetchTrust(io, makers, options);
    });
}

/** Lists of certificates that their issuers took back. */
function registerCrls(trust: Command, io: Io): void {
  operatorOptions(
    trust
      .command('add-crl')
      .description(
        'Adds revocation lists, in DER or PEM. Hosts whose EK certificate is revoked lose at once what they stand on.',
      )
      .argument('<file...>', 'files of lists')
      .option(...REASON),
  )
    .option('--json', 'print what was done as JSON (assay.crls-added/1)')
    .addHelpText('after', '\nExit codes: 0 all are there, 1 something was left out, 3 error.')
    .action(async (files: readonly string[], options: ReasonOptions) => {
      const { addCrls } = await import('../actions/trust-crl.ts');
      io.exitCode = await addCrls(io, files, options);
    });
  operatorOptions(
    trust.command('list-crls').description('Lists the revocation lists, of each issuer the newest first.'),
  )
    .option('--json', 'print the list as JSON (assay.crls/1)')
    .action(async (options: OperatorOptions) => {
      const { listCrls } = await import('../actions/trust-crl.ts');
      await listCrls(io, options);
    });
  operatorOptions(
    trust
      .command('remove-crl')
      .description('Removes a revocation list.')
      .argument('<id>', 'id of the list')
      .option(...REASON),
  )
    .option('--json', 'print the answer as JSON (assay.crl-removed/1)')
    .action(async (id: string, options: ReasonOptions) => {
      const { removeCrl } = await import('../actions/trust-crl.ts');
      await removeCrl(io, id, options);
    });
}
