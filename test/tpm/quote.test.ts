import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EvidenceError } from '../../src/bytes/errors.ts';
import { digest, type HashName } from '../../src/bytes/hash.ts';
import { TPM_ST_ATTEST } from '../../src/tpm/algorithms.ts';
import { writeAttest, type AttestOf, type TpmsAttest } from '../../src/tpm/attest.ts';
import { attestationKey, attestationKeyFromSpki, type AttestationKey } from '../../src/tpm/key.ts';
import { hierarchyQualifiedName, qualifiedName } from '../../src/tpm/names.ts';
import type { PcrValues } from '../../src/tpm/pcr-values.ts';
import type { TpmtPublic } from '../../src/tpm/public.ts';
import { checkQuote, QUOTE_STEPS, type QuoteCheck, type QuoteStepName } from '../../src/tpm/quote.ts';
import { parseSelection, toTpml } from '../../src/tpm/selection.ts';
import { readSignature, writeSignature, type EcdsaSignature, type RsaSignature } from '../../src/tpm/signature.ts';
import {
  makeAk,
  makeQuote,
  NONCE,
  PARENT,
  pcrDigest,
  pcrValues,
  signWith,
  type MadeQuote,
  type SoftwareAk,
} from './software-tpm.ts';
import { orMalformed } from './outcome.ts';

const ECDSA = makeAk('ecdsa');
const P384 = makeAk('ecdsa', 'sha384', 'p384');
const P521 = makeAk('ecdsa', 'sha512', 'p521');
const RSASSA = makeAk('rsassa');
const RSAPSS = makeAk('rsapss', 'sha384');

const check = (made: MadeQuote, ak: AttestationKey, input: Partial<MadeQuote['input']> = {}): QuoteCheck =>
  checkQuote({ ...made.input, ...input }, ak, made.expected);

/** The steps that are not yes, as `step:reason`. */
const faults = ({ steps }: QuoteCheck): string[] =>
  steps.filter(({ answer }) => answer !== 'yes').map(({ step, answer, reason }) => `${step} ${answer} ${reason}`);

const answer = ({ steps }: QuoteCheck, step: QuoteStepName): string => {
  const found = steps.find((one) => one.step === step)!;
  return found.reason === null ? found.answer : `${found.answer} ${found.reason}`;
};

/** All later steps hang on the signature. */
const SIGNATURE_FAILED = (reason: string): string[] => [
  `signature no ${reason}`,
  ...QUOTE_STEPS.slice(1).map((step) => `${step} unknown not-reached`),
];

const spki = (from: SoftwareAk): AttestationKey =>
  attestationKeyFromSpki(new Uint8Array(from.spki.export({ format: 'der', type: 'spki' })));

describe('a good quote', () => {
  it.each([
    ['RSASSA', RSASSA],
    ['RSAPSS', RSAPSS],
    ['ECDSA P-256', ECDSA],
    ['ECDSA P-384', P384],
    ['ECDSA P-521', P521],
  ])('of %s answers every step with yes and gives the quoted values', (_, from) => {
    const made = makeQuote(from, 'sha256:0-15+sha384:0-15,17');
    const result = check(made, from.ak);
    expect(faults(result)).toEqual([]);
    expect(result.steps.map(({ step }) => step)).toEqual([...QUOTE_STEPS]);
    expect(result.attest).toEqual(made.attest);
    expect(result.quoted!.banks).toEqual(['sha256', 'sha384']);
    expect(result.quoted!.value('sha384', 17)).toEqual(made.input.pcrs!.get('sha384')!.get(17));
    expect(result.quoted!.value('sha256', 17)).toBeUndefined();
    expect(result.quoted!.clockInfo).toEqual(made.attest.clockInfo);
    expect(result.quoted!.firmwareVersion).toBe(made.attest.firmwareVersion);
  });

  it.each([RSASSA, RSAPSS, ECDSA, P384, P521])(
    'verifies under a key without attributes; only its signer stays unknown',
    (from) => {
      const result = check(makeQuote(from), spki(from));
      expect(faults(result)).toEqual(['qualified-signer unknown not-given']);
      expect(result.quoted).toBeDefined();
    },
  );

  it('is still one without expectations: what they would answer is unknown, not yes', () => {
    const made = makeQuote(ECDSA);
    const result = checkQuote(made.input, ECDSA.ak, { nonce: undefined, selection: undefined });
    expect(faults(result)).toEqual([
      'qualified-signer unknown not-given',
      'extra-data unknown not-given',
      'selection unknown not-given',
    ]);
    expect(result.quoted).toBeDefined();
  });

  it('does not follow later changes of the input', () => {
    const made = makeQuote(ECDSA);
    const { quoted } = check(made, ECDSA.ak);
    const value = made.input.pcrs!.get('sha256')!.get(3)!;
    const before = value.slice();
    value.fill(0);
    quoted!.value('sha256', 3)!.fill(1);
    expect(quoted!.value('sha256', 3)).toEqual(before);
  });
});

