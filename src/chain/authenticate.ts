/**
 * Links 1 and 2 in their order of work: which AK the verifier's side vouches for, then every quote against it. No log byte is
 * looked at here, and none is before this is done.
 */

import { EvidenceError, readOr } from '../bytes/errors.ts';
import type { HashName } from '../bytes/hash.ts';
import { toHex } from '../bytes/text.ts';
import type { EvidenceBundle } from '../evidence/bundle.ts';
import { boundExtraData, type Claims } from '../evidence/claims.ts';
import type { Fact, PinFact } from '../facts/model.ts';
import { akFact, claimsFact, clockFact, pinFact, quoteFact, stepFact } from '../facts/quote-facts.ts';
import { readAkPin, sameAttestationKey, type AttestationKey } from '../tpm/key.ts';
import { checkQuote, joinQuotes, MIN_NONCE, minimumBank, type QuoteCheck, type QuotedPcrs } from '../tpm/quote.ts';
import { selectionText, type PcrSelection } from '../tpm/selection.ts';
import type { PinSet } from '../references/reference-set.ts';
import type { AkPin, Challenge } from './model.ts';

/** What authentication leaves: facts for links 1 and 2, and the values that are proved. */
export interface Authenticated {
  readonly facts: readonly Fact[];
  /** whether an AK was accepted, so that the quotes could be asked about */
  readonly accepted: boolean;
  /** the values of all quotes joined; null unless every quote is verified */
  readonly quoted: QuotedPcrs | null;
  /** the bank everything is judged in: the strongest complete one of the quote that answers the challenge */
  readonly bank: HashName | null;
}

interface Expected {
  readonly pins: readonly AkPin[];
  readonly challenge: Challenge | null;
  /** the PCR selection that must be signed */
  readonly selection: PcrSelection;
  /** qualified name of the AK's parent, where an enrolment knows it */
  readonly parentQualifiedName?: Uint8Array | undefined;
  /**
   * The banks the policy names: no other is judged in. Whoever asks may be the host, and a bank that its firmware does not extend
   * holds whatever root extended, separators included.
   */
  readonly banks: ReadonlySet<HashName>;
}

/** The pins of a pin set, as the caller of an appraisal would give them. */
export function pinsOf(set: PinSet | null): readonly AkPin[] {
  if (set === null) return [];
  let pins = pinsBySet.get(set);
  if (pins === undefined) {
    pins = set.hosts.map(({ host, akName }) => ({ by: 'pin-set', host, name: akName }));
    pinsBySet.set(set, pins);
  }
  return pins;
}

/** A fleet's set is long, and every appraisal asks for it. */
const pinsBySet = new WeakMap<PinSet, readonly AkPin[]>();

/**
 * Accepts an AK by the pins, then checks every quote against it; what breaks its format becomes a fact.
 * @param readKey reads a public area; given so that keys can be kept by their bytes
 */
export function authenticate(
  evidence: EvidenceBundle,
  expected: Expected,
  readKey: (bytes: Uint8Array) => AttestationKey = readAkPin,
): Authenticated {
  const { fact, claimed, accepted } = acceptAk(evidence, expected.pins, readKey);
  const shown = accepted ?? claimed;
  const facts: Fact[] = [pinFact(fact), ...(shown === null ? [] : [akFact(shown)])];
  if (accepted === null) return { facts, accepted: false, quoted: null, bank: null };
  const { quoted, bank, facts: quoteFacts } = verifyQuotes(evidence, accepted, expected);
  return { facts: [...facts, ...quoteFacts], accepted: true, quoted, bank };
}

interface AcceptedAk {
  readonly fact: PinFact;
  /** the key the bundle claims */
  readonly claimed: AttestationKey | null;
  /** the key to verify with; null unless a pin vouches for it */
  readonly accepted: AttestationKey | null;
}

function acceptAk(
  evidence: EvidenceBundle,
  pins: readonly AkPin[],
  readKey: (bytes: Uint8Array) => AttestationKey,
): AcceptedAk {
  const none = (state: PinFact['state'], detail: string, claimed: AttestationKey | null = null): AcceptedAk => ({
    fact: { state, by: null, host: null, detail },
    claimed,
    accepted: null,
  });
  const { ak } = evidence;
  const claimed =
    ak === undefined
      ? null
      : readOr(
          () => readKey(ak),
          (error) => error,
        );
  if (claimed instanceof EvidenceError) return none('malformed', `${claimed.code}: ${claimed.message}`);
  if (pins.length === 0) return none('no-pins', 'no pin', claimed);
  const name = claimed?.name === undefined ? null : toHex(claimed.name);
  for (const pin of pins) {
    const key = keyFor(pin, claimed, name, readKey);
    if (key === null) continue;
    const { by, host = null } = pin;
    return { fact: { state: 'pinned', by, host, detail: host ?? pinText(pin) }, claimed, accepted: key };
  }
  const detail = pins.map(pinText).join(' or ');
  return claimed === null ? none('no-key', detail) : none('not-pinned', detail, claimed);
}

