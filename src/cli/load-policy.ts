/** A policy file, resolved with the catalogue it goes with. */

import { dirname, join, resolve } from 'node:path';
import { PolicyError } from '../bytes/errors.ts';
import { parsePolicy, type PolicyDocument } from '../policy/document.ts';
import { resolvePolicy, type ResolvedPolicy } from '../policy/resolve.ts';
import { loadCatalogue } from './catalogue.ts';
import { readText } from './input.ts';

interface CatalogueChoice {
  /** `--catalogue` */
  readonly catalogue?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads and resolves a policy. Names are looked up in the catalogue of the option, else of ASSAY_CATALOGUE, else of the
 * policy's own `catalogue:` (relative to the file), else in `catalogue/` beside the file.
 * @throws UsageError, PolicyError
 */
export function loadPolicy(path: string, choice: CatalogueChoice): ResolvedPolicy {
  const text = readText(path, 'policy');
  return inFile(path, () => {
    const document = parsePolicy(text);
    return resolvePolicy(document, loadCatalogue(catalogueDirectory(path, document, choice), document));
  });
}

function catalogueDirectory(path: string, document: PolicyDocument, { catalogue, env }: CatalogueChoice): string {
  const chosen = catalogue ?? env['ASSAY_CATALOGUE'];
  if (chosen !== undefined && chosen !== '') return chosen;
  if (document.catalogue !== undefined) return resolve(dirname(path), document.catalogue);
  return join(dirname(path), 'catalogue');
}

/** Names the file in the message of a policy error. */
function inFile<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    if (cause instanceof PolicyError) throw new PolicyError(cause.code, `${path}: ${cause.message}`);
    throw cause;
  }
}
