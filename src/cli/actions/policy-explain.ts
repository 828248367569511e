/** What `assay policy explain` does. */

import { UsageError } from '../../bytes/errors.ts';
import { canonicalJson } from '../../bytes/json.ts';
import { explainPolicy } from '../../policy/explain.ts';
import type { PolicyOptions } from '../commands/policy.ts';
import type { Io } from '../io.ts';
import { loadPolicy } from '../load-policy.ts';

export interface ExplainOptions extends PolicyOptions {
  readonly check?: string;
}

type Link = ReturnType<typeof explainPolicy>[number];
type Check = Link['checks'][number];
type Document = Link['images'][number];

/** @throws UsageError `policy.check-not-asked`, PolicyError when the policy cannot be used */
export function explain(io: Io, file: string, options: ExplainOptions): void {
  const policy = loadPolicy(file, { catalogue: options.catalogue, env: io.env });
  const links = selected(explainPolicy(policy), options.check);
  const { name, version, id, selection, maxAgeSeconds } = policy;
  const pins = policy.pins === null ? null : { name: policy.pins.name, hosts: policy.pins.hosts.length };
  if (options.json === true) {
    const head = { schema: 'assay.policy-explanation/1', policy: { name, version, id } };
    io.out(`${JSON.stringify({ ...head, selection, maxAgeSeconds, pins, links })}\n`);
    return;
  }
  const { bold, dim } = io.outStyle;
  const head = [
    `${bold(name)} ${version}  ${dim(id)}`,
    `a quote signs ${selection}; a verdict stands ${maxAgeSeconds} s`,
    pins === null
      ? 'keys of hosts: by enrolment, or given by the caller'
      : `keys of hosts: ${pins.name}, ${pins.hosts} pinned`,
  ];
  io.out(`${[...head, ...links.flatMap((link) => linkLines(link, io))].join('\n')}\n`);
}

function selected(links: readonly Link[], id: string | undefined): readonly Link[] {
  if (id === undefined) return links;
  const found = links
    .map((link) => ({ ...link, checks: link.checks.filter(({ check }) => check === id) }))
    .filter(({ checks }) => checks.length > 0);
  if (found.length > 0) return found;
  throw new UsageError(
    'policy.check-not-asked',
    `the policy does not ask ${id}`,
    'name a check that it asks; `assay policy check FILE --json` lists them, `assay policy checks` all there are',
  );
}

function linkLines(link: Link, io: Io): string[] {
  const { bold, yellow } = io.outStyle;
  if (link.excluded !== null) return ['', bold(link.link), `  ${yellow('left out')}: ${link.excluded}`];
  return [
    '',
    bold(link.link),
    ...link.images.map((image) => `  ${documentLine(image, io)}`),
    ...link.checks.flatMap((check) => checkLines(check, io)),
  ];
}

function checkLines(
  { check, question, parameters, minimumBasis, references, hostShows, accepted }: Check,
  io: Io,
): string[] {
  const { yellow } = io.outStyle;
  const branches = parameters.length > 1;
  return [
    `  ${check}`,
    `    ${question}`,
    ...hostShows.map((text) => `    needs      ${text}`),
    ...parameters.flatMap((set, i) =>
      Object.entries(set as object).map(
        ([name, value]) => `    parameter  ${branches ? `branch ${i + 1}: ` : ''}${name}: ${canonicalJson(value)}`,
      ),
    ),
    ...(minimumBasis === null ? [] : [`    basis      ${minimumBasis} or better`]),
    ...references.map((document) => `    reference  ${documentLine(document, io)}`),
    ...(accepted === null ? [] : [`    ${yellow('accepted')}   ${accepted.reason} (${accepted.owner})`]),
  ];
}

function documentLine({ kind, name, version, id, bases, expiresAt }: Document, { outStyle: { dim } }: Io): string {
  const until = expiresAt === null ? '' : `, until ${expiresAt}`;
  return `${kind} ${name} ${version}  ${dim(`${bases.join(' and ') || 'no values'}${until}  ${id}`)}`;
}
