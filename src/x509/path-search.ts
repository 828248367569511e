/** The search for paths upwards from a certificate, bounded in every direction. */

import type { Certificate } from './certificate.ts';
import type { Refusal } from './codes.ts';
import type { Note, PathInput, PathProof, PathRefusal, ProvenPath } from './path-model.ts';
import { certificateProblem, isSelfIssued, issuerProblem } from './path-rules.ts';
import type { QuirkName, QuirkUse } from './quirks.ts';
import { revocationStatus } from './revocation.ts';
import { SignatureMemory } from './signer.ts';
import { readSubjectKey } from './subject-key.ts';

/** Certificates in a path, anchor included; the longest real ones (Intel firmware TPMs) have seven. */
const MAX_LENGTH = 10;
/** Candidates looked at, signatures of certificates checked, and paths kept; real searches take a handful. */
const MAX_STEPS = 400;
const MAX_SIGNATURES = 64;
const MAX_PATHS = 8;

/** Why nothing came of a candidate, and how far it went: longer chains and later steps say more. */
interface Failure extends PathRefusal {
  readonly reached: number;
}

/** One search; {@link Search.run} gives what it found. */
export class Search {
  readonly #input: PathInput;
  readonly #anchors: ReadonlySet<string>;
  readonly #memory = new SignatureMemory();
  readonly #paths: ProvenPath[] = [];
  #failure: Failure | undefined;
  #exhausted = false;
  #steps = 0;
  #signatures = 0;

  constructor(input: PathInput) {
    this.#input = input;
    this.#anchors = new Set(input.anchors.map(({ sha256 }) => sha256));
  }

  run(): PathProof {
    const { leaf } = this.#input;
    const problem = certificateProblem(leaf);
    if (problem !== undefined) this.#fail(0, leaf, problem, 0);
    else this.#climb([leaf]);
    if (this.#paths.length > 0) return { paths: this.#paths, refusal: undefined };
    if (this.#exhausted) {
      const message = `given up after ${this.#steps} candidates and ${this.#signatures} signatures`;
      return { paths: [], refusal: { code: 'path.too-many', message, position: 0, certificate: leaf.sha256 } };
    }
    const { code, message, position, certificate } = this.#failure!;
    return { paths: [], refusal: { code, message, position, certificate } };
  }

  /** Extends a chain upwards. It goes no deeper than {@link MAX_LENGTH}, whatever the input. */
  #climb(chain: readonly Certificate[]): void {
    const top = chain.at(-1)!;
    const position = chain.length - 1;
    if (chain.length === MAX_LENGTH) {
      this.#fail(position, top, { code: 'path.too-long', message: `${MAX_LENGTH} certificates and no anchor` }, 3);
      return;
    }
    const candidates = this.#candidates(chain);
    if (candidates.length === 0) {
      const code = isSelfIssued(top) ? 'path.untrusted-root' : 'path.no-issuer';
      this.#fail(position, top, { code, message: `issuer: ${top.issuer}` }, 0);
    }
    for (const issuer of candidates) {
      if (this.#paths.length === MAX_PATHS || !this.#mayGoOn(top, issuer)) return;
      const isAnchor = this.#anchors.has(issuer.sha256);
      if (!this.#issued(chain, issuer, isAnchor)) continue;
      if (isAnchor) this.#paths.push(this.#describe([...chain, issuer]));
      else this.#climb([...chain, issuer]);
    }
  }

  /**
   * Counts the step. Signatures of revocation lists do not count: those are the caller's, and whoever sends many certificates must
   * not keep a list from being looked at.
   */
  #mayGoOn(top: Certificate, issuer: Certificate): boolean {
    this.#steps++;
    if (!this.#memory.knows(top, issuer)) this.#signatures++;
    this.#exhausted ||= this.#steps > MAX_STEPS || this.#signatures > MAX_SIGNATURES;
    return !this.#exhausted;
  }

  /** Those with the name of the issuer, most promising first. A name with a key that the chain has met leads in circles. */
  #candidates(chain: readonly Certificate[]): Certificate[] {
    const top = chain.at(-1)!;
    const { anchors, presented, intermediates } = this.#input;
    const byKeyId = (one: Certificate, other: Certificate): number => keyIdRank(top, one) - keyIdRank(top, other);
    const named = (list: readonly Certificate[]): Certificate[] =>
      list
        .filter((one) => one.subjectName === top.issuerName && !chain.some((met) => isSameEntity(met, one)))
        .sort(byKeyId);
    const hints = [...intermediates, ...presented].filter(({ sha256 }) => !this.#anchors.has(sha256));
    const all = [...named(anchors), ...named(hints)];
    return [...new Map(all.map((one) => [one.sha256, one])).values()];
  }

  /** Whether `issuer` issued the top of the chain and was allowed to. */
  #issued(chain: readonly Certificate[], issuer: Certificate, isAnchor: boolean): boolean {
    const { sha1, purpose } = this.#input.rules;
    const position = chain.length - 1;
    const top = chain[position]!;
    const check = this.#memory.check(top, issuer);
    if (!check.ok) return this.#fail(position, top, check, 1);
    if (check.sha1 && !sha1) {
      return this.#fail(position, top, { code: 'path.sha1', message: `issuer: ${top.issuer}` }, 2);
    }
    const below = chain.slice(1).filter((one) => !isSelfIssued(one)).length;
    const problem = issuerProblem(issuer, below, isAnchor, purpose) ?? certificateProblem(issuer);
    return problem === undefined || this.#fail(position + 1, issuer, problem, 2);
  }

  /** @returns false, so that a rule that fails reads as one */
  #fail(position: number, { sha256 }: Certificate, { code, message }: Refusal, step: number): false {
    const reached = position * 4 + step;
    if (this.#failure === undefined || reached > this.#failure.reached) {
      this.#failure = { code, message, position, certificate: sha256, reached };
    }
    return false;
  }

