/**
 * Authenticode of PE images: the digest firmware measures and verifies, and the certificates of the signatures (Microsoft, Windows
 * Authenticode Portable Executable Signature Format; edk2 measures by the same rules). Structure only: no signature is verified
 * and no trust decided here.
 */

import { createHash } from 'node:crypto';
import {
  contextTag,
  derChildren,
  derExpect,
  derIntegerHex,
  derOid,
  readDerPrefix,
  TAG,
  type DerNode,
} from '../bytes/der.ts';
import { EvidenceError } from '../bytes/errors.ts';
import { equalBytes, hashByName, type HashName } from '../bytes/hash.ts';
import { ByteReader } from '../bytes/reader.ts';
import { toHex } from '../bytes/text.ts';
import { parseCertificate, type Certificate } from '../x509/certificate.ts';
import type { PeImage } from './pe.ts';

const WIN_CERT_REVISION_2_0 = 0x0200;
const WIN_CERT_TYPE_PKCS_SIGNED_DATA = 0x0002;

/** More signatures than any boot program has; each costs parsing. */
const MAX_SIGNATURES = 16;
/** Certificates within one signature. */
const MAX_CERTIFICATES = 64;

const OID_SIGNED_DATA = '1.2.840.113549.1.7.2';
const OID_SPC_INDIRECT_DATA = '1.3.6.1.4.1.311.2.1.4';
const DIGEST_OIDS = new Map<string, HashName>([
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);

/**
 * The image's Authenticode digest: headers without checksum and certificate table entry, the sections in file order, then
 * what follows them up to the certificate table.
 * @throws EvidenceError `pe.layout` when headers, sections and certificate table claim more bytes than the file has
 */
export function authenticodeDigest(image: PeImage, name: HashName): Uint8Array {
  const { bytes } = image;
  const hash = createHash(name);
  const update = (start: number, end: number): void => void hash.update(bytes.subarray(start, end));
  update(0, image.checksumOffset);
  if (image.certificateEntryOffset === undefined) {
    update(image.checksumOffset + 4, image.sizeOfHeaders);
  } else {
    update(image.checksumOffset + 4, image.certificateEntryOffset);
    update(image.certificateEntryOffset + 8, image.sizeOfHeaders);
  }
  let hashed = image.sizeOfHeaders;
  for (const section of image.sections
    .filter((one) => one.sizeOfRawData > 0)
    .toSorted((a, b) => a.pointerToRawData - b.pointerToRawData)) {
    update(section.pointerToRawData, section.pointerToRawData + section.sizeOfRawData);
    hashed += section.sizeOfRawData;
  }
  const rest = bytes.length - image.certificateTable.size - hashed;
  if (rest < 0) {
    throw new EvidenceError(
      'pe.layout',
      `PE image: sections overlap or reach into the certificate table (${image.part})`,
      {
        part: image.part,
      },
    );
  }
  // By the format's rule the rest starts where the sizes hashed so far add up, not at the last section's end.
  update(hashed, hashed + rest);
  return new Uint8Array(hash.digest());
}

/** One PKCS#7 signature of an image. */
interface AuthenticodeSignature {
  readonly digestAlgorithm: HashName;
  /** The digest the signature is over, in hexadecimal. */
  readonly digest: string;
  /** The signer's certificate and those that issued it, as far as the signature carries them, the signer first. */
  readonly chain: readonly Certificate[];
}

/**
 * The signatures in the certificate table, in order; an entry that is not PKCS#7 is passed over.
 * @throws EvidenceError `authenticode.*`, `der.*`, `x509.malformed`
 */
export function authenticodeSignatures(image: PeImage): AuthenticodeSignature[] {
  const { offset, size } = image.certificateTable;
  const table = new ByteReader(image.bytes.subarray(offset, offset + size), image.part, offset);
  const signatures: AuthenticodeSignature[] = [];
  while (table.remaining >= 8) {
    if (signatures.length === MAX_SIGNATURES)
      throw table.error('authenticode.count', `more than ${MAX_SIGNATURES} signatures`);
    const length = table.u32();
    const revision = table.u16();
    const type = table.u16();
    if (length < 8) throw table.error('authenticode.entry', `an entry of ${length} bytes`);
    const data = table.take(length - 8);
    // Entries are aligned to eight bytes; the last one's padding may be missing.
    table.take(Math.min((8 - (length % 8)) % 8, table.remaining));
    if (revision === WIN_CERT_REVISION_2_0 && type === WIN_CERT_TYPE_PKCS_SIGNED_DATA) {
      signatures.push(readSignedData(data, image.part));
    }
  }
  if (table.rest().some((byte) => byte !== 0)) throw table.error('authenticode.entry', 'bytes after the last entry');
  return signatures;
}

/** Whether the signature is over this image's bytes, by digest. Says nothing about who signed or whether it verifies. */
export function isOverImage(signature: AuthenticodeSignature, image: PeImage): boolean {
  const digest = authenticodeDigest(image, signature.digestAlgorithm);
  return equalBytes(digest, Buffer.from(signature.digest, 'hex'));
}

/** PKCS#7 SignedData (RFC 2315, clause 9) around Microsoft's SpcIndirectDataContent. */
function readSignedData(data: Uint8Array, part: string): AuthenticodeSignature {
  const contentInfo = readDerPrefix(data, part);
  if (data.subarray(contentInfo.raw.length).some((byte) => byte !== 0)) {
    throw malformed(contentInfo, 'bytes after the signature');
  }
  const [type, explicit] = derChildren(contentInfo);
  if (type === undefined || derOid(type) !== OID_SIGNED_DATA) throw malformed(contentInfo, 'not PKCS#7 SignedData');
  const signedData = onlyChild(derExpect(explicit, contextTag(0), contentInfo));
  const [version, algorithms, content, ...rest] = derChildren(derExpect(signedData, TAG.sequence, signedData));
  derExpect(version, TAG.integer, signedData);
  derExpect(algorithms, TAG.set, signedData);
  const signed = signedDigest(derExpect(content, TAG.sequence, signedData));
  const bag = rest.find((node) => node.tag === contextTag(0));
  const signers = derChildren(derExpect(rest.at(-1), TAG.set, signedData));
  const certificates = bag === undefined ? [] : derChildren(bag);
  if (certificates.length > MAX_CERTIFICATES) throw malformed(signedData, `more than ${MAX_CERTIFICATES} certificates`);
  if (signers.length !== 1 || signers[0] === undefined)
    throw malformed(signedData, `${signers.length} signers, one expected`);
  return {
    ...signed,
    chain: chainOf(
      signers[0],
      certificates.map((node) => parseCertificate(node.raw, part)),
    ),
  };
}

function signedDigest(encapsulated: DerNode): { digestAlgorithm: HashName; digest: string } {
  const [type, explicit] = derChildren(encapsulated);
  if (type === undefined || derOid(type) !== OID_SPC_INDIRECT_DATA)
    throw malformed(encapsulated, 'not SpcIndirectDataContent');
  const indirect = onlyChild(derExpect(explicit, contextTag(0), encapsulated));
  const digestInfo = derExpect(derChildren(indirect)[1], TAG.sequence, indirect);
  const [algorithm, value] = derChildren(digestInfo);
  const oid = derChildren(derExpect(algorithm, TAG.sequence, digestInfo))[0];
  const digestAlgorithm = DIGEST_OIDS.get(derOid(derExpect(oid, TAG.oid, digestInfo)));
  if (digestAlgorithm === undefined) throw malformed(digestInfo, 'unknown digest algorithm');
  const digest = derExpect(value, TAG.octetString, digestInfo).content;
  if (digest.length !== hashByName(digestAlgorithm)?.size) throw malformed(digestInfo, 'digest of the wrong size');
  return { digestAlgorithm, digest: toHex(digest) };
}

/** From the signer's certificate upwards through the certificates at hand; a name met twice ends it. */
function chainOf(signer: DerNode, certificates: readonly Certificate[]): Certificate[] {
  const identity = derExpect(derChildren(signer)[1], TAG.sequence, signer);
  const [issuer, serial] = derChildren(identity);
  const issuerDer = toHex(derExpect(issuer, TAG.sequence, identity).raw);
  const serialNumber = derIntegerHex(derExpect(serial, TAG.integer, identity));
  const chain: Certificate[] = [];
  let next = certificates.find((one) => one.issuerDer === issuerDer && one.serialNumber === serialNumber);
  if (next === undefined) throw malformed(signer, "the signer's certificate is missing");
  while (next !== undefined && !chain.includes(next)) {
    chain.push(next);
    const current: Certificate = next;
    next = certificates.find((one) => one.subjectDer === current.issuerDer);
  }
  return chain;
}

function onlyChild(node: DerNode): DerNode {
  const children = derChildren(node);
  if (children.length !== 1 || children[0] === undefined) throw malformed(node, 'expected one value');
  return children[0];
}

function malformed(node: DerNode, message: string): EvidenceError {
  const { part, offset } = node;
  return new EvidenceError('authenticode.malformed', `signature: ${message} (${part}, offset ${offset})`, {
    part,
    offset,
  });
}
