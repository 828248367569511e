/**
 * The quote check: challenge, AK, signature, structure, digest, in this order. It answers step by step and throws only for
 * bytes that do not follow their format. What it proves leaves this file as {@link QuotedPcrs}, which nothing else makes.
 */

import { digest, equalBytes, HASHES, hashById, type HashName } from '../bytes/hash.ts';
import { toHex } from '../bytes/text.ts';
import { ByteWriter } from '../bytes/writer.ts';
import { algorithmName, TPM_GENERATED_VALUE, TPM_ST_ATTEST } from './algorithms.ts';
import { hasAttestMagic, readAttest, type QuoteAttest, type TpmsAttest, type TpmsClockInfo } from './attest.ts';
import { sameAttestationKey, type AttestationKey } from './key.ts';
import { qualifiedName } from './names.ts';
import { selectionOf, type PcrValues } from './pcr-values.ts';
import {
  equalSelections,
  selectionFlaws,
  selectionText,
  tpmlText,
  toSelection,
  type PcrSelection,
  type SelectionFlaw,
  type TpmlPcrSelection,
} from './selection.ts';
import { readSignature, signatureFault, type SignatureFault, type TpmtSignature } from './signature.ts';

export interface QuoteInput {
  /** the TPMS_ATTEST, byte for byte as signed */
  readonly attest: Uint8Array;
  /** the TPMT_SIGNATURE */
  readonly signature: Uint8Array;
  /** the values said to be quoted, exactly those of the signed selection; undefined when none came along */
  readonly pcrs: PcrValues | undefined;
}

/** What the challenge asked for; it never comes from the evidence. */
export interface ExpectedQuote {
  /** the bytes `extraData` must hold: a nonce, or the digest a format derives from one */
  readonly nonce: Uint8Array;
  /** the PCRs asked for; undefined leaves the step unknown */
  readonly selection: PcrSelection | undefined;
  /** qualified name of the AK's parent, where it is known */
  readonly parentQualifiedName?: Uint8Array | undefined;
}

export const QUOTE_STEPS = [
  'signature',
  'magic',
  'type',
  'qualified-signer',
  'extra-data',
  'selection',
  'pcr-digest',
] as const;

export type QuoteStepName = (typeof QUOTE_STEPS)[number];

/**
 * Why a step is not yes. `not-reached`: an earlier step left nothing to judge by. `not-given`: the expectation, or the
 * values, are missing. `differs`: expected and observed are not equal. `short`: the expected nonce is too short to be one.
 * `wrong-pcrs`: the values are not those of the signed selection. `wrong-size`: a value has not the size of its bank.
 */
export type QuoteStepReason =
  SignatureFault | SelectionFlaw | 'not-reached' | 'not-given' | 'differs' | 'short' | 'wrong-pcrs' | 'wrong-size';

export interface QuoteStep {
  readonly step: QuoteStepName;
  readonly answer: 'yes' | 'no' | 'unknown';
  /** null exactly when the answer is yes */
  readonly reason: QuoteStepReason | null;
  /** for people: digests and names in hexadecimal, algorithms and selections by name; null where there is none */
  readonly expected: string | null;
  readonly observed: string | null;
}

export interface QuoteCheck {
  /** every step of {@link QUOTE_STEPS}, in that order */
  readonly steps: readonly QuoteStep[];
  /** undefined unless the signature verifies over a structure the TPM made */
  readonly attest: TpmsAttest | undefined;
  /** undefined unless signature, magic, type and pcr-digest are yes */
  readonly quoted: QuotedPcrs | undefined;
}

/** Shorter nonces repeat or can be guessed. */
export const MIN_NONCE = 16;

interface QuotedFields {
  readonly ak: AttestationKey;
  readonly clockInfo: TpmsClockInfo;
  readonly firmwareVersion: bigint;
  readonly values: PcrValues;
}

