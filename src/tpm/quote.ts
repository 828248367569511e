/**
 * The quote check: challenge, AK, signature, structure, digest, in this order. It answers step by step and throws only for
 * bytes that do not follow their format. What it proves leaves this file as {@link QuotedPcrs}, which nothing else makes.
 */

import { equalBytes, HASHES, type HashName } from '../bytes/hash.ts';
import { checkAttest, inOrder, type SignedAttest } from './attest-check.ts';
import { isAttestOf, type TpmsAttest } from './attest.ts';
import type { TpmsClockInfo } from './clock-info.ts';
import { sameAttestationKey, type AttestationKey } from './key.ts';
import { PackedPcrs } from './packed-pcrs.ts';
import { selectionOf, type PcrValues } from './pcr-values.ts';
import { judgeDigest, judgeSelection, QUOTE_STEPS, type QuoteStep } from './quote-steps.ts';
import { signedSelection, type PcrSelection } from './selection.ts';

export { MIN_NONCE } from './attest-steps.ts';
export { QUOTE_STEPS, type QuoteStep, type QuoteStepName, type QuoteStepReason } from './quote-steps.ts';

/** One quote of the evidence. */
export interface QuoteInput extends SignedAttest {
  /** the values said to be quoted, exactly those of the signed selection; undefined when none came along */
  readonly pcrs: PcrValues | undefined;
}

/** What the challenge asked for; it never comes from the evidence. */
export interface ExpectedQuote {
  /** the bytes `extraData` must hold: a nonce, or the digest a format derives from one; undefined leaves the step unknown */
  readonly nonce: Uint8Array | undefined;
  /** the PCRs asked for; undefined leaves the step unknown */
  readonly selection: PcrSelection | undefined;
  /** qualified name of the AK's parent, where it is known */
  readonly parentQualifiedName?: Uint8Array | undefined;
}

/** What the check found. */
export interface QuoteCheck {
  /** every step of {@link QUOTE_STEPS}, in that order */
  readonly steps: readonly QuoteStep[];
  /** undefined unless the signature verifies over a structure the TPM made */
  readonly attest: TpmsAttest | undefined;
  /** undefined unless signature, magic, type and pcr-digest are yes */
  readonly quoted: QuotedPcrs | undefined;
}

interface QuotedFields {
  readonly ak: AttestationKey;
  readonly clockInfo: TpmsClockInfo;
  readonly firmwareVersion: bigint;
  /** the PCRs of `values` */
  readonly selection: PcrSelection;
  readonly values: PackedPcrs;
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
  readonly #values: PackedPcrs;

  constructor(seal: typeof SEAL, fields: QuotedFields) {
    if (seal !== SEAL) throw new TypeError('quoted PCRs come from a verified quote only');
    this.ak = fields.ak;
    this.clockInfo = fields.clockInfo;
    this.firmwareVersion = fields.firmwareVersion;
    this.selection = fields.selection;
    this.#values = fields.values;
    Object.freeze(this);
  }

  /** The quoted banks, in the order of `HASHES`. */
  get banks(): readonly HashName[] {
    return [...this.selection.keys()];
  }

  /** A copy of the quoted value; undefined when that PCR of that bank was not quoted. */
  value(bank: HashName, pcr: number): Uint8Array | undefined {
    return this.#values.value(bank, pcr);
  }

  /** A name for the quoted values: where it is the same, so is the value of each of the same PCRs. */
  get valuesId(): string {
    return this.#values.id;
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
  const { nonce: extraData, selection, parentQualifiedName } = expected;
  const { steps, attest, hash } = checkAttest(input, ak, { kind: 'QUOTE', extraData, parentQualifiedName });
  const done = (more: readonly QuoteStep[], quoted?: QuotedPcrs): QuoteCheck => ({
    steps: inOrder(QUOTE_STEPS, [...steps, ...more]),
    attest,
    quoted,
  });
  if (attest === undefined || !isAttestOf(attest, 'QUOTE')) return done([]);
  const signed = signedSelection(attest.attested.pcrSelect);
  const asked = judgeSelection(selection, signed);
  const { step, values } = judgeDigest(attest, signed, hash, input.pcrs);
  if (values === undefined) return done([asked, step]);
  const { clockInfo, firmwareVersion } = attest;
  return done([asked, step], new QuotedPcrs(SEAL, { ak, clockInfo, firmwareVersion, selection: signed.set, values }));
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
  if (list.length === 1 && isQuotedPcrs(first)) return { quoted: first };
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
  const selection = selectionOf(banks);
  const values = new PackedPcrs(selection, banks);
  return { quoted: new QuotedPcrs(SEAL, { ak, clockInfo, firmwareVersion, selection, values }) };
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
