/**
 * secure-boot.enabled: SecureBoot is 1 and a platform key is enrolled, both proved before the separator of PCR 7, and no variable of
 * the mode that is measured there says otherwise.
 */

import * as z from 'zod/mini';
import type { Check, Finding } from '../model.ts';
import { finding, no, placeOf, unknown, yes } from '../outcome.ts';
import { describe, measuredVariable, type SecureBootVariable } from './variables.ts';

export const enabled: Check<Record<string, never>> = {
  id: 'secure-boot.enabled',
  link: 'secure-boot',
  required: true,
  question: 'Is Secure Boot on, with a platform key enrolled?',
  pcrs: [7],
  accepts: { digest: ['replayed'], data: ['bound', 'bound-with-quirk'], outside: [] },
  parameters: z.strictObject({}),
  evaluate({ facts }) {
    const broken: Finding[] = [];
    const unproven: Finding[] = [];
    const pcr7 = { part: 'log.firmware', pcr: 7 };

    const secureBoot = measuredVariable(facts, 'SecureBoot');
    const shown = { component: 'SecureBoot', expected: '01', observed: describe(secureBoot) };
    if (secureBoot.state !== 'known' || secureBoot.variable.value === undefined || secureBoot.variable.empty) {
      unproven.push(finding({ code: 'secure-boot.state-unknown', ...shown, at: pcr7 }));
    } else if (secureBoot.variable.value !== '01') {
      broken.push(finding({ code: 'secure-boot.disabled', ...shown, at: placeOf(secureBoot.event) }));
    }

    const pk = measuredVariable(facts, 'PK');
    const pkShown = { component: 'PK', expected: 'a platform key', observed: describe(pk) };
    if (pk.state !== 'known') unproven.push(finding({ code: 'secure-boot.state-unknown', ...pkShown, at: pcr7 }));
    else if (pk.variable.empty)
      broken.push(finding({ code: 'secure-boot.setup-mode', ...pkShown, at: placeOf(pk.event) }));

    for (const [name, allowed] of MODES) {
      const mode = measuredVariable(facts, name);
      if (mode.state === 'missing') continue;
      if (mode.state === 'known' && allowed.includes(mode.variable.value ?? '')) continue;
      const expected = `${allowed.join(' or ')}, or not measured`;
      const at = mode.state === 'known' ? placeOf(mode.event) : pcr7;
      const shownMode = { component: name, expected, observed: describe(mode), at };
      broken.push(finding({ code: 'secure-boot.mode-conflict', ...shownMode }));
    }
    if (broken.length > 0) return no([...broken, ...unproven]);
    return unproven.length > 0 ? unknown(unproven) : yes();
  },
};

/**
 * The mode's variables (UEFI 2.10, 32.3) with the values that go with Secure Boot on and a platform key enrolled. No firmware has to
 * measure them. Deployed mode is the stricter of the two that are left.
 */
const MODES: readonly (readonly [SecureBootVariable, readonly string[]])[] = [
  ['SetupMode', ['00']],
  ['AuditMode', ['00']],
  ['DeployedMode', ['00', '01']],
];
