/**
 * Facts: what authenticated evidence states, with where it stands and how it is known. Checks see facts only.
 * Names and value types are one closed map.
 */

import type { HashName } from '../bytes/hash.ts';
import type { NoteName } from '../x509/path-model.ts';
import type { QuirkName } from '../x509/quirks.ts';
import type { Claims } from '../evidence/claims.ts';

/** How a digest is known. */
export type DigestProvenance = 'quoted' | 'replayed';
/** Who vouches for a fact that does not come from the evidence. */
export type OutsideProvenance = 'enrolled' | 'operator' | 'reference';
/** How the data beside a digest is known: `bound` data hashes to the replayed digest; a `hint` is the host's word. */
export type DataProvenance = 'bound' | 'bound-with-quirk' | 'hint' | 'mismatch';

/** An entry of an EFI signature database. */
export interface SignatureFact {
  readonly type: 'x509' | 'sha256' | 'other';
  /** SignatureOwner, as a lower-case GUID; empty where the event states none */
  readonly owner: string;
  /** SHA-256 of SignatureData, hexadecimal */
  readonly sha256: string;
}

/** The proved content of an event, by kind; `none` where the digest binds no data this verifier reads. */
export type EventContent =
  | { readonly kind: 'separator'; readonly error: boolean }
  | { readonly kind: 'action'; readonly text: string }
  | {
      readonly kind: 'variable';
      readonly name: string;
      readonly guid: string;
      /** VariableData, hexadecimal; left out beyond 64 bytes */
      readonly value?: string;
      readonly empty: boolean;
      /** for PK, KEK, db, dbx and their like, when the data is a list of signature lists */
      readonly entries?: readonly SignatureFact[];
    }
  | {
      readonly kind: 'authority';
      readonly variable: string;
      readonly entry: SignatureFact | null;
      readonly text?: string;
    }
  | { readonly kind: 'text'; readonly role: string; readonly text: string }
  | { readonly kind: 'gpt' }
  | { readonly kind: 'none' };

/** One event whose PCR replays in the judged bank: of the firmware log, or of a runtime log behind it. */
export interface EventFact {
  /**
   * EV_… name, or hexadecimal code; of systemd's log its event type, of IMA's list the template. The type itself is not covered by
   * any digest, and neither is the log an event stands in.
   */
  readonly type: string;
  /** digest extended in the judged bank, hexadecimal */
  readonly digest: string;
  /** whether a separator of this PCR came before */
  readonly afterSeparator: boolean;
  readonly content: EventContent;
  /** what the log says of it where nothing proves it: shown, never judged */
  readonly hint?: string;
}

/** One quoted PCR of one bank: its quoted value against the replay of the logs. */
export interface PcrFact {
  readonly quoted: string;
  readonly replayed: string;
  readonly equal: boolean;
  /** events extended into it, over all logs */
  readonly events: number;
  /** separators extended into it, over all logs */
  readonly separators: number;
}

/** Attributes of the AK, from its TPMT_PUBLIC (TPM 2.0 Part 2, 8.3). */
export interface AkFact {
  /** AK name: nameAlg ‖ digest, hexadecimal */
  readonly name: string;
  /** null when the pin is a bare public key, which has none */
  readonly attributes: {
    readonly restricted: boolean;
    readonly sign: boolean;
    readonly decrypt: boolean;
    readonly fixedTPM: boolean;
    readonly fixedParent: boolean;
    readonly sensitiveDataOrigin: boolean;
  } | null;
}

/**
 * Whether the verifier's side vouches for the AK. `not-pinned`: the claimed AK is not among the pins. `no-pins`: nothing to
 * compare with. `no-key`: a name is pinned and the evidence lacks the public area. `malformed`: the claim cannot be read.
 */
export interface PinFact {
  readonly state: 'pinned' | 'not-pinned' | 'no-pins' | 'no-key' | 'malformed';
  /** who vouches: the caller, a pin set, or the host's enrolment */
  readonly by: string | null;
  readonly host: string | null;
  /** names of the pinned AKs, or what is wrong */
  readonly detail: string;
}

/** What the verifier's own records say of the host that was challenged. */
export interface EnrolmentFact {
  readonly host: string;
  /** why the machine counts as the operator's own; null while nobody decided */
  readonly ours: { readonly by: string; readonly detail: string } | null;
  /** when credential activation proved the AK to live beside the EK, RFC 3339; null: not proved */
  readonly activatedAt: string | null;
}

/** Where the EK's certificate leads. `unknown`: to no root of this verifier. `refused`: it is against the rules of certificates. */
export type EkFact = {
  /** EK name: nameAlg ‖ digest, hexadecimal */
  readonly name: string;
} & (
  | { readonly state: 'no-certificate' }
  | { readonly state: 'unknown'; readonly detail: string }
  | { readonly state: 'refused'; readonly code: string; readonly detail: string }
  | {
      readonly state: 'genuine';
      /** class and name the operator gave the root */
      readonly class: string;
      readonly root: string;
      /** subjects from the EK certificate to the root, for showing */
      readonly path: readonly string[];
      /** what a strict verifier would refuse: a check decides */
      readonly concerns: readonly NoteName[];
      /** oddities of the vendor's certificates that were read past */
      readonly quirks: readonly QuirkName[];
    }
);

