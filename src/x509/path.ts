/**
 * Certification paths (RFC 5280, clause 6) from a certificate to a trust anchor, in two steps: what the bytes prove, which can be
 * kept, and whether that stands at a time. The search is bounded, so a hostile set of certificates costs no more than any other.
 */

import type { CertificateCode } from './codes.ts';
import type { PathInput, PathProof, PathResult, ProvenPath, RevocationRule } from './path-model.ts';
import { Search } from './path-search.ts';

/** What a host may send beside its certificate. */
const MAX_PRESENTED = 16;

/**
 * All paths that the bytes prove. Candidates are those whose name is the issuer's, byte for byte but for string types; anchors are tried first, then those
 * whose key identifier fits; the signature decides.
 */
export function provePaths(input: PathInput): PathProof {
  const { leaf, anchors, presented } = input;
  const refuse = (code: CertificateCode, message: string): PathProof => ({
    paths: [],
    refusal: { code, message, position: 0, certificate: leaf.sha256 },
  });
  if (anchors.length === 0) return refuse('path.no-anchors', 'no trust anchor was given');
  if (anchors.some(({ sha256 }) => sha256 === leaf.sha256)) {
    return refuse('path.leaf-is-anchor', 'the certificate is one of the trust anchors');
  }
  if (presented.length > MAX_PRESENTED) {
    return refuse('path.too-many', `${presented.length} certificates came along, ${MAX_PRESENTED} may`);
  }
  return new Search(input).run();
}

/** Whether the proof stands at a time (epoch ms): the first path that does, or why the first does not. */
export function pathAt(proof: PathProof, at: number, rule: RevocationRule): PathResult {
  let refusal = proof.refusal;
  for (const path of proof.paths) {
    const judged = judge(path, at, rule);
    if (judged.ok) return judged;
    refusal ??= judged;
  }
  return { ok: false, ...refusal! };
}

/** Both steps at once. */
export function validatePath(input: PathInput, at: number, rule: RevocationRule): PathResult {
  return pathAt(provePaths(input), at, rule);
}

function judge(path: ProvenPath, at: number, rule: RevocationRule): PathResult {
  const notes = [...path.notes];
  const refuse = (position: number, code: CertificateCode, message: string): PathResult => ({
    ok: false,
    code,
    message,
    position,
    certificate: path.chain[position]!.sha256,
  });
  for (const [position, { notBefore, notAfter }] of path.chain.entries()) {
    if (at < notBefore) return refuse(position, 'path.not-yet-valid', `valid from ${isoTime(notBefore)}`);
    if (at > notAfter) return refuse(position, 'path.expired', `valid until ${isoTime(notAfter)}`);
  }
  for (const [position, { revocation, lists }] of path.revocation.entries()) {
    if (revocation !== undefined) {
      const { reason, revokedAt } = revocation;
      return refuse(position, 'path.revoked', `revoked at ${isoTime(revokedAt)}: ${reason}`);
    }
    if (lists.some((list) => list.thisUpdate <= at && at < (list.nextUpdate ?? 0))) continue;
    const missing = lists.length === 0;
    if (rule[missing ? 'missing' : 'stale'] === 'refuse') {
      return missing
        ? refuse(position, 'path.crl-missing', 'no revocation list covers the certificate')
        : refuse(position, 'path.crl-stale', 'none of its revocation lists is current');
    }
    notes.push({ note: missing ? 'crl-missing' : 'crl-stale', position });
  }
  return { ok: true, ...path, notes, anchor: path.chain.at(-1)! };
}

function isoTime(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z');
}
