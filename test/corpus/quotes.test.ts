/** Quotes of real TPMs from other projects' test data. */

import { describe, expect, it } from 'vitest';
import { hashById, type HashName } from '../../src/bytes/hash.ts';
import { fromHex, toHex } from '../../src/bytes/text.ts';
import { akAttributes } from '../../src/tpm/attributes.ts';
import { isAttestOf, readAttest, writeAttest } from '../../src/tpm/attest.ts';
import { readAkPin, sameAttestationKey } from '../../src/tpm/key.ts';
import { readPcrs, type PcrValues } from '../../src/tpm/pcr-values.ts';
import { readPublic, writePublic } from '../../src/tpm/public.ts';
import { checkQuote, type QuoteCheck } from '../../src/tpm/quote.ts';
import { parseSelection } from '../../src/tpm/selection.ts';
import { readSignature, writeSignature } from '../../src/tpm/signature.ts';
import { errorCode } from '../tpm/outcome.ts';
import { corpusBytes, corpusFiles, corpusText } from './corpus.ts';

const KEYLIME = 'keylime__keylime/test-data/files/';
const GCE = 'google__go-tpm-tools/internal/test/attestations/';
const WINDOWS = 'google__go-attestation/attest/testdata/windows_gcp_shielded_vm.json';

const notYes = ({ steps }: QuoteCheck): string[] =>
  steps.filter(({ answer }) => answer !== 'yes').map(({ step, answer, reason }) => `${step} ${answer} ${reason}`);

/** Structures of TPM 1.2 stand under the same kinds; nothing of them is a TPM 2.0 structure. */
const isTpm12 = (file: string): boolean => file.includes('tpm12');

const parts = corpusFiles().filter(({ kind }) => kind === 'quote-part' || kind === 'ak-tpmt-public');

describe('structures', () => {
  it.each(parts.filter(({ file }) => !isTpm12(file)).filter(({ file }) => !file.endsWith('.pcrs.bin')))(
    '$file reads and writes back',
    ({ file, kind }) => {
      const bytes = corpusBytes(file);
      const again =
        kind === 'ak-tpmt-public'
          ? writePublic(readPublic(bytes))
          : /quote\.bin$/i.test(file)
            ? writeAttest(readAttest(bytes))
            : writeSignature(readSignature(bytes));
      expect(toHex(again)).toBe(toHex(bytes));
    },
  );

  it.each(parts.filter(({ file }) => isTpm12(file)))('$file is none of TPM 2.0', ({ file }) => {
    const bytes = corpusBytes(file);
    for (const read of [readPublic, readAttest, readSignature]) {
      expect(errorCode(() => read(bytes))).toMatch(/^(tpm|bytes)\./);
    }
  });
});

describe('keylime, tpm2-tools files', () => {
  const ak = readAkPin(corpusBytes(`${KEYLIME}ak.pub`));
  const input = {
    attest: corpusBytes(`${KEYLIME}quote.out`),
    signature: corpusBytes(`${KEYLIME}quotesig.out`),
    pcrs: readPcrs(corpusBytes(`${KEYLIME}quotepcr.out`)),
  };

  it('has the name the TPM gave it, and is the key of the PEM file', () => {
    expect(toHex(ak.name!)).toBe(toHex(corpusBytes(`${KEYLIME}ak.name`)));
    expect(sameAttestationKey(ak, readAkPin(corpusBytes(`${KEYLIME}akpub.pem`)))).toBe(true);
    expect(akAttributes(readAkPin(corpusBytes(`${KEYLIME}ek.pub`)).public!)).toMatchObject({
      decrypt: true,
      sign: false,
    });
  });

  it('verifies', () => {
    const expected = {
      nonce: fromHex('db1db298db6d60e6385b7231743e9c3056a18003'),
      selection: parseSelection('sha256:15,16,22'),
    };
    expect(notYes(checkQuote(input, ak, expected))).toEqual(['qualified-signer unknown not-given']);
  });

  it('does not verify under the key of another structure of the same files', () => {
    const ek = readAkPin(corpusBytes(`${KEYLIME}ek.pub`));
    expect(notYes(checkQuote(input, ek, { nonce: undefined, selection: undefined }))[0]).toBe(
      'signature no null-scheme',
    );
  });
});

