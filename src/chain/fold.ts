/** Folds the outcomes of checks into links and a verdict (docs/decisions/0004). It knows no check's inside. */

import { LINKS, type Finding, type LinkId, type Outcome } from '../checks/model.ts';
import type { PlannedCheck, ResolvedPolicy } from '../policy/resolve.ts';
import { FOUNDATION, RESTS_ON } from './links.ts';
import type { CheckResult, LinkResult, LinkStatus, Verdict } from './model.ts';

/** A planned check with its outcome; `null` when it could not be asked. */
export interface Asked {
  readonly planned: PlannedCheck;
  readonly outcome: Outcome | null;
}

/** A link by its own checks alone, before what it rests on is looked at. A pure function of its outcomes. */
export interface LinkDraft {
  readonly link: LinkId;
  readonly status: Exclude<LinkStatus, 'not-applicable'>;
  readonly reason: string | null;
  readonly checks: readonly CheckResult[];
  readonly findings: readonly Finding[];
  readonly notes: readonly string[];
}

/** Folds the outcomes of one link, as if everything it rests on held. */
export function draftLink(link: LinkId, asked: readonly Asked[]): LinkDraft {
  const status = statusOf(asked);
  return { link, status, reason: why(status, asked), checks: asked.map(checkResult), ...told(asked) };
}

interface Folded {
  readonly verdict: Verdict;
  readonly weakestLink: LinkId | null;
  readonly links: readonly LinkResult[];
  readonly caps: readonly string[];
}

/** @param drafts every link, in the order of the chain */
export function fold(drafts: readonly LinkDraft[], policy: ResolvedPolicy): Folded {
  const links = new Map<LinkId, LinkResult>();
  for (const draft of drafts) links.set(draft.link, settle(draft, policy, links));

  const required = [...links.values()].filter((link) => link.required);
  const broken = required.find((link) => link.status === 'broken');
  const unproven = required.find((link) => link.status !== 'holds');
  return {
    verdict: broken !== undefined ? 'untrusted' : unproven !== undefined ? 'unproven' : 'trusted',
    weakestLink: broken?.link ?? unproven?.link ?? null,
    links: [...links.values()],
    caps: capsOf(policy),
  };
}

/** An appraisal takes no waivers in this version: none of its findings is waived. */
const NO_WAIVERS = 0;

/** A link in the chain: excluded by the policy, demoted by what it rests on, or as its own checks say. */
function settle(draft: LinkDraft, policy: ResolvedPolicy, before: ReadonlyMap<LinkId, LinkResult>): LinkResult {
  const { link, checks, findings, notes } = draft;
  const excluded = policy.excluded[link];
  if (excluded !== undefined) {
    const nothing = { waived: NO_WAIVERS, required: false, checks: [], findings: [], notes: [] };
    return { link, status: 'not-applicable', reason: excluded, ...nothing };
  }
  const basis = basisOf(link, before);
  const founded = FOUNDATION.every((id) => stands(before.get(id)));
  const demoted = basis !== null && (!founded || draft.status === 'holds');
  const status = demoted ? 'unproven' : draft.status;
  const reason = demoted ? `rests on ${basis}, which does not hold` : draft.reason;
  return { link, status, reason, checks, findings, notes, waived: NO_WAIVERS, required: true };
}

/**
 * Broken on any no; else unproven on any unknown or unanswered check; else it holds. An accepted check stands in for a
 * missing answer, never for a no. A link nobody asked about is unproven.
 */
function statusOf(asked: readonly Asked[]): LinkDraft['status'] {
  if (asked.some(({ outcome }) => outcome?.answer === 'no')) return 'broken';
  if (asked.length === 0) return 'unproven';
  const counted = asked.filter(({ planned }) => planned.accepted === undefined);
  return counted.every(({ outcome }) => outcome?.answer === 'yes') ? 'holds' : 'unproven';
}

/** The first link this one rests on that neither holds nor is excluded. */
function basisOf(link: LinkId, before: ReadonlyMap<LinkId, LinkResult>): LinkId | null {
  return BASES.get(link)!.find((id) => !stands(before.get(id))) ?? null;
}

/** What each link rests on, directly or not: links after the foundation rest on all of it. */
const BASES: ReadonlyMap<LinkId, readonly LinkId[]> = new Map(
  LINKS.map((link) => [link, FOUNDATION.includes(link) ? RESTS_ON[link] : [...FOUNDATION, ...RESTS_ON[link]]]),
);

function stands(link: LinkResult | undefined): boolean {
  return link === undefined || link.status === 'holds' || link.status === 'not-applicable';
}

function checkResult({ planned, outcome }: Asked): CheckResult {
  const { check, accepted } = planned;
  return { check, answer: outcome?.answer ?? 'unknown', ...(accepted !== undefined && { accepted }) };
}

/** Findings and notes of a link; one thing found or noted by two checks is one. */
function told(asked: readonly Asked[]): { readonly findings: readonly Finding[]; readonly notes: readonly string[] } {
  const findings = new Map<string, Finding>();
  const notes = new Set<string>();
  for (const { outcome } of asked) {
    for (const finding of outcome?.findings ?? []) {
      const { part, pcr, index } = finding.at;
      const key = `${finding.fingerprint}/${part}/${pcr ?? ''}/${index ?? ''}`;
      if (!findings.has(key)) findings.set(key, finding);
    }
    for (const note of outcome?.notes ?? []) notes.add(note);
  }
  return { findings: [...findings.values()], notes: [...notes] };
}

function why(status: LinkDraft['status'], asked: readonly Asked[]): string | null {
  if (status === 'holds') return null;
  const wanted = status === 'broken' ? 'no' : 'unknown';
  const check = asked.find(({ outcome }) => (outcome?.answer ?? 'unknown') === wanted)?.planned.check;
  return check === undefined ? 'no check was asked' : `${check}: ${wanted}`;
}

function capsOf(policy: ResolvedPolicy): readonly string[] {
  const { firmware } = policy.excluded;
  const caps = firmware === undefined ? [] : [`link firmware excluded: ${firmware}`];
  for (const { check, accepted } of policy.plan) {
    if (accepted !== undefined) caps.push(`${check} accepted by ${accepted.owner}: ${accepted.reason}`);
  }
  return caps;
}
