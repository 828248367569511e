/**
 * `boot_aggregate`, the entry IMA writes when it starts: it ties the list to the firmware's PCRs of this boot. A list that a
 * kexec carried over, or that the next kernel restarted, has one more per kernel.
 */

import type { HashName } from '../../bytes/hash.ts';
import { digest, equalBytes, hashByName } from '../../bytes/hash.ts';
import type { ImaFileDigest } from './fields.ts';
import { readFields } from './fields.ts';
import type { ImaList } from './model.ts';
import { IMA_PCR, entriesOfPcr, isViolation, templateData } from './model.ts';

/** The name in place of a path. */
export const BOOT_AGGREGATE = 'boot_aggregate';

/** The value of a PCR when IMA started: the firmware log's replay up to hand-over, *not* the quoted value. */
export type PcrAtStart = (bank: HashName, pcr: number) => Uint8Array | undefined;

interface BootAggregate {
  /** index of the entry; 0 for the boot itself */
  readonly index: number;
  readonly recorded: ImaFileDigest;
  /** what the given PCR values say it should be */
  readonly expected: Uint8Array | undefined;
  /**
   * `all-zero`: the kernel saw no TPM, or it is a violation; it says nothing. `unknown`: a PCR value was not given, or the digest's algorithm
   * has no bank.
   */
  readonly result: 'match' | 'mismatch' | 'all-zero' | 'unknown';
}

/**
 * The aggregate over the firmware's PCRs (ima_calc_boot_aggregate): H(PCR 0 ‖ … ‖ PCR 7) in SHA-1; in any other bank
 * H(PCR 0 ‖ … ‖ PCR 9), since Linux 5.8, before which there was only SHA-1.
 */
export function expectedBootAggregate(bank: HashName, pcrAtStart: PcrAtStart): Uint8Array | undefined {
  const last = bank === 'sha1' ? 7 : 9;
  const values: Uint8Array[] = [];
  for (let pcr = 0; pcr <= last; pcr++) {
    const value = pcrAtStart(bank, pcr);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return digest(bank, Buffer.concat(values));
}

/**
 * The first `limit` `boot_aggregate` entries of one PCR below index `to`, compared with the PCR values at IMA's start. Entries of another PCR
 * are left out: the replay that proves the list up to `to` does not prove them.
 */
export function bootAggregates(
  list: ImaList,
  pcrAtStart: PcrAtStart,
  to = list.count,
  pcr = IMA_PCR,
  limit = Infinity,
): BootAggregate[] {
  const found: BootAggregate[] = [];
  for (const index of entriesOfPcr(list, pcr, to)) {
    if (!holdsName(templateData(list, index))) continue;
    const { fields } = readFields(list, index);
    if (fields === undefined || fields.path !== BOOT_AGGREGATE || fields.fileDigest.kind !== 'ima') continue;
    if (found.length === limit) break;
    found.push(judge(index, fields.fileDigest, isViolation(list, index), pcrAtStart));
  }
  return found;
}

function judge(index: number, recorded: ImaFileDigest, violation: boolean, pcrAtStart: PcrAtStart): BootAggregate {
  const bank = hashByName(recorded.algorithm)?.name;
  const expected = bank && expectedBootAggregate(bank, pcrAtStart);
  // Nothing covers the data of a violation, so a digest found there was put there by the host.
  if (violation || recorded.bytes.every((byte) => byte === 0)) return { index, recorded, expected, result: 'all-zero' };
  if (expected === undefined) return { index, recorded, expected, result: 'unknown' };
  return { index, recorded, expected, result: equalBytes(recorded.bytes, expected) ? 'match' : 'mismatch' };
}

const NAME = Buffer.from(BOOT_AGGREGATE, 'latin1');

/** A cheap look before the fields are read: lists have a million entries and one of these. */
function holdsName(data: Uint8Array): boolean {
  return data.length <= MAX_AGGREGATE_DATA && Buffer.from(data.buffer, data.byteOffset, data.length).includes(NAME);
}

/** A digest, this name and empty fields need less. */
const MAX_AGGREGATE_DATA = 512;
