/** A maker of TPMs for tests: a CA, and certificates for EKs in software. */
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { webcrypto } from 'node:crypto';
import { contentId } from '../../src/bytes/hash.ts';
import type { RootClass, TrustRoot } from '../../src/references/enrolment.ts';
import { publicKeyObject } from '../../src/tpm/key.ts';
import type { TpmtPublic } from '../../src/tpm/public.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
type Provider = NonNullable<Parameters<typeof x509.X509CertificateGenerator.create>[1]>;
const crypto = webcrypto as unknown as Provider;

export interface EkAuthority {
  readonly root: TrustRoot;
  /** DER of a certificate for that EK */
  certify(area: TpmtPublic, validity?: { readonly notAfter: string }): Promise<Uint8Array>;
  /** DER of a revocation list of these certificates */
  revoke(certificates: readonly Uint8Array[], until?: string): Promise<Uint8Array>;
}

export async function makeEkAuthority(name = 'test-maker', kind: RootClass = 'discrete'): Promise<EkAuthority> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const from = new Date('2020-01-01T00:00:00Z');
  const ca = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: '01',
      name: `CN=${name}`,
      notBefore: from,
      notAfter: new Date('2090-01-01T00:00:00Z'),
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      ],
    },
    crypto,
  );
  const certificate = new Uint8Array(ca.rawData);
  let serial = 1;
  return {
    root: { id: contentId(certificate), name, class: kind, certificate },
    async certify(area, { notAfter } = { notAfter: '2089-01-01T00:00:00Z' }) {
      serial++;
      const spki = publicKeyObject(area).export({ type: 'spki', format: 'der' });
      const usage = area.type === 'rsa' ? x509.KeyUsageFlags.keyEncipherment : x509.KeyUsageFlags.keyAgreement;
      const made = await x509.X509CertificateGenerator.create(
        {
          serialNumber: serial.toString(16).padStart(2, '0'),
          issuer: ca.subject,
          subject: 'CN=EK',
          notBefore: from,
          notAfter: new Date(notAfter),
          publicKey: new x509.PublicKey(spki),
          signingKey: keys.privateKey,
          signingAlgorithm: ALGORITHM,
          extensions: [
            new x509.BasicConstraintsExtension(false, undefined, true),
            new x509.KeyUsagesExtension(usage, true),
            new x509.ExtendedKeyUsageExtension(['2.23.133.8.1']),
          ],
        },
        crypto,
      );
      return new Uint8Array(made.rawData);
    },
    async revoke(certificates, until = '2089-01-01T00:00:00Z') {
      const list = await x509.X509CrlGenerator.create(
        {
          issuer: ca.subject,
          thisUpdate: from,
          nextUpdate: new Date(until),
          signingKey: keys.privateKey,
          signingAlgorithm: ALGORITHM,
          entries: certificates.map((der) => ({
            serialNumber: new x509.X509Certificate(der).serialNumber,
            revocationDate: from,
            reason: x509.X509CrlReason.keyCompromise,
          })),
        },
        crypto,
      );
      return new Uint8Array(list.rawData);
    },
  };
}
