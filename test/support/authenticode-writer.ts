/** Writes Authenticode certificate tables for tests: the structure, with a signature value of zeros. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { derChildren, readDer } from '../../src/bytes/der.ts';
import { der, derOidValue } from './der-writer.ts';

const SHA256 = '2.16.840.1.101.3.4.2.1';

/** The certificate the lab keeps for a second signer. */
export function testCertificate(): Buffer {
  return new X509Certificate(readFileSync(new URL('../lab/keys/other-signer.pem', import.meta.url))).raw;
}

/** PKCS#7 SignedData around SpcIndirectDataContent (Windows Authenticode Portable Executable Signature Format). */
export function signedData(
  digest: Uint8Array,
  certificate: Uint8Array,
  bag: readonly Uint8Array[] = [certificate],
): Buffer {
  const algorithm = der(0x30, derOidValue(SHA256), der(0x05));
  const indirect = der(0x30, der(0x30, derOidValue('1.3.6.1.4.1.311.2.1.15')), der(0x30, algorithm, der(0x04, digest)));
  const [, serial, , issuer] = certificateFields(certificate);
  const signer = der(
    0x30,
    der(0x02, Buffer.from([1])),
    der(0x30, issuer ?? Buffer.alloc(0), serial ?? Buffer.alloc(0)),
    algorithm,
    der(0x30, derOidValue('1.2.840.113549.1.1.1'), der(0x05)),
    der(0x04, Buffer.alloc(256)),
  );
  const signed = der(
    0x30,
    der(0x02, Buffer.from([1])),
    der(0x31, algorithm),
    der(0x30, derOidValue('1.3.6.1.4.1.311.2.1.4'), der(0xa0, indirect)),
    ...(bag.length === 0 ? [] : [der(0xa0, ...bag)]),
    der(0x31, signer),
  );
  return der(0x30, derOidValue('1.2.840.113549.1.7.2'), der(0xa0, signed));
}

/** WIN_CERTIFICATE entries, each padded to eight bytes. */
export function certificateTable(...entries: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    entries.map((entry) => {
      const padded = Math.ceil(entry.length / 8) * 8;
      const head = Buffer.alloc(8);
      head.writeUInt32LE(8 + padded, 0);
      head.writeUInt16LE(0x0200, 4);
      head.writeUInt16LE(0x0002, 6);
      return Buffer.concat([head, entry, Buffer.alloc(padded - entry.length)]);
    }),
  );
}

/** Version, serial number, algorithm, issuer … as raw values. */
function certificateFields(certificate: Uint8Array): Uint8Array[] {
  const [tbs] = derChildren(readDer(certificate, 'certificate'));
  return tbs === undefined ? [] : derChildren(tbs).map(({ raw }) => raw);
}
