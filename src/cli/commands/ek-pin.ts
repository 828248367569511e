/** `assay ek-pin …`: endorsement keys of machines that are ours. */

import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { operatorOptions, type OperatorOptions, type ReasonOptions } from './operator-options.ts';

export interface AddEkPinOptions extends ReasonOptions {
  readonly name: string;
  readonly policy: string;
}

export interface ImportEkPinsOptions extends ReasonOptions {
  readonly policy?: string;
}

const REASON = ['--reason <text>', 'why, for the record of changes'] as const;

export function registerEkPin(program: Command, io: Io): void {
  const pin = program
    .command('ek-pin')
    .summary('say which endorsement keys are of machines that are ours')
    .description('A host that brings a pinned EK when it enrols is ours, under the name and policy said.');
  operatorOptions(
    pin
      .command('add')
      .description('Pins one EK, by its name or by the SHA-256 of its public key.')
      .argument('<ek>', 'TPM name (000b…) or SHA-256 of SubjectPublicKeyInfo, hexadecimal')
      .requiredOption('--name <name>', 'name of the host that will bring it')
      .requiredOption('--policy <name>', 'policy that the host is judged by')
      .option(...REASON),
  )
    .option('--json', 'print what was done as JSON (assay.ek-pins-added/1)')
    .action(async (ek: string, options: AddEkPinOptions) => {
      const { addEkPin } = await import('../actions/ek-pin.ts');
      await addEkPin(io, ek, options);
    });
  operatorOptions(
    pin
      .command('import')
      .description('Pins the EKs of a table: CSV with the columns ek, name and policy. One that is wrong stops all.')
      .argument('<file>', 'CSV; - for standard input')
      .option('--policy <name>', 'policy of the hosts, where the table has no column for it')
      .option(...REASON),
  )
    .option('--json', 'print what was done as JSON (assay.ek-pins-added/1)')
    .addHelpText(
      'after',
      '\nExample:\n  assay ek-pin import delivery-7.csv --policy kvm-uki --token-file operator-token',
    )
    .action(async (file: string, options: ImportEkPinsOptions) => {
      const { importEkPins } = await import('../actions/ek-pin.ts');
      await importEkPins(io, file, options);
    });
  operatorOptions(pin.command('list').description('Lists the pins.'))
    .option('--json', 'print the list as JSON (assay.ek-pins/1)')
    .action(async (options: OperatorOptions) => {
      const { listEkPins } = await import('../actions/ek-pin.ts');
      await listEkPins(io, options);
    });
  operatorOptions(
    pin
      .command('remove')
      .description('Removes a pin. A host that it brought stays.')
      .argument('<id>', 'id of the pin')
      .option(...REASON),
  )
    .option('--json', 'print the answer as JSON (assay.ek-pin-removed/1)')
    .action(async (id: string, options: ReasonOptions) => {
      const { removeEkPin } = await import('../actions/ek-pin.ts');
      await removeEkPin(io, id, options);
    });
}
