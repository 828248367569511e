/** Facts of the attestation key and of the quotes: what links 1 and 2 are asked about. */

import { toHex } from '../bytes/text.ts';
import { akAttributes } from '../tpm/attributes.ts';
import type { AttestationKey } from '../tpm/key.ts';
import type { QuotedPcrs } from '../tpm/quote.ts';
import type { QuoteStep } from '../tpm/quote-steps.ts';
import type { AkFact, Fact, PinFact, QuoteFact } from './model.ts';

const AK = { part: 'ak' } as const;
const QUOTE = { part: 'quote' } as const;

/** The key the evidence is verified with, or the one it claims when none is accepted. */
export function akFact(ak: AttestationKey): Fact<'ak'> {
  const value: AkFact = {
    name: ak.name === undefined ? 'no name (bare public key)' : toHex(ak.name),
    attributes: ak.public === undefined ? null : pick(akAttributes(ak.public)),
  };
  return { name: 'ak', value, provenance: {}, subject: '', source: AK };
}

function pick({
  restricted,
  sign,
  decrypt,
  fixedTPM,
  fixedParent,
  sensitiveDataOrigin,
}: NonNullable<AkFact['attributes']>): AkFact['attributes'] {
  return { restricted, sign, decrypt, fixedTPM, fixedParent, sensitiveDataOrigin };
}

/** Whether the verifier’s side vouches for the AK. */
export function pinFact(value: PinFact): Fact<'ak.pin'> {
  return { name: 'ak.pin', value, provenance: { outside: 'operator' }, subject: '', source: AK };
}

/** The state of the quotes as a whole. */
export function quoteFact(value: QuoteFact): Fact<'quote'> {
  return { name: 'quote', value, provenance: {}, subject: '', source: QUOTE };
}

/** The steps of one quote of the bundle. */
export function stepFacts(steps: readonly QuoteStep[], index: number): readonly Fact<'quote.step'>[] {
  return steps.map((step) => ({
    name: 'quote.step',
    value: {
      answer: step.answer,
      expected: step.expected ?? 'an answer',
      observed: `${step.observed ?? 'none'}${step.reason === null ? '' : ` (${step.reason})`}`,
      reached: step.reason !== 'not-reached',
    },
    provenance: { digest: 'quoted' },
    subject: step.step,
    source: { ...QUOTE, index },
  }));
}

/** The counters of the verified quotes. */
export function clockFact(quoted: QuotedPcrs): Fact<'quote.clock'> {
  const { clock, resetCount, restartCount, safe } = quoted.clockInfo;
  return {
    name: 'quote.clock',
    value: {
      clock: clock.toString(),
      resetCount,
      restartCount,
      safe,
      firmwareVersion: quoted.firmwareVersion.toString(),
    },
    provenance: { digest: 'quoted' },
    subject: '',
    source: QUOTE,
  };
}
