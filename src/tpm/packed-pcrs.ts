/** PCR values in one byte string, one after the other, as a TPM hashes them for a quote. */

import { digestHex, hashSize, type HashName } from '../bytes/hash.ts';
import type { PcrValues } from './pcr-values.ts';
import { selectionText, type PcrSelection } from './selection.ts';

/** A copy of values that nobody else holds or changes. */
export class PackedPcrs {
  /** the banks in the order of `#bytes`, each with its PCRs in that order */
  readonly #layout: PcrSelection;
  readonly #bytes: Uint8Array;

  /**
   * @param layout the order; not necessarily that of a canonical selection
   * @param values one for each PCR of `layout`, of the size of its bank
   */
  constructor(layout: PcrSelection, values: PcrValues) {
    this.#layout = layout;
    this.#bytes = new Uint8Array(sizeOf(layout));
    let end = 0;
    for (const [bank, pcrs] of layout) {
      const ofBank = values.get(bank)!;
      for (const pcr of pcrs) {
        const value = ofBank.get(pcr)!;
        this.#bytes.set(value, end);
        end += value.length;
      }
    }
  }

  /** A copy of one value; undefined for a PCR that is not in here. */
  value(bank: HashName, pcr: number): Uint8Array | undefined {
    let start = 0;
    for (const [name, pcrs] of this.#layout) {
      const size = hashSize(name);
      const index = name === bank ? pcrs.indexOf(pcr) : -1;
      if (index !== -1) return this.#bytes.slice(start + index * size, start + (index + 1) * size);
      start += size * pcrs.length;
    }
    return undefined;
  }

  /** Digest of all values in their order, lower-case hexadecimal: the `pcrDigest` of a quote over them. */
  digestHex(hash: HashName): string {
    return digestHex(hash, this.#bytes);
  }

  /** A name for the values: where it is the same, so is the value of each of the same PCRs. */
  get id(): string {
    return `${selectionText(this.#layout)}/${this.digestHex('sha256')}`;
  }
}

function sizeOf(selection: PcrSelection): number {
  let size = 0;
  for (const [bank, pcrs] of selection) size += hashSize(bank) * pcrs.length;
  return size;
}
