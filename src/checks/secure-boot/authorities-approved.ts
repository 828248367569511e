/** secure-boot.authorities-approved: every authority that admitted an image is an approved one. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, noIfAny, placeOf, unknown } from '../outcome.ts';
import { expiredNotes, setsOf } from '../references.ts';

/** shim measures its revocation level as an authority too; `secure-boot.sbat-level` asks about that one. */
export const SBAT_LEVEL = 'SbatLevel';

export const authoritiesApproved: Check<Record<string, never>> = {
  id: 'secure-boot.authorities-approved',
  link: 'secure-boot',
  required: true,
  question: 'Is every authority measured in PCR 7 approved?',
  pcrs: [7],
  accepts: { digest: ['replayed'], data: ['bound', 'bound-with-quirk'], outside: [] },
  references: ['secure-boot-keys'],
  parameters: z.strictObject({}),
  evaluate({ facts, references, image }) {
    const sets = setsOf(references, 'secure-boot-keys');
    const notes = expiredNotes(references, 'secure-boot-keys');
    if (sets.length === 0) {
      const at = { part: 'log.firmware', pcr: 7 };
      const input = { component: 'db', expected: 'a secure-boot-keys reference', observed: 'none', at };
      return unknown([finding({ code: 'secure-boot.reference-missing', ...input })], notes);
    }
    const approved = new Set([
      ...sets.flatMap((set) => set.db).map((entry) => entry.sha256),
      ...(image.manifest?.shim?.vendorCertificates ?? []),
    ]);
    return noIfAny(
      facts.events(7).flatMap((event) => {
        const { content } = event.value;
        if (content.kind !== 'authority' || content.variable === SBAT_LEVEL) return [];
        if (content.entry !== null && approved.has(content.entry.sha256)) return [];
        return finding({
          code: 'secure-boot.authority-unapproved',
          component: content.variable,
          expected: `one of ${approved.size} approved authorities`,
          observed: content.entry === null ? 'not a signature' : `${content.entry.type} ${content.entry.sha256}`,
          at: placeOf(event),
        });
      }),
      notes,
    );
  },
};
