/** An appraisal made again from what it was a function of, and compared with what was kept of it. */

import { equalBytes } from '../bytes/hash.ts';
import { canonicalJson, parseJson, type Json } from '../bytes/json.ts';
import { appraise } from './appraise.ts';
import { readInput } from './input-document.ts';
import type { Appraisal } from './model.ts';

/** One place where the two differ. */
export interface Difference {
  /** JSON pointer (RFC 6901) into the appraisal document */
  readonly pointer: string;
  /** in RFC 8785 form; undefined: not there */
  readonly kept: string | undefined;
  readonly made: string | undefined;
}

/** What came of it: the same to the byte when there is no difference. */
export interface Replay {
  readonly made: Appraisal;
  readonly differences: readonly Difference[];
}

/** Enough to see what happened. */
const MAX_DIFFERENCES = 20;

/**
 * @param kept the appraisal document
 * @throws as {@link readInput}; EvidenceError when what was kept is no document
 */
export function replay(input: Uint8Array, kept: Uint8Array, part: (id: string) => Uint8Array | undefined): Replay {
  const made = appraise(readInput(input, part));
  const text = canonicalJson(made);
  if (equalBytes(kept, new TextEncoder().encode(text))) return { made, differences: [] };
  const differences: Difference[] = [];
  compare('', parseJson(new TextDecoder().decode(kept)), parseJson(text), differences);
  // The same values in another form are another document all the same: its digest is what was signed.
  if (differences.length === 0) differences.push({ pointer: '', kept: 'another form', made: 'RFC 8785' });
  return { made, differences };
}

type Value = Json | undefined;

function compare(pointer: string, kept: Value, made: Value, found: Difference[]): void {
  if (found.length === MAX_DIFFERENCES) return;
  if (isContainer(kept) && isContainer(made) && Array.isArray(kept) === Array.isArray(made)) {
    for (const key of new Set([...Object.keys(kept), ...Object.keys(made)])) {
      compare(`${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, kept[key], made[key], found);
    }
    return;
  }
  const [left, right] = [kept, made].map((value) => (value === undefined ? undefined : canonicalJson(value)));
  if (left !== right) found.push({ pointer, kept: left, made: right });
}

function isContainer(value: Value): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null;
}
