/** secure-boot.mok-state: the machine owner's keys that shim measured into PCR 14 are the approved ones. */

import * as z from 'zod/mini';
import { digestIn } from '../../references/schema.ts';
import type { Check } from '../model.ts';
import { finding, noIfAny, placeOf } from '../outcome.ts';
import { expiredNotes, setsOf } from '../references.ts';
import { partEvents } from '../userspace.ts';

export const mokState: Check<Record<string, never>> = {
  id: 'secure-boot.mok-state',
  link: 'secure-boot',
  required: true,
  question: 'Are the machine owner’s keys in PCR 14 the approved ones, or is there no shim?',
  pcrs: [14],
  accepts: { digest: ['replayed'], data: ['hint'], outside: [] },
  references: ['mok'],
  parameters: z.strictObject({}),
  evaluate({ facts, references, image }) {
    const bank = facts.bank!;
    const approved = mostOften([
      ...setsOf(references, 'mok').map((set) => set.variables.map((variable) => digestIn(variable.digests, bank))),
      ...(image.manifest?.pcrs['14'] ?? []).map((variant) =>
        variant.events.map((event) => digestIn(event.digests, bank)),
      ),
    ]);
    const measured = new Map<string, number>();
    return noIfAny(
      partEvents(facts, 14)
        .boot.filter(({ value: { digest } }) => {
          const times = (measured.get(digest) ?? 0) + 1;
          measured.set(digest, times);
          return times > (approved.get(digest) ?? 0);
        })
        .map((event) =>
          finding({
            code: 'secure-boot.mok-unapproved',
            component: 'MOK',
            expected: `one of ${approved.size} approved contents`,
            observed: event.value.digest,
            at: placeOf(event),
          }),
        ),
      expiredNotes(references, 'mok'),
    );
  },
};

/**
 * How often each digest may be measured: as often as the source that has it most. The name of a variable is not hashed, and
 * some of them have one byte: the approved content of one is no approval of another with the same.
 */
function mostOften(sources: readonly (readonly (string | undefined)[])[]): ReadonlyMap<string, number> {
  const most = new Map<string, number>();
  for (const source of sources) {
    const counts = new Map<string, number>();
    for (const digest of source) if (digest !== undefined) counts.set(digest, (counts.get(digest) ?? 0) + 1);
    for (const [digest, count] of counts) most.set(digest, Math.max(count, most.get(digest) ?? 0));
  }
  return most;
}
