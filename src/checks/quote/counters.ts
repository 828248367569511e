/** quote.counters: no counter of the TPM went back since the last accepted quote. */

import * as z from 'zod/mini';
import { compareCounters, type CounterNote } from '../../tpm/counters.ts';
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
    const { prior } = references;
    const now = {
      clockInfo: { ...value, clock: BigInt(value.clock) },
      firmwareVersion: BigInt(value.firmwareVersion),
    };
    const before = prior && { clockInfo: { ...prior, safe: true }, firmwareVersion: prior.firmwareVersion };
    const { relation, regressed, notes } = compareCounters(before, now, { sameAk: true });
    const texts = notes.map((note) => NOTES[note]);
    if (prior === null) return yes(['first sight: no earlier quote to compare counters with', ...texts]);
    if (relation !== 'regressed') return yes([relation, ...texts]);
    if (prior.reactivated === true) return yes([CLEARED, ...texts]);
    const found = finding({
      code: 'quote.counters-regressed',
      component: regressed ?? 'counters',
      expected: `at least resetCount ${prior.resetCount}, restartCount ${prior.restartCount}, clock ${prior.clock}`,
      observed: `resetCount ${value.resetCount}, restartCount ${value.restartCount}, clock ${value.clock}`,
      at: placeOf(clock.fact),
    });
    return no([found], texts);
  },
};

/** Only who has the TPM can activate a key in it (TPM 2.0 Part 3, 24.6). */
const CLEARED = 'the counters began anew: the TPM was cleared, and the host activated again since';

/** Without numbers: those of a key outside the endorsement hierarchy are shifted (TPM 2.0 Part 1, 36.7). */
const NOTES: Readonly<Record<CounterNote, string>> = {
  'clock-not-safe': 'the TPM’s clock may have been set back by a power loss (safe = 0)',
  'firmware-version-changed': 'the TPM runs other firmware than at the earlier quote',
  resumed: 'the machine slept since the earlier quote (restartCount rose)',
};
