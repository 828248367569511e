/** What the firmware itself reports in PCR 7 by the texts of actions, found whatever the log calls the event. */

import { digestHex, type HashName } from '../../bytes/hash.ts';
import type { Facts } from '../../facts/facts.ts';
import type { Fact } from '../../facts/model.ts';
import type { FindingCode } from '../codes.ts';
import type { Outcome } from '../model.ts';
import { finding, noIfAny, placeOf } from '../outcome.ts';

/** Yes if no event of PCR 7 measures the text; else no, with a finding for each. */
export function judgeActionAbsent(facts: Facts, text: string, code: FindingCode, component: string): Outcome {
  const expected = `no event "${text}" in PCR 7`;
  return noIfAny(
    actionsInPcr7(facts, text).map((event) =>
      finding({ code, component, expected, observed: text, at: placeOf(event) }),
    ),
  );
}

/**
 * Events of PCR 7 that measure a text. An event's type is not hashed, so the digest tells: of the text alone, or with the
 * terminator that some firmwares add.
 */
function actionsInPcr7(facts: Facts, text: string): readonly Fact<'event'>[] {
  const digests = new Set([text, `${text}\0`].map((form) => digestOf(facts.bank!, form)));
  return facts.events(7).filter((event) => digests.has(event.value.digest));
}

function digestOf(bank: HashName, text: string): string {
  return digestHex(bank, new TextEncoder().encode(text));
}
