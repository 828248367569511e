/** firmware.components-known: every component measured into PCR 0 and 2 is in a reference; known-bad ones never pass. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, no, placeOf, unknown, yes } from '../outcome.ts';
import { expiredNotes, firmwareIndex, revokedFirmware } from '../references.ts';
import { partEvents } from '../userspace.ts';

const PCRS = [0, 2];

export const componentsKnown: Check<Record<string, never>> = {
  id: 'firmware.components-known',
  link: 'firmware',
  required: true,
  question: 'Is every firmware component of PCR 0 and 2 covered by a reference?',
  pcrs: PCRS,
  accepts: { digest: ['replayed'], data: ['hint'], outside: [] },
  references: ['firmware'],
  parameters: z.strictObject({}),
  evaluate({ facts, references }) {
    const bank = facts.bank!;
    const known = firmwareIndex(references, bank);
    const revoked = revokedFirmware(references, bank);
    const notes = expiredNotes(references, 'firmware');
    const measured = PCRS.flatMap((pcr) => partEvents(facts, pcr).boot).filter(
      (event) => event.value.content.kind !== 'separator' || event.value.content.error,
    );
    const bad = measured
      .filter((event) => revoked.has(event.value.digest))
      .map((event) =>
        finding({
          code: 'firmware.component-revoked',
          component: known.get(`${event.source.pcr}:${event.value.digest}`)?.component ?? event.value.type,
          expected: 'a component that is not known to be bad',
          observed: `${event.value.digest} (${revoked.get(event.value.digest)})`,
          at: placeOf(event),
        }),
      );
    if (bad.length > 0) return no(bad, notes);
    const uncovered = measured
      .filter((event) => !known.has(`${event.source.pcr}:${event.value.digest}`))
      .map((event) =>
        finding({
          code: 'firmware.component-unknown',
          component: event.value.type,
          expected: `one of ${known.size} reference values`,
          observed: event.value.digest,
          at: placeOf(event),
        }),
      );
    if (!partEvents(facts, 0).boot.some((event) => event.value.content.kind !== 'separator')) {
      uncovered.push(
        finding({
          code: 'firmware.component-unknown',
          component: 'CRTM',
          expected: 'at least one measurement of the firmware in PCR 0',
          observed: 'none',
          at: { part: 'log.firmware', pcr: 0 },
        }),
      );
    }
    return uncovered.length > 0 ? unknown(uncovered, notes) : yes([...basesOf(measured, known), ...notes]);
  },
};

/** On what the yes rests, one note per basis. */
function basesOf(
  measured: readonly { readonly source: { readonly pcr?: number }; readonly value: { readonly digest: string } }[],
  known: ReadonlyMap<string, { readonly component: string; readonly set: string; readonly basis: string }>,
): Set<string> {
  return new Set(
    measured.map((event) => {
      const entry = known.get(`${event.source.pcr}:${event.value.digest}`)!;
      return `${entry.component}: ${entry.basis} (${entry.set})`;
    }),
  );
}