describe('go-tpm-tools, Container-Optimized OS on GCE', () => {
  const ak = readAkPin(corpusBytes(`${GCE}gce-cos-85-no-nonce.pb.ak_pub.bin`));
  const banks = ['sha1', 'sha256', 'sha384'] as const;
  const quotes = ['gce-cos-85-no-nonce.pb', 'gce-cos-85-nonce9009.pb'].flatMap((boot) =>
    banks.map((bank, index) => ({ boot, bank, file: `${GCE}${boot}.quote${index}` })),
  );

  it.each(quotes)('$boot, $bank: verifies but for its short nonce', ({ boot, bank, file }) => {
    const input = {
      attest: corpusBytes(`${file}.quote.bin`),
      signature: corpusBytes(`${file}.raw_sig.bin`),
      pcrs: protobufPcrs(corpusBytes(`${file}.pcrs.bin`)),
    };
    const nonce = fromHex(boot.includes('9009') ? '9009' : '');
    const selection = parseSelection(`${bank}:0-23`);
    const result = checkQuote(input, ak, { nonce, selection });
    expect(notYes(result)).toEqual(['qualified-signer unknown not-given', 'extra-data no short']);
    expect(toHex(result.attest!.extraData)).toBe(toHex(nonce));
    expect(result.quoted!.banks).toEqual([bank]);
  });
});

describe('go-attestation, Windows on GCE', () => {
  const ak = readAkPin(corpusBytes(`${WINDOWS}.AK.Public.bin`));

  it('signs with SHA-1 and is refused', () => {
    const attest = corpusBytes(`${WINDOWS}.Quote.Quote.bin`);
    const signature = corpusBytes(`${WINDOWS}.Quote.Signature.bin`);
    const result = checkQuote({ attest, signature, pcrs: undefined }, ak, { nonce: undefined, selection: undefined });
    expect(notYes(result)[0]).toBe('signature no weak-hash');
  });

  it('has a creation attestation, which is no quote', () => {
    const text = /"CreateAttestation":"([^"]+)"/.exec(corpusText(WINDOWS))![1]!;
    expect(isAttestOf(readAttest(new Uint8Array(Buffer.from(text, 'base64'))), 'QUOTE')).toBe(false);
  });
});

/** The `PCRs` message of go-tpm-tools: 1 = hash algorithm, 2 = map of index (1, absent for 0) to value (2). */
function protobufPcrs(bytes: Uint8Array): PcrValues {
  let bank: HashName | undefined;
  const values = new Map<number, Uint8Array>();
  for (const [field, value] of protobufFields(bytes)) {
    if (field === 1) bank = hashById(value as number)!.name;
    else {
      const entry = new Map(protobufFields(value as Uint8Array));
      values.set((entry.get(1) ?? 0) as number, entry.get(2) as Uint8Array);
    }
  }
  return new Map([[bank!, values]]);
}

/** Fields of a message in which every length and number is one byte. */
function protobufFields(bytes: Uint8Array): [number, number | Uint8Array][] {
  const fields: [number, number | Uint8Array][] = [];
  let at = 0;
  while (at < bytes.length) {
    const [tag, value] = [bytes[at]!, bytes[at + 1]!];
    if (value > 0x7f) throw new Error('a number of more than one byte');
    at += 2;
    if ((tag & 7) === 0) fields.push([tag >> 3, value]);
    else {
      fields.push([tag >> 3, bytes.subarray(at, at + value)]);
      at += value;
    }
  }
  return fields;
}
