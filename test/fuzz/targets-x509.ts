/** Certificates and what is made of them. All seeds are the same in every run: their keys have names, their signatures no randomness. */
import { parseAttributeCertificate } from '../../src/x509/attribute-certificate.ts';
import { parseCertificate, type Certificate } from '../../src/x509/certificate.ts';
import { parseCrl } from '../../src/x509/crl.ts';
import { checkEkCertificate } from '../../src/x509/ek-certificate.ts';
import { authorityInfoAccess, crlDistributionPoints } from '../../src/x509/general-names.ts';
import { validatePath } from '../../src/x509/path.ts';
import { checkAttributeCertificate, checkPlatformKeyCertificate } from '../../src/x509/platform-certificate.ts';
import { readStoredCertificate, readStoredChain } from '../../src/x509/stored-certificate.ts';
import { readSubjectKey, subjectKeyObject } from '../../src/x509/subject-key.ts';
import { readTrustFile } from '../../src/x509/trust-file.ts';
import { testCertificate } from '../support/authenticode-writer.ts';
import {
  attribute,
  attributeIssuer,
  baseCertificateId,
  certificateAttribute,
  commonName,
  crlEntry,
  crlReason,
  ext,
  extension,
  integer,
  makeAttributeCertificate,
  makeCrl,
  NOW,
  pssAlgorithm,
  sequence,
} from '../support/certificate-maker.ts';
import { der, derOidValue } from '../support/der-writer.ts';
import { certificateBag, dataSafe, pbes2Safe, pfx, wrongMac } from '../support/pkcs12-writer.ts';
import {
  ekExtensions,
  INTERMEDIATE_KEY,
  INTERMEDIATE_NAME,
  LENIENT,
  makeEk,
  makeIntermediate,
  makeRoot,
  parsed,
  pathInput,
  ROOT_KEY,
  tpmNames,
} from '../support/test-pki.ts';
import { text } from './seeds.ts';
import type { Target } from './target.ts';

const refuses = ['EvidenceError'];
const PART = 'fuzz';
const copy = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

const access = (): Buffer =>
  extension('1.3.6.1.5.5.7.1.1', sequence(sequence(derOidValue('1.3.6.1.5.5.7.48.2'), der(0x86, text('http://a/')))));
const specification = (): Buffer =>
  extension(
    '2.5.29.9',
    sequence(certificateAttribute('2.23.133.2.16', sequence(der(0x0c, text('2.0')), integer(0), integer(0, 164)))),
  );
const fullEk = (): Buffer =>
  makeEk({ extensions: [...ekExtensions(), access(), specification(), ext.crlDistributionPoint('http://a/')] });

const crl = (entries: number): Uint8Array =>
  copy(
    makeCrl({
      issuer: INTERMEDIATE_NAME,
      signer: INTERMEDIATE_KEY,
      entries: Array.from({ length: entries }, (_, i) => crlEntry(integer(1, i >> 8, i & 255), [crlReason(i % 7)])),
      extensions: [
        extension('2.5.29.20', integer(1)),
        extension('2.5.29.28', sequence(der(0x81, Buffer.of(0xff))), true),
      ],
    }),
  );

const platform = (): Uint8Array =>
  copy(
    makeAttributeCertificate({
      holder: [baseCertificateId(INTERMEDIATE_NAME, integer(3))],
      issuer: attributeIssuer(commonName('Test TPM Root CA')),
      signer: ROOT_KEY,
      attributes: [certificateAttribute('2.23.133.2.25', sequence(derOidValue('2.23.133.8.2')))],
      extensions: [ext.subjectAltName([tpmNames()], true)],
    }),
  );

/** SignedData without a signer around the certificates. */
const pkcs7 = (...certificates: readonly Uint8Array[]): Buffer =>
  sequence(
    derOidValue('1.2.840.113549.1.7.2'),
    der(
      0xa0,
      sequence(
        integer(1),
        der(0x31),
        sequence(derOidValue('1.2.840.113549.1.7.1')),
        der(0xa0, ...certificates),
        der(0x31),
      ),
    ),
  );

function pem(bytes: Uint8Array): string {
  return `-----BEGIN CERTIFICATE-----\n${Buffer.from(bytes).toString('base64')}\n-----END CERTIFICATE-----\n`;
}