describe('attack 51: magic', () => {
  it('is a no of its own, and nothing after it is read', () => {
    const made = makeQuote(ECDSA);
    const bytes = made.input.attest.slice();
    bytes[3]! ^= 1;
    const result = check(made, ECDSA.ak, { attest: bytes, signature: signWith(ECDSA, bytes) });
    expect(answer(result, 'signature')).toBe('yes');
    expect(answer(result, 'magic')).toBe('no differs');
    for (const step of QUOTE_STEPS.slice(2)) expect(answer(result, step)).toBe('unknown not-reached');
    expect(result.attest).toBeUndefined();
    expect(result.quoted).toBeUndefined();
  });
});

describe('attack 52: type', () => {
  it.each(Object.entries(TPM_ST_ATTEST).filter(([name]) => name !== 'QUOTE'))('%s is no quote', (_, type) => {
    const made = makeQuote(ECDSA);
    const { attested: _quote, ...header } = made.attest;
    const other: TpmsAttest = { ...header, type, attested: writeAttest(made.attest).subarray(-71) };
    const bytes = writeAttest(other);
    const result = check(made, ECDSA.ak, { attest: bytes, signature: signWith(ECDSA, bytes) });
    expect(faults(result)).toEqual([
      'type no differs',
      'selection unknown not-reached',
      'pcr-digest unknown not-reached',
    ]);
    expect(result.quoted).toBeUndefined();
  });
});

describe('attack 53: extraData', () => {
  const withNonce = (extraData: Uint8Array, nonce: Uint8Array): string => {
    const made = makeQuote(ECDSA, 'sha256:0-15', (attest) => ({ ...attest, extraData }));
    return answer(checkQuote(made.input, ECDSA.ak, { ...made.expected, nonce }), 'extra-data');
  };

  it('is equal in every byte and in length', () => {
    expect(withNonce(NONCE, NONCE)).toBe('yes');
    for (let i = 0; i < NONCE.length; i++) {
      const other = NONCE.slice();
      other[i]! ^= 0x80;
      expect(withNonce(other, NONCE)).toBe('no differs');
    }
    expect(withNonce(NONCE.subarray(0, 31), NONCE)).toBe('no differs');
    expect(withNonce(Uint8Array.of(...NONCE, 0), NONCE)).toBe('no differs');
    expect(withNonce(new Uint8Array(0), NONCE)).toBe('no differs');
    expect(withNonce(NONCE.subarray(0, 16), NONCE.subarray(0, 16))).toBe('yes');
  });

  it('never answers an empty or short nonce', () => {
    expect(withNonce(new Uint8Array(0), new Uint8Array(0))).toBe('no short');
    expect(withNonce(NONCE.subarray(0, 15), NONCE.subarray(0, 15))).toBe('no short');
  });

  it('says so of a short nonce even when nothing else can be judged', () => {
    const made = makeQuote(ECDSA);
    const result = checkQuote(made.input, P384.ak, { ...made.expected, nonce: new Uint8Array(3) });
    expect(answer(result, 'signature')).toBe('no scheme-mismatch');
    expect(answer(result, 'extra-data')).toBe('no short');
  });
});

