/** TPM 2.0 structures and the layouts tpm2-tools writes. */
import { ByteReader } from '../../src/bytes/reader.ts';
import { fromHex } from '../../src/bytes/text.ts';
import { akTemplateDifferences } from '../../src/tpm/ak-template.ts';
import { TPM_ST_ATTEST } from '../../src/tpm/algorithms.ts';
import { readAttest, writeAttest } from '../../src/tpm/attest.ts';
import type { Attested } from '../../src/tpm/attested.ts';
import { checkCertification } from '../../src/tpm/certify.ts';
import { ekTemplateOf } from '../../src/tpm/ek-template.ts';
import { readAkPin } from '../../src/tpm/key.ts';
import { credentialRandomSize, makeCredential } from '../../src/tpm/make-credential.ts';
import { publicName, qualifiedName } from '../../src/tpm/names.ts';
import { readPcrs } from '../../src/tpm/pcr-values.ts';
import { readPublic, readPublic2B } from '../../src/tpm/public.ts';
import { parseSelection, readSelection } from '../../src/tpm/selection.ts';
import { readSignature } from '../../src/tpm/signature.ts';
import { CREDENTIAL_VECTORS } from '../tpm/credential-vectors.ts';
import { CLOCK, makeAk, NONCE, PARENT, signWith } from '../tpm/software-tpm.ts';
import { bundleParts, fixtureBytes, text } from './seeds.ts';
import type { Target } from './target.ts';

const refuses = ['EvidenceError'];

const PRINTED = `  sha1:\n    0 : 0x${'AB'.repeat(20)}\n  sha256:\n    0 : 0x${'00'.repeat(32)}\n    10: 0x${'FF'.repeat(32)}\n`;

/** tpm2_quote's layout: TPML_PCR_SELECTION as the C structure, the number of lists, then TPML_DIGEST as C structures. */
function serializedPcrs(): Uint8Array {
  const selection = Buffer.alloc(132);
  selection.writeUInt32LE(1, 0);
  selection.writeUInt16LE(0x000b, 4);
  selection.set([3, 0xff, 0xff, 0], 6);
  const lists = [0, 1].map(() => {
    const list = Buffer.alloc(532);
    list.writeUInt32LE(8, 0);
    for (let i = 0; i < 8; i++) list.writeUInt16LE(32, 4 + 66 * i);
    return list;
  });
  const count = Buffer.alloc(4);
  count.writeUInt32LE(2, 0);
  return new Uint8Array(Buffer.concat([selection, count, ...lists]));
}

const SIGNER = makeAk('ecdsa');
const NAME = publicName(SIGNER.area);

/** What attests something other than PCRs, one of each kind that is read. */
const ATTESTED: readonly Attested[] = [
  { type: TPM_ST_ATTEST.CERTIFY, attested: { name: NAME, qualifiedName: qualifiedName(PARENT, SIGNER.area) } },
  { type: TPM_ST_ATTEST.CREATION, attested: { objectName: NAME, creationHash: new Uint8Array(32) } },
  { type: TPM_ST_ATTEST.TIME, attested: { time: { time: 5n, clockInfo: CLOCK }, firmwareVersion: 1n } },
  { type: TPM_ST_ATTEST.NV, attested: { indexName: NAME, offset: 8, nvContents: new Uint8Array(40) } },
];

function attestation(attested: Attested): Uint8Array {
  const header = { qualifiedSigner: NAME, extraData: NONCE, clockInfo: CLOCK, firmwareVersion: 1n };
  return writeAttest({ ...header, ...attested });
}

export const TPM_TARGETS: readonly Target[] = [
  {
    name: 'tpms-attest',
    seeds: () => [...bundleParts((bundle) => bundle.quotes[0]?.attest), ...ATTESTED.map(attestation)],
    run: (bytes) => void readAttest(bytes),
    refuses,
    growth: [],
  },
  {
    name: 'tpmt-signature',
    seeds: () => bundleParts((bundle) => bundle.quotes[0]?.signature),
    run: (bytes) => void readSignature(bytes),
    refuses,
    growth: [],
  },
  {
    name: 'tpmt-public',
    seeds: () => bundleParts((bundle) => bundle.ak?.subarray(2)),
    run: (bytes) => void akTemplateDifferences(readPublic(bytes)),
    refuses,
    growth: [],
  },
  {
    name: 'tpm2b-public',
    seeds: () => bundleParts((bundle) => bundle.ak),
    run: (bytes) => void readPublic2B(bytes),
    refuses,
    growth: [],
  },
  {
    name: 'endorsement key',
    seeds: () => CREDENTIAL_VECTORS.map(({ ek }) => fromHex(ek)),
    run: (bytes) => {
      const ek = readPublic2B(bytes).public;
      ekTemplateOf(ek);
      makeCredential(ek, NAME, Uint8Array.of(1), new Uint8Array(credentialRandomSize(ek)));
    },
    refuses,
    growth: [],
  },
  {
    name: 'certification',
    seeds: () => ATTESTED.map(attestation),
    run: (bytes) => {
      // Signed as it is: the signature is not what is fuzzed here.
      const signed = { attest: bytes, signature: signWith(SIGNER, bytes) };
      checkCertification(signed, SIGNER.ak, { extraData: NONCE, object: SIGNER.area, parentQualifiedName: PARENT });
    },
    refuses,
    growth: [],
  },
  {
    name: 'ak pin',
    seeds: () => [
      fixtureBytes('uki/baseline/ak-ecc.tpm2b'),
      fixtureBytes('uki/baseline/ak-rsa.tpm2b'),
      text(
        '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n-----END PUBLIC KEY-----\n',
      ),
    ],
    run: (bytes) => void readAkPin(bytes),
    refuses,
    growth: [],
  },
  {
    name: 'pcr values',
    seeds: () => [text(PRINTED), serializedPcrs(), new Uint8Array(16 * 32)],
    run: (bytes) => void readPcrs(bytes, parseSelection('sha256:0-15')),
    refuses,
    growth: [{ name: 'lines', n: 10_000, make: (n) => text('\n'.repeat(n)) }],
  },
  {
    name: 'pcr selection',
    seeds: () => [
      new Uint8Array([0, 0, 0, 1, 0, 11, 3, 255, 255, 0]),
      new Uint8Array([0, 0, 0, 2, 0, 11, 3, 1, 2, 3, 0, 4]),
    ],
    run: (bytes) => void readSelection(new ByteReader(bytes, 'selection')),
    refuses,
    growth: [],
  },
  {
    name: 'selection text',
    seeds: () => [text('sha256:0-15'), text('sha1:0,1,2+sha384:all'), text('sha256:0,23')],
    run: (bytes) => void parseSelection(Buffer.from(bytes).toString()),
    refuses: ['EvidenceError', 'UsageError', 'PolicyError'],
    growth: [{ name: 'indexes', n: 20_000, make: (n) => text(`sha256:${'1,'.repeat(n)}1`) }],
  },
];
