import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCertificate } from '../../src/x509/certificate.ts';
import { evidenceCode } from '../support/evidence-error.ts';

const pem = readFileSync(new URL('../lab/keys/other-signer.pem', import.meta.url), 'utf8');
const node = new X509Certificate(pem);
const certificate = new Uint8Array(node.raw);

test('a certificate says what Node reads in it', () => {
  const parsed = parseCertificate(certificate, 'test');
  expect(parsed.sha256).toBe(createHash('sha256').update(certificate).digest('hex'));
  expect(parsed.serialNumber.toUpperCase().replace(/^00/, '')).toBe(node.serialNumber);
  const commonName = /CN=([^\n]+)/.exec(node.subject)?.[1] ?? 'no common name';
  expect(parsed.subject).toContain(commonName);
  // Self-signed: one name on both sides.
  expect(parsed.issuerDer).toBe(parsed.subjectDer);
  expect(parsed.der).toBe(certificate);
});

test('bytes after the certificate are refused', () => {
  expect(evidenceCode(() => parseCertificate(Buffer.concat([certificate, Buffer.alloc(1)]), 'test'))).toBe(
    'der.trailing',
  );
});

test('DER that is no certificate is refused', () => {
  expect(evidenceCode(() => parseCertificate(Uint8Array.of(0x30, 0x00), 'test'))).toBe('der.unexpected');
});

test('a cut certificate is refused, wherever it is cut', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: certificate.length - 1 }), (length) => {
      expect(evidenceCode(() => parseCertificate(certificate.subarray(0, length), 'test'))).toMatch(/^der\./);
    }),
  );
});

test('a changed byte gives another certificate or an error', () => {
  const id = parseCertificate(certificate, 'test').sha256;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: certificate.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = Uint8Array.from(certificate);
      changed[at] = (changed[at] ?? 0) ^ flip;
      let outcome = '';
      const code = evidenceCode(() => (outcome = parseCertificate(changed, 'test').sha256));
      expect(code).toMatch(/^(der\.|x509\.malformed$|no error$)/);
      expect(outcome).not.toBe(id);
    }),
  );
});