/** Known to this file only, so that the constructor cannot be called through an instance either. */
const SEAL = Symbol('quoted');

/**
 * PCR values that a TPM signed: the signature of `ak` was verified over a quote whose digest they hash to. Whether the
 * quote answered the challenge is said by the other steps.
 */
class QuotedPcrs {
  readonly ak: AttestationKey;
  readonly clockInfo: TpmsClockInfo;
  readonly firmwareVersion: bigint;
  /** the PCRs that have a value */
  readonly selection: PcrSelection;
  readonly #values: PcrValues;

  constructor(seal: typeof SEAL, fields: QuotedFields) {
    if (seal !== SEAL) throw new TypeError('quoted PCRs come from a verified quote only');
    this.ak = fields.ak;
    this.clockInfo = fields.clockInfo;
    this.firmwareVersion = fields.firmwareVersion;
    this.selection = selectionOf(fields.values);
    // Copies: whoever holds the input can no longer change what was verified.
    this.#values = new Map(
      [...fields.values].map(([bank, pcrs]) => [bank, new Map([...pcrs].map(([pcr, value]) => [pcr, value.slice()]))]),
    );
    Object.freeze(this);
  }

  /** The quoted banks, in the order of `HASHES`. */
  get banks(): readonly HashName[] {
    return [...this.selection.keys()];
  }

  /** A copy of the quoted value; undefined when that PCR of that bank was not quoted. */
  value(bank: HashName, pcr: number): Uint8Array | undefined {
    return this.#values.get(bank)?.get(pcr)?.slice();
  }

  static isQuoted(value: unknown): value is QuotedPcrs {
    return typeof value === 'object' && value !== null && #values in value;
  }
}

export type { QuotedPcrs };

/** Whether a value is what {@link checkQuote} or {@link joinQuotes} made, told by a mark no other object can carry. */
export function isQuotedPcrs(value: unknown): value is QuotedPcrs {
  return QuotedPcrs.isQuoted(value);
}

/**
 * Checks one quote.
 * @throws EvidenceError as `readSignature` and `readAttest`, for bytes that do not follow their format
 */
export function checkQuote(input: QuoteInput, ak: AttestationKey, expected: ExpectedQuote): QuoteCheck {
  const steps = new Map<QuoteStepName, QuoteStep>();
  const set = (step: QuoteStep): boolean => {
    steps.set(step.step, step);
    return step.answer === 'yes';
  };
  const done = (attest?: TpmsAttest, quoted?: QuotedPcrs): QuoteCheck => ({
    steps: QUOTE_STEPS.map((step) => steps.get(step) ?? unknown(step, 'not-reached', null, null)),
    attest,
    quoted,
  });

  const challenge = expected.nonce.length >= MIN_NONCE;
  if (!challenge) {
    set(no('extra-data', 'short', `a nonce of at least ${MIN_NONCE} bytes`, `${expected.nonce.length} bytes`));
  }

  // The signature covers bytes, not their meaning: nothing of the attest is read before it verifies.
  const signature = readSignature(input.signature);
  if (!set(judgeSignature(input.attest, signature, ak))) return done();
  if (!set(judgeMagic(input.attest))) return done();
  const attest = readAttest(input.attest);

  const isQuote = set(compare('type', hex16(TPM_ST_ATTEST.QUOTE), hex16(attest.type)));
  set(judgeSigner(attest.qualifiedSigner, ak, expected.parentQualifiedName));
  if (challenge) set(judgeExtraData(expected.nonce, attest.extraData));
  if (!isQuote) return done(attest);

  const quote = attest as QuoteAttest;
  set(judgeSelection(expected.selection, quote.attested.pcrSelect));
  const { step, values } = judgeDigest(quote, signature.hash, input.pcrs);
  set(step);
  if (values === undefined) return done(attest);
  const { clockInfo, firmwareVersion } = quote;
  return done(attest, new QuotedPcrs(SEAL, { ak, clockInfo, firmwareVersion, values }));
}

