/** The template digest stored beside each entry against the entry's template data. */

import { hashesTo } from '../../bytes/hash.ts';
import { hashInput } from './hash-input.ts';
import type { ImaBinding, ImaList } from './model.ts';
import { isViolation } from './model.ts';

/** How the template data of one entry relates to the template digest stored beside it. */
export function entryBinding(list: ImaList, index: number): ImaBinding {
  if (isViolation(list, index)) return 'violation';
  const stored = list.columns.digestOffset[index]!;
  return hashesTo(list.digestHash, hashInput(list, index), list.bytes, stored) ? 'bound' : 'mismatch';
}

/** What `checkTemplateDigests` counted; the indexes are ascending. */
interface ImaBindings {
  readonly bound: number;
  readonly violations: readonly number[];
  readonly mismatches: readonly number[];
}

/** Checks every stored template digest from entry `from` on. */
export function checkTemplateDigests(list: ImaList, from = 0): ImaBindings {
  const violations: number[] = [];
  const mismatches: number[] = [];
  for (let i = from; i < list.count; i++) {
    const binding = entryBinding(list, i);
    if (binding === 'violation') violations.push(i);
    else if (binding === 'mismatch') mismatches.push(i);
  }
  return { bound: list.count - from - violations.length - mismatches.length, violations, mismatches };
}