describe('attack 54: relabelled selection', () => {
  it('refuses values claimed for other PCRs, or for another order, than the signed ones', () => {
    const made = makeQuote(ECDSA, 'sha256:0-15');
    const sha256 = made.input.pcrs!.get('sha256')!;
    const moved = new Map<HashName, Map<number, Uint8Array>>([['sha256', new Map(sha256)]]);
    moved.get('sha256')!.set(0, sha256.get(1)!).set(1, sha256.get(0)!);
    expect(answer(check(made, ECDSA.ak, { pcrs: moved }), 'pcr-digest')).toBe('no differs');

    const relabelled = new Map([['sha256', new Map([...sha256].map(([pcr, value]) => [pcr + 1, value]))] as const]);
    expect(answer(check(made, ECDSA.ak, { pcrs: relabelled }), 'pcr-digest')).toBe('no wrong-pcrs');
  });

  it('refuses the signed selection where another was required, with the same number of PCRs', () => {
    const made = makeQuote(ECDSA, 'sha256:0-15');
    const required = (text: string): string =>
      answer(checkQuote(made.input, ECDSA.ak, { ...made.expected, selection: parseSelection(text) }), 'selection');
    expect(required('sha256:0-15')).toBe('yes');
    expect(required('sha256:1-16')).toBe('no differs');
    expect(required('sha384:0-15')).toBe('no differs');
  });

  it('hashes the banks in the signed order', () => {
    const values = pcrValues('sha256:0-15+sha384:0-15');
    const pcrSelect = toTpml(parseSelection('sha256:0-15+sha384:0-15')).toReversed();
    const reversed = makeQuote(ECDSA, 'sha256:0-15+sha384:0-15', (attest) => ({
      ...attest,
      attested: { pcrSelect, pcrDigest: pcrDigest(pcrSelect, values, 'sha256') },
    }));
    expect(faults(check(reversed, ECDSA.ak))).toEqual([]);
    const wrong = makeQuote(ECDSA, 'sha256:0-15+sha384:0-15', (attest) => ({
      ...attest,
      attested: { ...attest.attested, pcrSelect },
    }));
    expect(faults(check(wrong, ECDSA.ak))).toEqual(['pcr-digest no differs']);
  });
});

