/** The certificate that the service shows. */

import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { UsageError } from '../bytes/errors.ts';

/** A certificate with its chain, and its private key, in PEM. */
export interface TlsMaterial {
  readonly certificate: string;
  readonly key: string;
}

/** Files of {@link TlsMaterial}. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Reads certificate and key, and checks that they belong together.
 * @throws UsageError `tls.unreadable`, `tls.permissions`, `tls.unusable`
 */
export function readTls({ certificate, key }: TlsFiles): TlsMaterial {
  const material = { certificate: readPem('--tls-certificate', certificate), key: readPem('--tls-key', key) };
  if ((statSync(key).mode & 0o007) !== 0) {
    throw new UsageError('tls.permissions', `--tls-key ${key} is open to everybody`, `run: chmod o= ${key}`);
  }
  try {
    // An empty file would count as no certificate, not as a wrong one.
    void new X509Certificate(material.certificate);
    createSecureContext(secureOptions(material));
  } catch (cause) {
    throw new UsageError(
      'tls.unusable',
      `--tls-certificate and --tls-key cannot be used: ${(cause as Error).message}`,
      'give the certificate with its chain, and the key it was issued for, both in PEM and without a pass phrase',
    );
  }
  return material;
}

function readPem(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UsageError(
      'tls.unreadable',
      `${option} ${path} cannot be read (${code})`,
      'check the path and its rights',
    );
  }
}

/** TLS as it is offered: 1.2 and 1.3, with Node's choice of ciphers. */
export function secureOptions({ certificate, key }: TlsMaterial): SecureContextOptions {
  return { cert: certificate, key, minVersion: 'TLSv1.2' };
}
