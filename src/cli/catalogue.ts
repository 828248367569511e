/** The operator's catalogue on disk: `manifests/`, `references/` and `pins/`, a JSON document each. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { EvidenceError, PolicyError, UsageError } from '../bytes/errors.ts';
import { parseJson } from '../bytes/json.ts';
import type { PolicyDocument } from '../policy/document.ts';
import type { Catalogue } from '../policy/resolve.ts';
import { parseImageManifest } from '../references/manifest.ts';
import { parsePinSet, parseReferenceSet } from '../references/reference-set.ts';
import { readText } from './input.ts';

/**
 * The documents a policy names. A document lies in a file of its name; where one does not, its whole folder is read, which is
 * slower, and tells what there is.
 * @throws UsageError `catalogue.missing`, `input.unreadable`; PolicyError `catalogue.json`, `catalogue.duplicate`, and as the
 *   documents' own parsers
 */
export function loadCatalogue(directory: string, policy: PolicyDocument): Catalogue {
  if (!existsSync(directory)) {
    throw new UsageError(
      'catalogue.missing',
      `the catalogue ${directory} is not there`,
      'name it with --catalogue DIR, ASSAY_CATALOGUE, or `catalogue:` in the policy',
    );
  }
  const pins = policy.pins === undefined ? [] : [policy.pins];
  return {
    manifests: load(join(directory, 'manifests'), policy.manifests, parseImageManifest),
    references: load(join(directory, 'references'), policy.references, parseReferenceSet),
    pins: load(join(directory, 'pins'), pins, parsePinSet),
  };
}

function load<T extends { readonly name: string }>(
  folder: string,
  names: readonly string[],
  parse: (value: unknown) => T,
): ReadonlyMap<string, T> {
  const byName = new Map<string, T>();
  for (const name of names) {
    const path = join(folder, `${name}.json`);
    const document = existsSync(path) ? read(path, parse) : undefined;
    if (document?.name !== name) return loadAll(folder, parse);
    byName.set(name, document);
  }
  return byName;
}

function loadAll<T extends { readonly name: string }>(
  folder: string,
  parse: (value: unknown) => T,
): ReadonlyMap<string, T> {
  const byName = new Map<string, T>();
  const fileOf = new Map<string, string>();
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.json')) : [];
  for (const file of files.toSorted()) {
    const document = read(join(folder, file), parse);
    const { name } = document;
    if (byName.has(name)) {
      const both = `${fileOf.get(name)} and ${file}`;
      throw new PolicyError('catalogue.duplicate', `${folder}: ${both} have the name ${name}`);
    }
    byName.set(name, document);
    fileOf.set(name, file);
  }
  return byName;
}

function read<T>(path: string, parse: (value: unknown) => T): T {
  const text = readText(path, 'catalogue document');
  try {
    return parse(parseJson(text));
  } catch (cause) {
    if (cause instanceof EvidenceError) throw new PolicyError('catalogue.json', `${path}: ${cause.message}`);
    if (cause instanceof PolicyError) throw new PolicyError(cause.code, `${path}: ${cause.message}`);
    throw cause;
  }
}
