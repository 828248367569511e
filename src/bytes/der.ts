/**
 * Strict reader of DER (ITU-T X.690, clause 10): definite lengths in the shortest form, single-octet tags, nothing after the
 * value. Nodes are views of the input and are opened one level at a time, so nothing recurses on the input's nesting.
 */

import { EvidenceError } from './errors.ts';
import { toHex } from './text.ts';

/** Deeper nesting than certificates and signatures have (about 12); a chain of opened nodes stops here. */
const MAX_DEPTH = 32;

/** Tags as they stand in the identifier octet: class, constructed bit and number together. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  t61String: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Context-specific constructed tag `[number]`. */
export function contextTag(number: number): number {
  return 0xa0 | number;
}

/** Context-specific primitive tag `[number]`: an implicitly tagged string, number or bit string. */
export function contextPrimitive(number: number): number {
  return 0x80 | number;
}

/** One value: its parts are views of the input. */
export interface DerNode {
  /** The identifier octet. */
  readonly tag: number;
  /** Identifier, length and content octets. */
  readonly raw: Uint8Array;
  readonly content: Uint8Array;
  /** Offset of the identifier octet within the part. */
  readonly offset: number;
  readonly part: string;
  readonly depth: number;
}

/**
 * Reads `bytes` as exactly one value.
 * @throws EvidenceError `der.truncated`, `der.tag`, `der.length`, `der.trailing`
 */
export function readDer(bytes: Uint8Array, part: string): DerNode {
  const node = readNode(bytes, 0, part, 0, 0);
  if (node.raw.length !== bytes.length) throw fail(part, node.raw.length, 'der.trailing', 'bytes after the value');
  return node;
}

/**
 * Reads the value `bytes` starts with, whatever follows it; the caller judges the rest, which starts at `raw.length`.
 * @throws EvidenceError `der.truncated`, `der.tag`, `der.length`
 */
export function readDerPrefix(bytes: Uint8Array, part: string): DerNode {
  return readNode(bytes, 0, part, 0, 0);
}

/**
 * The values inside a constructed one, in order.
 * @throws EvidenceError `der.primitive`, `der.depth`, and those of {@link readDer}
 */
export function derChildren(node: DerNode): DerNode[] {
  const base = node.offset + (node.raw.length - node.content.length);
  if ((node.tag & 0x20) === 0) throw fail(node.part, node.offset, 'der.primitive', 'a primitive value has no parts');
  if (node.depth >= MAX_DEPTH) throw fail(node.part, node.offset, 'der.depth', `nested deeper than ${MAX_DEPTH}`);
  const children: DerNode[] = [];
  let at = 0;
  while (at < node.content.length) {
    const child = readNode(node.content, at, node.part, base, node.depth + 1);
    children.push(child);
    at += child.raw.length;
  }
  return children;
}

/**
 * The one value inside a constructed one, such as an explicit tag.
 * @throws EvidenceError `der.unexpected` unless there is exactly one, and those of {@link derChildren}
 */
export function derOnly(node: DerNode): DerNode {
  const [only, ...more] = derChildren(node);
  if (only !== undefined && more.length === 0) return only;
  throw fail(
    node.part,
    node.offset,
    'der.unexpected',
    `expected one value, found ${only === undefined ? 0 : more.length + 1}`,
  );
}

/** @throws EvidenceError `der.unexpected` unless the value is there and has this tag */
export function derExpect(node: DerNode | undefined, tag: number, parent: DerNode): DerNode {
  if (node?.tag === tag) return node;
  const found = node === undefined ? 'nothing' : `tag 0x${node.tag.toString(16)}`;
  const at = node?.offset ?? parent.offset;
  throw fail(parent.part, at, 'der.unexpected', `expected tag 0x${tag.toString(16)}, found ${found}`);
}

/**
 * Object identifier in dotted form.
 * @throws EvidenceError `der.unexpected`, `der.oid` for an empty, cut, padded or over-long arc
 */
export function derOid(node: DerNode): string {
  derExpect(node, TAG.oid, node);
  const arcs: number[] = [];
  let value = 0;
  let start = true;
  for (const octet of node.content) {
    // 2^53 / 128: a larger arc would lose bits. No registered identifier comes near it.
    if ((start && octet === 0x80) || value > 0x3fffffffffff) throw fail(node.part, node.offset, 'der.oid', 'bad arc');
    value = value * 128 + (octet & 0x7f);
    start = (octet & 0x80) === 0;
    if (start) {
      if (arcs.length === 0) {
        const first = Math.min(Math.floor(value / 40), 2);
        arcs.push(first, value - first * 40);
      } else arcs.push(value);
      value = 0;
    }
  }
  if (!start || arcs.length === 0) throw fail(node.part, node.offset, 'der.oid', 'cut short');
  return arcs.join('.');
}

