/** Facts of the attestation key and of the quotes: what links 1 and 2 are asked about. */

import { toHex } from '../bytes/text.ts';
import type { EvidenceBundle } from '../evidence/bundle.ts';
import { hintsId } from '../evidence/claims.ts';
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
  const provenance = { outside: value.by === 'enrolment' ? 'enrolled' : 'operator' } as const;
  return { name: 'ak.pin', value, provenance, subject: '', source: AK };
}

/** The state of the quotes as a whole. */
export function quoteFact(value: QuoteFact): Fact<'quote'> {
  return { name: 'quote', value, provenance: {}, subject: '', source: QUOTE };
}

/** One step of a quote. @param index which quote of the bundle */
export function stepFact({ step, answer, reason, expected, observed }: QuoteStep, index: number): Fact<'quote.step'> {
  const seen = observed ?? 'none';
  return {
    name: 'quote.step',
    value: {
      answer,
      expected: expected ?? 'an answer',
      observed: reason === null ? seen : `${seen} (${reason})`,
      reached: reason !== 'not-reached',
    },
    provenance: { digest: 'quoted' },
    subject: step,
    source: { part: 'quote', index },
  };
}

/** The claims of a bundle, beside what the bundle holds; `missing` when the challenge asked for claims and none came. */
export function claimsFact({ claims, hints, firmwareLog, imaLog, systemdLog }: EvidenceBundle): Fact<'quote.claims'> {
  const about = {
    name: 'quote.claims',
    provenance: { digest: 'quoted', data: 'bound' },
    subject: '',
    source: QUOTE,
  } as const;
  if (claims === undefined) return { ...about, value: { state: 'missing' } };
  const misfits: string[] = [];
  if (claims.hints !== hintsId(hints)) misfits.push('the hints are not those claimed');
  const lengths = [
    ['firmware log', claims.firmwareLog, firmwareLog?.bytes, (now: number, then: number) => now === then],
    // The running system went on measuring while they were read.
    ['runtime list', claims.imaLog, imaLog?.bytes, (now: number, then: number) => now >= then],
    ['log of systemd', claims.systemdLog, systemdLog?.bytes, (now: number, then: number) => now >= then],
  ] as const;
  for (const [what, claimed, bytes, fits] of lengths) {
    if (bytes !== undefined && !fits(bytes.length, claimed ?? 0)) {
      misfits.push(`the ${what} has ${bytes.length} bytes and ${claimed ?? 'none'} were claimed`);
    }
  }
  return { ...about, value: { state: 'present', claims, misfits } };
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
