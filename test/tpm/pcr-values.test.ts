import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EvidenceError } from '../../src/bytes/errors.ts';
import { hashByName, hashSize } from '../../src/bytes/hash.ts';
import { toHex } from '../../src/bytes/text.ts';
import {
  readConcatenatedPcrs,
  readPcrs,
  readPrintedPcrs,
  readSerializedPcrs,
  selectionOf,
  type PcrValues,
} from '../../src/tpm/pcr-values.ts';
import { parseSelection, selectionText } from '../../src/tpm/selection.ts';
import { ByteWriter } from '../../src/bytes/writer.ts';
import { pcrValues } from './software-tpm.ts';
import { errorCode, orMalformed } from './outcome.ts';

/** The TSS's structures in memory on x86-64, written as `tpm2_quote -o` does. */
function serialized(values: PcrValues, perList = 8): Uint8Array {
  const out = new ByteWriter().u32(values.size);
  for (const [bank, pcrs] of values) {
    const map = [...pcrs.keys()].reduce((all, pcr) => all | (1 << pcr), 0);
    out.u16(hashByName(bank)!.id).u8(3).u32(map).u8(0);
  }
  out.raw(new Uint8Array(132 - 4 - values.size * 8));
  const digests = [...values.values()].flatMap((pcrs) => [...pcrs.values()]);
  const lists = Math.ceil(digests.length / perList);
  out.u32(lists);
  for (let i = 0; i < lists; i++) {
    const some = digests.slice(i * perList, (i + 1) * perList);
    out.u32(some.length);
    for (const value of some)
      out
        .u16(value.length)
        .raw(value)
        .raw(new Uint8Array(64 - value.length));
    out.raw(new Uint8Array((8 - some.length) * 66));
  }
  return out.bytes();
}

const concatenated = (values: PcrValues): Uint8Array =>
  new Uint8Array([...values.values()].flatMap((pcrs) => [...pcrs.values()].flatMap((value) => [...value])));

const printed = (values: PcrValues): string =>
  [...values]
    .map(([bank, pcrs]) => {
      const lines = [...pcrs].map(([pcr, value]) => `    ${String(pcr).padEnd(2)}: 0x${toHex(value).toUpperCase()}\n`);
      return `  ${bank}:\n${lines.join('')}`;
    })
    .join('');

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

const SELECTIONS = [
  'sha256:0-14',
  'sha256:0-23',
  'sha1:3',
  'sha1:0-23+sha256:0-23+sha384:0-23',
  'sha256:0,23+sha512:7',
];

describe.each(SELECTIONS)('PCR files of %s', (text) => {
  const values = pcrValues(text);
  const selection = parseSelection(text);

  it('reads every layout of tpm2-tools', () => {
    expect(readSerializedPcrs(serialized(values))).toEqual(values);
    expect(readSerializedPcrs(serialized(values, 3))).toEqual(values);
    expect(readConcatenatedPcrs(concatenated(values), selection)).toEqual(values);
    expect(readPrintedPcrs(printed(values))).toEqual(values);
  });

  it('tells the layouts apart, with and without a selection', () => {
    for (const known of [selection, undefined]) {
      expect(readPcrs(serialized(values), known)).toEqual(values);
      expect(readPcrs(bytesOf(printed(values)), known)).toEqual(values);
    }
    expect(readPcrs(concatenated(values), selection)).toEqual(values);
    expect(errorCode(() => readPcrs(concatenated(values)))).toBe('tpm.pcrs-selection');
    expect(errorCode(() => readPcrs(Uint8Array.of(0, 1, 2, 3)))).toBe('tpm.pcrs-selection');
    expect(errorCode(() => readPcrs(Uint8Array.of(0, 1, 2, 3), selection))).toBe('tpm.pcrs-size');
  });

  it('knows which PCRs it has', () => {
    expect(selectionText(selectionOf(values))).toBe(selectionText(selection));
  });

  it('refuses every cut and every extension', () => {
    const whole = serialized(values);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (cut) => {
        expect(() => readSerializedPcrs(whole.subarray(0, cut))).toThrow(EvidenceError);
      }),
    );
    expect(errorCode(() => readSerializedPcrs(Uint8Array.of(...whole, 0)))).toBe('bytes.trailing');
    const raw = concatenated(values);
    expect(errorCode(() => readConcatenatedPcrs(raw.subarray(1), selection))).toBe('tpm.pcrs-size');
    expect(errorCode(() => readConcatenatedPcrs(Uint8Array.of(...raw, 0), selection))).toBe('tpm.pcrs-size');
  });
});