describe('attack 55: selection', () => {
  const signed = (pcrSelect: AttestOf<'QUOTE'>['attested']['pcrSelect'], values: PcrValues): QuoteCheck => {
    const made = makeQuote(ECDSA, 'sha256:0-15', (attest) => ({
      ...attest,
      attested: { pcrSelect, pcrDigest: pcrDigest(pcrSelect, values, 'sha256') },
    }));
    return check(made, ECDSA.ak, { pcrs: values });
  };

  it('misses a required PCR, or has one or a bank too many', () => {
    for (const text of ['sha256:0-14', 'sha256:0-9,11-15', 'sha256:0-16', 'sha256:0-15+sha384:0', 'sha384:0-15']) {
      const result = signed(toTpml(parseSelection(text)), pcrValues(text));
      expect([text, ...faults(result)]).toEqual([text, 'selection no differs']);
    }
  });

  it('repeats a bank', () => {
    const [bank] = toTpml(parseSelection('sha256:0-15'));
    const result = signed([bank!, bank!], pcrValues('sha256:0-15'));
    expect(faults(result)).toEqual(['selection no duplicate-bank', 'pcr-digest no duplicate-bank']);
    expect(result.quoted).toBeUndefined();
    const split = signed(
      [...toTpml(parseSelection('sha256:0-7')), ...toTpml(parseSelection('sha256:8-15'))],
      pcrValues('sha256:0-15'),
    );
    expect(faults(split)).toEqual(['selection no duplicate-bank', 'pcr-digest no duplicate-bank']);
  });

  it('selects nothing: the digest of nothing is no proof', () => {
    for (const pcrSelect of [[], [{ hash: 0x0b, sizeofSelect: 3, pcrSelect: [] }]]) {
      const result = signed(pcrSelect, new Map());
      expect(faults(result)).toEqual(['selection no empty', 'pcr-digest no empty']);
      const nothing = checkQuote(
        makeQuote(ECDSA, 'sha256:0', (attest) => ({
          ...attest,
          attested: { pcrSelect, pcrDigest: digest('sha256', new Uint8Array(0)) },
        })).input,
        ECDSA.ak,
        { nonce: NONCE, selection: new Map() },
      );
      expect(answer(nothing, 'selection')).toBe('no empty');
      expect(nothing.quoted).toBeUndefined();
    }
  });

  it('comes back empty for a bank that is not allocated', () => {
    const pcrSelect = [
      { hash: 0x0b, sizeofSelect: 3, pcrSelect: [0] },
      { hash: 0x0c, sizeofSelect: 3, pcrSelect: [] },
    ];
    const made = makeQuote(ECDSA, 'sha256:0', (attest) => ({ ...attest, attested: { ...attest.attested, pcrSelect } }));
    expect(faults(check(made, ECDSA.ak))).toEqual([]);
    const asked = { ...made.expected, selection: parseSelection('sha256:0+sha384:0') };
    expect(answer(checkQuote(made.input, ECDSA.ak, asked), 'selection')).toBe('no differs');
  });

  it('may name banks without PCRs, also unknown ones', () => {
    const made = makeQuote(ECDSA, 'sha256:0-15', (attest) => {
      const none = [0x0004, 0x0012].map((hash) => ({ hash, sizeofSelect: 3, pcrSelect: [] }));
      return { ...attest, attested: { ...attest.attested, pcrSelect: [...none, ...attest.attested.pcrSelect] } };
    });
    const result = check(made, ECDSA.ak);
    expect(faults(result)).toEqual([]);
    expect(result.quoted!.banks).toEqual(['sha256']);
  });

  it('is over a bank this verifier does not compute', () => {
    const pcrSelect = [...toTpml(parseSelection('sha256:0-15')), { hash: 0x12, sizeofSelect: 3, pcrSelect: [0] }];
    const made = makeQuote(ECDSA, 'sha256:0-15', (attest) => ({
      ...attest,
      attested: { ...attest.attested, pcrSelect },
    }));
    const result = check(made, ECDSA.ak);
    expect(faults(result)).toEqual(['selection no unknown-bank', 'pcr-digest no unknown-bank']);
    expect(result.quoted).toBeUndefined();
  });

  it('names PCR 24 and above: malformed', () => {
    const made = makeQuote(ECDSA, 'sha256:0', (attest) => ({
      ...attest,
      attested: { ...attest.attested, pcrSelect: [{ hash: 0x0b, sizeofSelect: 4, pcrSelect: [0, 24] }] },
    }));
    expect(() => check(made, ECDSA.ak)).toThrow(EvidenceError);
  });

  it('may use a bit map of another size for the same PCRs', () => {
    const pcrSelect = [{ hash: 0x0b, sizeofSelect: 2, pcrSelect: Array.from({ length: 16 }, (_, i) => i) }];
    expect(faults(signed(pcrSelect, pcrValues('sha256:0-15')))).toEqual([]);
  });
});

