/** Hash algorithms as the TPM names them, digests, and the PCR extend operation. */

import { hash, timingSafeEqual } from 'node:crypto';

/** A PCR bank, or any hash algorithm of TCG's registry that this verifier computes. */
export type HashName = 'sha1' | 'sha256' | 'sha384' | 'sha512';

interface HashAlgorithm {
  readonly name: HashName;
  /** TPM_ALG_ID (TCG Algorithm Registry 1.34, table 3) */
  readonly id: number;
  /** digest size in bytes */
  readonly size: number;
  /** Strong enough to judge by. SHA-1 is read and replayed, never judged. */
  readonly strong: boolean;
}

/** Strongest last; the order in which banks are listed and preferred. */
export const HASHES: readonly HashAlgorithm[] = [
  { name: 'sha1', id: 0x0004, size: 20, strong: false },
  { name: 'sha256', id: 0x000b, size: 32, strong: true },
  { name: 'sha384', id: 0x000c, size: 48, strong: true },
  { name: 'sha512', id: 0x000d, size: 64, strong: true },
];

const BY_NAME = new Map<string, HashAlgorithm>(HASHES.map((h) => [h.name, h]));
const BY_ID = new Map<number, HashAlgorithm>(HASHES.map((h) => [h.id, h]));

/** The algorithm of that name, or undefined for one this verifier does not compute. */
export function hashByName(name: string): HashAlgorithm | undefined {
  return BY_NAME.get(name);
}

/** The algorithm of that TPM_ALG_ID, or undefined for one this verifier does not compute. */
export function hashById(id: number): HashAlgorithm | undefined {
  return BY_ID.get(id);
}

/** Size in bytes of a digest of the named algorithm. */
export function hashSize(name: HashName): number {
  return BY_NAME.get(name)!.size;
}

// `crypto.hash` (Node 20.12) with the latin1 encoding is the fastest way from JavaScript to OpenSSL: no hash object and
// no external ArrayBuffer per call.
const oneShot = hash as (algorithm: string, data: Uint8Array, encoding: 'latin1' | 'hex') => string;

/** `latin1Write` skips the encoding look-up of `write`; Node documents it by name only, so its type is stated here. */
type Latin1Buffer = Buffer<ArrayBuffer> & { latin1Write(text: string, offset: number): number };

/** Digest of `bytes`. */
export function digest(name: HashName, bytes: Uint8Array): Uint8Array {
  const out = Buffer.allocUnsafeSlow(hashSize(name)) as Latin1Buffer;
  out.latin1Write(oneShot(name, bytes, 'latin1'), 0);
  return new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
}

/** Digest of `bytes` as lower-case hexadecimal. */
export function digestHex(name: HashName, bytes: Uint8Array): string {
  return oneShot(name, bytes, 'hex');
}

/** Whether `bytes` holds, at `offset`, the digest of `data`. Makes no object for the digest. */
export function hashesTo(name: HashName, data: Uint8Array, bytes: Uint8Array, offset: number): boolean {
  const computed = oneShot(name, data, 'latin1');
  for (let i = 0; i < computed.length; i++) if (computed.charCodeAt(i) !== bytes[offset + i]) return false;
  return true;
}

/** The content id of a blob: `sha256:<hex>`. */
export function contentId(bytes: Uint8Array): string {
  return `sha256:${digestHex('sha256', bytes)}`;
}

/**
 * One PCR of one bank being replayed. `extend` does TPM2_PCR_Extend (TPM 2.0 Part 1, 17.2): new = H(old ‖ digest),
 * in one reused buffer.
 */
export class PcrAccumulator {
  readonly hash: HashName;
  readonly #buffer: Latin1Buffer;
  readonly #size: number;

  constructor(hash: HashName, initial?: Uint8Array) {
    this.hash = hash;
    this.#size = hashSize(hash);
    this.#buffer = Buffer.alloc(this.#size * 2) as Latin1Buffer;
    if (initial !== undefined) this.#buffer.set(initial.subarray(0, this.#size));
  }

  /** @param value a digest of exactly the bank's size */
  extend(value: Uint8Array): void {
    if (value.length !== this.#size) throw new RangeError(`extend with ${value.length} bytes into ${this.hash}`);
    this.#buffer.set(value, this.#size);
    this.#buffer.latin1Write(oneShot(this.hash, this.#buffer, 'latin1'), 0);
  }

  /** Extends with the bank's digest of `data`. Makes no object for that digest: long logs are replayed with this. */
  extendHashOf(data: Uint8Array): void {
    this.#buffer.latin1Write(oneShot(this.hash, data, 'latin1'), this.#size);
    this.#buffer.latin1Write(oneShot(this.hash, this.#buffer, 'latin1'), 0);
  }

  /** A copy of the present value. */
  value(): Uint8Array {
    return new Uint8Array(this.#buffer.subarray(0, this.#size));
  }

  equals(other: Uint8Array): boolean {
    // The first byte decides nearly always, and without the cost of a call into Node.
    if (other[0] !== this.#buffer[0] || other.length !== this.#size) return false;
    return this.#buffer.compare(other, 0, this.#size, 0, this.#size) === 0;
  }
}

/** Whether two byte strings are equal, in time that depends on their length only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
