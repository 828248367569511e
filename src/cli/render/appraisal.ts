/** An appraisal for people: the chain, what was found, the verdict. */

import { printable } from '../../bytes/text.ts';
import type { Appraisal, LinkResult } from '../../chain/model.ts';
import { FINDING_CODES } from '../../checks/codes.ts';
import type { Finding, FindingPlace } from '../../checks/model.ts';
import type { ResultStatus } from '../../results/status.ts';
import type { Style } from '../style.ts';
import { markOf, paintStatus, paintVerdict, statusText } from './chain.ts';

/** Long values are cut: the JSON form has them whole. */
const MAX_VALUE = 400;

/** Findings of one link shown in full; the rest is counted. A list with thousands of them is read as JSON. */
const MAX_FINDINGS = 20;

export function renderAppraisal(appraisal: Appraisal, status: ResultStatus, style: Style): string {
  return [
    ...head(appraisal, style),
    '',
    ...appraisal.links.map((link, index) => linkLine(link, index, style)),
    ...noteLines(appraisal.links, style),
    ...appraisal.links.flatMap((link) => findingLines(link, style)),
    '',
    ...verdictLines(appraisal, status, style),
    '',
    style.dim('Not covered by any verdict:'),
    ...appraisal.notCovered.map((text) => style.dim(`  · ${text}`)),
    '',
  ].join('\n');
}

function head({ policy, image, at, bank }: Appraisal, { bold, dim }: Style): string[] {
  const outdated = image?.outdated === true ? ' (outdated: a newer image is approved)' : '';
  return [
    `${bold('policy')}  ${policy.name}  ${dim(policy.id)}`,
    `${bold('image')}   ${image === null ? 'none of the approved images' : `${image.name} ${image.version}${outdated}`}`,
    `${bold('at')}      ${at}${bank === null ? '' : `, bank ${bank}`}`,
  ];
}

function linkLine(link: LinkResult, index: number, style: Style): string {
  const mark = paintStatus(style, link, markOf(link.status));
  const status = paintStatus(style, link, statusText(link).padEnd(15));
  return `${index + 1} ${mark} ${link.link.padEnd(12)} ${status} ${printable(link.reason ?? '', MAX_VALUE)}`.trimEnd();
}

/** Facts worth knowing that judge nothing: a pinned key, an open PCR, a first sight. */
function noteLines(links: readonly LinkResult[], style: Style): string[] {
  const notes = links.flatMap((link) => link.notes.map((note) => ({ link: link.link, note })));
  if (notes.length === 0) return [];
  return ['', ...notes.map(({ link, note }) => style.dim(`  · ${link}: ${printable(note, MAX_VALUE)}`))];
}

function findingLines(link: LinkResult, style: Style): string[] {
  const shown = link.findings.slice(0, MAX_FINDINGS).flatMap((finding) => oneFinding(finding, style));
  const hidden = link.findings.length - MAX_FINDINGS;
  return hidden > 0 ? [...shown, '', `… and ${hidden} more findings of ${link.link}; --json has them all`] : shown;
}

function oneFinding(finding: Finding, style: Style): string[] {
  const { text, remedy } = FINDING_CODES[finding.code];
  const row = (name: string, value: string): string =>
    `    ${style.dim(name.padEnd(10))}${printable(value, MAX_VALUE)}`;
  return [
    '',
    `  ${style.bold(finding.code)}  ${printable(finding.component)}`,
    row('found', text),
    row('expected', finding.expected),
    row('observed', finding.observed),
    row('where', placeText(finding.at)),
    row('do', remedy),
  ];
}

/** `log.firmware, PCR 4, event 17, offset 5120`. */
function placeText({ part, pcr, index, offset }: FindingPlace): string {
  return [
    part,
    ...(pcr === undefined ? [] : [`PCR ${pcr}`]),
    ...(index === undefined ? [] : [`${part === 'log.ima' ? 'entry' : 'event'} ${index}`]),
    ...(offset === undefined ? [] : [`offset ${offset}`]),
  ].join(', ');
}

function verdictLines(appraisal: Appraisal, status: ResultStatus, style: Style): string[] {
  const { verdict, weakestLink, caps } = appraisal;
  const weakest = weakestLink === null ? '' : `, weakest link: ${weakestLink}`;
  return [
    `${style.bold('verdict')}  ${paintVerdict(style, verdict)}${weakest}  ${style.dim(`(${status})`)}`,
    ...caps.map((cap) => `  ${style.yellow('capped at warning')}  ${printable(cap, MAX_VALUE)}`),
  ];
}