describe('attack 56: values', () => {
  it('must be those of the selection, no more, no less, none of another size', () => {
    const made = makeQuote(ECDSA, 'sha256:0-15');
    const sha256 = made.input.pcrs!.get('sha256')!;
    const less = new Map([['sha256', new Map([...sha256].slice(1))] as const]);
    expect(answer(check(made, ECDSA.ak, { pcrs: less }), 'pcr-digest')).toBe('no wrong-pcrs');
    const more = pcrValues('sha256:0-16');
    expect(answer(check(made, ECDSA.ak, { pcrs: more }), 'pcr-digest')).toBe('no wrong-pcrs');
    const banks = pcrValues('sha256:0-15+sha384:0');
    expect(answer(check(made, ECDSA.ak, { pcrs: banks }), 'pcr-digest')).toBe('no wrong-pcrs');
    expect(answer(check(made, ECDSA.ak, { pcrs: new Map() }), 'pcr-digest')).toBe('no wrong-pcrs');
    const outside = new Map([['sha256', new Map([[32, sha256.get(0)!], ...[...sha256].slice(1)])] as const]);
    expect(answer(check(made, ECDSA.ak, { pcrs: outside }), 'pcr-digest')).toBe('no wrong-pcrs');
  });

  it('cannot be cut at another place than where the banks say', () => {
    const made = makeQuote(ECDSA, 'sha256:0-15');
    const shifted = new Map([['sha256', new Map(made.input.pcrs!.get('sha256'))] as const]);
    const [first, second] = [shifted.get('sha256')!.get(0)!, shifted.get('sha256')!.get(1)!];
    shifted
      .get('sha256')!
      .set(0, first.subarray(0, 31))
      .set(1, Uint8Array.of(first[31]!, ...second));
    const result = check(made, ECDSA.ak, { pcrs: shifted });
    expect(faults(result)).toEqual(['pcr-digest no wrong-size']);
    expect(result.quoted).toBeUndefined();
  });

  it('hash with the hash of the key, not that of the bank', () => {
    const made = makeQuote(P384, 'sha256:0-15');
    expect(made.attest.attested.pcrDigest).toHaveLength(48);
    expect(faults(check(made, P384.ak))).toEqual([]);
    const pcrSelect = toTpml(parseSelection('sha256:0-15'));
    const bank = makeQuote(P384, 'sha256:0-15', (attest) => ({
      ...attest,
      attested: { pcrSelect, pcrDigest: pcrDigest(pcrSelect, pcrValues('sha256:0-15'), 'sha256') },
    }));
    expect(faults(check(bank, P384.ak))).toEqual(['pcr-digest no differs']);
  });

  it('stay unproved when they did not come along', () => {
    const result = check(makeQuote(ECDSA), ECDSA.ak, { pcrs: undefined });
    expect(faults(result)).toEqual(['pcr-digest unknown not-given']);
    expect(result.quoted).toBeUndefined();
  });
});

describe('attack 57: trailing and missing bytes', () => {
  const made = makeQuote(ECDSA);

  it('in a signed attest are malformed', () => {
    const long = Uint8Array.of(...made.input.attest, 0);
    const short = made.input.attest.subarray(0, -1);
    for (const bytes of [long, short, new Uint8Array(3)]) {
      expect(() => check(made, ECDSA.ak, { attest: bytes, signature: signWith(ECDSA, bytes) })).toThrow(EvidenceError);
    }
  });

  it('in an attest signed without them fail the signature', () => {
    const result = check(made, ECDSA.ak, { attest: Uint8Array.of(...made.input.attest, 0) });
    expect(faults(result)).toEqual(SIGNATURE_FAILED('not-verified'));
  });

  it('in a signature are malformed', () => {
    for (const bytes of [Uint8Array.of(...made.input.signature, 0), made.input.signature.subarray(0, -1)]) {
      expect(() => check(made, ECDSA.ak, { signature: bytes })).toThrow(EvidenceError);
    }
  });
});

describe('attack 58: SHA-1', () => {
  it('never signs, whatever the key says', () => {
    for (const from of [makeAk('rsassa', 'sha1'), makeAk('ecdsa', 'sha1')]) {
      for (const ak of [from.ak, spki(from)]) {
        expect(faults(check(makeQuote(from), ak))).toEqual(SIGNATURE_FAILED('weak-hash'));
      }
    }
  });
});

describe('attack 59: scheme against key', () => {
  it('refuses the scheme of the other kind of key', () => {
    const made = makeQuote(ECDSA);
    const rsa = makeQuote(RSASSA);
    for (const [quote, ak, reason] of [
      [made, RSASSA.ak, 'key-type'],
      [made, spki(RSASSA), 'key-type'],
      [rsa, ECDSA.ak, 'key-type'],
      [rsa, spki(ECDSA), 'key-type'],
    ] as const) {
      expect(faults(check(quote, ak))).toEqual(SIGNATURE_FAILED(reason));
    }
  });

  it('refuses a curve other than the key has', () => {
    const made = makeQuote(makeAk('ecdsa', 'sha256', 'p384'));
    expect(faults(check(made, ECDSA.ak))).toEqual(SIGNATURE_FAILED('number-width'));
    expect(faults(check(makeQuote(ECDSA), spki(P384)))).toEqual(SIGNATURE_FAILED('not-verified'));
  });

  it('refuses signature schemes it does not know', () => {
    const signature = makeQuote(ECDSA).input.signature.slice();
    for (const scheme of [0x0000, 0x0005, 0x0010, 0x0015, 0x001a, 0x001b, 0x001c]) {
      signature[1] = scheme;
      expect(() => readSignature(signature)).toThrow(expect.objectContaining({ code: 'tpm.signature-scheme' }));
    }
  });
});