/** As a caller who wants to know everything about it. */
function useCertificate(certificate: Certificate): void {
  subjectKeyObject(readSubjectKey(certificate.subjectPublicKeyInfo, PART), PART);
  checkEkCertificate(certificate, { key: undefined, weakKey: 'refuse' });
  crlDistributionPoints(certificate);
  authorityInfoAccess(certificate);
}

const EK = parsed(makeEk());
const ROOT = parsed(makeRoot());
const INPUT = pathInput({ crls: [parseCrl(crl(2), PART)] });

export const X509_TARGETS: readonly Target[] = [
  {
    name: 'certificate',
    seeds: () => [
      copy(testCertificate()),
      copy(fullEk()),
      copy(makeIntermediate()),
      copy(
        makeEk({
          spki: sequence(
            pssAlgorithm({ hash: 'sha256', saltLength: 32 }),
            der(3, Buffer.of(0), sequence(integer(5), integer(3))),
          ),
        }),
      ),
    ],
    run: (bytes) => useCertificate(parseCertificate(bytes, PART)),
    refuses,
    growth: [
      {
        name: 'extensions',
        n: 900,
        make: (n) => {
          const extensions = Array.from({ length: n }, (_, i) => extension(`1.2.3.${i + 1}`, der(5)));
          return makeEk({ extensions: [...ekExtensions(), ...extensions] });
        },
      },
      {
        name: 'parts of a name',
        n: 900,
        make: (n) =>
          makeEk({ subject: sequence(...Array.from({ length: n }, () => der(0x31, attribute('2.5.4.3', 'x')))) }),
      },
    ],
  },
  {
    name: 'stored certificate',
    seeds: () => [
      copy(makeEk()),
      copy(Buffer.concat([makeEk(), Buffer.alloc(20, 0xff)])),
      copy(Buffer.concat([Buffer.from('100100', 'hex'), Buffer.of(1, 0x9c), Buffer.from('1002', 'hex'), makeEk()])),
    ],
    run: (bytes) => void readStoredCertificate(bytes, PART),
    refuses,
    growth: [],
  },
  {
    name: 'path',
    seeds: () => [
      copy(Buffer.concat([makeEk(), makeIntermediate()])),
      copy(Buffer.concat([makeEk(), makeIntermediate(), makeRoot(), Buffer.alloc(9)])),
    ],
    run(bytes) {
      const [leaf, ...presented] = readStoredChain(bytes, PART);
      if (leaf === undefined) return;
      validatePath({ ...INPUT, leaf, presented }, NOW, LENIENT);
      checkPlatformKeyCertificate(leaf, EK);
    },
    refuses,
    growth: [],
  },
  {
    name: 'revocation list',
    seeds: () => [crl(3), copy(makeCrl({ issuer: INTERMEDIATE_NAME, signer: INTERMEDIATE_KEY }))],
    run: (bytes) => void parseCrl(bytes, PART),
    refuses,
    growth: [{ name: 'entries', n: 2000, make: crl }],
  },
  {
    name: 'attribute certificate',
    seeds: () => [platform()],
    run(bytes) {
      const certificate = parseAttributeCertificate(bytes, PART);
      checkAttributeCertificate(certificate, {
        ek: EK,
        issuer: ROOT,
        at: NOW,
        sha1: false,
      });
    },
    refuses,
    growth: [],
  },
  {
    name: 'trust file',
    seeds: () => [
      text(`roots\n${pem(makeRoot())}\n${pem(makeIntermediate())}`),
      copy(makeRoot()),
      crl(2),
      copy(pkcs7(makeRoot(), makeIntermediate())),
      copy(
        pfx([
          dataSafe(sequence(certificateBag(makeRoot()))),
          pbes2Safe(sequence(certificateBag(makeIntermediate())), ''),
        ]),
      ),
      copy(pfx([dataSafe(sequence(certificateBag(makeRoot())))], wrongMac('1.3.14.3.2.26', integer(1)))),
    ],
    run: (bytes) => void readTrustFile(bytes, PART),
    refuses: ['PolicyError'],
    growth: [
      { name: 'PEM blocks', n: 300, make: (n) => text(pem(makeRoot()).repeat(n)) },
      { name: 'PEM lines', n: 100_000, make: (n) => text(`-----BEGIN CERTIFICATE-----\n${'AAAA\n'.repeat(n)}`) },
      { name: 'PKCS#7 certificates', n: 300, make: (n) => pkcs7(...Array.from({ length: n }, () => makeRoot())) },
    ],
  },
];
