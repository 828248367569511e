/** `POST /v1/appraise`: one bundle in, one signed result out. */

import type { Request, RequestHandler, Response } from 'express';
import { IN_WORDS } from '../../references/schema.ts';
import * as z from 'zod/mini';
import { NONCE_BYTES } from '../../api/nonce.ts';
import type { ProblemError } from '../../api/problems.ts';
import { AppraiseRequest } from '../../api/schemas.ts';
import { EvidenceError } from '../../bytes/errors.ts';
import { parseJson, type Json } from '../../bytes/json.ts';
import { fromBase64url, printable } from '../../bytes/text.ts';
import { appraise } from '../../chain/appraise.ts';
import type { AkPin, Challenge } from '../../chain/model.ts';
import { bundleFromJson, MAX_BUNDLE_VALUES, type EvidenceBundle } from '../../evidence/bundle.ts';
import type { ResolvedPolicy } from '../../policy/resolve.ts';
import { EAR_MEDIA_TYPE, earClaims } from '../../results/ear.ts';
import { pinnedHost, pinsOfHost } from '../../results/host.ts';
import { signEar } from '../../results/token.ts';
import { parseSelection } from '../../tpm/selection.ts';
import { HttpProblem } from '../problem-error.ts';
import { receiveBody } from '../receive-body.ts';
import type { ServiceContext } from '../settings.ts';

/** The handlers of the route, in order: what can be refused without reading the body is refused first. */
export function appraiseRoute(context: ServiceContext): RequestHandler[] {
  return [
    refuseByHeaders,
    receiveBody(context.limits),
    limitConcurrency(context.limits.concurrent),
    (request, response) => answer(context, request, response),
  ];
}

const refuseByHeaders: RequestHandler = (request, _response, next) => {
  if (request.is('application/json') === false) {
    throw new HttpProblem(
      'request.content-type',
      `Content-Type is ${printable(request.get('content-type') ?? 'missing', 80)}`,
    );
  }
  // Older drafts of EAR write the media type with a dash.
  if (request.accepts([EAR_MEDIA_TYPE, 'application/eat-jwt', 'application/jwt']) === false) {
    throw new HttpProblem('request.not-acceptable', `Accept is ${printable(request.get('accept') ?? '', 80)}`);
  }
  next();
};

/** Holds a place from the last byte of the body to the end of the answer. */
function limitConcurrency(limit: number): RequestHandler {
  let running = 0;
  return (_request, response, next) => {
    if (running >= limit) {
      throw new HttpProblem('service.busy', `${limit} appraisals are running`, { headers: { 'retry-after': '1' } });
    }
    running++;
    response.once('close', () => running--);
    next();
  };
}

async function answer(context: ServiceContext, request: Request, response: Response): Promise<void> {
  const body = readBody(request.body);
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

function readBody(body: unknown): AppraiseRequest {
  let value: Json;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body instanceof Uint8Array ? body : undefined);
    value = parseJson(text, MAX_BUNDLE_VALUES);
  } catch (cause) {
    const detail = cause instanceof EvidenceError ? describe(cause) : 'the body is not UTF-8';
    throw new HttpProblem('request.json', detail);
  }
  const result = z.safeParse(AppraiseRequest, value, IN_WORDS);
  if (result.success) return result.data;
  const errors = result.error.issues.flatMap(issueErrors).slice(0, MAX_ERRORS);
  throw new HttpProblem('request.invalid', `${errors.length} problems, first: ${errors[0]?.detail}`, { errors });
}

/** Enough to correct a request by; a hostile one cannot make the answer long. */
const MAX_ERRORS = 20;

function issueErrors(issue: z.core.$ZodIssue): ProblemError[] {
  const path = issue.path.map(String);
  const keys = issue.code === 'unrecognized_keys' ? issue.keys : [undefined];
  return keys.slice(0, MAX_ERRORS).map((key) => ({
    pointer: jsonPointer(key === undefined ? path : [...path, key]),
    detail: key === undefined ? issue.message : `the key ${printable(key, 80)} is not part of a request`,
  }));
}

function jsonPointer(path: readonly string[]): string {
  return path.map((part) => `/${printable(part, 80).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
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

function invalid(pointer: string, detail: string): HttpProblem {
  return new HttpProblem('request.invalid', `${pointer.slice(1)}: ${detail}`, { errors: [{ pointer, detail }] });
}

function findPolicy(policies: ReadonlyMap<string, ResolvedPolicy>, name: string): ResolvedPolicy {
  const policy = policies.get(name);
  if (policy !== undefined) return policy;
  throw new HttpProblem('policy.unknown', `no policy ${printable(name, 100)} is loaded`);
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

function describe(error: EvidenceError): string {
  return `${error.code}: ${printable(error.message)}`;
}
