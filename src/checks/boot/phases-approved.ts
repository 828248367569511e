/** boot.phases-approved: behind the image's sections PCR 11 holds the phases of a boot, in an approved order and nothing else. */

import * as z from 'zod/mini';
import type { Fact } from '../../facts/model.ts';
import { PHASES } from '../../references/phases.ts';
import type { Check } from '../model.ts';
import { finding, no, placeOf, unknown, yes } from '../outcome.ts';
import { required } from '../strictness.ts';
import { measures, partEvents } from '../userspace.ts';

/** Words with colons between, as systemd-measure(1) writes them. */
const Path = z.string().check(z.regex(/^[^:]+(?::[^:]+)*$/, 'must be words with colons between'));

const Parameters = z
  .strictObject({
    /** The orders in which phases may come. A boot is on its way through one, so that it may have any number of its first words. */
    paths: z._default(z.array(Path), [PHASES.join(':'), PHASES.slice(2).join(':')]),
    /** a phase that the boot must have reached */
    reached: z.optional(z.string()),
  })
  .check(
    z.refine(
      ({ paths, reached }) => reached === undefined || paths.some((path) => path.split(':').includes(reached)),
      'reached must be a word of one of the paths',
    ),
  );

export const phasesApproved: Check<z.infer<typeof Parameters>> = {
  id: 'boot.phases-approved',
  link: 'boot',
  required: true,
  question: 'Did the running system measure only approved phases into PCR 11, in their order?',
  pcrs: [11],
  accepts: { digest: ['replayed'], data: ['hint'], outside: [] },
  parameters: Parameters,
  tightens: { paths: fewerPaths, reached: required },
  evaluate({ facts, parameters: { paths, reached } }) {
    const bank = facts.bank!;
    const { userspace } = partEvents(facts, 11);
    const known = [...new Set(paths.flatMap((path) => path.split(':')))];
    const words = userspace.map((event) => known.find((word) => measures(event, word, bank)));
    const approved = paths.map((path) => path.split(':'));
    const foreign = words.findIndex(
      (_, i) =>
        !approved.some((path) => words.slice(0, i + 1).every((word, j) => word !== undefined && word === path[j])),
    );
    const shown = userspace.map((event, i) => words[i] ?? describe(event)).join(':');
    const component = 'phases';
    if (foreign !== -1) {
      const at = placeOf(userspace[foreign]!);
      const expected = paths.join(' or ') || 'no phase';
      return no([finding({ code: 'boot.phase-unapproved', component, expected, observed: shown, at })]);
    }
    if (reached !== undefined && !words.includes(reached)) {
      const at = { part: 'log.systemd', pcr: 11 };
      const observed = shown || 'no phase';
      return unknown([finding({ code: 'boot.phase-not-reached', component, expected: reached, observed, at })]);
    }
    return yes();
  },
};

/** A boot is on its way through a path, so a path that ends earlier allows less. */
function fewerPaths(base: readonly string[], derived: readonly string[]): boolean {
  return derived.every((path) => base.some((whole) => `${whole}:`.startsWith(`${path}:`)));
}

function describe({ value: { content, digest } }: Fact<'event'>): string {
  return content.kind === 'text' ? content.text : digest;
}
