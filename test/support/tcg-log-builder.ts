/**
 * Makes firmware logs as firmware would, with nothing from `src`: what it builds and what it says such a log replays to are
 * an independent account of the formats (PC Client Platform Firmware Profile 1.06, 10.2 and 10.4).
 */
import { createHash } from 'node:crypto';

export type Hash = 'sha1' | 'sha256' | 'sha384' | 'sha512';

const ALGORITHMS: Readonly<Record<Hash, { id: number; size: number }>> = {
  sha1: { id: 0x0004, size: 20 },
  sha256: { id: 0x000b, size: 32 },
  sha384: { id: 0x000c, size: 48 },
  sha512: { id: 0x000d, size: 64 },
};

const hashed = (hash: Hash, ...data: Uint8Array[]): Buffer => {
  const h = createHash(hash);
  for (const part of data) h.update(part);
  return h.digest();
};

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function u64(value: bigint | number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

export function utf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le');
}

/** A GUID from its registry form. */
export function guid(text: string): Buffer {
  const h = text.replaceAll('-', '');
  const part = (from: number, to: number): Buffer => Buffer.from(h.slice(from, to), 'hex');
  return Buffer.concat([part(0, 8).reverse(), part(8, 12).reverse(), part(12, 16).reverse(), part(16, 32)]);
}

export const GUIDS = {
  global: guid('8be4df61-93ca-11d2-aa0d-00e098032b8c'),
  imageSecurity: guid('d719b2cb-3d3a-4596-a3bc-dad00e67656f'),
  shim: guid('605dab50-e046-4300-abb6-3dd810dd8b23'),
  x509: guid('a5c059a1-94e4-4aa7-87b5-ab155c2bf072'),
  sha256: guid('c1c41626-504c-4092-aca9-41f936934328'),
};

/** UEFI_VARIABLE_DATA. */
export function variable(name: string, vendor: Uint8Array, data: Uint8Array): Buffer {
  return Buffer.concat([vendor, u64(name.length), u64(data.length), utf16(name), data]);
}

/** EFI_SIGNATURE_LIST of signatures of one size. */
export function signatureList(
  type: Uint8Array,
  signatures: readonly Uint8Array[],
  header: Uint8Array = Buffer.alloc(0),
): Buffer {
  const body = Buffer.concat(signatures);
  const size = signatures[0]?.length ?? 16;
  return Buffer.concat([type, u32(28 + header.length + body.length), u32(header.length), u32(size), header, body]);
}

/** TCG_PCClientTaggedEvent. */
export function tagged(id: number, data: Uint8Array): Buffer {
  return Buffer.concat([u32(id), u32(data.length), data]);
}

export interface EventSpec {
  readonly pcr: number;
  readonly type: number;
  readonly data: Uint8Array;
  /** What the digests are of; without it the data. `zero`: an event that is not extended. */
  readonly measured?: Uint8Array | 'zero';
  /** digests as given, in place of computed ones */
  readonly digests?: Partial<Record<Hash, Uint8Array>>;
}

const EV_NO_ACTION = 3;

/** StartupLocality. */
export function startupLocality(locality: number): EventSpec {
  const data = Buffer.concat([Buffer.from('StartupLocality\0'), Buffer.from([locality])]);
  return { pcr: 0, type: EV_NO_ACTION, data, measured: 'zero' };
}

/** A separator for each of PCR 0–7. */
export function separators(value = 0): EventSpec[] {
  return [0, 1, 2, 3, 4, 5, 6, 7].map((pcr) => ({ pcr, type: 4, data: u32(value) }));
}

export interface BuiltLog {
  readonly bytes: Buffer;
  /** start of each event in `bytes`, the Spec ID event included */
  readonly offsets: readonly number[];
}

function digestOf(hash: Hash, spec: EventSpec): Buffer {
  const given = spec.digests?.[hash];
  if (given !== undefined) return Buffer.from(given);
  if (spec.measured === 'zero') return Buffer.alloc(ALGORITHMS[hash].size);
  return hashed(hash, spec.measured ?? spec.data);
}

/** One TCG_PCClientPCREvent. */
export function legacyEvent(spec: EventSpec): Buffer {
  return Buffer.concat([u32(spec.pcr), u32(spec.type), digestOf('sha1', spec), u32(spec.data.length), spec.data]);
}

/** One TCG_PCR_EVENT2. */
export function agileEvent(spec: EventSpec, banks: readonly Hash[]): Buffer {
  const digests = banks.flatMap((bank) => [u16(ALGORITHMS[bank].id), digestOf(bank, spec)]);
  return Buffer.concat([
    u32(spec.pcr),
    u32(spec.type),
    u32(banks.length),
    ...digests,
    u32(spec.data.length),
    spec.data,
  ]);
}

/** TCG_EfiSpecIDEvent as event data. @param algorithms id and digest size */
export function specIdData(
  algorithms: readonly (readonly [number, number])[],
  vendorInfo: Uint8Array = Buffer.alloc(0),
): Buffer {
  return Buffer.concat([
    Buffer.from('Spec ID Event03\0'),
    u32(0),
    Buffer.from([0, 2, 0, 2]),
    u32(algorithms.length),
    ...algorithms.flatMap(([id, size]) => [u16(id), u16(size)]),
    Buffer.from([vendorInfo.length]),
    vendorInfo,
  ]);
}

/** The first event of a crypto-agile log. */
export function specIdEvent(banks: readonly Hash[]): Buffer {
  const data = specIdData(banks.map((bank) => [ALGORITHMS[bank].id, ALGORITHMS[bank].size]));
  return legacyEvent({ pcr: 0, type: EV_NO_ACTION, data, measured: 'zero' });
}

function join(parts: readonly Buffer[]): BuiltLog {
  const offsets: number[] = [];
  let at = 0;
  for (const part of parts) {
    offsets.push(at);
    at += part.length;
  }
  return { bytes: Buffer.concat(parts), offsets };
}

/** A crypto-agile log: its Spec ID event, then the events. */
export function agileLog(banks: readonly Hash[], events: readonly EventSpec[]): BuiltLog {
  return join([specIdEvent(banks), ...events.map((event) => agileEvent(event, banks))]);
}

/** A TCG 1.2 log with the Spec ID event of the EFI platform specification. */
export function legacyLog(events: readonly EventSpec[]): BuiltLog {
  const data = Buffer.concat([Buffer.from('Spec ID Event02\0'), u32(0), Buffer.from([2, 1, 0, 1, 0])]);
  return join([legacyEvent({ pcr: 0, type: EV_NO_ACTION, data, measured: 'zero' }), ...events.map(legacyEvent)]);
}

/** What the PCRs hold after such a log, by PCR. */
export function pcrsAfter(hash: Hash, events: readonly EventSpec[], locality = 0): Map<number, Buffer> {
  const pcrs = new Map<number, Buffer>();
  for (const event of events) {
    if (event.type === EV_NO_ACTION) continue;
    const start = Buffer.alloc(ALGORITHMS[hash].size);
    if (event.pcr === 0) start[start.length - 1] = locality;
    pcrs.set(event.pcr, hashed(hash, pcrs.get(event.pcr) ?? start, digestOf(hash, event)));
  }
  return pcrs;
}
