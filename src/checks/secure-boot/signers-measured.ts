/** secure-boot.signers-measured: what admitted each image of the approved boot chain is among the measured authorities. */

import * as z from 'zod/mini';
import type { Check } from '../model.ts';
import { finding, noIfAny, unknown } from '../outcome.ts';

export const signersMeasured: Check<Record<string, never>> = {
  id: 'secure-boot.signers-measured',
  link: 'secure-boot',
  required: true,
  question: 'Is the signer of every image that firmware or shim admitted among the measured authorities?',
  pcrs: [4, 7],
  accepts: { digest: ['replayed'], data: ['bound', 'bound-with-quirk'], outside: [] },
  parameters: z.strictObject({}),
  evaluate({ facts, image }) {
    const at = { part: 'log.firmware', pcr: 7 };
    if (image.manifest === null) {
      const input = { component: 'image', expected: 'an approved image', observed: 'none', at };
      return unknown([finding({ code: 'secure-boot.reference-missing', ...input })]);
    }
    const measured = new Set(
      facts
        .events(7)
        .flatMap(({ value: { content } }) =>
          content.kind === 'authority' && content.entry !== null ? [content.entry.sha256] : [],
        ),
    );
    const admitted = image.manifest.images.filter((entry) => entry.admittedBy !== 'none');
    return noIfAny(
      admitted
        .filter((entry) => !entry.authorities.some((authority) => measured.has(authority)))
        .map((entry) =>
          finding({
            code: 'secure-boot.authority-missing',
            component: entry.component,
            expected: entry.authorities.join(' or ') || 'a signed image',
            observed: measured.size === 0 ? 'no authority' : [...measured].join(', '),
            at,
          }),
        ),
    );
  },
};
