/** What `assay policy checks` does. */

import * as z from 'zod/mini';
import { CATALOGUE } from '../../checks/catalogue.ts';
import { LINKS } from '../../checks/model.ts';
import type { Io } from '../io.ts';

type Entry = (typeof CATALOGUE)[number];

export function listChecks(io: Io, options: { readonly json?: true }): void {
  if (options.json === true) {
    io.out(`${JSON.stringify({ schema: 'assay.checks/1', checks: CATALOGUE.map(entryJson) })}\n`);
    return;
  }
  const { bold, dim, yellow } = io.outStyle;
  const lines = LINKS.flatMap((link) => [
    bold(link),
    ...CATALOGUE.filter((check) => check.link === link).flatMap((check) => [
      `  ${check.id}${check.required ? '' : `  ${yellow('optional')}`}`,
      `    ${check.question}`,
      ...parameterLines(check).map((line) => `    ${dim(line)}`),
    ]),
  ]);
  io.out(`${lines.join('\n')}\n`);
}

function entryJson(check: Entry) {
  const { id, link, required, question, pcrs, accepts } = check;
  return { id, link, required, question, pcrs, accepts, parameters: parameterSchema(check) };
}

function parameterSchema(check: Entry): Record<string, unknown> {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(check.parameters, { io: 'input' }) as Record<string, unknown>;
  return schema;
}

/** `allowed (default [0,3,4])`: the parameters by name, with their defaults. */
function parameterLines(check: Entry): string[] {
  const properties = (parameterSchema(check)['properties'] ?? {}) as Record<string, { readonly default?: unknown }>;
  return Object.entries(properties).map(([name, { default: value }]) =>
    value === undefined ? `parameter ${name}` : `parameter ${name} (default ${JSON.stringify(value)})`,
  );
}
