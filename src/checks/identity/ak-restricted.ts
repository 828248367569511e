/** identity.ak-restricted: only a restricted key is known to sign nothing but what its TPM itself says. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, no, placeOf, unknown, yes } from '../outcome.ts';
import { pinFinding } from './ak-pinned.ts';

/** Attributes an AK must have and lack (TPM 2.0 Part 2, 8.3.3; TCG AK template). */
const REQUIRED = ['restricted', 'sign', 'fixedTPM', 'fixedParent', 'sensitiveDataOrigin'] as const;

export const akRestricted: Check<Record<string, never>> = {
  id: 'identity.ak-restricted',
  link: 'identity',
  required: true,
  question: 'Is the attestation key a restricted signing key that never leaves its TPM?',
  pcrs: [],
  accepts: { digest: [], data: [], outside: ['operator', 'enrolled'] },
  parameters: z.strictObject({}),
  evaluate({ facts }) {
    const ak = facts.single('ak', '');
    const expected = `${REQUIRED.join(', ')}, not decrypt`;
    if (ak.state !== 'known') {
      const missing = pinFinding(facts);
      if (missing === null) throw new Error('a pinned AK has an ak fact');
      return unknown([missing]);
    }
    const { attributes, name } = ak.fact.value;
    const at = placeOf(ak.fact);
    if (attributes === null) {
      return unknown([
        finding({
          code: 'identity.ak-attributes-unknown',
          component: 'ak',
          expected,
          observed: `bare key ${name}`,
          at,
        }),
      ]);
    }
    const wrong: string[] = REQUIRED.filter((attribute) => !attributes[attribute]).map(
      (attribute) => `not ${attribute}`,
    );
    if (attributes.decrypt) wrong.push('decrypt');
    if (wrong.length === 0) return yes();
    return no([finding({ code: 'identity.ak-attributes', component: 'ak', expected, observed: wrong.join(', '), at })]);
  },
};
