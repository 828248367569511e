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

/**
 * What evmctl prints for a list of two entries or more against a value of PCR 10, and of 11 where the list names that (it asks for
 * all at once). A list of one entry it calls equal to any SHA-1 value.
 */
async function evmctl(list: Uint8Array, bank: Bank, quoted: Uint8Array, pcr11?: Uint8Array): Promise<Answer> {
  const other = new Uint8Array(quoted.length);
  const values = Array.from({ length: 24 }, (_, pcr) =>
    toHex((pcr === 10 && quoted) || (pcr === 11 && pcr11) || other),
  );
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
    ['ima-ng', [file('/a', { template: 'ima-ng' }), file('/b', { template: 'ima-ng' })]],
    ['ima-buf', [file('/a'), buffer('kexec-cmdline', Buffer.from('ro quiet'))]],
    ['ima-sigv2', [file('/a', { template: 'ima-sigv2' }), file('/b')]],
    ['ima-modsig', [modsig, file('/b')]],
    ['violations', [file('/a'), file('/b', { violation: true }), file('/c')]],
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

it('a list that names another PCR', async () => {
  const specs = [file('/a'), file('/b', { pcr: 11 }), file('/c')];
  const bytes = binaryList(specs);
  const [ten, eleven] = [10, 11].map((pcr) => pcrAfter(specs, 'sha256', 'native', pcr));
  expect(await evmctl(bytes, 'sha256', ten!, eleven)).toBe('native');
  expect(ours(bytes, 'sha256', ten!)).toBe('native');
});

/** Lists as evmctl takes them: two entries or more of one PCR, the template `ima` for all or none. */
const anyList = fc
  .array(anyEntry, { minLength: 2, maxLength: 8 })
  .map((specs) => specs.map((spec) => ({ ...spec, pcr: 10 })))
  .filter((specs) => new Set(specs.map((spec) => spec.template === 'ima')).size === 1);

it('agrees about arbitrary lists with one byte of template data changed, or none', async () => {
  await fc.assert(
    fc.asyncProperty(anyList, fc.nat(), fc.option(fc.nat()), async (specs, at, flip) => {
      const bytes = binaryList(specs);
      const quoted = pcrAfter(specs.slice(0, 1 + (at % specs.length)), 'sha256');
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
