import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { HashName } from '../../src/bytes/hash.ts';
import { PackedPcrs } from '../../src/tpm/packed-pcrs.ts';
import { areOf, type PcrValues } from '../../src/tpm/pcr-values.ts';
import { parseSelection, type PcrSelection } from '../../src/tpm/selection.ts';
import { checkQuote } from '../../src/tpm/quote.ts';
import { makeAk, makeQuote, pcrDigest, pcrValues } from './software-tpm.ts';

const values = pcrValues('sha1:3,5+sha256:0,7');
const order = (...banks: [HashName, number[]][]): PcrSelection => new Map(banks);
const forwards = order(['sha1', [3, 5]], ['sha256', [0, 7]]);
const backwards = order(['sha256', [0, 7]], ['sha1', [3, 5]]);

describe.each([
  ['in the order of banks', forwards],
  ['in another order', backwards],
])('values packed %s', (_, layout) => {
  const packed = new PackedPcrs(layout, values);

  it('come back one by one, and no other does', () => {
    for (const [bank, pcrs] of values) {
      for (const [pcr, value] of pcrs) expect(packed.value(bank, pcr)).toEqual(value);
    }
    expect(packed.value('sha1', 0)).toBeUndefined();
    expect(packed.value('sha256', 3)).toBeUndefined();
    expect(packed.value('sha384', 0)).toBeUndefined();
  });

  it('are hashed one after the other', () => {
    const hash = createHash('sha384');
    for (const [bank, pcrs] of layout) for (const pcr of pcrs) hash.update(values.get(bank)!.get(pcr)!);
    expect(packed.digestHex('sha384')).toBe(hash.digest('hex'));
  });

  it('are copies, going in and coming out', () => {
    const value = new Uint8Array(32);
    const kept = new PackedPcrs(order(['sha256', [0]]), new Map([['sha256', new Map([[0, value]])]]));
    value.fill(1);
    kept.value('sha256', 0)!.fill(2);
    expect(kept.value('sha256', 0)).toEqual(new Uint8Array(32));
  });
});

it('the id tells values, PCRs, banks and their order apart', () => {
  const one = (pcr: number, value: Uint8Array): PackedPcrs =>
    new PackedPcrs(order(['sha256', [pcr]]), new Map([['sha256', new Map([[pcr, value]])]]));
  const zero = new Uint8Array(32);
  const ids = [
    one(0, zero).id,
    one(1, zero).id,
    one(0, new Uint8Array(32).fill(1)).id,
    new PackedPcrs(forwards, values).id,
    new PackedPcrs(backwards, values).id,
    new PackedPcrs(order(['sha256', [0, 7]]), values).id,
  ];
  expect(new Set(ids).size).toBe(ids.length);
  expect(one(0, zero).id).toBe(one(0, new Uint8Array(32)).id);
});

it('a quote whose banks were signed in another order gives each bank its own values', () => {
  const ak = makeAk('ecdsa');
  const made = makeQuote(ak, 'sha1:0-7+sha256:0-15', (attest) => {
    const pcrSelect = attest.attested.pcrSelect.toReversed();
    const pcrs = pcrValues('sha1:0-7+sha256:0-15');
    return { ...attest, attested: { pcrSelect, pcrDigest: pcrDigest(pcrSelect, pcrs, 'sha256') } };
  });
  const { quoted } = checkQuote(made.input, ak.ak, made.expected);
  expect(quoted!.banks).toEqual(['sha1', 'sha256']);
  for (const [bank, pcrs] of made.input.pcrs!) {
    for (const [pcr, value] of pcrs) expect(quoted!.value(bank, pcr)).toEqual(value);
  }
});

describe('values are those of a selection', () => {
  const selection = parseSelection('sha1:3,5+sha256:0,7');
  const without = (bank: HashName, pcr: number): PcrValues =>
    new Map([...values].map(([name, pcrs]) => [name, new Map([...pcrs].filter(([i]) => name !== bank || i !== pcr))]));

  const withBank = (bank: HashName, pcrs: ReadonlyMap<number, Uint8Array>): PcrValues =>
    new Map<HashName, ReadonlyMap<number, Uint8Array>>(values).set(bank, pcrs);

  it('each has its value, in whatever order', () => {
    expect(areOf(values, selection)).toBe(true);
    expect(areOf(new Map([...values].toReversed()), selection)).toBe(true);
    expect(areOf(withBank('sha512', new Map()), selection)).toBe(true);
  });

  it('not when one is missing, is of another PCR or bank, or is more', () => {
    expect(areOf(without('sha256', 7), selection)).toBe(false);
    expect(areOf(new Map([...values].slice(0, 1)), selection)).toBe(false);
    expect(areOf(values, parseSelection('sha1:3,5+sha256:0,8'))).toBe(false);
    expect(areOf(values, parseSelection('sha1:3,5+sha384:0,7'))).toBe(false);
    expect(areOf(values, parseSelection('sha1:3,5+sha256:0'))).toBe(false);
    const more = new Map([...values.get('sha256')!, [99, new Uint8Array(32)]]);
    expect(areOf(withBank('sha256', more), selection)).toBe(false);
  });
});
