/** secure-boot.dbx-current: the forbidden signatures include at least the required ones. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, noIfAny, placeOf, unknown } from '../outcome.ts';
import { expiredNotes, isSilent, setsOf } from '../references.ts';
import { describe, measuredVariable } from './variables.ts';

export const dbxCurrent: Check<Record<string, never>> = {
  id: 'secure-boot.dbx-current',
  link: 'secure-boot',
  required: true,
  question: 'Does dbx hold every required entry?',
  pcrs: [7],
  accepts: { digest: ['replayed'], data: ['bound', 'bound-with-quirk'], outside: [] },
  references: ['dbx'],
  parameters: z.strictObject({}),
  evaluate({ facts, references }) {
    const sets = setsOf(references, 'dbx');
    const at = { part: 'log.firmware', pcr: 7 };
    const notes = expiredNotes(references, 'dbx');
    // A set that expired, or of too weak a basis, goes on requiring and answers nothing by itself.
    if (sets.every((set) => isSilent(references, set))) {
      const input = { component: 'dbx', expected: 'a dbx reference', observed: 'none', at };
      return unknown([finding({ code: 'secure-boot.reference-missing', ...input })], notes);
    }
    const dbx = measuredVariable(facts, 'dbx');
    if (dbx.state !== 'known' || (dbx.variable.entries === undefined && !dbx.variable.empty)) {
      const input = { component: 'dbx', expected: 'its signature lists', observed: describe(dbx), at };
      return unknown([finding({ code: 'secure-boot.state-unknown', ...input })], notes);
    }
    // What stands in a list of another type forbids nothing.
    const effective = (dbx.variable.entries ?? []).filter((entry) => entry.type !== 'other');
    const held = new Set(effective.map((entry) => entry.sha256));
    const required = new Set(sets.flatMap((set) => set.required));
    return noIfAny(
      [...required]
        .filter((sha256) => !held.has(sha256))
        .map((sha256) =>
          finding({
            code: 'secure-boot.dbx-incomplete',
            component: 'dbx',
            expected: sha256,
            observed: `${held.size} other entries`,
            at: placeOf(dbx.event),
          }),
        ),
      notes,
    );
  },
};
