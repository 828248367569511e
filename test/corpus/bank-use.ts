/** Whether recorded PCR values are of a bank that was measured into: the others explain why a log does not lead to them. */
import { equalBytes, hashSize, PcrAccumulator, type HashName } from '../../src/bytes/hash.ts';

/** How an operating system or firmware left a bank that nobody measures into. */
type BankUse = 'measured' | 'unused' | 'capped';

/**
 * Tells from PCR 0–7 whether a bank was measured into. `unused`: all zero (PCR 0: its startup locality); anybody may extend
 * such a bank to any value. `capped`: extended once with zeros, so that nobody can. Values not given are not looked at.
 */
export function bankUse(bank: HashName, values: ReadonlyMap<number, Uint8Array>): BankUse {
  const zero = new Uint8Array(hashSize(bank));
  const cap = new PcrAccumulator(bank);
  cap.extend(zero);
  const firmware = [...values].filter(([pcr]) => pcr < 8);
  const startsAs = (pcr: number, value: Uint8Array): boolean =>
    equalBytes(value.subarray(0, -1), zero.subarray(0, -1)) && (pcr === 0 ? [0, 3, 4] : [0]).includes(value.at(-1)!);
  if (firmware.every(([pcr, value]) => startsAs(pcr, value))) return 'unused';
  if (firmware.every(([, value]) => cap.equals(value))) return 'capped';
  return 'measured';
}
