import { describe, expect, it } from 'vitest';
import { attestationKeyFromSpki } from '../../src/tpm/key.ts';
import * as quoteModule from '../../src/tpm/quote.ts';
import { checkQuote, isQuotedPcrs, joinQuotes, type QuotedPcrs } from '../../src/tpm/quote.ts';
import type { AttestOf } from '../../src/tpm/attest.ts';
import type { TpmsClockInfo } from '../../src/tpm/clock-info.ts';
import { selectionText } from '../../src/tpm/selection.ts';
import { CLOCK, makeAk, makeQuote, pcrDigest, type SoftwareAk } from './software-tpm.ts';

const FROM = makeAk('ecdsa');

function quote(
  selection: string,
  clockInfo: Partial<TpmsClockInfo> = {},
  from: SoftwareAk = FROM,
  header: Partial<AttestOf<'QUOTE'>> = {},
): QuotedPcrs {
  const made = makeQuote(from, selection, (attest) => ({
    ...attest,
    ...header,
    clockInfo: { ...CLOCK, ...clockInfo },
  }));
  return checkQuote(made.input, from.ak, made.expected).quoted!;
}

describe('QuotedPcrs', () => {
  it('cannot be made by anything else', () => {
    const real = quote('sha256:0-15');
    expect(isQuotedPcrs(real)).toBe(true);
    expect(Object.keys(quoteModule)).not.toContain('QuotedPcrs');
    const Stolen = real.constructor as new (...args: unknown[]) => QuotedPcrs;
    const fields = { ak: FROM.ak, clockInfo: CLOCK, firmwareVersion: 0n, values: new Map() };
    expect(() => new Stolen(Symbol('quoted'), fields)).toThrow(TypeError);
    expect(() => new Stolen(undefined, fields)).toThrow(TypeError);
    const copies: unknown[] = [
      Object.assign({}, real),
      structuredClone({ clockInfo: real.clockInfo }),
      Object.create(real),
      null,
      1,
    ];
    for (const copy of copies) expect(isQuotedPcrs(copy)).toBe(false);
    expect(() => joinQuotes([Object.create(real) as QuotedPcrs])).toThrow('only verified quotes');
  });

  it('cannot be changed', () => {
    const real = quote('sha256:0-15') as unknown as { clockInfo: unknown };
    expect(() => (real.clockInfo = {})).toThrow(TypeError);
  });
});

describe('joinQuotes', () => {
  it('merges quotes of one boot and one key', () => {
    const joined = joinQuotes([
      quote('sha256:0-15', { clock: 5n }),
      quote('sha384:0-15', { clock: 9n, safe: false }),
      quote('sha256:15,17', { clock: 7n }),
    ]).quoted!;
    expect(isQuotedPcrs(joined)).toBe(true);
    expect(selectionText(joined.selection)).toBe(
      'sha256:0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,17+sha384:0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15',
    );
    expect(joined.clockInfo).toEqual({ ...CLOCK, clock: 9n, safe: false });
    expect(joined.value('sha256', 17)).toHaveLength(32);
    expect(joinQuotes([joined, quote('sha1:0')]).quoted!.banks).toEqual(['sha1', 'sha256', 'sha384']);
  });

  it('keeps a single quote as it is', () => {
    const one = quote('sha256:0-15');
    expect(joinQuotes([one]).quoted).toBe(one);
  });

  it.each([
    ['boot', { resetCount: CLOCK.resetCount + 1 }],
    ['boot', { restartCount: CLOCK.restartCount + 1 }],
  ])('refuses another %s', (fault, clockInfo) => {
    expect(joinQuotes([quote('sha256:0-15'), quote('sha384:0', clockInfo)])).toMatchObject({
      quoted: undefined,
      fault,
    });
  });

  it('refuses other TPM firmware', () => {
    const other = quote('sha384:0', {}, FROM, { firmwareVersion: 1n });
    expect(joinQuotes([quote('sha256:0-15'), other])).toMatchObject({ quoted: undefined, fault: 'boot' });
  });

  it('refuses another key, and takes the same key known in another way', () => {
    expect(joinQuotes([quote('sha256:0-15'), quote('sha384:0', {}, makeAk('ecdsa'))])).toMatchObject({ fault: 'ak' });
    const made = makeQuote(FROM, 'sha384:0');
    const pem = attestationKeyFromSpki(new Uint8Array(FROM.spki.export({ format: 'der', type: 'spki' })));
    const pinned = checkQuote(made.input, pem, made.expected).quoted!;
    expect(joinQuotes([quote('sha256:0-15'), pinned]).quoted).toBeDefined();
  });

  it('refuses one PCR with two values', () => {
    const made = makeQuote(FROM, 'sha256:10', (attest) => ({
      ...attest,
      attested: {
        ...attest.attested,
        pcrDigest: pcrDigest(
          attest.attested.pcrSelect,
          new Map([['sha256', new Map([[10, new Uint8Array(32)]])]]),
          'sha256',
        ),
      },
    }));
    const pcrs = new Map([['sha256', new Map([[10, new Uint8Array(32)]])] as const]);
    const moved = checkQuote({ ...made.input, pcrs }, FROM.ak, made.expected).quoted!;
    expect(joinQuotes([quote('sha256:0-15'), moved])).toMatchObject({ quoted: undefined, fault: 'pcr' });
  });

  it('makes nothing of nothing', () => {
    expect(joinQuotes([])).toMatchObject({ quoted: undefined, fault: 'none' });
  });
});
