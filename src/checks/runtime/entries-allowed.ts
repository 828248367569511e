/** runtime.entries-allowed: every file that was run, loaded or read under the measurement policy is the approved image's. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { OpenOrClosed } from '../open.ts';
import { finding, no, unknown, yes } from '../outcome.ts';
import { entryFinding, withScan } from './scan.ts';

const Parameters = z.strictObject({
  /**
   * Violations (a file open for writing while it was measured) on files the image lacks. Nothing proves a violation's path, so
   * closed is the default; busy hosts whose policy measures data declare them open.
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
  evaluate: (context) =>
    withScan(context, (scan) => {
      const expected = `a file of ${context.image.manifest!.name} ${context.image.manifest!.version}`;
      const broken = [
        ...scan.unapproved.map((entry) => entryFinding('runtime.entry-unapproved', entry, expected)),
        ...scan.violations.map((entry) =>
          entryFinding('runtime.entry-violation', entry, 'measured while nobody wrote'),
        ),
      ];
      const open = scan.unproven.map((entry) => entryFinding('runtime.entry-unproven', entry, 'a sha256 digest'));
      const others = `${scan.otherViolations} violations on files the image lacks`;
      const { violations } = context.parameters;
      if (scan.otherViolations > 0 && violations === 'closed') {
        const at = { part: 'log.ima', pcr: 10 };
        const input = { component: 'violations', expected: 'none, or declared open', observed: others, at };
        open.push(finding({ code: 'runtime.entry-violation', ...input }));
      }
      const notes = scan.otherViolations > 0 && violations !== 'closed' ? [`${others}, open: ${violations.open}`] : [];
      if (broken.length > 0) return no([...broken, ...open], notes);
      return open.length > 0 ? unknown(open, notes) : yes(notes);
    }),
};
