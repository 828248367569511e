/** runtime.entries-allowed: every file that was run, loaded or read under the measurement policy is the approved image's. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { no, unknown, yes } from '../outcome.ts';
import { entryFinding, withScan } from './scan.ts';

export const entriesAllowed: Check<Record<string, never>> = {
  id: 'runtime.entries-allowed',
  link: 'runtime',
  required: true,
  question: 'Is every entry of the runtime list of this boot a file of the approved image?',
  pcrs: [10],
  accepts: { digest: ['replayed'], data: ['bound'], outside: [] },
  parameters: z.strictObject({}),
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
      const notes = scan.otherViolations > 0 ? [`${scan.otherViolations} violations on files the image lacks`] : [];
      if (broken.length > 0) return no([...broken, ...open], notes);
      return open.length > 0 ? unknown(open, notes) : yes(notes);
    }),
};
