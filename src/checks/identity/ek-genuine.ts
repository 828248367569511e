/** identity.ek-genuine: the EK's certificate leads to a root that vouches for TPMs of a kind the policy takes. */

import * as z from 'zod/mini';
import { ROOT_CLASSES } from '../../references/enrolment.ts';
import { NOTES, type NoteName } from '../../x509/path-model.ts';
import { QUIRKS } from '../../x509/quirks.ts';
import type { Check } from '../model.ts';
import { finding, no, placeOf, unknown, yes } from '../outcome.ts';
import { askEnrolled } from './enrolled.ts';
import { fewer, rising } from '../strictness.ts';

const Parameters = z.strictObject({
  /** classes of roots; a cloud's virtual TPMs and those of a lab are no proof of hardware */
  classes: z._default(z.array(z.enum(ROOT_CLASSES)).check(z.minLength(1)), ['discrete', 'firmware']),
  /** `where-known`: most vendors publish no lists, so a certificate without one passes; one whose list is out of date does not */
  revocation: z._default(z.enum(['where-known', 'required']), 'where-known'),
  /** whether a signature over SHA-1 counts, as old vendors' CAs have them: its content may be forged */
  sha1Signatures: z._default(z.boolean(), false),
});

function isRefused(concern: NoteName, { revocation, sha1Signatures }: z.infer<typeof Parameters>): boolean {
  switch (concern) {
    case 'crl-missing':
      return revocation === 'required';
    case 'sha1-signature':
      return !sha1Signatures;
    case 'crl-stale':
    case 'weak-key':
      return true;
  }
}

export const ekGenuine: Check<z.infer<typeof Parameters>> = {
  id: 'identity.ek-genuine',
  link: 'identity',
  required: true,
  question: 'Does the EK’s certificate lead to a trusted root of an allowed class?',
  pcrs: [],
  accepts: { digest: [], data: [], outside: ['operator', 'enrolled', 'reference'] },
  parameters: Parameters,
  tightens: { classes: fewer, revocation: rising(['where-known', 'required']), sha1Signatures: rising([true, false]) },
  evaluate: ({ facts, parameters }) =>
    askEnrolled(facts, 'ek', (fact) => {
      const { value } = fact;
      const place = { component: 'ek', at: placeOf(fact) };
      const expected = `a certificate that leads to a root of class ${parameters.classes.join(' or ')}`;
      switch (value.state) {
        case 'no-certificate':
          return unknown([
            finding({ code: 'identity.ek-certificate-missing', expected, observed: value.name, ...place }),
          ]);
        case 'unknown':
          return unknown([finding({ code: 'identity.ek-root-unknown', expected, observed: value.detail, ...place })]);
        case 'refused': {
          const observed = `${value.code}: ${value.detail}`;
          return no([finding({ code: 'identity.ek-certificate', expected, observed, ...place })]);
        }
        case 'genuine': {
          const root = `root ${value.root}, class ${value.class}`;
          const notes = [root, ...value.quirks.map((quirk) => `${quirk}: ${QUIRKS[quirk]}`)];
          if (!parameters.classes.some((allowed) => allowed === value.class)) {
            return no([finding({ code: 'identity.ek-class', expected, observed: root, ...place })], notes);
          }
          const refused = value.concerns.filter((concern) => isRefused(concern, parameters));
          if (refused.length === 0) return yes([...notes, ...value.concerns.map((concern) => NOTES[concern])]);
          const observed = refused.map((concern) => NOTES[concern]).join('; ');
          return unknown([finding({ code: 'identity.ek-unsure', expected, observed, ...place })], notes);
        }
      }
    }),
};
