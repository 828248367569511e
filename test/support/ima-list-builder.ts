/**
 * Makes IMA lists as the kernel would, with nothing from `src`: what it builds and what it says such a list replays to are an
 * independent account of the format (security/integrity/ima/ima_fs.c, ima_template_lib.c, ima_crypto.c).
 */
import * as crypto from 'node:crypto';

export type Hash = 'sha1' | 'sha256' | 'sha384' | 'sha512';

export interface EntrySpec {
  readonly pcr?: number;
  /** default `ima-sig` */
  readonly template?: string;
  /** the value of each field; for `ima`: 20 bytes of digest and the name without terminator */
  readonly fields: readonly Uint8Array[];
  /** how the ASCII list prints each field */
  readonly texts: readonly string[];
  /** a violation: zero digest in the list, all-0xFF extended */
  readonly violation?: boolean;
}

const SIZES: Readonly<Record<Hash, number>> = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 };

// The one-shot function, by text: building 100,000 entries must not cost a hash object and an external buffer each.
const hashed = (hash: Hash, data: Uint8Array): Buffer => Buffer.from(crypto.hash(hash, data, 'binary'), 'latin1');

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

/** `d-ng`: algorithm, colon, NUL, digest. `type` makes it `d-ngv2`. */
export function digestField(algorithm: string, digest: Uint8Array, type?: 'ima' | 'verity'): Buffer {
  return Buffer.concat([Buffer.from(`${type === undefined ? '' : `${type}:`}${algorithm}:\0`), digest]);
}

export interface FileOptions {
  readonly template?: string;
  readonly pcr?: number;
  readonly algorithm?: string;
  readonly digest?: Uint8Array;
  readonly type?: 'ima' | 'verity';
  /** the fields after the path */
  readonly more?: readonly Uint8Array[];
  readonly violation?: boolean;
}

/** A measured file: digest and path, then for `ima-sig` and `ima-sigv2` an empty signature unless `more` is given. */
export function file(path: string | Uint8Array, options: FileOptions = {}): EntrySpec {
  const { template = 'ima-sig', algorithm = 'sha256' } = options;
  const name = Buffer.from(path);
  const digest = Buffer.from(options.digest ?? hashed('sha256', name));
  const more = (options.more ?? (template.startsWith('ima-sig') ? [new Uint8Array(0)] : [])).map((m) => Buffer.from(m));
  const type = options.type ?? (template.endsWith('v2') ? 'ima' : undefined);
  const common = {
    template,
    ...(options.pcr !== undefined && { pcr: options.pcr }),
    ...(options.violation !== undefined && { violation: options.violation }),
  };
  if (template === 'ima') {
    const short = digest.subarray(0, 20);
    return { ...common, fields: [short, name], texts: [short.toString('hex'), name.toString('latin1')] };
  }
  return {
    ...common,
    fields: [digestField(algorithm, digest, type), Buffer.concat([name, Buffer.alloc(1)]), ...more],
    texts: [
      `${type === undefined ? '' : `${type}:`}${algorithm}:${digest.toString('hex')}`,
      name.toString('latin1'),
      ...more.map((m) => m.toString('hex')),
    ],
  };
}

/** A measured buffer (`ima-buf`): its digest is that of the buffer. */
export function buffer(name: string, content: Uint8Array): EntrySpec {
  return file(name, { template: 'ima-buf', digest: hashed('sha256', content), more: [content] });
}

/** `n` measured files with different paths and digests; growth is linear in `n`. */
export function manyFiles(n: number): EntrySpec[] {
  return Array.from({ length: n }, (_, i) => file(`/usr/lib/x86_64-linux-gnu/library-${i}.so.0`));
}

/** A long binary list and what its template data is, made without an object per entry. */
export interface LongList {
  readonly bytes: Uint8Array;
  /** offset and length of the template data of each entry */
  readonly data: readonly (readonly [number, number])[];
}

