/**
 * What others rely on and must not change by accident, as files: the help of every command, the library's exports, finding codes,
 * codes of certificates, checks, and the schemas. `npm run goldens` writes them; a change then shows in review.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { format } from 'prettier';
import * as z from 'zod/mini';
import { openApiDocument } from '../../src/api/openapi.ts';
import { policySchema } from '../../src/api/policy-schema.ts';
import { PROBLEMS } from '../../src/api/problems.ts';
import { CATALOGUE } from '../../src/checks/catalogue.ts';
import { FINDING_CODES } from '../../src/checks/codes.ts';
import { EXIT, type Io } from '../../src/cli/io.ts';
import { run } from '../../src/cli/run.ts';
import { createStyle } from '../../src/cli/style.ts';
import { newPolicy } from '../../src/policy/new.ts';
import { ImageManifest, parseImageManifest } from '../../src/references/manifest.ts';
import { parseReferenceSet, PinSet, ReferenceSet } from '../../src/references/reference-set.ts';
import { CERTIFICATE_CODES } from '../../src/x509/codes.ts';
import { NOTES } from '../../src/x509/path-model.ts';
import { QUIRKS } from '../../src/x509/quirks.ts';
import { generatedPages } from '../docs/pages.ts';
import { ROOT } from '../support/repository.ts';

/** Path from the root of the repository, and what it must hold. */
export interface Golden {
  readonly path: string;
  readonly text: string;
}

export async function goldens(): Promise<Golden[]> {
  const texts: readonly (readonly [path: string, lines: readonly string[]])[] = [
    ['exports.txt', libraryExports()],
    [
      'finding-codes.txt',
      Object.entries(FINDING_CODES).map(([code, { waivable }]) => word(code, waivable, 'waivable')),
    ],
    ['problem-codes.txt', Object.entries(PROBLEMS).map(([code, { status }]) => `${code} ${status}`)],
    [
      'certificate-codes.txt',
      [
        ...Object.keys(CERTIFICATE_CODES),
        ...Object.keys(QUIRKS).map((name) => `${name} quirk`),
        ...Object.keys(NOTES).map((name) => `${name} note`),
      ],
    ],
    ['checks.txt', CATALOGUE.map(({ id, link, required }) => `${link} ${word(id, required, 'required')}`)],
  ];
  const schemas: readonly (readonly [path: string, schema: unknown])[] = [
    ['test/goldens/openapi.json', openApiDocument('0.0.0')],
    ['test/goldens/image-manifest.schema.json', z.toJSONSchema(ImageManifest, { io: 'input' })],
    ['test/goldens/reference-set.schema.json', z.toJSONSchema(ReferenceSet, { io: 'input' })],
    ['test/goldens/pin-set.schema.json', z.toJSONSchema(PinSet, { io: 'input' })],
    ['policies/policy.schema.json', policySchema()],
  ];
  return [
    { path: 'test/goldens/cli-help.txt', text: await help() },
    ...texts.map(([name, list]) => ({ path: `test/goldens/${name}`, text: `${list.toSorted().join('\n')}\n` })),
    ...(await Promise.all(schemas.map(async ([path, schema]) => ({ path, text: await json(schema) })))),
    { path: 'test/goldens/policy-new.txt', text: newPolicyText() },
    ...generatedPages(),
  ];
}

/** A policy for an image with everything given, as `assay policy new` writes it. */
function newPolicyText(): string {
  const document = (path: string): unknown =>
    JSON.parse(readFileSync(join(ROOT, 'fixtures/catalogue', `${path}.json`), 'utf8'));
  return newPolicy({
    name: 'edge',
    image: parseImageManifest(document('manifests/lab-uki-secureboot')),
    references: [parseReferenceSet(document('references/lab-ovmf-secboot'))],
  });
}

function word(name: string, holds: boolean, what: string): string {
  return holds ? `${name} ${what}` : name;
}

/** In the form the format check asks of every file. */
function json(value: unknown): Promise<string> {
  return format(JSON.stringify(value, null, 2), { parser: 'json', printWidth: 120 });
}

/** Names of the library, types marked as such. */
function libraryExports(): string[] {
  const source = readFileSync(join(ROOT, 'src/index.ts'), 'utf8');
  const { module } = parseSync('index.ts', source);
  return module.staticExports.flatMap(({ entries }) =>
    entries.map(({ exportName, isType }) => word(exportName.name ?? '*', isType, 'type')),
  );
}

/** The help of the program and of every command below it, as it prints them. */
async function help(): Promise<string> {
  let text = '';
  for (const left: string[][] = [[]]; left.length > 0;) {
    const command = left.shift()!;
    const page = await helpOf(command);
    text += `${text === '' ? '' : '\n'}$ assay ${[...command, '--help'].join(' ')}\n${page}`;
    left.push(...subcommands(page).map((name) => [...command, name]));
  }
  return text;
}

async function helpOf(command: readonly string[]): Promise<string> {
  let text = '';
  const io: Io = {
    out: (part) => (text += part),
    err: (part) => (text += part),
    outStyle: createStyle(false),
    errStyle: createStyle(false),
    env: {},
    now: () => 0,
    exitCode: EXIT.yes,
  };
  await run([...command, '--help'], io);
  return text;
}

/** Names in the list of commands of a help page. */
function subcommands(page: string): string[] {
  const list = /\nCommands:\n((?: {2}.*\n)+)/.exec(page)?.[1] ?? '';
  return [...list.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name!).filter((name) => name !== 'help');
}
