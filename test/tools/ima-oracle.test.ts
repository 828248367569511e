/** Replay of IMA lists compared with `evmctl ima_measurement` (Debian's ima-evm-utils), which knows SHA-1 and SHA-256 without a TPM. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes/text.ts';
import { parseBinaryList } from '../../src/logs/ima/parse-binary.ts';
import { replayPrefix } from '../../src/logs/ima/replay.ts';
import type { EntrySpec } from '../support/ima-list-builder.ts';
import { binaryList, buffer, file, manyFiles, pcrAfter } from '../support/ima-list-builder.ts';
import { labCapture } from '../support/lab-bundle.ts';
import { anyEntry } from '../logs/ima/arbitrary.ts';
import { ensureInstalled, run } from './programs.ts';

type Bank = 'sha1' | 'sha256';
type Answer = 'native' | 'padded-sha1' | 'none';

let folder = '';
beforeAll(async () => {
  await ensureInstalled(['evmctl']);
  folder = mkdtempSync(join(tmpdir(), 'assay-ima-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What evmctl prints for a list against a value of PCR 10. */
async function evmctl(list: Uint8Array, bank: Bank, quoted: Uint8Array): Promise<Answer> {
  const values = Array.from({ length: 24 }, (_, pcr) => toHex(pcr === 10 ? quoted : new Uint8Array(quoted.length)));
  const lines = values.map((hex, pcr) => `PCR-${String(pcr).padStart(2, '0')}: ${hex.replaceAll(/..(?=.)/g, '$& ')}\n`);
  const [listFile, pcrFile] = [join(folder, 'list'), join(folder, 'pcrs')];
  writeFileSync(listFile, list);
  writeFileSync(pcrFile, lines.join(''));
  // Without this option it extends a violation's zeros, which no kernel does.
  const args = ['ima_measurement', '--ignore-violations', '--pcrs', `${bank},${pcrFile}`, listFile];
  const { stderr } = await run('evmctl', args, { accept: [0, 1] });
  const text = stderr.toString();
  if (text.includes('Matched per TPM bank calculated digest(s).')) return 'native';
  if (text.includes('Matched SHA1 padded TPM digest(s).')) return 'padded-sha1';
  if (text.includes('Failed to match per TPM bank or SHA1 padded TPM digest(s).')) return 'none';
  throw new Error(`evmctl said neither: ${text}`);
}

function ours(list: Uint8Array, bank: Bank, quoted: Uint8Array): Answer {
  return replayPrefix(parseBinaryList(list), { bank, quoted }).mode ?? 'none';
}

const modsig: EntrySpec = {
  template: 'ima-modsig',
  fields: [...file('/m.ko').fields, file('/m').fields[0]!, new Uint8Array([0x30, 0])],
  texts: [],
};

describe.each<Bank>(['sha1', 'sha256'])('%s', (bank) => {
  it('the list of a booted machine', async () => {
    const lab = labCapture('uki', 'baseline');
    const quoted = lab.pcr(bank, 10);
    expect(await evmctl(lab.ima, bank, quoted)).toBe('native');
    expect(ours(lab.ima, bank, quoted)).toBe('native');
  });

  it.each<[string, readonly EntrySpec[]]>([
    ['ima', [file('/a', { template: 'ima' }), file('/b', { template: 'ima' })]],
    ['ima-ng', [file('/a', { template: 'ima-ng' })]],
    ['ima-buf', [file('/a'), buffer('kexec-cmdline', Buffer.from('ro quiet'))]],
    ['ima-sigv2', [file('/a', { template: 'ima-sigv2' })]],
    ['ima-modsig', [modsig]],
    ['violations', [file('/a'), file('/b', { violation: true }), file('/c')]],
    ['another PCR', [file('/a'), file('/b', { pcr: 11 }), file('/c')]],
    ['many', manyFiles(300)],
  ])('%s: native, padded, a prefix, a wrong value', async (_name, specs) => {
    const bytes = binaryList(specs);
    const values = [
      pcrAfter(specs, bank),
      pcrAfter(specs, bank, 'padded-sha1'),
      pcrAfter(specs.slice(0, 1), bank),
      pcrAfter([...specs, file('/never')], bank),
    ];
    for (const quoted of values) expect(ours(bytes, bank, quoted)).toBe(await evmctl(bytes, bank, quoted));
  });
});

it('agrees about arbitrary lists with one byte of template data changed, or none', async () => {
  const whole = fc.array(anyEntry, { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(whole, fc.nat(), fc.option(fc.nat()), async (specs, at, flip) => {
      const bytes = binaryList(specs);
      const quoted = pcrAfter(specs.slice(0, 1 + (at % specs.length)), 'sha256');
      fc.pre(quoted.some((byte) => byte !== 0));
      if (flip !== null) {
        const { dataOffset, dataLength } = parseBinaryList(bytes).untrusted.columns;
        const i = flip % specs.length;
        // The last byte is never the length of a field, which evmctl would not read past.
        bytes[dataOffset[i]! + dataLength[i]! - 1]! ^= 1;
      }
      expect(ours(bytes, 'sha256', quoted)).toBe(await evmctl(bytes, 'sha256', quoted));
    }),
    { numRuns: 40 },
  );
});
