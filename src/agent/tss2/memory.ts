/**
 * One block of foreign memory per TPM in which the arguments of a command lie while a thread works on them. Nothing C holds an
 * address of is ever moved or collected, and nothing is allocated per command but what ESYS allocates and gets back.
 */

import koffi from 'koffi';
import type { Structure } from './commands.ts';
import { agentError, returnCodeError, type TpmError } from './errors.ts';
import type { Pointer, Tss2 } from './library.ts';

/**
 * Bytes of an argument. The largest structure of TPM 2.0 in the TSS, TPM2B_ATTEST, has 2306; the rest is for what a later libtss2
 * may add, which would otherwise be written behind the end.
 */
export const SLOT = 4096;

/** Kept between commands: the addresses of the TCTI context and of the ESYS context. */
const KEPT = 0;
const WIRE = 1;
const OFFSET = 2;
const FIRST_ARGUMENT = 3;
/** No command has more arguments by address than TPM2_CreatePrimary, nine. */
const SLOTS = FIRST_ARGUMENT + 9;

export class CommandMemory {
  readonly #tss2: Tss2;
  readonly #base: bigint;
  #bytes: Uint8Array;
  #next = FIRST_ARGUMENT;

  constructor(tss2: Tss2) {
    this.#tss2 = tss2;
    this.#base = koffi.alloc('uint8_t', SLOTS * SLOT) as bigint;
    this.#bytes = new Uint8Array(koffi.view(this.#base, SLOTS * SLOT));
  }

  /** Where the address of the TCTI context is kept. */
  get tcti(): bigint {
    return this.#address(KEPT);
  }

  /** Where the address of the ESYS context is kept. */
  get esys(): bigint {
    return this.#address(KEPT) + 8n;
  }

  #address(slot: number): bigint {
    return this.#base + BigInt(slot * SLOT);
  }

  /** Room for one argument, all zeros. */
  room(): bigint {
    if (this.#next === SLOTS) throw new RangeError('a command with more arguments than there is room for');
    return this.#address(this.#next++);
  }

  /**
   * Puts a structure where a command can be given its address.
   * @param bytes the structure as a TPM reads it, to its end
   * @throws TpmError `tss2.structure` for bytes that are not one such structure and nothing more
   */
  put(type: Structure, bytes: Uint8Array): bigint {
    const target = this.room();
    if (bytes.length > SLOT) throw noStructure(type, bytes.length);
    const [wire, offset] = [this.#address(WIRE), this.#address(OFFSET)];
    this.#bytes.set(bytes, WIRE * SLOT);
    this.#setOffset(0);
    const rc = this.#tss2.unmarshal(type, wire, bytes.length, offset, target);
    if (rc !== 0 || this.#offset() !== bytes.length) throw noStructure(type, bytes.length);
    return target;
  }

  /** The bytes of a structure of C, as a TPM writes it. */
  get(type: Structure, source: Pointer): Uint8Array {
    const [wire, offset] = [this.#address(WIRE), this.#address(OFFSET)];
    this.#setOffset(0);
    const rc = this.#tss2.marshal(type, source, wire, SLOT, offset);
    if (rc !== 0) throw returnCodeError(rc, type, this.#tss2.describe(rc));
    return this.#bytes.slice(WIRE * SLOT, WIRE * SLOT + this.#offset());
  }

  #setOffset(value: number): void {
    koffi.encode(this.#address(OFFSET), 'size_t', value);
  }

  #offset(): number {
    return Number(koffi.decode(this.#address(OFFSET), 'size_t'));
  }

  pointerAt(address: bigint): Pointer {
    return koffi.decode(address, 'void *') as Pointer;
  }

  numberAt(address: bigint, type: 'uint8_t' | 'uint16_t' | 'uint32_t' | 'int32_t'): number {
    return koffi.decode(address, type) as number;
  }

  setNumber(address: bigint, value: number): void {
    koffi.encode(address, 'uint32_t', value);
  }

  /** Forgets the arguments: some are secrets, and the next command expects zeros. */
  clear(): void {
    this.#bytes.fill(0, SLOT);
    this.#next = FIRST_ARGUMENT;
  }

  free(): void {
    this.#bytes = new Uint8Array(0);
    koffi.free(this.#base);
  }
}

function noStructure(type: Structure, length: number): TpmError {
  return agentError(
    'tss2.structure',
    `${length} bytes that should be a ${type} are not one`,
    'Look where they come from: the service, a file of the agent, or an index of the TPM.',
  );
}
