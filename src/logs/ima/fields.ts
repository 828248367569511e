/**
 * Typed reading of one entry's template data, on demand.
 *
 * No digest covers the template's *name*, so a host can relabel an entry. The template data is covered, the length of each
 * field included. Reading is strict enough that a relabelled entry never turns one value into another: the file digest is
 * the first field or nothing, the path the second or nothing; a digest has a known algorithm and exactly its size;
 * a path has no byte zero inside. Whatever is not read so is a `problem`, and the entry then has no digest and no path.
 */

import { hashByName, hashesTo } from '../../bytes/hash.ts';
import { printable } from '../../bytes/text.ts';
import { kernelHashSize } from './hash-algorithms.ts';
import type { ImaList, ImaTemplate } from './model.ts';
import { entryTemplate, templateData } from './model.ts';
import type { ImaSignature } from './signature.ts';
import { decodeSignature } from './signature.ts';

/** What was measured: the file's content (or a buffer), or its fs-verity digest. */
export interface ImaFileDigest {
  readonly kind: 'ima' | 'verity';
  /** kernel name: `sha1`, `sha256`, `sm3` … */
  readonly algorithm: string;
  readonly bytes: Uint8Array;
}

/** One field as the template names it, a view of the list; an id is undefined past the fields the name lists. */
interface ImaField {
  readonly id: string | undefined;
  readonly bytes: Uint8Array;
}

/** The fields of one entry. All of it is the host's word until the entry is in a proved prefix and is no violation. */
export interface ImaFields {
  /** All-zero in a violation, where it may also be shorter than its algorithm's size: 20 bytes. */
  readonly fileDigest: ImaFileDigest;
  /** The path as the kernel wrote it (spaces as `_`), bytes as UTF-8, not made safe to print. */
  readonly path: string;
  /** the path's bytes, without their terminator */
  readonly pathBytes: Uint8Array;
  /** `sig`, when it is there and not empty */
  readonly signature: { readonly bytes: Uint8Array; readonly decoded: ImaSignature | undefined } | undefined;
  /** `buf`, when the template has it; `matches`: its hash is the entry's digest, as it is for every measured buffer */
  readonly buffer: { readonly bytes: Uint8Array; readonly matches: boolean } | undefined;
  /** `d-modsig` and `modsig`, when they are there and not empty */
  readonly modsig: { readonly digest: ImaFileDigest; readonly pkcs7: Uint8Array } | undefined;
  /** every field in order, also those read above */
  readonly all: readonly ImaField[];
}

/** Why an entry's template data cannot be read as its template says. */
export type ImaFieldsProblem = 'framing' | 'field-count' | 'template' | 'digest' | 'algorithm' | 'path' | 'modsig';

export type ImaFieldsResult =
  | { readonly fields: ImaFields; readonly problem?: never }
  | { readonly problem: ImaFieldsProblem; readonly fields?: never };

/** Reads the fields of entry `index`; what cannot be read is a `problem`, never an exception. */
export function readFields(list: ImaList, index: number): ImaFieldsResult {
  const template = entryTemplate(list, index);
  const all = splitFields(template, templateData(list, index));
  if (all === undefined) return { problem: 'framing' };
  if (template.fields !== undefined && all.length !== template.fields.length) return { problem: 'field-count' };
  const [first, second] = all;
  if (first?.id === undefined || second?.id === undefined) return { problem: 'template' };
  if (second.id !== 'n' && second.id !== 'n-ng') return { problem: 'template' };
  const fileDigest = readFileDigest(first.id, first.bytes);
  if (typeof fileDigest === 'string') return { problem: fileDigest };
  const pathBytes = readString(second.bytes);
  if (pathBytes === undefined) return { problem: 'path' };
  const modsig = readModsig(all);
  if (modsig === null) return { problem: 'modsig' };
  const signature = nonEmpty(all, 'sig');
  const buffer = all.find((field) => field.id === 'buf')?.bytes;
  return {
    fields: {
      fileDigest,
      path: utf8.decode(pathBytes),
      pathBytes,
      signature: signature && { bytes: signature, decoded: decodeSignature(signature) },
      buffer: buffer && { bytes: buffer, matches: isDigestOf(fileDigest, buffer) },
      modsig,
      all,
    },
  };
}

