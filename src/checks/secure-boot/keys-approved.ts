/** secure-boot.keys-approved: whoever may change or admit images is approved: PK, KEK and db hold nothing else. */

import * as z from 'zod/mini';
import type { SignatureEntry } from '../../references/reference-set.ts';
import type { Check, Finding } from '../model.ts';
import { finding, no, placeOf, unknown, yes } from '../outcome.ts';
import { expiredNotes, setsOf } from '../references.ts';
import { describe, measuredVariable } from './variables.ts';

const DATABASES = ['PK', 'KEK', 'db'] as const;

export const keysApproved: Check<Record<string, never>> = {
  id: 'secure-boot.keys-approved',
  link: 'secure-boot',
  required: true,
  question: 'Are all entries of PK, KEK and db approved?',
  pcrs: [7],
  accepts: { digest: ['replayed'], data: ['bound', 'bound-with-quirk'], outside: [] },
  references: ['secure-boot-keys'],
  parameters: z.strictObject({}),
  evaluate({ facts, references }) {
    const sets = setsOf(references, 'secure-boot-keys');
    const notes = expiredNotes(references, 'secure-boot-keys');
    const at = { part: 'log.firmware', pcr: 7 };
    if (sets.length === 0) {
      const input = { component: 'PK, KEK, db', expected: 'a secure-boot-keys reference', observed: 'none', at };
      return unknown([finding({ code: 'secure-boot.reference-missing', ...input })], notes);
    }
    const broken: Finding[] = [];
    const unproven: Finding[] = [];
    for (const database of DATABASES) {
      const measured = measuredVariable(facts, database);
      if (measured.state !== 'known' || (measured.variable.entries === undefined && !measured.variable.empty)) {
        const input = { component: database, expected: 'its signature lists', observed: describe(measured), at };
        unproven.push(finding({ code: 'secure-boot.state-unknown', ...input }));
        continue;
      }
      const approved = new Set(sets.flatMap((set) => set[database]).map(entryKey));
      for (const entry of measured.variable.entries ?? []) {
        if (approved.has(entryKey(entry))) continue;
        broken.push(
          finding({
            code: 'secure-boot.key-unapproved',
            component: database,
            expected: `one of ${approved.size} approved entries`,
            observed: `${entry.type} ${entry.sha256} of owner ${entry.owner}`,
            at: placeOf(measured.event),
          }),
        );
      }
    }
    if (broken.length > 0) return no([...broken, ...unproven], notes);
    return unproven.length > 0 ? unknown(unproven, notes) : yes(notes);
  },
};

/** The owner is not compared: it is a label of whoever enrolled the entry, and admits nothing. */
function entryKey(entry: { readonly type: SignatureEntry['type'] | 'other'; readonly sha256: string }): string {
  return `${entry.type}:${entry.sha256}`;
}