  #describe(chain: readonly Certificate[]): ProvenPath {
    const issuerOf = (position: number): Certificate => chain[position + 1]!;
    const issued = chain.slice(0, -1);
    const { crls, rules } = this.#input;
    return {
      chain,
      notBefore: Math.max(...chain.map(({ notBefore }) => notBefore)),
      notAfter: Math.min(...chain.map(({ notAfter }) => notAfter)),
      revocation: issued.map((certificate, position) =>
        revocationStatus(certificate, issuerOf(position), crls, (crl) => {
          const check = this.#memory.check(crl, issuerOf(position));
          return check.ok && (!check.sha1 || rules.sha1);
        }),
      ),
      quirks: [
        ...issued.flatMap((one, position) => quirksOf(one, authorityQuirks(one, issuerOf(position)), position)),
        ...quirksOf(chain.at(-1)!, chain.at(-1)!.version === 1 ? ['version-1-anchor'] : [], issued.length),
      ],
      notes: issued.flatMap((one, position) => this.#notes(one, issuerOf(position), position)),
    };
  }

  #notes(certificate: Certificate, issuer: Certificate, position: number): Note[] {
    const check = this.#memory.check(certificate, issuer);
    return check.ok && check.sha1 ? [{ note: 'sha1-signature', position }] : [];
  }
}

function quirksOf(certificate: Certificate, more: readonly QuirkName[], position: number): QuirkUse[] {
  const marked: readonly QuirkName[] = position > 0 && isMarkedPss(certificate) ? ['rsassa-pss-key'] : [];
  return [...certificate.quirks, ...marked, ...more].map((quirk) => ({ quirk, position }));
}

/** Of an issuer whose key was opened before. */
function isMarkedPss({ subjectPublicKeyInfo, part }: Certificate): boolean {
  const key = readSubjectKey(subjectPublicKeyInfo, part);
  return key.type === 'rsa' && key.marked === 'rsassa-pss';
}

/** Fitting key identifiers first, contradicting ones last; they may be anything, so none is left out. */
function keyIdRank(subject: Certificate, issuer: Certificate): number {
  const wanted = subject.authorityKeyIdentifier?.keyId;
  const found = issuer.subjectKeyIdentifier;
  if (wanted === undefined || found === undefined) return 1;
  return wanted === found ? 0 : 2;
}

function authorityQuirks(subject: Certificate, issuer: Certificate): QuirkName[] {
  const quirks: QuirkName[] = subject.issuerDer === issuer.subjectDer ? [] : ['issuer-string-type'];
  const aki = subject.authorityKeyIdentifier;
  if (aki === undefined) return [...quirks, 'missing-aki'];
  if (keyIdRank(subject, issuer) === 2) quirks.push('aki-key-id-differs');
  const otherSerial = aki.serialNumber !== undefined && aki.serialNumber !== issuer.serialNumber;
  const otherIssuer = aki.issuerDer !== undefined && aki.issuerDer !== issuer.issuerDer;
  if (otherSerial || otherIssuer) quirks.push('aki-serial-differs');
  return quirks;
}

function isSameEntity(one: Certificate, other: Certificate): boolean {
  return (
    one.subjectName === other.subjectName && Buffer.compare(one.subjectPublicKeyInfo, other.subjectPublicKeyInfo) === 0
  );
}
