/** A software TPM and logs as the boot of a captured machine left them. */

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { digestHex } from '../../src/bytes/hash.ts';
import { toHex } from '../../src/bytes/text.ts';
import { hashInput } from '../../src/logs/ima/hash-input.ts';
import { parseImaList } from '../../src/logs/ima/parse.ts';
import { EV_NO_ACTION } from '../../src/logs/tcg/event-types.ts';
import { parseTcgLog } from '../../src/logs/tcg/parse.ts';
import { readEvidence } from '../support/fixtures.ts';
import type { SoftwareTpm } from './software-tpm.ts';

export interface BootLogs {
  /** paths, below the folder as below securityfs */
  readonly firmwareLog: string;
  readonly imaLog: string;
  /** where systemd would have its log; nothing is there */
  readonly systemdLog: string;
}

/**
 * Writes the logs and extends the TPM's SHA-256 bank by what they say.
 * @param folder stands for `/sys/kernel/security`
 * @param machine below `fixtures/`
 */
export async function bootAs(tpm: SoftwareTpm, folder: string, machine: string): Promise<BootLogs> {
  const { firmwareLog, imaLog } = readEvidence(machine);
  const [firmware, ima] = [firmwareLog!.bytes!, imaLog!.bytes!];
  const paths = {
    firmwareLog: join(folder, 'tpm0/binary_bios_measurements'),
    imaLog: join(folder, 'ima/binary_runtime_measurements'),
    systemdLog: join(folder, 'tpm2-measure.log'),
  };
  for (const [file, log] of [
    [paths.firmwareLog, firmware],
    [paths.imaLog, ima],
  ] as const) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, log);
  }
  const list = parseImaList(ima).untrusted;
  const extended = [
    ...parseTcgLog(firmware)
      .untrusted.events.filter(({ type }) => type !== EV_NO_ACTION)
      .map(({ pcr, digests }) => `${pcr}:sha256=${toHex(digests.sha256!)}`),
    ...Array.from({ length: list.count }, (_, i) => `10:sha256=${digestHex('sha256', hashInput(list, i))}`),
  ];
  await tpm.tpm2(['pcrextend', ...extended]);
  return paths;
}
