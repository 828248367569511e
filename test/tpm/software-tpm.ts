/**
 * Quotes made without a TPM: keys of Node, structures of our own writer. It can also sign what no TPM would, which is what
 * the negative tests need. That the structures are those of real TPMs is shown by test/tools/tpm-oracle.test.ts.
 */

import { constants, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { digest, hashSize, type HashName } from '../../src/bytes/hash.ts';
import { ByteWriter } from '../../src/bytes/writer.ts';
import { fromBase64url } from '../../src/bytes/text.ts';
import { TPM_ALG, TPM_ST_ATTEST, TPMA_OBJECT, CURVES, type CurveName } from '../../src/tpm/algorithms.ts';
import { writeAttest, type AttestOf } from '../../src/tpm/attest.ts';
import type { TpmsClockInfo } from '../../src/tpm/clock-info.ts';
import { attestationKey, type AttestationKey } from '../../src/tpm/key.ts';
import { hierarchyQualifiedName, qualifiedName } from '../../src/tpm/names.ts';
import type { PcrValues } from '../../src/tpm/pcr-values.ts';
import type { TpmtPublic } from '../../src/tpm/public.ts';
import type { ExpectedQuote, QuoteInput } from '../../src/tpm/quote.ts';
import { parseSelection, toTpml, type TpmlPcrSelection } from '../../src/tpm/selection.ts';
import { writeSignature } from '../../src/tpm/signature.ts';

export type SchemeName = 'rsassa' | 'rsapss' | 'ecdsa';

export const AK_ATTRIBUTES =
  TPMA_OBJECT.fixedTPM |
  TPMA_OBJECT.fixedParent |
  TPMA_OBJECT.sensitiveDataOrigin |
  TPMA_OBJECT.userWithAuth |
  TPMA_OBJECT.restricted |
  TPMA_OBJECT.sign;

export interface SoftwareAk {
  readonly private: KeyObject;
  readonly spki: KeyObject;
  readonly area: TpmtPublic;
  readonly ak: AttestationKey;
  readonly scheme: SchemeName;
  readonly hash: HashName;
}

export function makeAk(scheme: SchemeName, hash: HashName = 'sha256', curve: CurveName = 'p256'): SoftwareAk {
  const pair =
    scheme === 'ecdsa'
      ? generateKeyPairSync('ec', { namedCurve: CURVES.find(({ name }) => name === curve)!.node })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const area = publicArea(pair.publicKey, scheme, hash, curve);
  return { private: pair.privateKey, spki: pair.publicKey, area, ak: attestationKey(area), scheme, hash };
}

function publicArea(key: KeyObject, scheme: SchemeName, hash: HashName, curve: CurveName): TpmtPublic {
  const jwk = key.export({ format: 'jwk' });
  const common = { nameAlg: 'sha256', objectAttributes: AK_ATTRIBUTES, authPolicy: new Uint8Array(0) } as const;
  const asym = { scheme: schemeId(scheme), hashAlg: hash, count: null };
  if (scheme === 'ecdsa') {
    return {
      type: 'ecc',
      ...common,
      parameters: { symmetric: null, scheme: asym, curveID: curve, kdf: null },
      unique: { x: fromBase64url(jwk.x!), y: fromBase64url(jwk.y!) },
    };
  }
  return {
    type: 'rsa',
    ...common,
    parameters: { symmetric: null, scheme: asym, keyBits: 2048, exponent: 0 },
    unique: fromBase64url(jwk.n!),
  };
}

export function schemeId(scheme: SchemeName): 0x14 | 0x16 | 0x18 {
  return scheme === 'rsassa' ? TPM_ALG.RSASSA : scheme === 'rsapss' ? TPM_ALG.RSAPSS : TPM_ALG.ECDSA;
}

export interface SignOptions {
  readonly scheme?: SchemeName;
  readonly hash?: HashName;
  readonly saltLength?: number;
}

/** A TPMT_SIGNATURE over any bytes. */
export function signWith(from: SoftwareAk, message: Uint8Array, options: SignOptions = {}): Uint8Array {
  const scheme = options.scheme ?? from.scheme;
  const hash = options.hash ?? from.hash;
  if (scheme === 'ecdsa') {
    const raw = sign(hash, message, { key: from.private, dsaEncoding: 'ieee-p1363' });
    const half = raw.length / 2;
    const [signatureR, signatureS] = [raw.subarray(0, half), raw.subarray(half)];
    return writeSignature({ sigAlg: TPM_ALG.ECDSA, hash, signatureR, signatureS });
  }
  const padding = scheme === 'rsassa' ? constants.RSA_PKCS1_PADDING : constants.RSA_PKCS1_PSS_PADDING;
  const saltLength = options.saltLength ?? hashSize(hash);
  const sig = sign(hash, message, { key: from.private, padding, ...(scheme === 'rsapss' ? { saltLength } : {}) });
  return writeSignature({ sigAlg: scheme === 'rsassa' ? TPM_ALG.RSASSA : TPM_ALG.RSAPSS, hash, sig });
}

export const NONCE = Uint8Array.from({ length: 32 }, (_, i) => 0xa0 + i);

export const PARENT = hierarchyQualifiedName('endorsement');

export const CLOCK: TpmsClockInfo = { clock: 123_456n, resetCount: 7, restartCount: 1, safe: true };

/** PCR values that differ from one another. */
export function pcrValues(text: string): PcrValues {
  return new Map(
    [...parseSelection(text)].map(([bank, pcrs]) => [
      bank,
      new Map(pcrs.map((pcr) => [pcr, digest(bank, Uint8Array.of(pcr))])),
    ]),
  );
}

/** TPM_ALG_ID of the banks, written out here rather than taken from the code under test. */
const BANK_IDS = new Map<HashName, number>([
  ['sha1', 4],
  ['sha256', 11],
  ['sha384', 12],
  ['sha512', 13],
]);

/** What the TPM hashes: the values in the order of the selection. */
export function pcrDigest(list: TpmlPcrSelection, values: PcrValues, hash: HashName): Uint8Array {
  const banks = [...values].map(([bank, pcrs]) => ({ id: BANK_IDS.get(bank)!, pcrs }));
  const out = new ByteWriter();
  for (const { hash: id, pcrSelect } of list) {
    for (const pcr of pcrSelect) out.raw(banks.find((bank) => bank.id === id)!.pcrs.get(pcr)!);
  }
  return digest(hash, out.bytes());
}

export interface MadeQuote {
  readonly attest: AttestOf<'QUOTE'>;
  readonly input: QuoteInput;
  readonly expected: ExpectedQuote;
}

/** A quote that passes every step. `change` may make it one that does not; it is signed after the change. */
export function makeQuote(
  from: SoftwareAk,
  selection = 'sha256:0-15',
  change: (attest: AttestOf<'QUOTE'>) => AttestOf<'QUOTE'> = (attest) => attest,
): MadeQuote {
  const values = pcrValues(selection);
  const pcrSelect = toTpml(parseSelection(selection));
  const attest = change({
    type: TPM_ST_ATTEST.QUOTE,
    qualifiedSigner: qualifiedName(PARENT, from.area),
    extraData: NONCE,
    clockInfo: CLOCK,
    firmwareVersion: 0x2019_1023_0016_3636n,
    attested: { pcrSelect, pcrDigest: pcrDigest(pcrSelect, values, from.hash) },
  });
  const bytes = writeAttest(attest);
  return {
    attest,
    input: { attest: bytes, signature: signWith(from, bytes), pcrs: values },
    expected: { nonce: NONCE, selection: parseSelection(selection), parentQualifiedName: PARENT },
  };
}
