/** secure-boot.sbat-level: the revocation level shim applied is an approved one. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, no, noIfAny, placeOf, yes } from '../outcome.ts';
import { expiredNotes, setsOf } from '../references.ts';
import { SBAT_LEVEL } from './authorities-approved.ts';

export const sbatLevel: Check<Record<string, never>> = {
  id: 'secure-boot.sbat-level',
  link: 'secure-boot',
  required: true,
  question: 'Is shim’s SBAT level approved, where the image has a shim?',
  pcrs: [7],
  accepts: { digest: ['replayed'], data: ['bound', 'bound-with-quirk'], outside: [] },
  references: ['mok'],
  parameters: z.strictObject({}),
  evaluate({ facts, references, image }) {
    const levels = facts
      .events(7)
      .filter(({ value: { content } }) => content.kind === 'authority' && content.variable === SBAT_LEVEL);
    if (levels.length === 0) {
      if (image.manifest?.shim === undefined) return yes(['no shim in the approved image']);
      const expected = 'the SBAT level of shim';
      const at = { part: 'log.firmware', pcr: 7 };
      return no([finding({ code: 'secure-boot.sbat-level', component: SBAT_LEVEL, expected, observed: 'none', at })]);
    }
    const notes = expiredNotes(references, 'mok');
    const approved = new Set(
      [...setsOf(references, 'mok').flatMap((set) => set.sbatLevels), ...(image.manifest?.shim?.sbatLevels ?? [])].map(
        normal,
      ),
    );
    return noIfAny(
      levels.flatMap((event) => {
        const { content } = event.value;
        const text = content.kind === 'authority' ? (content.text ?? '') : '';
        if (approved.has(normal(text))) return [];
        return finding({
          code: 'secure-boot.sbat-level',
          component: SBAT_LEVEL,
          expected: [...approved].join(' or ') || 'an approved level',
          observed: text,
          at: placeOf(event),
        });
      }),
      notes,
    );
  },
};

/** Line ends differ between shim's built-in text and the variable. */
function normal(text: string): string {
  return text.replaceAll('\0', '').trimEnd();
}
