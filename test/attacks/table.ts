/** Every attack a verifier must resist, by its number: what is carried out here, and what is not yet in the product. */
import type { Attack } from './attack.ts';
import { BOOT } from './boot.ts';
import { IDENTITY } from './identity.ts';
import { LOG } from './log.ts';
import { QUOTE } from './quote.ts';
import { VERIFIER } from './verifier.ts';

export const ATTACKS: ReadonlyMap<number, readonly Attack[]> = new Map(
  [LOG, BOOT, QUOTE, IDENTITY, VERIFIER]
    .flatMap((section) => Object.entries(section))
    .map(([number, attacks]) => [Number(number), attacks]),
);

const EK =
  'endorsement keys and their certificates are not judged yet: an AK pinned by the operator stands in for them';
/** Attacks on parts that the product does not have, each with the reason. */
export const OUT_OF_SCOPE: ReadonlyMap<number, string> = new Map([
  [73, EK],
  [74, EK],
  [75, EK],
  [76, EK],
  [77, EK],
  [78, EK],
  [79, EK],
  [80, EK],
  [81, EK],
  [82, EK],
  [83, 'platform certificates are not judged yet'],
  [112, 'guests have no verdicts yet'],
  [113, 'policies have no base and are activated by whoever starts the service'],
  [114, 'changes are recorded, but no checkpoint is kept elsewhere yet'],
]);