describe('serialized PCR values', () => {
  const values = pcrValues('sha256:0,1');
  const patched = (at: number, ...octets: number[]): string => {
    const bytes = serialized(values);
    bytes.set(octets, at);
    return errorCode(() => readSerializedPcrs(bytes));
  };

  it('refuses counts, sizes and banks that no TPM has', () => {
    expect(patched(0, 1)).toBe('accepted');
    expect(patched(0, 17)).toBe('tpm.pcrs-serialized');
    expect(patched(0, 0)).toBe('tpm.pcrs-serialized');
    expect(patched(4, 0x12)).toBe('tpm.pcrs-serialized');
    expect(patched(4, 0x0c)).toBe('tpm.pcrs-serialized');
    expect(patched(6, 5)).toBe('tpm.pcrs-serialized');
    expect(patched(6, 4, 0, 0, 0, 1)).toBe('tpm.pcr-index');
    expect(patched(7, 1)).toBe('tpm.pcrs-serialized');
    expect(patched(7, 7)).toBe('tpm.pcrs-serialized');
    expect(patched(0, 2, 0, 0, 0, 0x0b, 0, 3, 1, 0, 0, 0, 0, 0x0b, 0, 3, 2)).toBe('tpm.pcrs-serialized');
    expect(patched(132, 2)).toBe('bytes.truncated');
    expect(patched(132, 0)).toBe('bytes.trailing');
    expect(patched(136, 9)).toBe('tpm.pcrs-serialized');
    expect(patched(136, 1)).toBe('tpm.pcrs-serialized');
    expect(patched(136, 3)).toBe('tpm.pcrs-serialized');
    expect(patched(140, 31)).toBe('tpm.pcrs-serialized');
    expect(patched(140, 65)).toBe('tpm.pcrs-serialized');
    const widest = serialized(pcrValues('sha512:0'));
    widest[140] = 65;
    expect(errorCode(() => readSerializedPcrs(widest))).toBe('tpm.pcrs-serialized');
  });

  it('skips banks without PCRs, known or not', () => {
    const bytes = serialized(values);
    bytes.set([3, 0, 0, 0], 0);
    bytes.set([0x04, 0, 3, 0, 0, 0, 0, 0, 0x12, 0, 3, 0, 0, 0, 0, 0], 12);
    expect(readSerializedPcrs(bytes)).toEqual(values);
  });
});

describe('printed PCR values', () => {
  const value = '00'.repeat(32);

  it('reads what tpm2_pcrread prints, with banks that have none', () => {
    const text = `  sha1:\n  sha256:\n    0 : 0x${value}\n    10: 0x${'AB'.repeat(32)}\n  sha384:\n`;
    expect(selectionText(selectionOf(readPrintedPcrs(text)))).toBe('sha256:0,10');
    expect(readPrintedPcrs(`pcrs:\r\n${text.replaceAll('\n', '\r\n')}`)).toEqual(readPrintedPcrs(text));
    expect(readPrintedPcrs('')).toEqual(new Map());
  });

  it.each([
    `    0 : 0x${value}\n`,
    `  sha256:\n    0 : 0x${value}\n    0 : 0x${value}\n`,
    `  sha256:\n    24: 0x${value}\n`,
    `  sha256:\n    0 : 0x${value}00\n`,
    `  sha256:\n    0 : 0x${value.slice(1)}\n`,
    `  sha256:\n    0 : ${value}\n`,
    `  sha256:\n    0 : 0x${value} \n`,
    `  sha256:\n  sha256:\n`,
    `  sm3_256:\n`,
    `  sha384:\n    0 : 0x${value}\n`,
    'hello\n',
    '\n'.repeat(70_000),
  ])('refuses what it does not print (%#)', (text) => {
    expect(errorCode(() => readPrintedPcrs(text))).toBe('tpm.pcrs-text');
  });
});

describe('arbitrary bytes as PCR values', () => {
  it('are values of the right size or an EvidenceError', () => {
    const whole = serialized(pcrValues('sha256:0-14+sha1:0'));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.uint8Array({ minLength: 1, maxLength: 6 }), (at, patch) => {
        const bytes = whole.slice();
        bytes.set(patch.subarray(0, bytes.length - at), at);
        const wrong = [...(orMalformed(() => readPcrs(bytes)) ?? [])].flatMap(([bank, pcrs]) =>
          [...pcrs.values()].filter((value) => value.length !== hashSize(bank)),
        );
        expect(wrong).toEqual([]);
      }),
    );
  });
});
