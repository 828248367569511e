/** TPM 2.0 structures and the layouts tpm2-tools writes. */
import { ByteReader } from '../../src/bytes/reader.ts';
import { readAttest } from '../../src/tpm/attest.ts';
import { readAkPin } from '../../src/tpm/key.ts';
import { readPcrs } from '../../src/tpm/pcr-values.ts';
import { readPublic, readPublic2B } from '../../src/tpm/public.ts';
import { parseSelection, readSelection } from '../../src/tpm/selection.ts';
import { readSignature } from '../../src/tpm/signature.ts';
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

export const TPM_TARGETS: readonly Target[] = [
  {
    name: 'tpms-attest',
    seeds: () => bundleParts((bundle) => bundle.quotes[0]?.attest),
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
    run: (bytes) => void readPublic(bytes),
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
