/** quote.counters: no counter of the TPM went back since the last accepted quote. */

import * as z from 'zod/mini';
import { compareCounters } from '../../tpm/counters.ts';
import type { Check } from '../model.ts';
import { finding, no, placeOf, yes } from '../outcome.ts';
import { unverified } from './steps.ts';

export const quoteCounters: Check<Record<string, never>> = {
  id: 'quote.counters',
  link: 'quote',
  required: true,
  question: 'Are the counters consistent with the last accepted quote?',
  pcrs: [],
  accepts: { digest: ['quoted'], data: [], outside: ['enrolled'] },
  parameters: z.strictObject({}),
  evaluate({ facts, references }) {
    const clock = facts.single('quote.clock', '');
    if (clock.state !== 'known') return unverified(facts);
    const { value } = clock.fact;
    const notes = value.safe ? [] : ['the TPM’s clock may have been set back by a power loss (safe = 0)'];
    const { prior } = references;
    if (prior === null) return yes(['first sight: no earlier quote to compare counters with', ...notes]);
    const now = {
      clockInfo: { ...value, clock: BigInt(value.clock) },
      firmwareVersion: BigInt(value.firmwareVersion),
    };
    const before = {
      clockInfo: { ...prior, safe: true },
      firmwareVersion: now.firmwareVersion,
    };
    const { relation, regressed } = compareCounters(before, now, { sameAk: true });
    if (relation !== 'regressed') return yes([relation, ...notes]);
    return no([
      finding({
        code: 'quote.counters-regressed',
        component: regressed ?? 'counters',
        expected: `at least resetCount ${prior.resetCount}, restartCount ${prior.restartCount}, clock ${prior.clock}`,
        observed: `resetCount ${value.resetCount}, restartCount ${value.restartCount}, clock ${value.clock}`,
        at: placeOf(clock.fact),
      }),
    ]);
  },
};
