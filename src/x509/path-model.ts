/** What a path is asked of, and what is found: the bytes' part, which can be kept, and the part that depends on a time. */

import type { Certificate } from './certificate.ts';
import type { Refusal } from './codes.ts';
import type { Crl, Revocation } from './crl.ts';
import type { QuirkUse } from './quirks.ts';

/** What {@link provePaths} looks at. Nothing of it is a time. */
export interface PathInput {
  /** The certificate in question. */
  readonly leaf: Certificate;
  /** What came with it, in any order: hints on the way up, never trusted. */
  readonly presented: readonly Certificate[];
  /** CA certificates the caller keeps: hints too. */
  readonly intermediates: readonly Certificate[];
  /** What the caller trusts to issue. A certificate is an anchor by standing here, never by being self-signed; with none, nothing is proved. */
  readonly anchors: readonly Certificate[];
  /** Lists the caller keeps. Those that no issuer in a path signed say nothing. */
  readonly crls: readonly Crl[];
  readonly rules: PathRules;
}

/** What the caller decides. */
export interface PathRules {
  /** Accept signatures over SHA-1; each shows as a note. A certificate whose content the attacker chose may then be forged. */
  readonly sha1: boolean;
  /** Object identifier of a purpose that every issuer with an extended key usage must allow; undefined asks nothing. */
  readonly purpose: string | undefined;
}

/** Something the caller's rules allowed, which a stricter caller would refuse. */
export const NOTES = {
  'sha1-signature': 'the signature is over a SHA-1 digest',
  'crl-missing': 'no revocation list covers the certificate',
  'crl-stale': 'the revocation lists that cover the certificate are not current',
  'weak-key': 'the modulus has the form of CVE-2017-15361 (ROCA): the private key can be computed from it',
} as const;

export type NoteName = keyof typeof NOTES;

export interface Note {
  readonly note: NoteName;
  /** Position of the certificate: 0 is the leaf. */
  readonly position: number;
}

/** Why there is no path, and at which certificate of it. */
export interface PathRefusal extends Refusal {
  /** 0 is the leaf. */
  readonly position: number;
  /** SHA-256 of that certificate; undefined where the fault is with the whole. */
  readonly certificate: string | undefined;
}

/** What the lists say about one certificate. */
export interface RevocationStatus {
  readonly revocation: Revocation | undefined;
  /** The lists that cover it and are signed by its issuer. */
  readonly lists: readonly {
    readonly sha256: string;
    readonly thisUpdate: number;
    readonly nextUpdate: number | undefined;
  }[];
}

/** One path that the bytes prove. */
export interface ProvenPath {
  /** Leaf first; the anchor is last. */
  readonly chain: readonly Certificate[];
  /** The time in which all certificates are valid, epoch ms, both inclusive. It may be empty. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** For each certificate but the anchor. */
  readonly revocation: readonly RevocationStatus[];
  readonly quirks: readonly QuirkUse[];
  readonly notes: readonly Note[];
}

/** All that the bytes prove, at whatever time: a pure function of {@link PathInput}. */
export interface PathProof {
  /** In the order they were found; the first that stands at a time is taken. */
  readonly paths: readonly ProvenPath[];
  /** Why there is none; undefined when there is one. */
  readonly refusal: PathRefusal | undefined;
}

/** What lists must say. A certificate that is listed is revoked whatever the rule, and however old the list. */
export interface RevocationRule {
  /** No list covers a certificate. */
  readonly missing: 'refuse' | 'note';
  /** Lists cover it, none is current. */
  readonly stale: 'refuse' | 'note';
}

/** The answer for one time. */
export type PathResult =
  ({ readonly ok: true; readonly anchor: Certificate } & ProvenPath) | ({ readonly ok: false } & PathRefusal);