/** State of the quotes as a whole. */
export type QuoteFact =
  | { readonly state: 'missing' }
  | { readonly state: 'malformed'; readonly code: string; readonly message: string; readonly offset: number | null }
  | { readonly state: 'apart'; readonly message: string }
  | { readonly state: 'read'; readonly quotes: number };

/** The outcome of one step of the quote check (`tpm/quote.ts`). */
export interface QuoteStepFact {
  readonly answer: 'yes' | 'no' | 'unknown';
  readonly expected: string;
  readonly observed: string;
  /** false when an earlier step of the same quote left nothing to judge by */
  readonly reached: boolean;
}

/** What the program on the host said in this answer. `misfits`: where the bundle is not what the claims say it is. */
export type ClaimsFact =
  | { readonly state: 'missing' }
  | { readonly state: 'present'; readonly claims: Claims; readonly misfits: readonly string[] };

/** TPMS_CLOCK_INFO of the judged quote; u64 as decimal strings. */
export interface ClockFact {
  readonly clock: string;
  readonly resetCount: number;
  readonly restartCount: number;
  readonly safe: boolean;
  readonly firmwareVersion: string;
}

/** State of a log as a whole. */
export type LogFact =
  | { readonly state: 'absent' }
  | { readonly state: 'malformed'; readonly code: string; readonly message: string; readonly offset: number | null }
  | { readonly state: 'parsed'; readonly format: string; readonly events: number };

/** One deviation from the format that the parser could read past. `fatal` ones never hold. */
export interface AnomalyFact {
  readonly kind: string;
  readonly fatal: boolean;
  readonly detail: string;
}

/** The runtime list as replayed: its accepted prefix in columns, not an object per entry. */
export interface ImaFact {
  /** how this bank was extended; SHA-1 padded with zeros proves nothing beyond SHA-1 */
  readonly mode: 'native' | 'padded';
  /** entries the quoted value covers; later ones wait */
  readonly entries: number;
  /** entries after the quoted value */
  readonly waiting: number;
}

/** The closed map: every fact there is, with the type of its value. */
export interface FactValues {
  /** The AK that the evidence is verified with, or the one it claims. */
  ak: AkFact;
  'ak.pin': PinFact;
  /** There only for a host that enrolled. */
  enrolment: EnrolmentFact;
  ek: EkFact;
  quote: QuoteFact;
  /** Subject: the step. One fact for each quote of the bundle. */
  'quote.step': QuoteStepFact;
  'quote.clock': ClockFact;
  /** There only when the challenge asks for claims, or `extraData` was compared with them. */
  'quote.claims': ClaimsFact;
  /** The quote that answers the challenge: its bank and its selection, in text form. */
  'quote.selection': {
    readonly bank: HashName;
    readonly selection: string;
    /** whether it holds PCR 0 to 15 of one strong bank */
    readonly minimum: boolean;
  };
  /** Subject: `firmware`, `ima` or `systemd`. */
  log: LogFact;
  /** Subject: `firmware`, `ima` or `systemd`. */
  'log.anomaly': AnomalyFact;
  /** An event whose data should hash to its digest and does not. */
  'log.mismatch': { readonly type: string; readonly digest: string; readonly detail: string };
  /** Banks of the log that disagree on what one event was of. */
  'log.bank-disagreement': { readonly type: string; readonly banks: string };
  /** Subject: the PCR; of a bank that is not the judged one `<bank>:<pcr>`. */
  pcr: PcrFact;
  event: EventFact;
  /** Locality of the startup command as the PCR 0 replay proves it. */
  'firmware.startup-locality': number;
  ima: ImaFact;
  /** There only when the list begins with one that was accepted before the TPM was reset or the machine slept. */
  'ima.earlier-list': { readonly bytes: number };
  /** Subject: the index of the entry. */
  'ima.boot-aggregate': {
    readonly result: 'match' | 'mismatch' | 'all-zero' | 'unknown';
    readonly expected: string;
    readonly observed: string;
  };
}

/** The name of a fact. */
export type FactName = keyof FactValues;

/** Where a fact comes from. */
export interface FactSource {
  readonly part: 'ak' | 'enrolment' | 'quote' | 'log.firmware' | 'log.ima' | 'log.systemd';
  /** event or entry, from 0 */
  readonly index?: number;
  readonly offset?: number;
  readonly pcr?: number;
  readonly bank?: HashName;
}

/** One typed statement drawn from evidence. */
export interface Fact<N extends FactName = FactName> {
  readonly name: N;
  readonly value: FactValues[N];
  readonly provenance: {
    readonly digest?: DigestProvenance;
    readonly data?: DataProvenance;
    readonly outside?: OutsideProvenance;
  };
  /** what the fact is about where a name has several */
  readonly subject: string;
  readonly source: FactSource;
  /** the named deviation under which the data was found bound */
  readonly quirk?: string;
}
