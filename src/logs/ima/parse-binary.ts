/**
 * Reads `binary_runtime_measurements` (security/integrity/ima/ima_fs.c): per entry u32 PCR, template digest, u32 name
 * length, name, then u32 length and template data. The template `ima` has no length: 20 bytes of digest, then u32
 * length and name. Integers are little-endian, as on every supported host and with `ima_canonical_fmt`.
 */

import type { HashName } from '../../bytes/hash.ts';
import { HASHES, hashSize } from '../../bytes/hash.ts';
import type { Untrusted } from '../../bytes/trust.ts';
import { untrusted } from '../../bytes/trust.ts';
import { ListBuilder, MAX_LIST_BYTES, MAX_PCR, MAX_TEMPLATE_DATA } from './build.ts';
import type { ImaList } from './model.ts';
import { MAX_TEMPLATE_NAME, isTemplateName } from './templates.ts';

/** Size of the digest in the template `ima`: SHA-1, or MD5 padded by nobody (which is not read). */
const IMA_DIGEST_SIZE = 20;

/** Longest name the template `ima` can hold (IMA_EVENT_NAME_LEN_MAX); longer ones were cut by the kernel. */
const MAX_IMA_EVENT_NAME = 255;

/**
 * Parses a binary measurement list. An end inside an entry is the anomaly `truncated`.
 * @throws EvidenceError `ima.size`, `ima.pcr`, `ima.byte-order`, `ima.template-name`, `ima.templates`, `ima.data-length`, `ima.entries`
 */
export function parseBinaryList(bytes: Uint8Array, part = 'log.ima'): Untrusted<ImaList> {
  const builder = new ListBuilder(part);
  if (bytes.length > MAX_LIST_BYTES) {
    throw builder.error('ima.size', `has ${bytes.length} bytes, more than ${MAX_LIST_BYTES}`, 0);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const digestHash = detectDigestHash(bytes, view);
  const size = hashSize(digestHash);
  const memo = new NameMemo();
  let offset = 0;
  while (offset < bytes.length) {
    const next = readEntry(builder, bytes, view, offset, size, memo);
    if (next === undefined) {
      builder.truncatedAt(offset, bytes.length - offset);
      break;
    }
    offset = next;
  }
  return untrusted(builder.list('ima-binary', bytes, digestHash));
}

/** Reads one entry and returns the offset after it, or undefined when the list ends inside it. */
function readEntry(
  builder: ListBuilder,
  bytes: Uint8Array,
  view: DataView,
  start: number,
  digestSize: number,
  memo: NameMemo,
): number | undefined {
  const end = bytes.length;
  const digest = start + 4;
  const nameLengthAt = digest + digestSize;
  if (nameLengthAt + 4 > end) return undefined;
  const pcr = view.getUint32(start, true);
  if (pcr > MAX_PCR) throw wrongPcr(builder, pcr, start);
  const nameLength = view.getUint32(nameLengthAt, true);
  if (nameLength === 0 || nameLength > MAX_TEMPLATE_NAME) {
    throw builder.error('ima.template-name', `has a template name of ${nameLength} bytes`, nameLengthAt);
  }
  const nameAt = nameLengthAt + 4;
  const nameEnd = nameAt + nameLength;
  if (nameEnd + 4 > end) return undefined;
  if (!memo.matches(bytes, nameAt, nameLength)) {
    const name = bytes.subarray(nameAt, nameEnd);
    if (!isTemplateName(name)) throw builder.error('ima.template-name', 'has an impossible template name', nameAt);
    const index = builder.templateIndex(String.fromCharCode(...name), nameAt);
    memo.set(name, index, builder.template(index).unframed);
  }
  let dataAt = nameEnd + 4;
  let lengthAt = nameEnd;
  let dataLength: number;
  if (memo.unframed) {
    dataAt = nameEnd;
    lengthAt = nameEnd + IMA_DIGEST_SIZE;
    if (lengthAt + 4 > end) return undefined;
    const eventName = view.getUint32(lengthAt, true);
    dataLength = IMA_DIGEST_SIZE + 4 + eventName;
    if (eventName > MAX_IMA_EVENT_NAME) {
      throw builder.error('ima.data-length', `has a name of ${eventName} bytes in the template ima`, lengthAt);
    }
  } else dataLength = view.getUint32(lengthAt, true);
  if (dataLength > MAX_TEMPLATE_DATA) {
    throw builder.error('ima.data-length', `has ${dataLength} bytes of template data`, lengthAt);
  }
  if (dataAt + dataLength > end) return undefined;
  builder.add(pcr, memo.index, start, digest, dataAt, dataLength);
  return dataAt + dataLength;
}

/** The template of the entry before: nearly every entry of a list has the same. */
class NameMemo {
  #name = new Uint8Array(0);
  index = 0;
  unframed = false;

  set(name: Uint8Array, index: number, unframed: boolean): void {
    this.#name = name.slice();
    this.index = index;
    this.unframed = unframed;
  }

  matches(bytes: Uint8Array, offset: number, length: number): boolean {
    const name = this.#name;
    if (name.length !== length) return false;
    for (let i = 0; i < length; i++) if (bytes[offset + i] !== name[i]) return false;
    return true;
  }
}

function wrongPcr(builder: ListBuilder, pcr: number, offset: number): Error {
  const swapped = new DataView(new ArrayBuffer(4));
  swapped.setUint32(0, pcr, true);
  const big = swapped.getUint32(0, false);
  return big > 0 && big <= MAX_PCR && builder.count === 0
    ? builder.error('ima.byte-order', 'is big-endian; boot the host with ima_canonical_fmt', offset)
    : builder.error('ima.pcr', `names PCR ${pcr}`, offset);
}

/**
 * Newer kernels offer the list once per algorithm, with digests of that size, and nothing in it says so. The content
 * does: only with the right size does the first entry's template name stand where its length says.
 */
function detectDigestHash(bytes: Uint8Array, view: DataView): HashName {
  for (const { name, size } of HASHES) {
    const nameAt = 4 + size + 4;
    if (nameAt > bytes.length) break;
    const length = view.getUint32(nameAt - 4, true);
    if (length <= MAX_TEMPLATE_NAME && isTemplateName(bytes.subarray(nameAt, nameAt + length))) return name;
  }
  return 'sha1';
}
