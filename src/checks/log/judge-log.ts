/** What the checks of link 3 say of a log as a whole. */

import type { Facts } from '../../facts/facts.ts';
import type { Outcome } from '../model.ts';
import { finding, no, placeOf, unknown, yes } from '../outcome.ts';

const NAMES = { firmware: 'firmware log', ima: 'IMA list', systemd: 'systemd log' } as const;

/** Absent: unknown. Malformed, or against its own format in a way that never holds: no. Other anomalies: notes. */
export function judgeLog(facts: Facts, part: keyof typeof NAMES): Outcome {
  const log = facts.single('log', part);
  if (log.state !== 'known') throw new Error(`the appraisal states no log fact for ${part}`);
  const { value } = log.fact;
  const at = placeOf(log.fact);
  const component = NAMES[part];
  if (value.state === 'absent') {
    return unknown([finding({ code: 'log.missing', component, expected: `the ${component}`, observed: 'none', at })]);
  }
  if (value.state === 'malformed') {
    const observed = `${value.code}: ${value.message}`;
    const place = { ...at, ...(value.offset !== null && { offset: value.offset }) };
    return no([finding({ code: 'log.malformed', component, expected: 'a well-formed log', observed, at: place })]);
  }
  const anomalies = facts.all('log.anomaly').filter((fact) => fact.subject === part);
  const notes = anomalies.filter((fact) => !fact.value.fatal).map((fact) => `${fact.value.kind}: ${fact.value.detail}`);
  const fatal = anomalies
    .filter((fact) => fact.value.fatal)
    .map((fact) =>
      finding({
        code: 'log.anomaly',
        component,
        expected: 'a whole log that keeps to its format',
        observed: `${fact.value.kind}: ${fact.value.detail}`,
        at: placeOf(fact),
      }),
    );
  return fatal.length > 0 ? no(fatal, notes) : yes(notes);
}
