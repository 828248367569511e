/** What revocation lists say about a certificate of a path (RFC 5280, clause 6.3, for complete lists of the issuer itself). */

import { readOr } from '../bytes/errors.ts';
import type { Certificate } from './certificate.ts';
import type { Crl } from './crl.ts';
import { crlDistributionPoints } from './general-names.ts';
import type { RevocationStatus } from './path-model.ts';

/**
 * @param signedByIssuer whether the issuer of the certificate, in this path, signed the list; its key usage is looked at here
 */
export function revocationStatus(
  certificate: Certificate,
  issuer: Certificate,
  crls: readonly Crl[],
  signedByIssuer: (crl: Crl) => boolean,
): RevocationStatus {
  const maySign = issuer.keyUsage === undefined || issuer.keyUsage.has('cRLSign');
  const lists = crls.filter((crl) => maySign && covers(crl, certificate) && signedByIssuer(crl));
  const revoking = lists.find((crl) => crl.revoked.has(certificate.serialNumber));
  return {
    revocation: revoking?.revoked.get(certificate.serialNumber),
    lists: lists.map(({ sha256, thisUpdate, nextUpdate }) => ({ sha256, thisUpdate, nextUpdate })),
  };
}

function covers(crl: Crl, certificate: Certificate): boolean {
  if (crl.issuerName !== certificate.issuerName) return false;
  const { only, distributionPoint } = crl.scope;
  const isCa = certificate.basicConstraints?.ca === true;
  if (only !== undefined && only !== (isCa ? 'cas' : 'users')) return false;
  return distributionPoint === undefined || namesPoint(certificate, distributionPoint);
}

/** Whether the certificate names the list's distribution point (clause 6.3.3, b, 2, i). */
function namesPoint(certificate: Certificate, names: readonly string[]): boolean {
  return readOr(
    () => crlDistributionPoints(certificate).some((point) => point.names.some((name) => names.includes(name))),
    // A certificate whose distribution points cannot be read is covered by no list that asks for one.
    () => false,
  );
}
