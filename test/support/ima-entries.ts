/** The entries of a parsed IMA list as objects, which are easier to compare than columns. */
import {
  entryPcr,
  entryTemplate,
  isViolation,
  templateData,
  templateDigest,
  type ImaList,
  type ImaTemplate,
} from '../../src/logs/ima/model.ts';

/** A view of one entry, made on demand. */
interface ImaEntry {
  readonly index: number;
  readonly pcr: number;
  readonly template: ImaTemplate;
  /** the stored template digest, a view of the list */
  readonly templateDigest: Uint8Array;
  /** the template data as in the list, a view of it */
  readonly templateData: Uint8Array;
  /** the stored digest is all zero */
  readonly violation: boolean;
}

/** @throws RangeError when there is no entry `index` */
export function entry(list: ImaList, index: number): ImaEntry {
  return {
    index,
    pcr: entryPcr(list, index),
    template: entryTemplate(list, index),
    templateDigest: templateDigest(list, index),
    templateData: templateData(list, index),
    violation: isViolation(list, index),
  };
}

/** The entries from index `from` up to, not including, `to`. */
export function* entries(list: ImaList, from = 0, to = list.count): Generator<ImaEntry, void, void> {
  for (let i = from; i < to; i++) yield entry(list, i);
}
