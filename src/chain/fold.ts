/** Folds the outcomes of checks into links and a verdict (DESIGN: judging). It knows no check's inside. */

import { checkById } from '../checks/catalogue.ts';
import { LINKS, type Finding, type LinkId, type Outcome } from '../checks/model.ts';
import type { PlannedCheck, ResolvedPolicy } from '../policy/resolve.ts';
import { FOUNDATION, RESTS_ON } from './links.ts';
import type { CheckResult, LinkResult, LinkStatus, Verdict } from './model.ts';

/** A planned check with its outcome; `null` when it could not be asked. */
export interface Asked {
  readonly planned: PlannedCheck;
  readonly outcome: Outcome | null;
}

export interface Folded {
  readonly verdict: Verdict;
  readonly weakestLink: LinkId | null;
  readonly links: readonly LinkResult[];
  readonly caps: readonly string[];
}

export function fold(asked: readonly Asked[], policy: ResolvedPolicy): Folded {
  const byLink = new Map<LinkId, Asked[]>(LINKS.map((link) => [link, []]));
  for (const one of asked) byLink.get(checkById(one.planned.check)!.link)!.push(one);

  const links = new Map<LinkId, LinkResult>();
  for (const link of LINKS) links.set(link, foldLink(link, byLink.get(link)!, policy, links));

  const required = [...links.values()].filter((link) => link.required);
  const broken = required.find((link) => link.status === 'broken');
  const open = required.find((link) => link.status !== 'holds');
  return {
    verdict: broken !== undefined ? 'untrusted' : open !== undefined ? 'unproven' : 'trusted',
    weakestLink: broken?.link ?? open?.link ?? null,
    links: [...links.values()],
    caps: capsOf(policy),
  };
}

function foldLink(
  link: LinkId,
  asked: readonly Asked[],
  policy: ResolvedPolicy,
  before: ReadonlyMap<LinkId, LinkResult>,
): LinkResult {
  const reason = policy.excluded[link];
  const common = { link, waived: 0, checks: asked.map(checkResult), ...told(asked) };
  if (reason !== undefined) {
    return { ...common, status: 'not-applicable', reason, required: false, checks: [], findings: [], notes: [] };
  }
  const own = statusOf(asked);
  const basis = basisOf(link, before);
  const demoted = basis !== null && (own === 'holds' || !FOUNDATION.every((id) => stands(before.get(id))));
  const status: LinkStatus = demoted ? 'unproven' : own;
  return {
    ...common,
    status,
    reason: demoted ? `rests on ${basis}, which does not hold` : why(status, asked),
    required: true,
  };
}

/**
 * Broken on any no; else unproven on any unknown or unanswered check; else it holds. An accepted check stands in for a
 * missing answer, never for a no. A link nobody asked about is unproven.
 */
function statusOf(asked: readonly Asked[]): LinkStatus {
  if (asked.some(({ outcome }) => outcome?.answer === 'no')) return 'broken';
  if (asked.length === 0) return 'unproven';
  const counted = asked.filter(({ planned }) => planned.accepted === undefined);
  return counted.every(({ outcome }) => outcome?.answer === 'yes') ? 'holds' : 'unproven';
}

/** The first link this one rests on that neither holds nor is excluded; links after the foundation rest on all of it. */
function basisOf(link: LinkId, before: ReadonlyMap<LinkId, LinkResult>): LinkId | null {
  const bases = FOUNDATION.includes(link) ? RESTS_ON[link] : [...FOUNDATION, ...RESTS_ON[link]];
  return bases.find((id) => !stands(before.get(id))) ?? null;
}

function stands(link: LinkResult | undefined): boolean {
  return link === undefined || link.status === 'holds' || link.status === 'not-applicable';
}

function checkResult({ planned, outcome }: Asked): CheckResult {
  const { check, accepted } = planned;
  return { check, answer: outcome?.answer ?? 'unknown', ...(accepted !== undefined && { accepted }) };
}

/** Findings and notes of a link; one thing found by two checks is one finding. */
function told(asked: readonly Asked[]): { readonly findings: readonly Finding[]; readonly notes: readonly string[] } {
  const findings = new Map<string, Finding>();
  const notes: string[] = [];
  for (const { outcome } of asked) {
    for (const finding of outcome?.findings ?? []) {
      const { part, pcr, index } = finding.at;
      const key = `${finding.fingerprint}/${part}/${pcr ?? ''}/${index ?? ''}`;
      if (!findings.has(key)) findings.set(key, finding);
    }
    notes.push(...(outcome?.notes ?? []));
  }
  return { findings: [...findings.values()], notes };
}

function why(status: LinkStatus, asked: readonly Asked[]): string | null {
  if (status === 'holds') return null;
  const wanted = status === 'broken' ? 'no' : 'unknown';
  const check = asked.find(({ outcome }) => (outcome?.answer ?? 'unknown') === wanted)?.planned.check;
  return check === undefined ? 'no check was asked' : `${check}: ${wanted}`;
}

function capsOf(policy: ResolvedPolicy): readonly string[] {
  const accepted = policy.plan.flatMap(({ check, accepted: entry }) =>
    entry === undefined ? [] : [`${check} accepted by ${entry.owner}: ${entry.reason}`],
  );
  const firmware = policy.excluded.firmware;
  return firmware === undefined ? accepted : [`link firmware excluded: ${firmware}`, ...accepted];
}
