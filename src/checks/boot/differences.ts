/** Which finding a difference between boot and image is: by what is expected in its place, else by the PCR it stands in. */

import type { EventFact } from '../../facts/model.ts';
import type { FindingCode } from '../codes.ts';
import type { Difference } from '../image-match.ts';
import { COMMAND_LINE } from '../image-match.ts';
import type { CheckContext, Finding, Outcome } from '../model.ts';
import { finding, noIfAny, placeOf, unknown } from '../outcome.ts';

const INITRD = 'initrd';

const BY_PCR: ReadonlyMap<number, FindingCode> = new Map([
  [4, 'boot.image-unapproved'],
  [8, 'boot.loader-command-unapproved'],
  [9, 'boot.loader-file-unapproved'],
  [11, 'boot.section-unapproved'],
  [12, 'boot.override-present'],
  [13, 'boot.override-present'],
  [14, 'boot.mok-unapproved'],
]);

/** Every difference has exactly one code, so that every one is some check's finding. */
export function codeOf({ pcr, expected, observed, orderOnly }: Difference): FindingCode {
  if (observed === null) return 'boot.event-missing';
  if (orderOnly) return 'boot.order';
  if (expected?.component === INITRD) return 'boot.initrd-unapproved';
  if (expected?.component === COMMAND_LINE) return 'boot.command-line-unapproved';
  return BY_PCR.get(pcr)!;
}

/** The outcome of a check that asks about the differences with these codes. */
export function judgeDifferences({ facts, image }: CheckContext<unknown>, codes: readonly FindingCode[]): Outcome {
  if (image.manifest === null) {
    const at = { part: 'log.firmware' };
    const input = { component: 'image', expected: 'an approved image', observed: 'none named by the policy', at };
    return unknown([finding({ code: 'boot.manifest-missing', ...input })]);
  }
  const name = `${image.manifest.name} ${image.manifest.version}`;
  const bank = facts.bank!;
  return noIfAny(
    image.differences.flatMap((difference): Finding[] => {
      const code = codeOf(difference);
      if (!codes.includes(code)) return [];
      const { expected, observed, pcr } = difference;
      return [
        finding({
          code,
          component: expected?.component ?? observed?.value.type ?? 'event',
          expected:
            expected === null ? `nothing more (${name})` : `${expected.what} ${expected.digests[bank] ?? ''} (${name})`,
          observed: observed === null ? 'nothing' : describe(observed.value),
          at: observed === null ? { part: 'log.firmware', pcr } : placeOf(observed),
        }),
      ];
    }),
  );
}

function describe({ digest, content }: EventFact): string {
  return content.kind === 'text' ? `${digest} "${content.text}"` : digest;
}
