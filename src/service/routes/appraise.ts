/** `POST /v1/appraise`: one bundle in, one signed result out. */

import type { Request, RequestHandler, Response } from 'express';
import { NONCE_BYTES } from '../../api/nonce.ts';
import { AppraiseRequest } from '../../api/schemas.ts';
import { EvidenceError } from '../../bytes/errors.ts';
import type { Json } from '../../bytes/json.ts';
import { fromBase64url, printable } from '../../bytes/text.ts';
import { appraise } from '../../chain/appraise.ts';
import type { AkPin, Challenge } from '../../chain/model.ts';
import { bundleFromJson, MAX_BUNDLE_VALUES, type EvidenceBundle } from '../../evidence/bundle.ts';
import type { ResolvedPolicy } from '../../policy/resolve.ts';
import { EAR_MEDIA_TYPE, earClaims } from '../../results/ear.ts';
import { pinnedHost, pinsOfHost } from '../../results/host.ts';
import { signEar } from '../../results/token.ts';
import { parseSelection } from '../../tpm/selection.ts';
import { findPolicy } from '../policies.ts';
import { HttpProblem } from '../problem-error.ts';
import { describe, invalid, readJson, receiveJson } from '../json-body.ts';
import type { ServiceContext } from '../settings.ts';

/**
 * The handlers of the route, in order: what can be refused without reading the body is refused first.
 * @param place holds one of the places for appraisals
 */
export function appraiseRoute(context: ServiceContext, place: RequestHandler): RequestHandler[] {
  return [
    requireAcceptable,
    ...receiveJson(context.limits),
    place,
    (request, response) => answer(context, request, response),
  ];
}

const requireAcceptable: RequestHandler = (request, _response, next) => {
  // Older drafts of EAR write the media type with a dash.
  if (request.accepts([EAR_MEDIA_TYPE, 'application/eat-jwt', 'application/jwt']) === false) {
    throw new HttpProblem('request.not-acceptable', `Accept is ${printable(request.get('accept') ?? '', 80)}`);
  }
  next();
};

async function answer(context: ServiceContext, request: Request, response: Response): Promise<void> {
  const body = readJson(AppraiseRequest, request.body, MAX_BUNDLE_VALUES);
  const challenge = readChallenge(body);
  const policy = findPolicy(context.policies, body.policy);
  const evidence = readBundle(body.bundle as Json);
  const pins = findPins(policy, body.host);
  const appraisal = appraise({ evidence, policy, pins, challenge, at: context.now() });
  const claims = earClaims(appraisal, {
    nonce: challenge.nonce,
    maxAgeSeconds: policy.maxAgeSeconds,
    host: pinnedHost(appraisal),
    verifier: context.verifier,
    tokenId: context.newId(),
    ...(context.issuer !== undefined && { issuer: context.issuer }),
  });
  const token = await signEar(claims, context.key);
  const chain = claims.submods.host['assay.chain'];
  response.locals['result'] = {
    policy: policy.name,
    verdict: chain.verdict,
    weakestLink: chain.weakestLink,
    appraisal: chain.appraisal,
  };
  response.setHeader('content-type', EAR_MEDIA_TYPE);
  response.setHeader('cache-control', 'no-store');
  response.end(token);
}

function readChallenge(body: AppraiseRequest): Challenge {
  const nonce = field('/nonce', () => fromBase64url(body.nonce));
  if (nonce.length < NONCE_BYTES.min || nonce.length > NONCE_BYTES.max) {
    throw invalid('/nonce', `${nonce.length} bytes; a nonce has ${NONCE_BYTES.min} to ${NONCE_BYTES.max}`);
  }
  const { selection } = body;
  if (selection === undefined) return { nonce };
  field('/selection', () => parseSelection(selection));
  return { nonce, selection };
}

function field<T>(pointer: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof EvidenceError) throw invalid(pointer, describe(cause));
    throw cause;
  }
}

/** The caller gives no pins: only those of the policy's own pin set count. It may say which of its hosts it challenged. */
function findPins(policy: ResolvedPolicy, host: string | undefined): readonly AkPin[] {
  if (host === undefined) return [];
  const pins = pinsOfHost(policy.pins, host);
  if (pins.length > 0) return pins;
  throw new HttpProblem('host.unknown', `no host ${printable(host)} in the pin set of ${policy.name}`);
}

function readBundle(value: Json): EvidenceBundle {
  try {
    return bundleFromJson(value);
  } catch (cause) {
    if (cause instanceof EvidenceError) throw new HttpProblem('evidence.unreadable', describe(cause));
    throw cause;
  }
}
