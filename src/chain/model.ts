/** What an appraisal is a function of, and what it says. */

import type { HashName } from '../bytes/hash.ts';
import type { Answer, Finding, LinkId } from '../checks/model.ts';
import type { PriorCounters } from '../checks/references.ts';
import type { EvidenceBundle } from '../evidence/bundle.ts';
import type { Fact } from '../facts/model.ts';
import type { ResolvedPolicy } from '../policy/resolve.ts';
import type { Enrolment, TrustStore } from '../references/enrolment.ts';

/** `not-applicable` comes from the policy alone, never from missing evidence. */
export type LinkStatus = 'holds' | 'broken' | 'unproven' | 'not-applicable';
/** `untrusted` if a required link is broken, `trusted` if all required links hold, else `unproven`. */
export type Verdict = 'trusted' | 'untrusted' | 'unproven';

/**
 * An attestation key the verifier's side vouches for: by its public area (TPM2B_PUBLIC or TPMT_PUBLIC bytes, or PEM text,
 * which leaves the attributes unknown) or by its name.
 */
export interface AkPin {
  /** who says so: the caller of this appraisal, the pin set the policy names, or the host's enrolment */
  readonly by: 'caller' | 'pin-set' | 'enrolment';
  readonly host?: string;
  readonly publicArea?: Uint8Array;
  /** hexadecimal */
  readonly name?: string;
}

/** What the evidence must answer. */
export interface Challenge {
  readonly nonce: Uint8Array;
  /** text form, `sha256:0-15`; absent: the policy's */
  readonly selection?: string;
  /**
   * What `extraData` must be: the nonce itself, or the nonce with the claims under the native rule. Absent: the native rule when the
   * bundle has claims. Neither can be had without the nonce, so leaving the choice to the host loses nothing but the claims.
   */
  readonly rule?: 'nonce' | 'assay-quote-1';
}

/** Plain data: it crosses to a worker unchanged and can be stored. */
export interface AppraisalInput {
  readonly evidence: EvidenceBundle;
  readonly policy: ResolvedPolicy;
  /** pins of the caller; when none is given those of the policy's pin set count */
  readonly pins: readonly AkPin[];
  /** the enrolment of the host that was challenged: only its AK counts then, and no pin */
  readonly enrolment?: Enrolment;
  /** what the EK's certificate may lead to; absent: to nothing */
  readonly trust?: TrustStore;
  readonly challenge?: Challenge;
  /** of the last accepted quote of the same AK; absent: this is the first */
  readonly prior?: PriorCounters;
  /** time of the appraisal, epoch milliseconds */
  readonly at: number;
}

/** The answer of one planned check; `unknown` when it was not asked. */
export interface CheckResult {
  readonly check: string;
  readonly answer: Answer;
  /** reason and owner, when the policy does not require this check of its link; a no breaks the link all the same */
  readonly accepted?: { readonly reason: string; readonly owner: string };
}

/** One of the eight links, as the appraisal found it. */
export interface LinkResult {
  readonly link: LinkId;
  readonly status: LinkStatus;
  /** the policy's reason when it excludes the link; else one sentence on why it is not `holds`; else null */
  readonly reason: string | null;
  /** number of findings a waiver excuses; always 0 in this version, whose appraisals take no waivers */
  readonly waived: number;
  readonly required: boolean;
  readonly checks: readonly CheckResult[];
  readonly findings: readonly Finding[];
  readonly notes: readonly string[];
}

/** The document one appraisal gives, in RFC 8785 form when serialised. The same input gives the same bytes. */
export interface Appraisal {
  readonly schema: 'assay.appraisal/1';
  readonly verdict: Verdict;
  readonly weakestLink: LinkId | null;
  /** RFC 3339 */
  readonly at: string;
  readonly policy: { readonly name: string; readonly id: string };
  /** approved image the boot was found to be, if one */
  readonly image: { readonly name: string; readonly version: string; readonly outdated: boolean } | null;
  /** reasons that cap the result at `warning`: accepted checks, an excluded firmware link */
  readonly caps: readonly string[];
  readonly bank: HashName | null;
  readonly links: readonly LinkResult[];
  readonly facts: readonly Fact[];
  /** what no verdict of this appraisal excludes */
  readonly notCovered: readonly string[];
  /** content ids of the parts the appraisal is a function of */
  readonly inputs: Readonly<Record<string, string>>;
}
