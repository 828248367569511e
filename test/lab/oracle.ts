/** Checks a capture with programs that are not ours, so that a fixture is known to be sound before our own code reads it. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../tools/programs.ts';
import { BANKS, KEYS, PCRS, pcrValues, type Capture } from './bundle.ts';
import { withTemporaryFolder } from './temporary.ts';

export const ORACLE_PROGRAMS = ['tpm2', 'evmctl'] as const;

/** What the other programs say of a capture whose quotes they accept. */
export interface OracleReport {
  /** PCRs of the sha256 bank whose quoted value is not what `tpm2_eventlog` computes from the firmware log. */
  readonly notFromFirmwareLog: readonly number[];
  /** Whether `evmctl` computes the quoted sha256 PCR 10 from the IMA list. */
  readonly imaReplays: boolean;
}

/** @throws Error if `tpm2_checkquote` does not accept a quote, or the values are not those quoted */
export async function consultOracles(capture: Capture): Promise<OracleReport> {
  return await withTemporaryFolder(async (folder) => {
    await checkQuotes(capture, folder);
    return { notFromFirmwareLog: await replayFirmware(capture, folder), imaReplays: await replayIma(capture, folder) };
  });
}

async function checkQuotes(capture: Capture, folder: string): Promise<void> {
  const [ak, message, signature] = [join(folder, 'ak'), join(folder, 'attest'), join(folder, 'signature')];
  for (const key of KEYS) {
    await writeFile(ak, capture.keys[key]);
    for (const bank of BANKS) {
      const quote = capture.quotes[key][bank];
      await writeFile(message, quote.attest);
      await writeFile(signature, quote.signature);
      const files = ['-u', ak, '-m', message, '-s', signature];
      await run('tpm2', ['checkquote', ...files, '-g', 'sha256', '-q', capture.nonce.toString('hex')]);
      // TPMS_ATTEST of a quote ends with the digest of the values.
      const stated = createHash('sha256').update(quote.values).digest();
      if (!quote.attest.subarray(-32).equals(stated)) throw new Error(`${bank}: the values are not those quoted`);
    }
  }
}

async function replayFirmware(capture: Capture, folder: string): Promise<number[]> {
  const log = join(folder, 'firmware');
  await writeFile(log, capture.firmware);
  const { stdout } = await run('tpm2', ['eventlog', log]);
  const bank = stdout.toString().split('\npcrs:\n')[1]?.split('  sha256:\n')[1] ?? '';
  const computed = new Map<number, string>();
  for (const line of bank.split('\n')) {
    const found = /^ {4}(\d+) *: 0x([0-9a-f]+)$/.exec(line);
    if (found === null) break;
    computed.set(Number(found[1]), found[2] ?? '');
  }
  const quoted = pcrValues(capture.quotes.ecc.sha256.values, 'sha256');
  return PCRS.filter((pcr) => quoted[String(pcr)] !== (computed.get(pcr) ?? '0'.repeat(64)));
}

async function replayIma(capture: Capture, folder: string): Promise<boolean> {
  const [list, pcrs] = [join(folder, 'ima'), join(folder, 'pcrs')];
  await writeFile(list, capture.ima);
  const values = Object.entries(pcrValues(capture.quotes.ecc.sha256.values, 'sha256'));
  await writeFile(pcrs, values.map(([pcr, value]) => `PCR-${pcr.padStart(2, '0')}: ${value}\n`).join(''));
  const { code } = await run('evmctl', ['ima_measurement', '--pcrs', `sha256,${pcrs}`, list], { accept: [0, 1, 255] });
  return code === 0;
}
