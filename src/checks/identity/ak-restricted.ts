/** identity.ak-restricted: only a restricted key is known to sign nothing but what its TPM itself says. */

import * as z from 'zod/mini';
import { AK_EXPECTED, akFlaws } from '../../tpm/attributes.ts';
import type { Check } from '../model.ts';
import { finding, no, placeOf, unknown, yes } from '../outcome.ts';
import { pinFinding } from './ak-pinned.ts';

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
    const expected = AK_EXPECTED;
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
    const wrong = akFlaws(attributes);
    if (wrong.length === 0) return yes();
    return no([finding({ code: 'identity.ak-attributes', component: 'ak', expected, observed: wrong.join(', '), at })]);
  },
};
