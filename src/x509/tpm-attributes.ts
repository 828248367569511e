/**
 * What certificates say about a TPM or a platform: names in the subject alternative name and directory attributes
 * (TCG EK Credential Profile, clause 3; Platform Certificate Profile, clause 3). Shown, as the issuer vouches for it.
 */

import { derChildren, derExpect, derOid, derSmallNumber, TAG, type DerNode } from '../bytes/der.ts';
import { DerFields } from '../bytes/der-fields.ts';
import { printable } from '../bytes/text.ts';
import { EXTENSION, extensionValue, type Extensions } from './extensions.ts';
import { directoryNames } from './general-names.ts';
import { attributeOf, readName, type NameAttribute } from './name.ts';
import type { QuirkName } from './quirks.ts';

const MANUFACTURER = '2.23.133.2.1';
const MODEL = '2.23.133.2.2';
const VERSION = '2.23.133.2.3';
const SPECIFICATION = '2.23.133.2.16';
/** Of platforms; the second of each is of the profile before (TCG Credential Profiles 1.1). */
const PLATFORM_MANUFACTURER = ['2.23.133.5.1.1', '2.23.133.2.4'];
const PLATFORM_MODEL = ['2.23.133.5.1.4', '2.23.133.2.5'];
const PLATFORM_VERSION = ['2.23.133.5.1.5', '2.23.133.2.6'];
const PLATFORM_SERIAL = ['2.23.133.5.1.6', '2.23.133.2.23'];

/** The TPM of an EK certificate. Texts are safe to print. */
export interface TpmAttributes {
  /** As in the certificate: `id:` and the vendor id in hexadecimal. */
  readonly manufacturer: string | undefined;
  /** The vendor id as the letters it stands for (TCG TPM Vendor ID Registry): `IFX`, `INTC`, `STM`. */
  readonly vendor: string | undefined;
  readonly model: string | undefined;
  /** As in the certificate: `id:` and the firmware version in hexadecimal. */
  readonly version: string | undefined;
  readonly specification: TpmSpecification | undefined;
}

/** TPMSpecification: what the TPM implements. */
export interface TpmSpecification {
  readonly family: string;
  readonly level: number;
  readonly revision: number;
}

/** The platform of a platform certificate. Texts are safe to print. */
export interface PlatformAttributes {
  readonly manufacturer: string | undefined;
  readonly model: string | undefined;
  readonly version: string | undefined;
  readonly serial: string | undefined;
}

/**
 * The attributes stand in one directory name, each in a part of its own or all in one part; makers do both.
 * @param quirks receives what is tolerated
 * @throws EvidenceError `x509.extension-malformed`
 */
export function readTpmAttributes(extensions: Extensions, part: string, quirks: Set<QuirkName>): TpmAttributes {
  const names = nameAttributes(extensions, part, quirks);
  const manufacturer = textOf(names, MANUFACTURER);
  return {
    manufacturer,
    vendor: manufacturer === undefined ? undefined : vendorLetters(manufacturer),
    model: textOf(names, MODEL),
    version: textOf(names, VERSION),
    specification: extensionValue(extensions, EXTENSION.subjectDirectoryAttributes, part, readSpecificationOf),
  };
}

/** @throws EvidenceError `x509.extension-malformed` */
export function readPlatformAttributes(
  extensions: Extensions,
  part: string,
  quirks: Set<QuirkName>,
): PlatformAttributes {
  const names = nameAttributes(extensions, part, quirks);
  return {
    manufacturer: firstText(names, PLATFORM_MANUFACTURER),
    model: firstText(names, PLATFORM_MODEL),
    version: firstText(names, PLATFORM_VERSION),
    serial: firstText(names, PLATFORM_SERIAL),
  };
}

function nameAttributes(extensions: Extensions, part: string, quirks: Set<QuirkName>): readonly NameAttribute[] {
  const read = (node: DerNode): NameAttribute[] =>
    namesIn(derExpect(node, TAG.sequence, node), quirks).flatMap((name) => {
      const { attributes, unsorted } = readName(name);
      if (unsorted) quirks.add('unsorted-set');
      return attributes;
    });
  return extensionValue(extensions, EXTENSION.subjectAltName, part, read) ?? [];
}

/** The directory names; a maker has written the name alone, without saying that it is one. */
function namesIn(generalNames: DerNode, quirks: Set<QuirkName>): readonly DerNode[] {
  if (derChildren(generalNames)[0]?.tag !== TAG.set) return directoryNames(generalNames);
  quirks.add('bare-alternative-name');
  return [generalNames];
}

function firstText(attributes: readonly NameAttribute[], types: readonly string[]): string | undefined {
  return types.map((type) => textOf(attributes, type)).find((text) => text !== undefined);
}

function textOf(attributes: readonly NameAttribute[], type: string): string | undefined {
  const text = attributeOf(attributes, type);
  return text === undefined ? undefined : printable(text);
}

/** `id:53544D20` → `STM`. */
function vendorLetters(manufacturer: string): string | undefined {
  const hex = /^id:([0-9a-f]{8})$/i.exec(manufacturer)?.[1];
  if (hex === undefined) return undefined;
  const letters = Buffer.from(hex, 'hex')
    .toString('latin1')
    .replace(/[ \0]+$/, '');
  return /^[ -~]+$/.test(letters) ? letters : undefined;
}

/** SubjectDirectoryAttributes (RFC 5280, clause 4.2.1.8): the TPM specification, if it is among them. */
function readSpecificationOf(node: DerNode): TpmSpecification | undefined {
  let specification: TpmSpecification | undefined;
  for (const attribute of derChildren(derExpect(node, TAG.sequence, node))) {
    const fields = new DerFields(derExpect(attribute, TAG.sequence, node));
    const type = derOid(fields.take(TAG.oid));
    const values = derChildren(fields.take(TAG.set));
    fields.end();
    if (type === SPECIFICATION) specification ??= readSpecification(derExpect(values[0], TAG.sequence, attribute));
  }
  return specification;
}

function readSpecification(node: DerNode): TpmSpecification {
  const fields = new DerFields(node);
  const family = Buffer.from(fields.take(TAG.utf8String).content).toString();
  const level = derSmallNumber(fields.take(TAG.integer));
  const revision = derSmallNumber(fields.take(TAG.integer));
  fields.end();
  return { family: printable(family), level, revision };
}
