/** runtime.entries-allowed: every file that was run, loaded or read under the measurement policy is the approved image's. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { no, unknown, yes } from '../outcome.ts';
import { OpenOrClosed } from '../open.ts';
import { entryFinding, withScan } from './scan.ts';
import { closing } from '../strictness.ts';

const Parameters = z.strictObject({
  /**
   * Files measured while somebody wrote to them. Nothing proves which files these were, so that none can be let pass for its
   * path: all break the link, or all but those that name a file of the image are open.
   */
  violations: z._default(OpenOrClosed, 'closed'),
});

export const entriesAllowed: Check<z.infer<typeof Parameters>> = {
  id: 'runtime.entries-allowed',
  link: 'runtime',
  required: true,
  question: 'Is every entry of the runtime list of this boot a file of the approved image?',
  pcrs: [10],
  accepts: { digest: ['replayed'], data: ['bound'], outside: [] },
  parameters: Parameters,
  tightens: { violations: closing },
  evaluate: (context) =>
    withScan(context, (scan) => {
      const expected = `a file of ${context.image.manifest!.name} ${context.image.manifest!.version}`;
      const declared = context.parameters.violations;
      const violations = declared === 'closed' ? scan.violations : scan.accusedViolations;
      const broken = [
        ...scan.unapproved.map((entry) => entryFinding('runtime.entry-unapproved', entry, expected)),
        ...scan.unreadable.map((entry) =>
          entryFinding('runtime.entry-unreadable', entry, 'the fields of its template'),
        ),
        ...violations.map((entry) => entryFinding('runtime.entry-violation', entry, 'measured while nobody wrote')),
      ];
      const unproven = scan.unproven.map((entry) => entryFinding('runtime.entry-unproven', entry, 'a sha256 digest'));
      const passed = scan.violations.length - violations.length;
      const notes = declared === 'closed' ? [] : [`violations open: ${declared.open}; ${passed} of them`];
      if (broken.length > 0) return no([...broken, ...unproven], notes);
      return unproven.length > 0 ? unknown(unproven, notes) : yes(notes);
    }),
};