describe('attack 60: RSA', () => {
  it("uses the key's own scheme and hash, never what else would verify", () => {
    const made = makeQuote(RSASSA);
    const { attest } = made.input;
    for (const signature of [
      signWith(RSASSA, attest, { scheme: 'rsapss' }),
      signWith(RSASSA, attest, { hash: 'sha384' }),
    ]) {
      expect(faults(check(made, RSASSA.ak, { signature }))).toEqual(SIGNATURE_FAILED('scheme-mismatch'));
      expect(answer(check(made, spki(RSASSA), { signature }), 'signature')).toBe('yes');
    }
  });

  it('refuses a key without a scheme', () => {
    const parameters = { ...RSASSA.area.parameters, scheme: null };
    const ak = attestationKey({ ...RSASSA.area, parameters } as TpmtPublic);
    expect(faults(check(makeQuote(RSASSA), ak))).toEqual(SIGNATURE_FAILED('null-scheme'));
  });

  it('reads RSAPSS and RSASSA signatures as what they say they are', () => {
    const made = makeQuote(RSAPSS);
    const pss = readSignature(made.input.signature) as RsaSignature;
    const relabelled = writeSignature({ ...pss, sigAlg: 0x14 });
    expect(faults(check(made, spki(RSAPSS), { signature: relabelled }))).toEqual(SIGNATURE_FAILED('not-verified'));
  });

  it('accepts the two salt lengths TPMs use and no other', () => {
    const made = makeQuote(RSAPSS);
    const salted = (saltLength: number): string =>
      answer(check(made, RSAPSS.ak, { signature: signWith(RSAPSS, made.input.attest, { saltLength }) }), 'signature');
    expect(salted(48)).toBe('yes');
    expect(salted(256 - 48 - 2)).toBe('yes');
    for (const other of [0, 20, 32, 47, 49, 256 - 48 - 3]) expect(salted(other)).toBe('no not-verified');
  });

  it('wants exactly the width of the modulus', () => {
    const made = makeQuote(RSASSA);
    const { sig, ...rest } = readSignature(made.input.signature) as RsaSignature;
    for (const wrong of [Uint8Array.of(0, ...sig), sig.subarray(1), new Uint8Array(0)]) {
      const signature = writeSignature({ ...rest, sig: wrong });
      expect(faults(check(made, RSASSA.ak, { signature }))).toEqual(SIGNATURE_FAILED('number-width'));
    }
    const signature = writeSignature({ ...rest, sig: new Uint8Array(256).fill(0xff) });
    expect(faults(check(made, RSASSA.ak, { signature }))).toEqual(SIGNATURE_FAILED('not-verified'));
  });
});

