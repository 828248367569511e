/** Secure Boot's keys as files: `PK.esl`, `KEK.esl`, `db.esl` and `dbx.esl` of a folder, each a list of signatures (UEFI 2.10, 32.4.1). */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { keySetOfLists, requiredDbxOfList, type ReferenceMeta } from '../images/references.ts';
import type { ReferenceSet } from '../references/reference-set.ts';
import { readInput } from './input.ts';

const YEAR = 365 * 24 * 3600 * 1000;

/**
 * The key set, and what dbx must hold where its list is there.
 * @param name what the sets' names begin with
 * @param now epoch milliseconds; the sets end a year later
 * @throws UsageError `input.*`; EvidenceError as the reader of signature lists
 */
export function readKeyLists(folder: string, name: string, now: number): ReferenceSet[] {
  const read = (variable: string): Uint8Array => readInput(join(folder, `${variable}.esl`), '--keys');
  const meta = (of: string): ReferenceMeta => ({
    name: `${name}-${of}`,
    version: '1',
    source: 'lists of signatures given to assay policy new',
    author: 'operator',
    expiresAt: new Date(now + YEAR).toISOString(),
  });
  const keys = keySetOfLists({ PK: read('PK'), KEK: read('KEK'), db: read('db') }, meta('keys'));
  return existsSync(join(folder, 'dbx.esl')) ? [keys, requiredDbxOfList(read('dbx'), meta('dbx'))] : [keys];
}
