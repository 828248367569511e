/** Secure Boot's variables as PCR 7 proves them: measured once, before the separator. */

import type { Facts } from '../../facts/facts.ts';
import type { EventContent, Fact } from '../../facts/model.ts';
import { GLOBAL_VARIABLE_GUID, IMAGE_SECURITY_GUID } from '../../uefi/guid.ts';

/** VendorGuid of a variable of Secure Boot (UEFI 2.10, 3.3 and 32.6.1): the databases of images have one of their own. */
export function guidOf(name: string): string {
  return name.startsWith('db') ? IMAGE_SECURITY_GUID : GLOBAL_VARIABLE_GUID;
}

/** Those a check asks about by name. */
export type SecureBootVariable =
  'SecureBoot' | 'PK' | 'KEK' | 'SetupMode' | 'AuditMode' | 'DeployedMode' | 'db' | 'dbx';

export type Variable = Extract<EventContent, { kind: 'variable' }>;

type Measured =
  | { readonly state: 'known'; readonly variable: Variable; readonly event: Fact<'event'> }
  | { readonly state: 'missing' }
  | { readonly state: 'conflict'; readonly events: readonly Fact<'event'>[] };

/** The one measurement of a variable. Several count as one when their digests are equal, and answer nothing when they are not. */
export function measuredVariable(facts: Facts, name: SecureBootVariable): Measured {
  const events = facts.events(7).filter((event) => {
    const { content, afterSeparator } = event.value;
    return content.kind === 'variable' && content.name === name && content.guid === guidOf(name) && !afterSeparator;
  });
  const first = events[0];
  if (first === undefined) return { state: 'missing' };
  if (events.some((event) => event.value.digest !== first.value.digest)) return { state: 'conflict', events };
  return { state: 'known', variable: first.value.content as Variable, event: first };
}

/** What a finding shows of a variable that answers nothing. */
export function describe(measured: Measured): string {
  if (measured.state === 'missing') return 'not measured before the separator of PCR 7';
  if (measured.state === 'conflict') return `measured ${measured.events.length} times with different values`;
  return measured.variable.empty ? 'empty' : (measured.variable.value ?? 'set');
}
