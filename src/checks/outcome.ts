/** How a check builds its outcome. */

import { digestHex } from '../bytes/hash.ts';
import { canonicalJson } from '../bytes/json.ts';
import { printable } from '../bytes/text.ts';
import type { Fact } from '../facts/model.ts';
import type { FindingCode } from './codes.ts';
import type { Finding, FindingPlace, LinkId, Outcome } from './model.ts';

/** Findings of one check beyond this many are counted, not listed: a host must not make a result grow without end. */
const MAX_FINDINGS = 100;

interface FindingInput {
  readonly code: FindingCode;
  readonly component: string;
  readonly expected: string;
  readonly observed: string;
  readonly at: FindingPlace;
}

/** Text in a finding may be the host's: it is bounded and made printable here, once. */
export function finding(input: FindingInput): Finding {
  const component = printable(input.component);
  const observed = printable(input.observed);
  const identity = canonicalJson({ code: input.code, component, observed });
  return {
    code: input.code,
    link: input.code.slice(0, input.code.indexOf('.')) as LinkId,
    component,
    expected: printable(input.expected),
    observed,
    at: input.at,
    fingerprint: digestHex('sha256', new TextEncoder().encode(identity)),
  };
}

/** Place of the evidence a fact was drawn from. */
export function placeOf(fact: Fact): FindingPlace {
  const { part, pcr, index, offset } = fact.source;
  return {
    part,
    ...(pcr !== undefined && { pcr }),
    ...(index !== undefined && { index }),
    ...(offset !== undefined && { offset }),
  };
}

function bounded(findings: readonly Finding[], notes: readonly string[]): Pick<Outcome, 'findings' | 'notes'> {
  if (findings.length <= MAX_FINDINGS) return { findings, notes };
  const more = `${findings.length - MAX_FINDINGS} more findings of this check are not listed`;
  return { findings: findings.slice(0, MAX_FINDINGS), notes: [...notes, more] };
}

/** The evidence proves what was asked. */
export function yes(notes: readonly string[] = []): Outcome {
  return { answer: 'yes', findings: [], notes };
}

/** Some of the findings prove the answer is no. */
export function no(findings: readonly Finding[], notes: readonly string[] = []): Outcome {
  if (findings.length === 0) throw new RangeError('a no needs a finding');
  return { answer: 'no', ...bounded(findings, notes) };
}

/** The evidence or the references do not answer. */
export function unknown(findings: readonly Finding[], notes: readonly string[] = []): Outcome {
  if (findings.length === 0) throw new RangeError('an unknown needs a finding');
  return { answer: 'unknown', ...bounded(findings, notes) };
}

/** `no` if there is a finding, else `yes`. */
export function noIfAny(findings: readonly Finding[], notes: readonly string[] = []): Outcome {
  return findings.length === 0 ? yes(notes) : no(findings, notes);
}