function judgeSignature(message: Uint8Array, signature: TpmtSignature, ak: AttestationKey): QuoteStep {
  const fault = signatureFault(message, signature, ak);
  const scheme = ak.public?.parameters.scheme ?? null;
  const own = scheme === null ? ak.shape.type : `${algorithmName(scheme.scheme)} with ${scheme.hashAlg ?? 'no hash'}`;
  const observed = `${algorithmName(signature.sigAlg)} with ${signature.hash}`;
  return fault === null ? yes('signature', own, observed) : no('signature', fault, own, observed);
}

function judgeMagic(attest: Uint8Array): QuoteStep {
  const expected = TPM_GENERATED_VALUE.toString(16);
  if (hasAttestMagic(attest)) return yes('magic', expected, expected);
  return no('magic', 'differs', expected, toHex(attest.subarray(0, 4)));
}

function judgeSigner(observed: Uint8Array, ak: AttestationKey, parent: Uint8Array | undefined): QuoteStep {
  if (parent === undefined || ak.public === undefined) {
    return unknown('qualified-signer', 'not-given', null, toHex(observed));
  }
  return compare('qualified-signer', toHex(qualifiedName(parent, ak.public)), toHex(observed));
}

function judgeExtraData(expected: Uint8Array, observed: Uint8Array): QuoteStep {
  const texts = [toHex(expected), toHex(observed)] as const;
  return equalBytes(expected, observed) ? yes('extra-data', ...texts) : no('extra-data', 'differs', ...texts);
}

function judgeSelection(expected: PcrSelection | undefined, signed: TpmlPcrSelection): QuoteStep {
  const observed = tpmlText(signed);
  const wanted = expected === undefined ? null : selectionText(expected);
  const flaw = selectionFlaws(signed)[0];
  if (flaw !== undefined) return no('selection', flaw, wanted, observed);
  if (expected === undefined) return unknown('selection', 'not-given', null, observed);
  return equalSelections(expected, toSelection(signed))
    ? yes('selection', wanted, observed)
    : no('selection', 'differs', wanted, observed);
}

/** The values go on only when they are exactly those of the signed selection and hash to the signed digest. */
function judgeDigest(
  { attested }: QuoteAttest,
  hash: HashName,
  values: PcrValues | undefined,
): { readonly step: QuoteStep; readonly values?: PcrValues } {
  const signed = toHex(attested.pcrDigest);
  const flaw = selectionFlaws(attested.pcrSelect)[0];
  if (flaw !== undefined) return { step: no('pcr-digest', flaw, null, signed) };
  if (values === undefined) return { step: unknown('pcr-digest', 'not-given', null, signed) };
  const selection = toSelection(attested.pcrSelect);
  const given = selectionOf(values);
  if (!equalSelections(selection, given)) {
    return { step: no('pcr-digest', 'wrong-pcrs', selectionText(selection), selectionText(given)) };
  }
  const input = new ByteWriter();
  // In the order the TPM hashed: banks as signed, PCRs ascending (Part 3, 18.4).
  for (const { hash: id, pcrSelect } of attested.pcrSelect) {
    const bank = hashById(id);
    for (const pcr of bank === undefined ? [] : pcrSelect) {
      const value = values.get(bank!.name)!.get(pcr)!;
      if (value.length !== bank!.size) {
        const size = `${bank!.name} PCR ${pcr}: ${bank!.size} bytes`;
        return { step: no('pcr-digest', 'wrong-size', size, `${value.length} bytes`) };
      }
      input.raw(value);
    }
  }
  const computed = digest(hash, input.bytes());
  if (!equalBytes(computed, attested.pcrDigest)) {
    return { step: no('pcr-digest', 'differs', toHex(computed), signed) };
  }
  return { step: yes('pcr-digest', toHex(computed), signed), values };
}

