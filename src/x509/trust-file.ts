/**
 * Files of certificates as operators have them: PEM, DER, PKCS#7, PKCS#12. What is in a file is data; who decides that one of its
 * certificates is an anchor is the caller.
 */

import { derChildren, readDer, TAG, type DerNode } from '../bytes/der.ts';
import { EvidenceError, PolicyError, readOr } from '../bytes/errors.ts';
import { parseCertificate, type Certificate } from './certificate.ts';
import { refusalOf, type Refusal } from './codes.ts';
import { parseCrl, type Crl } from './crl.ts';
import { looksLikePem, readPemBlocks } from './pem-blocks.ts';
import { isPfx, readPkcs12 } from './pkcs12.ts';
import { isContentInfo, readSignedDataBags } from './pkcs7.ts';

/** A bundle of all TPM makers has 400 KiB. */
const MAX_FILE = 8 * 1024 * 1024;
const MAX_CERTIFICATES = 4096;

const CERTIFICATE_LABELS = new Set(['CERTIFICATE', 'X509 CERTIFICATE']);
const CRL_LABEL = 'X509 CRL';
const PKCS7_LABELS = new Set(['PKCS7', 'CMS']);

/** What a file holds. */
export interface TrustFile {
  readonly format: 'pem' | 'der' | 'pkcs7' | 'pkcs12';
  /** In the order of the file, each once. */
  readonly certificates: readonly Certificate[];
  readonly crls: readonly Crl[];
  /** What is there and cannot be read, by its place in the file from 1: nothing is left out without a word. */
  readonly refused: readonly (Refusal & { readonly entry: number })[];
  /** Labels of PEM blocks of other kinds. */
  readonly ignored: readonly string[];
}

/**
 * Reads a file of certificates in any of the forms.
 * @param name of the file, for messages
 * @param passphrase of a PKCS#12 file
 * @throws PolicyError `trust-file.size`, `trust-file.form`, `trust-file.empty`, `trust-file.pem`, `trust-file.pkcs12`,
 *   `trust-file.passphrase`
 */
export function readTrustFile(bytes: Uint8Array, name: string, passphrase = ''): TrustFile {
  if (bytes.length > MAX_FILE) throw new PolicyError('trust-file.size', `${name}: more than ${MAX_FILE} bytes`);
  const file = new Contents(name);
  const format = readOr(
    () => (looksLikePem(bytes) ? readPem(file, bytes) : readBinary(file, bytes, passphrase)),
    ({ message }) => {
      throw new PolicyError(
        'trust-file.form',
        `${name}: neither PEM nor DER of certificates, PKCS#7 or PKCS#12 (${message})`,
      );
    },
  );
  const { certificates, crls, refused, ignored } = file;
  if (certificates.size + crls.size + refused.length === 0) {
    throw new PolicyError('trust-file.empty', `${name}: no certificate in it`);
  }
  return { format, certificates: [...certificates.values()], crls: [...crls.values()], refused, ignored };
}

function readPem(file: Contents, bytes: Uint8Array): 'pem' {
  for (const { label, bytes: der } of readPemBlocks(bytes, file.name)) {
    if (CERTIFICATE_LABELS.has(label)) file.certificate(der);
    else if (label === CRL_LABEL) file.crl(der);
    else if (PKCS7_LABELS.has(label)) readPkcs7(file, readDer(der, file.name));
    else file.ignored.push(label);
  }
  return 'pem';
}

function readBinary(file: Contents, bytes: Uint8Array, passphrase: string): TrustFile['format'] {
  const root = readDer(bytes, file.name);
  if (isContentInfo(root)) {
    readPkcs7(file, root);
    return 'pkcs7';
  }
  if (isPfx(root)) {
    readPkcs12(root, passphrase, file.name).forEach((der) => file.certificate(der));
    return 'pkcs12';
  }
  if (isList(root)) file.crl(bytes);
  else file.certificate(bytes);
  return 'der';
}

function readPkcs7(file: Contents, root: DerNode): void {
  const bags = readSignedDataBags(root);
  if (bags === undefined)
    throw new PolicyError('trust-file.form', `${file.name}: PKCS#7 of another kind than SignedData`);
  bags.certificates.forEach((der) => file.certificate(der));
  bags.crls.forEach((der) => file.crl(der));
}

/** Of all that is signed as a certificate is, only a list has a time as its fourth or earlier field. */
function isList(root: DerNode): boolean {
  const tbs = derChildren(root)[0];
  if (tbs?.tag !== TAG.sequence) return false;
  return derChildren(tbs).some(({ tag }) => tag === TAG.utcTime || tag === TAG.generalizedTime);
}

/** What was found so far. */
class Contents {
  readonly name: string;
  readonly certificates = new Map<string, Certificate>();
  readonly crls = new Map<string, Crl>();
  readonly refused: (Refusal & { readonly entry: number })[] = [];
  readonly ignored: string[] = [];
  #entries = 0;

  constructor(name: string) {
    this.name = name;
  }

  certificate(der: Uint8Array): void {
    this.#add(der, parseCertificate, this.certificates);
  }

  crl(der: Uint8Array): void {
    this.#add(der, parseCrl, this.crls);
  }

  #add<T extends { readonly sha256: string }>(
    der: Uint8Array,
    parse: (der: Uint8Array, part: string) => T,
    into: Map<string, T>,
  ): void {
    const entry = ++this.#entries;
    if (entry > MAX_CERTIFICATES) {
      throw new PolicyError('trust-file.size', `${this.name}: more than ${MAX_CERTIFICATES} certificates`);
    }
    const read = readOr(
      () => parse(der, `${this.name}, entry ${entry}`),
      (error) => error,
    );
    if (read instanceof EvidenceError) this.refused.push({ ...refusalOf(read), entry });
    else into.set(read.sha256, read);
  }
}