describe('attack 61: ECDSA numbers', () => {
  const made = makeQuote(ECDSA);
  const good = readSignature(made.input.signature) as EcdsaSignature;
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const number = (value: bigint, size = 32): Uint8Array =>
    new Uint8Array(Buffer.from(value.toString(16).padStart(size * 2, '0'), 'hex'));
  const fault = (change: Partial<EcdsaSignature>): string =>
    answer(check(made, ECDSA.ak, { signature: writeSignature({ ...good, ...change }) }), 'signature');

  it('are between 1 and n − 1', () => {
    for (const name of ['signatureR', 'signatureS'] as const) {
      for (const value of [0n, order, order + 1n, (1n << 256n) - 1n]) {
        expect(fault({ [name]: number(value) })).toBe('no number-range');
      }
      expect(fault({ [name]: number(1n) })).toBe('no not-verified');
      expect(fault({ [name]: number(order - 1n) })).toBe('no not-verified');
    }
  });

  it('are not wider than the curve, and not empty', () => {
    for (const name of ['signatureR', 'signatureS'] as const) {
      expect(fault({ [name]: Uint8Array.of(0, ...good[name]) })).toBe('no number-width');
      expect(fault({ [name]: new Uint8Array(0) })).toBe('no number-width');
    }
  });

  it('may have lost leading zeros, as some TPMs write them', () => {
    let signature = good;
    while (signature.signatureR[0] !== 0) {
      signature = readSignature(signWith(ECDSA, made.input.attest)) as EcdsaSignature;
    }
    expect(fault({ ...signature })).toBe('yes');
    expect(fault({ ...signature, signatureR: signature.signatureR.subarray(1) })).toBe('yes');
  });

  it('verify for s and n − s alike: a signature is no identity', () => {
    const s = BigInt(`0x${Buffer.from(good.signatureS).toString('hex')}`);
    expect(fault({ signatureS: number(order - s) })).toBe('yes');
  });
});

describe('attack 64: qualifiedSigner', () => {
  it('is recomputed from the parent and the name of the key', () => {
    const under = (parent: Uint8Array): MadeQuote =>
      makeQuote(ECDSA, 'sha256:0-15', (attest) => ({ ...attest, qualifiedSigner: qualifiedName(parent, ECDSA.area) }));
    expect(answer(check(under(PARENT), ECDSA.ak), 'qualified-signer')).toBe('yes');
    for (const other of ['owner', 'null', 'platform'] as const) {
      const result = check(under(hierarchyQualifiedName(other)), ECDSA.ak);
      expect(faults(result)).toEqual(['qualified-signer no differs']);
    }
  });

  it('changes with every attribute of the key', () => {
    const changed = attestationKey({ ...ECDSA.area, objectAttributes: ECDSA.area.objectAttributes ^ (1 << 16) });
    expect(faults(check(makeQuote(ECDSA), changed))).toEqual(['qualified-signer no differs']);
  });
});

describe('attack 65: another host', () => {
  it('fails under its key, and with the nonce of another challenge', () => {
    const made = makeQuote(ECDSA);
    expect(faults(check(made, makeAk('ecdsa').ak))).toEqual(SIGNATURE_FAILED('not-verified'));
    expect(faults(check(makeQuote(RSASSA), makeAk('rsassa').ak))).toEqual(SIGNATURE_FAILED('not-verified'));
    const other = { ...made.expected, nonce: digest('sha256', NONCE) };
    expect(faults(checkQuote(made.input, ECDSA.ak, other))).toEqual(['extra-data no differs']);
  });
});

describe.each([
  ['RSASSA', RSASSA],
  ['RSAPSS', RSAPSS],
  ['ECDSA P-256', ECDSA],
  ['ECDSA P-384', P384],
])('one changed byte of a quote of %s', (_, from) => {
  const made = makeQuote(from, 'sha256:0-15');
  const xor = fc.integer({ min: 1, max: 255 });

  it.each([
    ['public area', from.ak],
    ['key alone', spki(from)],
  ])('never gives quoted values under the %s', (_kind, ak) => {
    for (const name of ['attest', 'signature'] as const) {
      fc.assert(
        fc.property(fc.nat(made.input[name].length - 1), xor, (at, mask) => {
          const bytes = made.input[name].slice();
          bytes[at]! ^= mask;
          expect(orMalformed(() => check(made, ak, { [name]: bytes }))?.quoted).toBeUndefined();
        }),
        { numRuns: 60 },
      );
    }
    fc.assert(
      fc.property(fc.nat(15), fc.nat(31), xor, (pcr, at, mask) => {
        const sha256 = new Map(made.input.pcrs!.get('sha256'));
        const value = sha256.get(pcr)!.slice();
        value[at]! ^= mask;
        sha256.set(pcr, value);
        expect(faults(check(made, ak, { pcrs: new Map([['sha256', sha256]]) }))).toContain('pcr-digest no differs');
      }),
      { numRuns: 60 },
    );
  });
});