/** Why quotes do not join: `ak` another key, `boot` another reset or restart, `pcr` one PCR with two values, `none` an empty list. */
export type JoinFault = 'ak' | 'boot' | 'pcr' | 'none';

export type JoinedQuotes =
  { readonly quoted: QuotedPcrs } | { readonly quoted: undefined; readonly fault: JoinFault; readonly detail: string };

/**
 * Joins quotes of one boot, signed by one key, into one set of values. The clock of the result is the latest, `safe` only
 * if it was in all.
 */
export function joinQuotes(list: readonly QuotedPcrs[]): JoinedQuotes {
  const first = list[0];
  if (first === undefined) return apart('none', 'no quote');
  const banks = new Map<HashName, Map<number, Uint8Array>>();
  let latest = first.clockInfo;
  for (const quoted of list) {
    if (!isQuotedPcrs(quoted)) throw new TypeError('only verified quotes are joined');
    if (!sameAttestationKey(first.ak, quoted.ak)) return apart('ak', 'signed by different keys');
    const { resetCount, restartCount, clock } = quoted.clockInfo;
    if (resetCount !== first.clockInfo.resetCount || restartCount !== first.clockInfo.restartCount) {
      const counters = `${first.clockInfo.resetCount}/${first.clockInfo.restartCount} and ${resetCount}/${restartCount}`;
      return apart('boot', `resetCount/restartCount ${counters}`);
    }
    if (quoted.firmwareVersion !== first.firmwareVersion) return apart('boot', 'firmwareVersion differs');
    if (clock > latest.clock) latest = quoted.clockInfo;
    for (const [bank, pcrs] of quoted.selection) {
      const merged = banks.get(bank) ?? new Map<number, Uint8Array>();
      banks.set(bank, merged);
      for (const pcr of pcrs) {
        const value = quoted.value(bank, pcr)!;
        const known = merged.get(pcr);
        if (known !== undefined && !equalBytes(known, value)) return apart('pcr', `${bank} PCR ${pcr} has two values`);
        merged.set(pcr, value);
      }
    }
  }
  const clockInfo = { ...latest, safe: list.every((quoted) => quoted.clockInfo.safe) };
  const { ak, firmwareVersion } = first;
  return { quoted: new QuotedPcrs(SEAL, { ak, clockInfo, firmwareVersion, values: banks }) };
}

function apart(fault: JoinFault, detail: string): JoinedQuotes {
  return { quoted: undefined, fault, detail };
}

/** The least a host is judged by: PCR 0 to 15 of one bank. */
const MINIMUM_PCRS = Array.from({ length: 16 }, (_, pcr) => pcr);

/**
 * The strongest bank of which the selection holds PCR 0 to 15; undefined when no strong bank has them all. Asked of the
 * selection of one quote: PCRs of one bank from several quotes were not read at one time.
 */
export function minimumBank(selection: PcrSelection): HashName | undefined {
  return HASHES.findLast(
    ({ name, strong }) => strong && MINIMUM_PCRS.every((pcr) => selection.get(name)?.includes(pcr)),
  )?.name;
}

function compare(step: QuoteStepName, expected: string, observed: string): QuoteStep {
  return expected === observed ? yes(step, expected, observed) : no(step, 'differs', expected, observed);
}

function hex16(code: number): string {
  return `0x${code.toString(16).padStart(4, '0')}`;
}

type Shown = string | null;

function yes(step: QuoteStepName, expected: Shown, observed: Shown): QuoteStep {
  return { step, answer: 'yes', reason: null, expected, observed };
}

function no(step: QuoteStepName, reason: QuoteStepReason, expected: Shown, observed: Shown): QuoteStep {
  return { step, answer: 'no', reason, expected, observed };
}

function unknown(step: QuoteStepName, reason: QuoteStepReason, expected: Shown, observed: Shown): QuoteStep {
  return { step, answer: 'unknown', reason, expected, observed };
}
