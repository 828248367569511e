/** GeneralNames and the extensions that say where to look (RFC 5280, clauses 4.2.1.6, 4.2.1.13 and 4.2.2.1). */

import {
  contextPrimitive,
  contextTag,
  derChildren,
  derExpect,
  derOid,
  derOnly,
  TAG,
  type DerNode,
} from '../bytes/der.ts';
import { DerFields } from '../bytes/der-fields.ts';
import { printable, toHex } from '../bytes/text.ts';
import type { Certificate } from './certificate.ts';
import { refused } from './codes.ts';
import { EXTENSION, extensionValue } from './extensions.ts';

const DIRECTORY_NAME = contextTag(4);
const URI = contextPrimitive(6);

/** The names inside directory names, in order; other kinds of names are passed over. */
export function directoryNames(generalNames: DerNode): DerNode[] {
  return (
    derChildren(generalNames)
      .filter(({ tag }) => tag === DIRECTORY_NAME)
      // A Name is a CHOICE, so its tag is explicit.
      .map((choice) => derExpect(derOnly(choice), TAG.sequence, choice))
  );
}

/** The one directory name in GeneralNames that hold nothing else; undefined for any other GeneralNames. */
export function onlyDirectoryName(generalNames: DerNode): DerNode | undefined {
  return derChildren(generalNames).length === 1 ? directoryNames(generalNames)[0] : undefined;
}

/** One place a revocation list can be had from. */
export interface DistributionPoint {
  /** Hexadecimal of the DER of each full name: what the list's own distribution point is compared with. */
  readonly names: readonly string[];
  /** Safe to print. Shown, never fetched: whoever writes a certificate chooses them. */
  readonly uris: readonly string[];
}

/**
 * CRL distribution points; empty when the certificate names none.
 * @throws EvidenceError `x509.extension-malformed`
 */
export function crlDistributionPoints(certificate: Certificate): readonly DistributionPoint[] {
  const read = (node: DerNode): DistributionPoint[] =>
    derChildren(derExpect(node, TAG.sequence, node)).map((point) => {
      const fields = new DerFields(derExpect(point, TAG.sequence, node));
      const name = fields.optional(contextTag(0));
      fields.optional(contextPrimitive(1));
      fields.optional(contextTag(2));
      fields.end();
      return name === undefined ? { names: [], uris: [] } : readDistributionPointName(name);
    });
  return extensionValue(certificate.extensions, EXTENSION.crlDistributionPoints, certificate.part, read) ?? [];
}

/** DistributionPointName behind its explicit tag; a name relative to the issuer gives no names. */
export function readDistributionPointName(tagged: DerNode): DistributionPoint {
  const fields = new DerFields(tagged);
  const full = fields.optional(contextTag(0));
  if (full === undefined) fields.take(contextTag(1));
  fields.end();
  const names = full === undefined ? [] : derChildren(full);
  return {
    names: names.map(({ raw }) => toHex(raw)),
    uris: names.filter(({ tag }) => tag === URI).map(uriText),
  };
}

/** One entry of the authority information access. */
export interface AccessDescription {
  /** Object identifier: 1.3.6.1.5.5.7.48.1 OCSP, .2 the issuer's certificates. */
  readonly method: string;
  /** Safe to print; undefined where the place is no URI. Shown, never fetched. */
  readonly uri: string | undefined;
}

/**
 * Authority information access; empty when the certificate has none.
 * @throws EvidenceError `x509.extension-malformed`
 */
export function authorityInfoAccess(certificate: Certificate): readonly AccessDescription[] {
  const read = (node: DerNode): AccessDescription[] =>
    derChildren(derExpect(node, TAG.sequence, node)).map((description) => {
      const [method, location, ...more] = derChildren(derExpect(description, TAG.sequence, node));
      if (location === undefined || more.length > 0) {
        throw refused('x509.malformed', 'not a method and a place', node.part, description.offset);
      }
      const uri = location.tag === URI ? uriText(location) : undefined;
      return { method: derOid(derExpect(method, TAG.oid, description)), uri };
    });
  return extensionValue(certificate.extensions, EXTENSION.authorityInfoAccess, certificate.part, read) ?? [];
}

function uriText({ content }: DerNode): string {
  return printable(Buffer.from(content).toString('latin1'), 1024);
}