function pinText(pin: AkPin): string {
  return pin.name ?? 'the given public key';
}

/**
 * The key to verify with under one pin, or null when the pin does not vouch for the claimed key.
 * @param name name of the claimed key, hexadecimal
 */
function keyFor(
  pin: AkPin,
  claimed: AttestationKey | null,
  name: string | null,
  readKey: (bytes: Uint8Array) => AttestationKey,
): AttestationKey | null {
  if (pin.publicArea !== undefined) {
    const pinned = readKey(pin.publicArea);
    // The pin's own key counts, never the claimed one: a bare public key lends its attributes to nobody.
    return claimed === null || sameAttestationKey(pinned, claimed) || sameBareKey(pinned, claimed) ? pinned : null;
  }
  // Names of a pin set are lower-case by its schema, and a fleet's set is long.
  const pinned = pin.by === 'pin-set' ? pin.name : pin.name?.toLowerCase();
  return name !== null && name === pinned ? claimed : null;
}

function sameBareKey(pinned: AttestationKey, claimed: AttestationKey): boolean {
  return pinned.public === undefined && pinned.key.equals(claimed.key);
}

function verifyQuotes(
  evidence: EvidenceBundle,
  ak: AttestationKey,
  expected: Expected,
): Omit<Authenticated, 'accepted'> {
  const nothing = (fact: Fact) => ({ facts: [fact], quoted: null, bank: null });
  if (evidence.quotes.length === 0) return nothing(quoteFact({ state: 'missing' }));
  const { selection, parentQualifiedName } = expected;
  const nonce = expectedExtraData(expected.challenge, evidence.claims);
  const checks = readOr(
    () =>
      evidence.quotes.map(({ attest, signature, pcrs }) =>
        // Values that did not come along are missing, not wrong.
        checkQuote({ attest, signature, pcrs: pcrs.size === 0 ? undefined : pcrs }, ak, {
          nonce,
          selection,
          parentQualifiedName,
        }),
      ),
    (error) => error,
  );
  if (checks instanceof EvidenceError) {
    const { code, message, offset = null } = checks;
    return nothing(quoteFact({ state: 'malformed', code, message, offset }));
  }

  const selectionOf = (check: QuoteCheck) => check.steps.find((step) => step.step === 'selection')!;
  const chosen = checks.findIndex((check) => selectionOf(check).answer === 'yes');
  const unread = checks.some((check) => selectionOf(check).reason === 'not-reached');
  const facts: Fact[] = [];
  for (const [index, check] of checks.entries()) {
    for (const step of check.steps) {
      // Only the quote that answers the challenge is of the challenged selection. Without one all are shown, unless the
      // one that answers may be among those that could not be read that far.
      const shown =
        step.step !== 'selection' || index === chosen || (chosen === -1 && (!unread || step.reason === 'not-reached'));
      if (!shown) continue;
      const unasked = step.step === 'extra-data' && nonce === undefined;
      facts.push(stepFact(unasked ? { ...step, ...NOT_ASKED, observed: extraData(check) } : step, index));
    }
  }
  const verified = checks.flatMap((check) => check.quoted ?? []);
  if (verified.length < checks.length || chosen === -1) {
    return { facts: [...facts, quoteFact({ state: 'read', quotes: checks.length })], quoted: null, bank: null };
  }
  const joined = joinQuotes(verified);
  if (joined.quoted === undefined) {
    return { facts: [...facts, quoteFact({ state: 'apart', message: joined.detail })], quoted: null, bank: null };
  }
  const signed = checks[chosen]!.quoted!.selection;
  const bank = minimumBank(new Map([...signed].filter(([name]) => expected.banks.has(name)))) ?? null;
  const rule = expected.challenge?.rule;
  if (rule === 'assay-quote-1' || (evidence.claims !== undefined && rule !== 'nonce')) facts.push(claimsFact(evidence));
  facts.push(quoteFact({ state: 'read', quotes: checks.length }), clockFact(joined.quoted), {
    name: 'quote.selection',
    value: { bank: bank ?? [...signed.keys()][0]!, selection: selectionText(signed), minimum: bank !== null },
    provenance: { digest: 'quoted' },
    subject: '',
    source: { part: 'quote', index: chosen },
  });
  return { facts, quoted: joined.quoted, bank };
}

/** The bytes a quote must carry as `extraData`: the nonce, or what the native rule makes of nonce and claims. */
function expectedExtraData(challenge: Challenge | null, claims: Claims | undefined): Uint8Array | undefined {
  if (challenge === null) return undefined;
  const { nonce, rule } = challenge;
  // A nonce too short to be one must not become long by hashing it.
  if (claims === undefined || rule === 'nonce' || nonce.length < MIN_NONCE) return nonce;
  return boundExtraData(nonce, claims);
}

/** What the step on `extraData` says where no challenge is expected, whatever else is. */
const NOT_ASKED = { answer: 'unknown', reason: 'not-given', expected: 'a challenge' } as const;

function extraData(check: QuoteCheck): string | null {
  return check.attest === undefined ? null : toHex(check.attest.extraData);
}