/** A path made safe to print, whole. */
export function printablePath(fields: ImaFields): string {
  return printable(fields.path, fields.path.length);
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Splits framed template data: u32 length and bytes per field. More fields than any template has are not framing. */
function splitFields(template: ImaTemplate, data: Uint8Array): ImaField[] | undefined {
  if (template.unframed) {
    return [
      { id: 'd', bytes: data.subarray(0, 20) },
      { id: 'n', bytes: data.subarray(24) },
    ];
  }
  const fields: ImaField[] = [];
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let at = 0; at < data.length;) {
    if (at + 4 > data.length || fields.length === MAX_FIELDS) return undefined;
    const end = at + 4 + view.getUint32(at, true);
    if (end > data.length) return undefined;
    fields.push({ id: template.fields?.[fields.length], bytes: data.subarray(at + 4, end) });
    at = end;
  }
  return fields;
}

/** The kernel's own bound (IMA_TEMPLATE_NUM_FIELDS_MAX). */
const MAX_FIELDS = 15;

function nonEmpty(all: readonly ImaField[], id: string): Uint8Array | undefined {
  const bytes = all.find((field) => field.id === id)?.bytes;
  return bytes === undefined || bytes.length === 0 ? undefined : bytes;
}

/** `d`: 20 bytes. `d-ng`: `algorithm:` NUL digest. `d-ngv2`: `ima:` or `verity:` before that. */
function readFileDigest(id: string, bytes: Uint8Array): ImaFileDigest | 'digest' | 'algorithm' | 'template' {
  if (id === 'd') return bytes.length === 20 ? { kind: 'ima', algorithm: 'sha1', bytes } : 'digest';
  if (id !== 'd-ng' && id !== 'd-ngv2' && id !== 'd-modsig') return 'template';
  const zero = bytes.subarray(0, MAX_DIGEST_PREFIX).indexOf(0);
  // Nothing stands before a first byte, nor before a NUL that is not there.
  if (bytes[zero - 1] !== COLON) return 'digest';
  let algorithm = String.fromCharCode(...bytes.subarray(0, zero - 1));
  let kind: ImaFileDigest['kind'] = 'ima';
  if (id === 'd-ngv2') {
    const colon = algorithm.indexOf(':');
    const type = algorithm.slice(0, Math.max(colon, 0));
    if (type !== 'ima' && type !== 'verity') return 'digest';
    kind = type;
    algorithm = algorithm.slice(colon + 1);
  }
  const value = bytes.subarray(zero + 1);
  const size = kernelHashSize(algorithm);
  if (size === undefined) return 'algorithm';
  return value.length === size || isViolationRoom(value) ? { kind, algorithm, bytes: value } : 'digest';
}

/** A violation has no digest; some kernels leave room for SHA-1 beside the name of any algorithm. */
function isViolationRoom(value: Uint8Array): boolean {
  return value.length === 20 && value.every((byte) => byte === 0);
}

const COLON = 0x3a;

/** Longer than `verity:streebog256:` and its NUL. */
const MAX_DIGEST_PREFIX = 32;

/** A name's bytes: at most one NUL, and that at the end; not empty. */
function readString(bytes: Uint8Array): Uint8Array | undefined {
  const zero = bytes.indexOf(0);
  if (zero === -1) return bytes.length === 0 ? undefined : bytes;
  return zero === bytes.length - 1 && zero > 0 ? bytes.subarray(0, zero) : undefined;
}

/** The appended signature: undefined when the entry has none, null when it is malformed. */
function readModsig(all: readonly ImaField[]): ImaFields['modsig'] | null {
  const digest = nonEmpty(all, 'd-modsig');
  const pkcs7 = nonEmpty(all, 'modsig');
  if (digest === undefined && pkcs7 === undefined) return undefined;
  if (digest === undefined || pkcs7 === undefined) return null;
  const decoded = readFileDigest('d-modsig', digest);
  return typeof decoded === 'string' ? null : { digest: decoded, pkcs7 };
}

/** Whether `data` hashes to the digest, as far as this verifier computes its algorithm. */
function isDigestOf(fileDigest: ImaFileDigest, data: Uint8Array): boolean {
  const hash = hashByName(fileDigest.algorithm);
  return fileDigest.kind === 'ima' && hash !== undefined && hashesTo(hash.name, data, fileDigest.bytes, 0);
}
