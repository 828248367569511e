import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EvidenceError } from '../../src/bytes/errors.ts';
import { ByteReader } from '../../src/bytes/reader.ts';
import { TPM_ALG, TPM_ST_ATTEST } from '../../src/tpm/algorithms.ts';
import { isAttestOf, readAttest, writeAttest, type TpmsAttest } from '../../src/tpm/attest.ts';
import { readPublic, readPublic2B, writePublic, writePublic2B } from '../../src/tpm/public.ts';
import { readSelection, writeSelection } from '../../src/tpm/selection.ts';
import { readSignature, writeSignature } from '../../src/tpm/signature.ts';
import * as arbitrary from './arbitraries.ts';
import { errorCode, orMalformed } from './outcome.ts';

/** Every structure with its reader, its writer and values for both. */
const STRUCTURES = [
  { name: 'TPMT_PUBLIC', values: arbitrary.publicArea, write: writePublic, read: readPublic },
  {
    name: 'TPM2B_PUBLIC',
    values: arbitrary.publicArea,
    write: writePublic2B,
    read: (bytes: Uint8Array) => readPublic2B(bytes).public,
  },
  { name: 'TPMS_ATTEST', values: arbitrary.attest, write: writeAttest, read: readAttest },
  { name: 'TPMT_SIGNATURE', values: arbitrary.signature, write: writeSignature, read: readSignature },
  { name: 'TPML_PCR_SELECTION', values: arbitrary.tpml, write: writeSelection, read: selection },
] as const;

function selection(bytes: Uint8Array): ReturnType<typeof readSelection> {
  const reader = new ByteReader(bytes, 'selection');
  const list = readSelection(reader);
  reader.end();
  return list;
}

describe.each(STRUCTURES)('$name', ({ name, values, write, read }) => {
  const anyWrite = write as (value: unknown) => Uint8Array;

  it('reads back what it writes, and writes back what it reads', () => {
    fc.assert(
      fc.property(values as fc.Arbitrary<unknown>, (value) => {
        const bytes = anyWrite(value);
        const again = read(bytes);
        expect(again).toEqual(value);
        expect(anyWrite(again)).toEqual(bytes);
      }),
    );
  });

  it('refuses every shorter and every longer form', () => {
    fc.assert(
      fc.property(values as fc.Arbitrary<unknown>, fc.nat(), (value, cut) => {
        const bytes = anyWrite(value);
        const longer = new Uint8Array([...bytes, 0]);
        const open = name === 'TPMS_ATTEST' && (value as { attested: unknown }).attested instanceof Uint8Array;
        // The body of an attestation of another kind is kept as bytes, so its end is not known.
        if (open) return;
        expect(() => read(bytes.subarray(0, cut % bytes.length))).toThrow(EvidenceError);
        expect(() => read(longer)).toThrow(EvidenceError);
      }),
    );
  });

  it('answers arbitrary bytes with a value or an EvidenceError', () => {
    fc.assert(
      fc.property(values as fc.Arbitrary<unknown>, fc.nat(), fc.uint8Array({ maxLength: 8 }), (value, at, patch) => {
        const bytes = anyWrite(value).slice();
        bytes.set(patch.subarray(0, Math.max(0, bytes.length - (at % bytes.length))), at % bytes.length);
        const accepted = orMalformed(() => read(bytes));
        // What is accepted has one spelling.
        expect(accepted === undefined ? bytes : anyWrite(accepted)).toEqual(bytes);
      }),
    );
  });
});

const TOO_LONG = ['tpm.attest-size', 'tpm.attest-size'];

describe('sizes no TPM writes', () => {
  it('are refused before the bytes are taken', () => {
    const zeros = (size: number): Uint8Array => new Uint8Array(size);
    const quote = fc.sample(
      arbitrary.attest.filter((one) => isAttestOf(one, 'QUOTE')),
      1,
    )[0]!;
    for (const name of ['qualifiedSigner', 'extraData'] as const) {
      expect(errorCode(() => readAttest(writeAttest({ ...quote, [name]: zeros(66) })))).toBe('accepted');
      expect(errorCode(() => readAttest(writeAttest({ ...quote, [name]: zeros(67) })))).toBe('tpm.attest-size');
    }
    const attested = { ...quote.attested, pcrDigest: zeros(67) };
    expect(errorCode(() => readAttest(writeAttest({ ...quote, attested })))).toBe('tpm.attest-size');
    const { qualifiedSigner, extraData, clockInfo, firmwareVersion } = quote;
    const header = { qualifiedSigner, extraData, clockInfo, firmwareVersion };
    const sized = (attest: Pick<TpmsAttest, 'type' | 'attested'>): string =>
      errorCode(() => readAttest(writeAttest({ ...header, ...attest } as TpmsAttest)));
    const { CERTIFY, CREATION, NV } = TPM_ST_ATTEST;
    const certify = (name: number, qualifiedName: number): string =>
      sized({ type: CERTIFY, attested: { name: zeros(name), qualifiedName: zeros(qualifiedName) } });
    expect([certify(66, 66), certify(67, 0), certify(0, 67)]).toEqual(['accepted', ...TOO_LONG]);
    const creation = (name: number, hash: number): string =>
      sized({ type: CREATION, attested: { objectName: zeros(name), creationHash: zeros(hash) } });
    expect([creation(66, 66), creation(67, 0), creation(0, 67)]).toEqual(['accepted', ...TOO_LONG]);
    const nv = (name: number, contents: number): string =>
      sized({ type: NV, attested: { indexName: zeros(name), offset: 0, nvContents: zeros(contents) } });
    expect([nv(66, 2048), nv(67, 0), nv(0, 2049)]).toEqual(['accepted', ...TOO_LONG]);
    const long = writeSignature({ sigAlg: TPM_ALG.RSASSA, hash: 'sha256', sig: zeros(513) });
    expect(errorCode(() => readSignature(long))).toBe('tpm.signature-size');
  });

  it('are refused as answers that are neither yes nor no', () => {
    const quote = fc.sample(arbitrary.attest, 1)[0]!;
    const bytes = writeAttest({ ...quote, qualifiedSigner: new Uint8Array(0), extraData: new Uint8Array(0) });
    // magic 4, type 2, two empty TPM2B 4, clock 8, resetCount 4, restartCount 4
    bytes[26] = 2;
    expect(errorCode(() => readAttest(bytes))).toBe('tpm.attest-safe');
  });

  it('are refused as such answers inside an attestation of time too', () => {
    const time = fc.sample(
      arbitrary.attest.filter((one) => isAttestOf(one, 'TIME')),
      1,
    )[0]!;
    const bytes = writeAttest(time);
    // At the end: safe 1, firmwareVersion 8.
    bytes[bytes.length - 9] = 2;
    expect(errorCode(() => readAttest(bytes))).toBe('tpm.attest-safe');
  });

  it('and wrong magic is refused by the reader too', () => {
    const bytes = writeAttest(fc.sample(arbitrary.attest, 1)[0]!);
    bytes[0]! ^= 1;
    expect(errorCode(() => readAttest(bytes))).toBe('tpm.attest-magic');
  });
});
