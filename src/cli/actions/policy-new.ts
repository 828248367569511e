/** What `assay policy new` does. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { UsageError } from '../../bytes/errors.ts';
import { parseJson } from '../../bytes/json.ts';
import { newPolicy } from '../../policy/new.ts';
import { parsePolicy } from '../../policy/document.ts';
import { resolvePolicy } from '../../policy/resolve.ts';
import { parseReferenceSet, type ReferenceSet } from '../../references/reference-set.ts';
import type { PolicyNewOptions } from '../commands/policy.ts';
import { readContext } from '../context.ts';
import { readImage } from '../image-input.ts';
import { readText } from '../input.ts';
import type { Io } from '../io.ts';
import { readKeyLists } from '../key-lists.ts';
import { said } from '../output.ts';

/**
 * Writes a policy with its catalogue beside it, and with a test where captured evidence of a good host is given. Nothing that is there is
 * written over, unless it is the same.
 * @throws UsageError `policy.exists`, `output.unwritable`, and as {@link readImage}; PolicyError for a reference set that is none
 */
export function writeNewPolicy(io: Io, options: PolicyNewOptions): void {
  const image = readImage(options.image, options);
  const name = options.policyName ?? image.name;
  const references: ReferenceSet[] = [
    ...(options.firmware ?? []).map(readSet),
    ...(options.keys === undefined ? [] : readKeyLists(options.keys, name, io.now())),
  ];
  const text = newPolicy({ name, image, references });
  // What is written can be used: it is read as any policy is.
  resolvePolicy(parsePolicy(text), {
    manifests: new Map([[image.name, image]]),
    references: new Map(references.map((set) => [set.name, set])),
    pins: new Map(),
  });

  const folder = options.out ?? '.';
  const files = new Map([[join(folder, 'catalogue/manifests', `${image.name}.json`), json(image)]]);
  for (const set of references) files.set(join(folder, 'catalogue/references', `${set.name}.json`), json(set));
  files.set(join(folder, `${name}.yaml`), text);
  if (options.fixture !== undefined) {
    files.set(join(folder, `${name}.test.yaml`), testOf(options.fixture, folder));
  }
  for (const [path, content] of files) requireFree(path, content);
  for (const [path, content] of files) write(path, content);
  const written = [...files.keys()];
  said(io, options, 'assay.policy-new/1', { name, files: written }, written.join('\n'));
}

function readSet(path: string): ReferenceSet {
  return parseReferenceSet(parseJson(readText(path, '--firmware')));
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Evidence of a host that is as it should be, judged with the key that was captured beside it. */
function testOf(fixture: string, folder: string): string {
  const context = readContext(join(fixture, 'context.json'));
  const from = (file: string): string => JSON.stringify(relative(resolve(folder), resolve(fixture, file)));
  return `# Evidence that the policy must judge as written here. Add one of a host that is not as it should be.
schema: assay.policy-test/1
cases:
  - name: a good host
    bundle: ${from('bundle.json')}
    context: ${from('context.json')}
    ak: ${from(context.ak.ecc)}
    expect:
      verdict: trusted
      weakestLink: null
      findings: []
`;
}

function requireFree(path: string, content: string): void {
  if (!existsSync(path) || readFileSync(path, 'utf8') === content) return;
  throw new UsageError('policy.exists', `${path} is there and holds something else`, 'choose another --out or name');
}

function write(path: string, content: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  } catch (cause) {
    const { message } = cause as Error;
    throw new UsageError('output.unwritable', `${path}: ${message}`, 'name a folder that may be written');
  }
}
