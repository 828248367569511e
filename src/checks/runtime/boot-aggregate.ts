/** runtime.boot-aggregate: the list begins with the firmware measurements of this very boot. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, no, placeOf, unknown, yes } from '../outcome.ts';

export const bootAggregate: Check<Record<string, never>> = {
  id: 'runtime.boot-aggregate',
  link: 'runtime',
  required: true,
  question: 'Does the runtime list start from this boot’s firmware measurements?',
  pcrs: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  accepts: { digest: ['replayed'], data: ['bound'], outside: [] },
  parameters: z.strictObject({}),
  evaluate({ facts }) {
    const first = facts.single('ima.boot-aggregate', '0');
    const component = 'boot_aggregate';
    if (first.state !== 'known') {
      const at = { part: 'log.ima', pcr: 10, index: 0 };
      const input = { component, expected: 'boot_aggregate as the first entry', observed: 'none', at };
      const list = facts.single('ima', '');
      return list.state !== 'known' || list.fact.value.entries === 0
        ? unknown([finding({ code: 'runtime.list-missing', ...input })])
        : no([finding({ code: 'runtime.boot-aggregate', ...input })]);
    }
    const { result, expected, observed } = first.fact.value;
    if (result === 'match') return yes();
    const found = finding({ code: 'runtime.boot-aggregate', component, expected, observed, at: placeOf(first.fact) });
    return result === 'mismatch' ? no([found]) : unknown([found]);
  },
};
