/**
 * Distinguished names (RFC 5280, clause 4.1.2.4). They are compared as the bytes they are, but for one string type
 * that stands for another; what else is made of them here is shown, and tells a maker from another where a quirk asks.
 */

import { derChildren, derExpect, derOid, TAG, type DerNode } from '../bytes/der.ts';
import { printable, toHex } from '../bytes/text.ts';
import { refused } from './codes.ts';

/** organizationName, by which quirks tell makers. */
export const ORGANIZATION = '2.5.4.10';

/** One attribute of a name. */
export interface NameAttribute {
  /** Object identifier, dotted. */
  readonly type: string;
  /** The text, or undefined where the value is no character string. */
  readonly text: string | undefined;
  /** The value as it stands. */
  readonly value: Uint8Array;
}

interface ParsedName {
  /** In the order of the bytes; several attributes may share one relative distinguished name. */
  readonly attributes: readonly NameAttribute[];
  /** For people to read, in the form of RFC 4514 but in the order of the bytes. */
  readonly text: string;
  /** The values of a set are not in the order DER asks for. */
  readonly unsorted: boolean;
  /**
   * What names are compared by: hexadecimal of the DER, with each PrintableString as the UTF8String of the same characters (clause 7.1
   * makes them equal). Case and spaces count, which is stricter than the clause.
   */
  readonly comparable: string;
}

/** Short names of RFC 4519 and those in use beside them. */
const SHORT_NAMES: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.4', 'SN'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.12', 'T'],
  ['2.5.4.42', 'G'],
  ['2.5.4.43', 'I'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['1.2.840.113549.1.9.1', 'E'],
]);

/**
 * Reads a Name.
 * @throws EvidenceError `x509.malformed`, `der.*`
 */
export function readName(node: DerNode): ParsedName {
  derExpect(node, TAG.sequence, node);
  const comparable = Buffer.from(node.raw);
  const attributes: NameAttribute[] = [];
  let unsorted = false;
  const sets = derChildren(node).map((set) => {
    const members = derChildren(derExpect(set, TAG.set, node));
    if (members.length === 0) throw refused('x509.malformed', 'an empty part of a name', node.part, set.offset);
    unsorted ||= !isSorted(members);
    const read = members.map((member) =>
      readAttribute(member, (at) => (comparable[at - node.offset] = TAG.utf8String)),
    );
    attributes.push(...read);
    return read.map(attributeText).join('+');
  });
  return { attributes, text: sets.join(', '), unsorted, comparable: comparable.toString('hex') };
}

/** Whether the members of a SET OF stand in ascending order (X.690, clause 11.6). */
export function isSorted(members: readonly DerNode[]): boolean {
  return members.every((member, index) => index === 0 || Buffer.compare(members[index - 1]!.raw, member.raw) <= 0);
}

/** The first text of an attribute type. */
export function attributeOf(attributes: readonly NameAttribute[], type: string): string | undefined {
  return attributes.find((attribute) => attribute.type === type)?.text;
}

/** @param isPrintable is told where the tag of a PrintableString stands */
function readAttribute(node: DerNode, isPrintable: (offset: number) => void): NameAttribute {
  const [type, value, ...more] = derChildren(derExpect(node, TAG.sequence, node));
  if (value === undefined || more.length > 0) {
    throw refused('x509.malformed', 'an attribute of a name is not a type and a value', node.part, node.offset);
  }
  if (value.tag === TAG.printableString && value.content.every((octet) => octet < 0x80)) isPrintable(value.offset);
  return { type: derOid(derExpect(type, TAG.oid, node)), text: stringText(value), value: value.raw };
}

/** The characters of a character string; undefined for another type, or bytes that are none of its characters. */
function stringText({ tag, content }: DerNode): string | undefined {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  switch (tag) {
    case TAG.utf8String:
      return decoded('utf-8', bytes);
    case TAG.printableString:
    case TAG.ia5String:
    case TAG.numericString:
    case TAG.visibleString:
    case TAG.t61String:
      // What is shown of T.61 is the part it shares with ISO 8859-1.
      return bytes.toString('latin1');
    case TAG.bmpString:
      return decoded('utf-16be', bytes);
    default:
      return undefined;
  }
}

function decoded(encoding: string, bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function attributeText({ type, text, value }: NameAttribute): string {
  const name = SHORT_NAMES.get(type) ?? type;
  if (text === undefined) return `${name}=#${toHex(value)}`;
  const escaped = text
    .replace(/[,+"\\<>;]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ');
  return `${name}=${printable(escaped)}`;
}
