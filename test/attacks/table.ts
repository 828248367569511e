/** Every attack a verifier must resist, by its number: what is carried out here, and what is not yet in the product. */
import type { Attack, Section } from './attack.ts';
import { BOOT } from './boot.ts';
import { IDENTITY } from './identity.ts';
import { LOG } from './log.ts';
import { QUOTE } from './quote.ts';
import { VERIFIER } from './verifier.ts';

/** A number may stand in several sections: what it is done to differs. */
export const ATTACKS: ReadonlyMap<number, readonly Attack[]> = collect([LOG, BOOT, QUOTE, IDENTITY, VERIFIER]);

function collect(sections: readonly Section[]): ReadonlyMap<number, readonly Attack[]> {
  const all = new Map<number, readonly Attack[]>();
  for (const [number, attacks] of sections.flatMap((section) => Object.entries(section))) {
    all.set(Number(number), [...(all.get(Number(number)) ?? []), ...attacks]);
  }
  return new Map([...all].toSorted(([one], [other]) => one - other));
}

/** Attacks on parts that the product does not have, each with the reason. */
export const OUT_OF_SCOPE: ReadonlyMap<number, string> = new Map([
  [112, 'guests have no verdicts yet'],
  [113, 'a child that loosens its base is refused, but whoever starts the service activates policies alone'],
  [114, 'changes are recorded, but no checkpoint is kept elsewhere yet'],
]);
