/** What `assay policy check` does. */

import { PolicyError } from '../../bytes/errors.ts';
import type { ResolvedPolicy } from '../../policy/resolve.ts';
import type { PolicyOptions } from '../commands/policy.ts';
import { EXIT, type ExitCode, type Io } from '../io.ts';
import { policyRemedy } from '../report-error.ts';
import { loadPolicy } from '../load-policy.ts';

/** @throws UsageError when a file cannot be read */
export function checkPolicy(io: Io, file: string, options: PolicyOptions): ExitCode {
  let policy: ResolvedPolicy;
  try {
    policy = loadPolicy(file, { catalogue: options.catalogue, env: io.env });
  } catch (cause) {
    if (!(cause instanceof PolicyError)) throw cause;
    refuse(io, cause, options.json === true);
    return EXIT.no;
  }
  if (options.json === true)
    io.out(`${JSON.stringify({ schema: 'assay.policy-check/1', usable: true, ...summary(policy) })}\n`);
  else io.out(text(policy, io));
  return EXIT.yes;
}

function refuse(io: Io, error: PolicyError, json: boolean): void {
  const problem = { code: error.code, message: error.message, remedy: policyRemedy(error) };
  if (json) io.out(`${JSON.stringify({ schema: 'assay.policy-check/1', usable: false, problem })}\n`);
  else io.out(notUsable(problem, io));
}

function notUsable(
  { code, message, remedy }: Readonly<Record<string, string>>,
  { outStyle: { red, dim } }: Io,
): string {
  return `${red('not usable')}  ${message}\n  ${dim('code')}  ${code}\n  ${dim('do')}    ${remedy}\n`;
}

function summary(policy: ResolvedPolicy) {
  return {
    name: policy.name,
    version: policy.version,
    id: policy.id,
    selection: policy.selection,
    maxAgeSeconds: policy.maxAgeSeconds,
    manifests: policy.manifests.map(({ name, version }) => ({ name, version })),
    references: policy.references.map(({ name, version, kind, basis, expiresAt }) => ({
      name,
      version,
      kind,
      basis,
      expiresAt,
    })),
    pins: policy.pins === null ? null : { name: policy.pins.name, hosts: policy.pins.hosts.length },
    excluded: policy.excluded,
    accepted: policy.plan.flatMap(({ check, accepted }) => (accepted === undefined ? [] : [{ check, ...accepted }])),
    checks: policy.plan.map(({ check }) => check),
  };
}

function text(policy: ResolvedPolicy, { outStyle: { bold, dim, green, yellow } }: Io): string {
  const found = summary(policy);
  const row = (name: string, value: string): string => `${bold(name.padEnd(11))} ${value}`;
  return [
    `${green('usable')}  ${found.name} ${found.version}  ${dim(found.id)}`,
    row('quotes', `${found.selection}, a verdict stands ${found.maxAgeSeconds} s`),
    ...found.manifests.map(({ name, version }) => row('manifest', `${name} ${version}`)),
    ...found.references.map(({ name, version, kind, basis, expiresAt }) =>
      row('reference', `${name} ${version}  ${dim(`${kind}, ${basis}, until ${expiresAt}`)}`),
    ),
    row('pins', found.pins === null ? 'none: give --ak or --ak-name' : `${found.pins.name}, ${found.pins.hosts} keys`),
    row('checks', String(found.checks.length)),
    ...Object.entries(found.excluded).map(([link, reason]) => row('excluded', yellow(`${link}: ${reason}`))),
    ...found.accepted.map(({ check, reason, owner }) => row('accepted', yellow(`${check}: ${reason} (${owner})`))),
    '',
  ].join('\n');
}
