/** Counts over a list: data for results, judged by nobody here. */

import { toHex } from '../../bytes/text.ts';
import type { ImaList } from './model.ts';
import { entryTemplate, isViolation, templateDigest } from './model.ts';

export interface ImaSummary {
  readonly entries: number;
  /** entries per PCR named */
  readonly pcrs: ReadonlyMap<number, number>;
  /** entries per template name */
  readonly templates: ReadonlyMap<string, number>;
  readonly violations: number;
  /**
   * Entries whose template digest an earlier entry of the same PCR has (violations not counted). The kernel leaves repeats
   * out, unless it was built without its hash table or the list spans a kexec.
   */
  readonly duplicates: number;
}

/** Counts the entries below index `to`. */
export function summarize(list: ImaList, to = list.count): ImaSummary {
  const pcrs = new Map<number, number>();
  const templates = new Map<string, number>();
  const seen = new Set<string>();
  let violations = 0;
  let duplicates = 0;
  for (let i = 0; i < to; i++) {
    const pcr = list.columns.pcr[i]!;
    const { name } = entryTemplate(list, i);
    pcrs.set(pcr, (pcrs.get(pcr) ?? 0) + 1);
    templates.set(name, (templates.get(name) ?? 0) + 1);
    if (isViolation(list, i)) violations++;
    else {
      const key = `${pcr}:${toHex(templateDigest(list, i))}`;
      if (seen.has(key)) duplicates++;
      else seen.add(key);
    }
  }
  return { entries: to, pcrs, templates, violations, duplicates };
}
