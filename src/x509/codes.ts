/** Why a certificate, a path or a list is refused: one closed list. The codes are promises; the texts are not. */

import { EvidenceError } from '../bytes/errors.ts';

/** Code → what it means. */
export const CERTIFICATE_CODES = {
  'x509.size': 'more bytes than a certificate or list may have',
  'x509.malformed': 'not the structure it should be',
  'x509.version': 'the version does not exist or does not go with the fields',
  'x509.serial-number': 'the serial number is not a number in its shortest form, or too long',
  'x509.time': 'a time is not in the one form the standard allows, or does not exist',
  'x509.extension-duplicate': 'an extension is there twice',
  'x509.extension-malformed': 'the value of an extension is not what its standard says',
  'x509.algorithm-differs': 'the signature algorithm inside the signed part is another than the one outside',
  'x509.key-malformed': 'the subject key is not a key of its algorithm',
  'x509.padding': 'what follows the certificate is not padding',
  'x509.count': 'more certificates than may be sent',

  'path.no-anchors': 'no trust anchor was given',
  'path.leaf-is-anchor': 'the certificate is itself a trust anchor: an anchor issues, a pin is something else',
  'path.no-issuer': 'no certificate with the name of the issuer is known',
  'path.untrusted-root': 'the path ends in a self-issued certificate that is no trust anchor',
  'path.too-long': 'the path is longer than any real one',
  'path.too-many': 'too many candidates: the search was given up',
  'path.signature': 'no certificate with the name of the issuer made the signature',
  'path.algorithm': 'the signature algorithm or its parameters are not supported',
  'path.sha1': 'the signature is over a SHA-1 digest',
  'path.weak-hash': 'the signature is over an MD2, MD4 or MD5 digest',
  'path.key-unsupported': "the issuer's key is of an unsupported kind, or cannot sign",
  'path.key-size': 'an RSA key is too small, or larger than anything is computed with',
  'path.key-exponent': 'an RSA exponent is too small, too large or even',
  'path.not-a-ca': 'the issuer is no CA: basicConstraints is missing or says so',
  'path.key-usage': "the issuer's key usage does not allow it to sign certificates",
  'path.path-length': "more CA certificates than an issuer's pathLenConstraint allows",
  'path.critical-extension': 'an unknown extension is critical',
  'path.name-constraints': 'name constraints, which are not supported',
  'path.policy-constraints': 'policy constraints, which are not supported',
  'path.issuer-purpose': "the issuer's extended key usage does not allow this kind of certificate",
  'path.not-yet-valid': 'a certificate is not valid yet',
  'path.expired': 'a certificate is no longer valid',
  'path.revoked': 'a certificate is revoked',
  'path.crl-missing': 'no revocation list covers a certificate',
  'path.crl-stale': 'no revocation list that covers a certificate is current',

  'crl.critical-extension': 'the revocation list has an unknown critical extension',
  'crl.delta': 'a delta list, which is not supported',
  'crl.indirect': 'an indirect list, which is not supported',
  'crl.partial': 'a list for some reasons only, which is not supported',

  'ek.version': 'not a version 3 certificate',
  'ek.is-ca': 'the certificate is a CA: it could issue others',
  'ek.purpose': 'the extended key usage does not name tcg-kp-EKCertificate',
  'ek.any-purpose': 'the extended key usage allows anything instead of naming tcg-kp-EKCertificate',
  'ek.key-usage': 'the key usage allows neither keyEncipherment nor keyAgreement: no endorsement key',
  'ek.key-unsupported': 'the key is not one an endorsement key can be',
  'ek.key-differs': "the certificate is for another key than the TPM's",
  'ek.weak-key': 'the modulus has the form of CVE-2017-15361 (ROCA): the private key can be computed from it',

  'platform.purpose': 'the certificate does not say that it is a platform certificate',
  'platform.delta': 'a delta platform certificate: chains of changes are not supported',
  'platform.holder': 'the platform certificate is for another endorsement key certificate',
  'platform.issuer': 'the certificate given as issuer does not have the name of the issuer',
  'platform.issuer-purpose': "the issuer's extended key usage does not allow platform certificates",
  'platform.issuer-key-usage': "the issuer's key usage does not allow signatures",
  'platform.signature': 'the signature is not by the issuer',
  'platform.critical-extension': 'an unknown extension is critical',
  'platform.not-yet-valid': 'the platform certificate is not valid yet',
  'platform.expired': 'the platform certificate is no longer valid',
} as const;

export type CertificateCode = keyof typeof CERTIFICATE_CODES;

/** Why something was refused. */
export interface Refusal {
  readonly code: CertificateCode;
  /** What was found, for a person to read. Text of certificates in it is safe to print. */
  readonly message: string;
}

/** A reader's error as a refusal; what is wrong below the level of certificates is malformed. */
export function refusalOf({ code, message }: EvidenceError): Refusal {
  return { code: Object.hasOwn(CERTIFICATE_CODES, code) ? (code as CertificateCode) : 'x509.malformed', message };
}

/** The error of a reader of certificates: as every `EvidenceError`, with a code of the list. */
export function refused(code: CertificateCode, message: string, part: string, offset?: number): EvidenceError {
  const place = offset === undefined ? part : `${part}, offset ${offset}`;
  return new EvidenceError(code, `${message} (${place})`, offset === undefined ? { part } : { part, offset });
}