/** `n` measured files in `ima-sig`; time and memory grow with `n`. */
export function longList(n: number): LongList {
  const out = Buffer.alloc(n * 160);
  const data: (readonly [number, number])[] = [];
  let at = 0;
  for (let i = 0; i < n; i++) {
    const path = `/usr/lib/x86_64-linux-gnu/library-${i}.so.0\0`;
    const start = at + 4 + 20 + 4 + 7 + 4;
    const length = 4 + 40 + 4 + path.length + 4;
    out.writeUInt32LE(40, start);
    out.write('sha256:\0', start + 4, 'latin1');
    out.write(crypto.hash('sha256', path, 'binary'), start + 12, 'latin1');
    out.writeUInt32LE(path.length, start + 44);
    out.write(path, start + 48, 'latin1');
    out.writeUInt32LE(10, at);
    out.write(crypto.hash('sha1', out.subarray(start, start + length), 'binary'), at + 4, 'latin1');
    out.writeUInt32LE(7, at + 24);
    out.write('ima-sig', at + 28, 'latin1');
    out.writeUInt32LE(length, at + 35);
    data.push([start, length]);
    at = start + length;
  }
  return { bytes: new Uint8Array(out.buffer, out.byteOffset, at), data };
}

/** PCR 10 after every entry of a long list, by the fastest primitive there is: the floor that a replay is measured against. */
export function floorReplay(list: LongList, bank: 'sha1' | 'sha256'): Uint8Array {
  const size = SIZES[bank];
  const pcr = Buffer.alloc(size * 2);
  for (const [start, length] of list.data) {
    pcr.write(crypto.hash(bank, list.bytes.subarray(start, start + length), 'binary'), size, 'latin1');
    pcr.write(crypto.hash(bank, pcr, 'binary'), 0, 'latin1');
  }
  return new Uint8Array(pcr.subarray(0, size));
}

/** The template data as it stands in the binary list. */
export function listedData(spec: EntrySpec): Buffer {
  const parts = spec.fields.flatMap((f, i) => (spec.template === 'ima' && i === 0 ? [f] : [u32(f.length), f]));
  return Buffer.concat(parts);
}

/** What the kernel hashes. */
export function hashedData(spec: EntrySpec): Buffer {
  if (spec.template !== 'ima') return listedData(spec);
  const name = Buffer.alloc(256);
  name.set(spec.fields[1] ?? new Uint8Array(0));
  return Buffer.concat([spec.fields[0] ?? new Uint8Array(0), name]);
}

function storedDigest(spec: EntrySpec, hash: Hash): Buffer {
  return spec.violation === true ? Buffer.alloc(SIZES[hash]) : hashed(hash, hashedData(spec));
}

/** `binary_runtime_measurements`, or `binary_runtime_measurements_<hash>`. */
export function binaryList(specs: readonly EntrySpec[], hash: Hash = 'sha1'): Uint8Array {
  const parts: Buffer[] = [];
  for (const spec of specs) {
    const template = Buffer.from(spec.template ?? 'ima-sig');
    const data = listedData(spec);
    parts.push(u32(spec.pcr ?? 10), storedDigest(spec, hash), u32(template.length), template);
    if (spec.template !== 'ima') parts.push(u32(data.length));
    parts.push(data);
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** `ascii_runtime_measurements`. */
export function asciiList(specs: readonly EntrySpec[], hash: Hash = 'sha1'): Uint8Array {
  const lines = specs.map((spec) => {
    const start = `${String(spec.pcr ?? 10).padStart(2)} ${storedDigest(spec, hash).toString('hex')}`;
    return `${[start, spec.template ?? 'ima-sig', ...spec.texts].join(' ')}\n`;
  });
  return new Uint8Array(Buffer.from(lines.join(''), 'latin1'));
}

/**
 * How a kernel extends a bank. `padded-sha1`: before 5.8, violations padded like the rest; `padded-sha1-full`: since 5.8, a bank whose hash is
 * not loaded, where violations are 0xFF in the bank's size.
 */
export type KernelMode = 'native' | 'padded-sha1' | 'padded-sha1-full';

/** The PCR after the entries that name it, extended as such a kernel does. */
export function pcrAfter(
  specs: readonly EntrySpec[],
  bank: Hash,
  mode: KernelMode = 'native',
  pcr = 10,
  initial: Uint8Array = new Uint8Array(SIZES[bank]),
): Uint8Array {
  let value: Uint8Array = initial;
  for (const spec of specs) {
    if ((spec.pcr ?? 10) !== pcr) continue;
    const extended = Buffer.alloc(SIZES[bank]);
    if (spec.violation === true) extended.fill(0xff, 0, mode === 'padded-sha1' ? 20 : SIZES[bank]);
    else extended.set(hashed(mode === 'native' ? bank : 'sha1', hashedData(spec)));
    value = hashed(bank, Buffer.concat([value, extended]));
  }
  return new Uint8Array(value);
}
