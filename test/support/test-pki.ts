/** A small public key infrastructure for tests: a root, an intermediate, an endorsement key's certificate, and ways to bend each. */
import { parseCertificate, type Certificate } from '../../src/x509/certificate.ts';
import type { PathInput, RevocationRule } from '../../src/x509/path-model.ts';
import {
  attribute,
  commonName,
  directoryName,
  ed25519Key,
  ext,
  integer,
  keyId,
  makeCertificate,
  p256Key,
  sequence,
  type CertificateParts,
} from './certificate-maker.ts';
import { der } from './der-writer.ts';

export const EK_PURPOSE = '2.23.133.8.1';

export const ROOT_KEY = ed25519Key('root');
export const INTERMEDIATE_KEY = ed25519Key('intermediate');
export const EK_KEY = p256Key('ek');

export const ROOT_NAME = commonName('Test TPM Root CA');
export const INTERMEDIATE_NAME = commonName('Test TPM Issuing CA');

/** Lists are asked for nothing. */
export const LENIENT: RevocationRule = { missing: 'note', stale: 'note' };

export const parsed = (bytes: Uint8Array): Certificate => parseCertificate(new Uint8Array(bytes), 'test');

export const caExtensions = (key = ROOT_KEY, pathLength?: number): Buffer[] => [
  ext.ca(pathLength),
  ext.keyUsage('keyCertSign', 'cRLSign'),
  ext.subjectKeyId(keyId(key)),
];

type Bend = Partial<CertificateParts>;

export function makeRoot(bend: Bend = {}): Buffer {
  return makeCertificate({ subject: ROOT_NAME, key: ROOT_KEY, signer: ROOT_KEY, extensions: caExtensions(), ...bend });
}

export function makeIntermediate(bend: Bend = {}): Buffer {
  return makeCertificate({
    subject: INTERMEDIATE_NAME,
    key: INTERMEDIATE_KEY,
    issuer: ROOT_NAME,
    signer: ROOT_KEY,
    serial: integer(2),
    extensions: [...caExtensions(INTERMEDIATE_KEY, 0), ext.authorityKeyId(keyId(ROOT_KEY))],
    ...bend,
  });
}

/** The TCG attributes in one directory name. */
export const tpmNames = (manufacturer = 'id:53544D20', model = 'TEST TPM', version = 'id:00010002'): Buffer =>
  directoryName(
    sequence(
      ...(
        [
          ['2.23.133.2.1', manufacturer],
          ['2.23.133.2.2', model],
          ['2.23.133.2.3', version],
        ] as const
      ).map(([oid, text]) => der(0x31, attribute(oid, text))),
    ),
  );

export const ekExtensions = (): Buffer[] => [
  ext.notCa(),
  ext.keyUsage('keyAgreement'),
  ext.extKeyUsage([EK_PURPOSE]),
  ext.subjectAltName([tpmNames()], true),
  ext.authorityKeyId(keyId(INTERMEDIATE_KEY)),
];

export function makeEk(bend: Bend = {}): Buffer {
  return makeCertificate({
    subject: sequence(),
    key: EK_KEY,
    issuer: INTERMEDIATE_NAME,
    signer: INTERMEDIATE_KEY,
    serial: integer(3),
    extensions: ekExtensions(),
    ...bend,
  });
}

/** A whole input that validates, with parts replaced. */
export function pathInput(bend: Partial<PathInput> = {}): PathInput {
  return {
    leaf: parsed(makeEk()),
    presented: [parsed(makeIntermediate())],
    intermediates: [],
    anchors: [parsed(makeRoot())],
    crls: [],
    rules: { sha1: false, purpose: EK_PURPOSE },
    ...bend,
  };
}
