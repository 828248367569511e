/** What a log of the running system says was extended, in whatever form the log has. */

import type { HashName } from '../bytes/hash.ts';
import type { CelLog } from './cel/model.ts';
import type { ImaList } from './ima/model.ts';

/** One extend that a runtime log states, for a PCR that other logs may write to as well. */
export interface RuntimeExtend {
  readonly pcr: number;
  /** record or entry in its log, from 0 */
  readonly index: number;
  /** the digest extended in a bank; undefined where that bank was not extended */
  readonly digest: (bank: HashName) => Uint8Array | undefined;
}

/** The extends of an append-only log, in its order. */
export type RuntimeLog = { readonly stated: readonly RuntimeExtend[] } & (
  { readonly part: 'log.systemd'; readonly log: CelLog } | { readonly part: 'log.ima'; readonly log: ImaList }
);

/** The parts of the evidence that are such logs. */
export type RuntimePart = RuntimeLog['part'];