/**
 * Content of an INTEGER in hexadecimal, two's complement as stored.
 * @throws EvidenceError `der.unexpected`, `der.integer` for an empty or padded value
 */
export function derIntegerHex(node: DerNode): string {
  derExpect(node, TAG.integer, node);
  const [first, second] = node.content;
  if (first === undefined) throw fail(node.part, node.offset, 'der.integer', 'empty');
  const padded =
    second !== undefined && ((first === 0 && (second & 0x80) === 0) || (first === 0xff && (second & 0x80) !== 0));
  if (padded) throw fail(node.part, node.offset, 'der.integer', 'not in the shortest form');
  return toHex(node.content);
}

/**
 * A BOOLEAN, which DER writes as 0 or 255 only.
 * @throws EvidenceError `der.unexpected`, `der.boolean`
 */
export function derBoolean(node: DerNode): boolean {
  derExpect(node, TAG.boolean, node);
  const [value] = node.content;
  if (node.content.length !== 1 || (value !== 0 && value !== 0xff)) {
    throw fail(node.part, node.offset, 'der.boolean', 'neither TRUE nor FALSE');
  }
  return value === 0xff;
}

/**
 * Content of a BIT STRING (the tag may be an implicit one, so the caller has looked at it): the octets, and how many bits of the
 * last are not used. Unused bits are zero.
 * @throws EvidenceError `der.bits`
 */
export function derBits(node: DerNode): { readonly bytes: Uint8Array; readonly unused: number } {
  const [unused] = node.content;
  const bytes = node.content.subarray(1);
  const last = bytes.at(-1);
  const wrong = unused === undefined || unused > 7 || (last === undefined ? unused !== 0 : last & ((1 << unused) - 1));
  if (wrong) throw fail(node.part, node.offset, 'der.bits', 'unused bits that are not there or not zero');
  return { bytes, unused };
}

/**
 * Content of a BIT STRING that holds whole octets: a key, a signature.
 * @throws EvidenceError `der.unexpected`, `der.bits`
 */
export function derBitOctets(node: DerNode): Uint8Array {
  const { bytes, unused } = derBits(derExpect(node, TAG.bitString, node));
  if (unused !== 0) throw fail(node.part, node.offset, 'der.bits', 'not whole octets');
  return bytes;
}

/**
 * An INTEGER, ENUMERATED or implicitly tagged number that is not negative and below 2^31.
 * @throws EvidenceError `der.integer` for any other number, or one not in the shortest form
 */
export function derSmallNumber(node: DerNode): number {
  const [first = 0x80, second] = node.content;
  const padded = first === 0 && second !== undefined && second < 0x80;
  if (first >= 0x80 || padded || node.content.length > 4) {
    throw fail(node.part, node.offset, 'der.integer', 'not a small number in the shortest form');
  }
  return node.content.reduce((value, octet) => value * 256 + octet, 0);
}

function readNode(bytes: Uint8Array, at: number, part: string, base: number, depth: number): DerNode {
  const tag = bytes[at];
  const short = bytes[at + 1];
  if (tag === undefined || short === undefined) throw fail(part, base + at, 'der.truncated', 'no tag and length');
  if ((tag & 0x1f) === 0x1f) throw fail(part, base + at, 'der.tag', 'tag of more than one octet');
  let length = short;
  let header = 2;
  if (short >= 0x80) {
    const octets = short & 0x7f;
    // Four octets state up to 4 GiB, more than any input; 0x80 alone is BER's indefinite form.
    if (octets === 0 || octets > 4) throw fail(part, base + at, 'der.length', 'indefinite or over-long length');
    length = 0;
    for (let i = 0; i < octets; i++) {
      const octet = bytes[at + 2 + i];
      if (octet === undefined) throw fail(part, base + at, 'der.truncated', 'length cut short');
      length = length * 256 + octet;
    }
    if (length < 0x80 || length < 256 ** (octets - 1)) {
      throw fail(part, base + at, 'der.length', 'length not in the shortest form');
    }
    header += octets;
  }
  const end = at + header + length;
  if (end > bytes.length) throw fail(part, base + at, 'der.truncated', `needs ${length} bytes of content`);
  return {
    tag,
    raw: bytes.subarray(at, end),
    content: bytes.subarray(at + header, end),
    offset: base + at,
    part,
    depth,
  };
}

function fail(part: string, offset: number, code: string, message: string): EvidenceError {
  return new EvidenceError(code, `DER: ${message} (${part}, offset ${offset})`, { part, offset });
}
