/** secure-boot.events-known: PCR 7 holds Secure Boot's variables before its separator, authorities and actions, no more. */

import * as z from 'zod/mini';
import type { Fact } from '../../facts/model.ts';
import type { Check } from '../model.ts';
import { finding, noIfAny, placeOf } from '../outcome.ts';
import { guidOf, type Variable } from './variables.ts';
import { partEvents } from '../userspace.ts';

export const eventsKnown: Check<Record<string, never>> = {
  id: 'secure-boot.events-known',
  link: 'secure-boot',
  required: true,
  question: 'Does PCR 7 hold only events that belong there?',
  pcrs: [7],
  accepts: { digest: ['replayed'], data: ['bound', 'bound-with-quirk'], outside: [] },
  parameters: z.strictObject({}),
  evaluate({ facts }) {
    const events = partEvents(facts, 7).boot;
    const repeated = repeatedVariables(events);
    return noIfAny(
      events
        .filter((event) => !belongs(event) || repeated.has(event))
        .map((event) =>
          finding({
            code: 'secure-boot.event-unexpected',
            component: event.value.type,
            expected:
              'a variable of Secure Boot (once, before the separator), an authority, a known action or a separator',
            observed: `${event.value.digest}${event.value.afterSeparator ? ' after the separator' : ''}`,
            at: placeOf(event),
          }),
        ),
    );
  },
};

/** Actions the profile names for PCR 7; whether they are welcome is asked by link 4. */
const ACTIONS = new Set(['UEFI Debug Mode', 'DMA Protection Disabled']);

/**
 * Variables the profile names for PCR 7. The type that tells a variable from an authority is not hashed, and an authority's
 * data is a variable too: so a variable counts only with a name of this list, once, and with lists of signatures in it
 * where it is a database. An authority under another type has none of that.
 */
const VARIABLES = new Set(['SecureBoot', 'AuditMode', 'DeployedMode', 'SetupMode']);
const DATABASES = new Set(['PK', 'KEK', 'db', 'dbx', 'dbt', 'dbr']);

function isKnownVariable({ name, guid, entries, empty }: Variable): boolean {
  const list = DATABASES.has(name) && (entries !== undefined || empty);
  return (VARIABLES.has(name) || list) && guid === guidOf(name);
}

/** The events of variables whose name an event before them has. */
function repeatedVariables(events: readonly Fact<'event'>[]): ReadonlySet<Fact<'event'>> {
  const names = new Set<string>();
  return new Set(
    events.filter(({ value: { content } }) => {
      if (content.kind !== 'variable') return false;
      const known = names.has(content.name);
      names.add(content.name);
      return known;
    }),
  );
}

function belongs({ value: { content, afterSeparator } }: Fact<'event'>): boolean {
  switch (content.kind) {
    case 'separator':
      return !content.error && !afterSeparator;
    case 'variable':
      return !afterSeparator && isKnownVariable(content);
    case 'authority':
      return true;
    case 'action':
      return ACTIONS.has(content.text);
    default:
      return false;
  }
}
