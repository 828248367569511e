/** A part of a runtime list that does not fit into a request: held for one challenge, and only for the host that has answered it. */

import type { EvidencePart } from '../../api/agent-schemas.ts';
import { EvidenceError } from '../../bytes/errors.ts';
import { fromBase64url, toBase64url } from '../../bytes/text.ts';
import { MAX_PART_BYTES } from '../../evidence/bundle.ts';
import { wasRedeemed } from '../../store/challenges.ts';
import { heldBytes, keepPart } from '../../store/evidence-parts.ts';
import { isPartsGrant } from '../challenge.ts';
import { invalid } from '../json-body.ts';
import { HttpProblem } from '../problem-error.ts';
import { attestingHost } from './challenge.ts';
import { givenChallenge } from './given-challenge.ts';
import type { HostService } from './host-service.ts';

/**
 * Holds a part. Without a grant anybody could fill the room that hosts need; with it a host fills its own at most.
 * @throws HttpProblem `host.*`, `challenge.*`, `evidence.not-from-host`, `evidence.parts-full`, `request.invalid`
 */
export async function keepEvidencePart(service: HostService, id: string, part: EvidencePart): Promise<void> {
  const { store, challengeKey, hostLimits } = service;
  await attestingHost(service, id);
  const challenge = givenChallenge(service, id, part);
  if (!isPartsGrant(challengeKey, id, challenge, decoded('/grant', part.grant))) {
    throw new HttpProblem('evidence.not-from-host', 'grant is not what was given for this challenge');
  }
  const bytes = decoded('/bytes', part.bytes);
  if (bytes.length === 0 || bytes.length > MAX_PART_BYTES) {
    throw invalid('/bytes', `a part has 1 to ${MAX_PART_BYTES} bytes`);
  }
  const nonce = toBase64url(challenge.nonce);
  const at = service.now();
  await store.change({ actor: { kind: 'host', id }, reason: null, at }, async ({ read, keep }) => {
    if (await wasRedeemed(read, nonce)) throw new HttpProblem('challenge.used', 'this challenge was answered before');
    await keepPart(keep, { hostId: id, nonce, part: part.index, bytes, expiresAt: challenge.expiresAt });
    if ((await heldBytes(read)) <= hostLimits.partsBytes) return;
    const headers = { 'retry-after': String(Math.ceil(hostLimits.challengeTime / 1000)) };
    throw new HttpProblem('evidence.parts-full', `${hostLimits.partsBytes} bytes are held`, { headers });
  });
}

function decoded(pointer: string, text: string): Uint8Array {
  try {
    return fromBase64url(text);
  } catch (cause) {
    if (!(cause instanceof EvidenceError)) throw cause;
    throw invalid(pointer, cause.message);
  }
}
