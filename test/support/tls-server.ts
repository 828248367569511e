/** A real TLS server on loopback with a certificate of its own CA. */
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { createHash, webcrypto } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
type Provider = NonNullable<Parameters<typeof x509.X509CertificateGenerator.create>[1]>;
const crypto = webcrypto as unknown as Provider;
const validity = { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2090-01-01T00:00:00Z') };

export interface Identity {
  /** PEM */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  /** base64 of SHA-256 over the SubjectPublicKeyInfo */
  readonly pin: string;
}

/** A CA and a certificate under it for `127.0.0.1`. */
export async function makeIdentity(): Promise<Identity> {
  const [caKeys, keys] = await Promise.all([generate(), generate()]);
  const ca = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: '01',
      name: 'CN=Test CA',
      keys: caKeys,
      signingAlgorithm: ALGORITHM,
      ...validity,
      extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
    },
    crypto,
  );
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: '02',
      subject: 'CN=127.0.0.1',
      issuer: ca.subject,
      publicKey: keys.publicKey,
      signingKey: caKeys.privateKey,
      signingAlgorithm: ALGORITHM,
      ...validity,
      extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
    },
    crypto,
  );
  const exported = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    ca: ca.toString('pem'),
    certificate: certificate.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${exported}\n-----END PRIVATE KEY-----\n`,
    pin: createHash('sha256').update(new Uint8Array(certificate.publicKey.rawData)).digest('base64'),
  };
}

function generate() {
  return crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

export interface TlsServer {
  readonly url: string;
  stop(): Promise<void>;
}

export async function tlsServer(identity: Identity, listener: RequestListener): Promise<TlsServer> {
  const server = createServer({ cert: identity.certificate, key: identity.key }, listener);
  // A client that refuses this server ends the handshake; that is what some tests are about.
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
