/** What a check is, what it answers, and what a finding says. */

import type * as z from 'zod/mini';
import type { Facts } from '../facts/facts.ts';
import type { DataProvenance, DigestProvenance, OutsideProvenance } from '../facts/model.ts';
import type { ReferenceSet } from '../references/reference-set.ts';
import type { FindingCode } from './codes.ts';
import type { ImageMatch } from './image-match.ts';
import type { References } from './references.ts';
import type { Tightens } from './strictness.ts';

/** The links of the chain, in order. */
export const LINKS = ['identity', 'quote', 'log', 'firmware', 'secure-boot', 'boot', 'runtime', 'hypervisor'] as const;
/** The name of a link. */
export type LinkId = (typeof LINKS)[number];

/** Links whose checks no policy switches off or gives alternatives. */
export const INTRINSIC: readonly LinkId[] = ['identity', 'quote', 'log'];

/** Where in the evidence a finding points. */
export interface FindingPlace {
  readonly part: string;
  readonly pcr?: number;
  /** event or entry, from 0 */
  readonly index?: number;
  readonly offset?: number;
}

/** Why a check is not yes. */
export interface Finding {
  readonly code: FindingCode;
  readonly link: LinkId;
  /** the part of the machine it is about: `initrd`, `kvm-amd.ko`, `db` */
  readonly component: string;
  readonly expected: string;
  readonly observed: string;
  readonly at: FindingPlace;
  /** SHA-256 of code, component and observed value: what a waiver names */
  readonly fingerprint: string;
}

/** Missing is never yes: what the evidence or the references do not answer is `unknown`. */
export type Answer = 'yes' | 'no' | 'unknown';

/** What a check says. */
export interface Outcome {
  readonly answer: Answer;
  readonly findings: readonly Finding[];
  /** facts worth showing that judge nothing */
  readonly notes: readonly string[];
}

/** Everything a check may look at. */
export interface CheckContext<P> {
  readonly facts: Facts;
  readonly references: References;
  readonly parameters: P;
  /** The approved image this boot is compared with; computed once per appraisal. */
  readonly image: ImageMatch;
}

/**
 * One question of the closed catalogue. `evaluate` answers from facts, references and parameters alone; an answer other than
 * yes comes with at least one finding.
 */
interface Question<P> {
  readonly id: string;
  readonly link: LinkId;
  /** whether the link needs it; optional checks are added by a policy */
  readonly required: boolean;
  /** the question, for people */
  readonly question: string;
  /** PCRs it reads: it is asked only when each is in the signed selection and replays */
  readonly pcrs: readonly number[];
  /**
   * The provenance of the facts it lets answer the question. `hint` under `data`: it judges the digest of an event, so what the log
   * says beside that may be the host's word; the data itself never answers.
   */
  readonly accepts: {
    readonly digest: readonly DigestProvenance[];
    readonly data: readonly DataProvenance[];
    readonly outside: readonly OutsideProvenance[];
  };
  /** kinds of reference sets that it compares facts with; of these a policy may ask a minimum basis */
  readonly references?: readonly ReferenceSet['kind'][];
  /** schema of its parameters, which must accept `{}` when the check needs none */
  readonly parameters: z.ZodMiniType<P>;
  evaluate(context: CheckContext<P>): Outcome;
}

/** A check; one that has parameters says of each how two values of it compare. */
export type Check<P = unknown> = Question<P> & (string extends keyof P ? unknown : { readonly tightens: Tightens<P> });

/** A check whose parameter type is forgotten: what the catalogue holds. Its own schema has validated what it is asked with. */
export interface AnyCheck extends Omit<Question<never>, 'parameters'> {
  readonly parameters: z.core.$ZodType;
  /** by parameter; absent where there is none */
  readonly tightens?: Readonly<Record<string, (base: never, derived: never) => boolean>>;
}
