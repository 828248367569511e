/**
 * The floors: the least work that reaches the same result, by the fastest primitive of Node, with nothing from `src`. What they
 * reach is compared with what the product reaches before anything is timed.
 */
import { createPublicKey, hash, verify, type KeyObject } from 'node:crypto';

type Latin1Buffer = Buffer & { latin1Write(text: string, offset: number): number };
type Bank = 'sha1' | 'sha256';
const SIZES = { sha1: 20, sha256: 32 } as const;
const IDS = new Map<number, Bank>([
  [0x0004, 'sha1'],
  [0x000b, 'sha256'],
]);
const EV_NO_ACTION = 3;

function oneShot(bank: Bank, data: Uint8Array): string {
  return hash(bank, data, 'binary');
}

/** Framing of a crypto-agile log of SHA-1 and SHA-256, every digest extended, every event's data hashed in both banks. */
export function floorFirmware(log: Uint8Array): ReadonlyMap<string, string> {
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  const pcrs = new Map<string, Latin1Buffer>();
  let at = 32 + view.getUint32(28, true);
  while (at < log.length) {
    const pcr = view.getUint32(at, true);
    const type = view.getUint32(at + 4, true);
    const count = view.getUint32(at + 8, true);
    at += 12;
    for (let i = 0; i < count; i++) {
      const bank = IDS.get(view.getUint16(at, true))!;
      const size = SIZES[bank];
      if (type !== EV_NO_ACTION) {
        const key = `${bank}:${pcr}`;
        let state = pcrs.get(key);
        if (state === undefined) pcrs.set(key, (state = Buffer.alloc(size * 2) as Latin1Buffer));
        state.set(log.subarray(at + 2, at + 2 + size), size);
        state.latin1Write(oneShot(bank, state), 0);
      }
      at += 2 + size;
    }
    const length = view.getUint32(at, true);
    const data = log.subarray(at + 4, at + 4 + length);
    if (type !== EV_NO_ACTION) for (const bank of ['sha1', 'sha256'] as const) oneShot(bank, data);
    at += 4 + length;
  }
  return new Map([...pcrs].map(([key, state]) => [key, state.toString('hex', 0, state.length / 2)]));
}

/** A check of one ECDSA signature with a key object made beforehand. */
export function floorSignature(spki: KeyObject, message: Uint8Array, signature: Uint8Array): () => boolean {
  // TPMT_SIGNATURE: u16 scheme, u16 hash, then r and s as TPM2B; as node wants them: 32 bytes each.
  const width = 32;
  const part = (from: number): [Uint8Array, number] => {
    const size = (signature[from]! << 8) | signature[from + 1]!;
    const value = Buffer.alloc(width);
    Buffer.from(signature.subarray(from + 2, from + 2 + size)).copy(value, width - size);
    return [value, from + 2 + size];
  };
  const [r, next] = part(4);
  const [s] = part(next);
  const raw = Buffer.concat([r, s]);
  return () => verify('sha256', message, { key: spki, dsaEncoding: 'ieee-p1363' }, raw);
}

/** The P-256 key at the end of a TPM2B_PUBLIC: x and y as TPM2B. */
export function floorKey(publicArea: Uint8Array): KeyObject {
  const width = 32;
  const y = publicArea.subarray(publicArea.length - width);
  const x = publicArea.subarray(publicArea.length - width - 2 - width, publicArea.length - width - 2);
  const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
  return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: encode(x), y: encode(y) }, format: 'jwk' });
}
