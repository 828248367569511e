/** The quotes of the booted lab machines: two keys, three banks each. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HashName } from '../../src/bytes/hash.ts';
import { fromBase64url, fromHex } from '../../src/bytes/text.ts';
import { akAttributes } from '../../src/tpm/attributes.ts';
import { readAkPin } from '../../src/tpm/key.ts';
import type { PcrValues } from '../../src/tpm/pcr-values.ts';
import { checkQuote, joinQuotes, minimumBank, type QuoteInput } from '../../src/tpm/quote.ts';
import { parseSelection } from '../../src/tpm/selection.ts';
import { orMalformed } from './outcome.ts';

interface BundleJson {
  readonly ak: string;
  readonly quotes: readonly {
    readonly attest: string;
    readonly signature: string;
    readonly pcrs: Readonly<Partial<Record<HashName, Readonly<Record<string, string>>>>>;
  }[];
}

const ROOT = join(import.meta.dirname, '../../fixtures');
const SCENARIOS = readdirSync(ROOT).filter((name) => existsSync(join(ROOT, name, 'baseline/bundle.json')));
const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

const CASES = SCENARIOS.flatMap((scenario) =>
  ['bundle.json', 'bundle-rsa.json'].map((file) => {
    const folder = join(ROOT, scenario, 'baseline');
    const bundle = json(join(folder, file)) as BundleJson;
    const context = json(join(folder, 'context.json')) as { readonly nonce: string };
    return { scenario, file, bundle, nonce: fromHex(context.nonce) };
  }),
);

function inputOf(quote: BundleJson['quotes'][number]): { readonly bank: HashName; readonly input: QuoteInput } {
  const pcrs: PcrValues = new Map(
    Object.entries(quote.pcrs).map(([bank, values]) => [
      bank as HashName,
      new Map(Object.entries(values).map(([pcr, hex]) => [Number(pcr), fromHex(hex)])),
    ]),
  );
  const input = { attest: fromBase64url(quote.attest), signature: fromBase64url(quote.signature), pcrs };
  return { bank: [...pcrs.keys()][0]!, input };
}

it('finds the machines', () => {
  expect(SCENARIOS).toContain('uki');
});

describe.each(CASES)('$scenario, $file', ({ bundle, nonce }) => {
  const ak = readAkPin(fromBase64url(bundle.ak));
  const quotes = bundle.quotes.map((quote) => inputOf(quote));

  it('verifies every quote over PCR 0 to 15 of its bank', () => {
    for (const { bank, input } of quotes) {
      const { steps, quoted } = checkQuote(input, ak, { nonce, selection: parseSelection(`${bank}:0-15`) });
      expect(steps.filter(({ answer }) => answer !== 'yes').map(({ step }) => step)).toEqual(['qualified-signer']);
      expect(minimumBank(quoted!.selection)).toBe(bank === 'sha1' ? undefined : bank);
    }
  });

  it('joins them', () => {
    const checks = quotes.map(({ input }) => checkQuote(input, ak, { nonce, selection: undefined }).quoted!);
    expect(joinQuotes(checks).quoted!.banks).toEqual(['sha1', 'sha256', 'sha384']);
  });

  it('has a restricted key that only signs and never leaves its TPM', () => {
    expect(akAttributes(ak.public!)).toMatchObject({
      fixedTPM: true,
      fixedParent: true,
      sensitiveDataOrigin: true,
      restricted: true,
      sign: true,
      decrypt: false,
      nameAlg: 'sha256',
      schemeHash: 'sha256',
    });
  });

  it('gives no quoted values once a byte is changed', () => {
    const [{ input }] = quotes as [(typeof quotes)[number]];
    for (const part of ['attest', 'signature'] as const) {
      fc.assert(
        fc.property(fc.nat(input[part].length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
          const bytes = input[part].slice();
          bytes[at]! ^= mask;
          const check = orMalformed(() => checkQuote({ ...input, [part]: bytes }, ak, { nonce, selection: undefined }));
          expect(check?.quoted).toBeUndefined();
        }),
        { numRuns: 40 },
      );
    }
  });

  it('does not verify with the nonce of another boot', () => {
    const other = CASES.find((one) => Buffer.compare(one.nonce, nonce) !== 0);
    const { steps } = checkQuote(quotes[0]!.input, ak, {
      nonce: other?.nonce ?? nonce.toReversed(),
      selection: undefined,
    });
    expect(steps.find(({ step }) => step === 'extra-data')).toMatchObject({ answer: 'no', reason: 'differs' });
  });
});
