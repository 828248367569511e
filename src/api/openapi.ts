/** The OpenAPI 3.1 document, generated from the schemas that validate and from the table of problems. */

import * as z from 'zod/mini';
import { EAR_MEDIA_TYPE } from '../results/ear.ts';
import { Problem, PROBLEMS, type ProblemCode } from './problems.ts';
import { AppraiseRequest, AttestationResult, EvidenceBundle, Health, KeySet, Readiness } from './schemas.ts';

type JsonObject = { [key: string]: unknown };

/** Problems that any path may answer with. */
const ANYWHERE: readonly ProblemCode[] = [
  'request.malformed',
  'request.timeout',
  'request.headers-too-large',
  'service.rate',
  'service.stopping',
  'service.internal',
];

const APPRAISE: readonly ProblemCode[] = [
  'request.content-type',
  'request.content-encoding',
  'request.not-acceptable',
  'request.too-large',
  'request.json',
  'request.invalid',
  'request.incomplete',
  'evidence.unreadable',
  'policy.unknown',
  'host.unknown',
  'service.busy',
];

/** The paths of the service with the methods each takes; the routes are checked against it. */
export const PATHS = {
  '/v1/appraise': 'post',
  '/.well-known/jwks.json': 'get',
  '/healthz': 'get',
  '/readyz': 'get',
  '/openapi.json': 'get',
} as const;

/** The document as plain data. The same input gives the same document. */
export function openApiDocument(version: string): JsonObject {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Assay',
      version,
      description: 'Appraises the TPM evidence of Linux+KVM hosts and returns signed attestation results (EAR).',
    },
    paths: {
      '/v1/appraise': { post: appraiseOperation() },
      '/.well-known/jwks.json': { get: simple('keySet', 'The keys that check results', 'KeySet') },
      '/healthz': { get: simple('health', 'The process answers', 'Health') },
      '/readyz': { get: simple('readiness', 'Requests are taken, and under which policies', 'Readiness') },
      '/openapi.json': { get: openApiOperation() },
    },
    components: { schemas: schemas() },
  };
}

function appraiseOperation(): JsonObject {
  return {
    operationId: 'appraise',
    summary: 'Appraise one evidence bundle',
    description:
      'The caller vouches for the nonce: that it is fresh and was given to this host. Pinned keys, references and policy are the service’s own. ' +
      'A bundle that can be read is always answered with a result, whatever its parts hold.',
    requestBody: { required: true, content: { 'application/json': { schema: reference('AppraiseRequest') } } },
    responses: {
      '200': {
        description: 'The result: a JWT signed with ES256 whose payload is AttestationResult.',
        content: {
          [EAR_MEDIA_TYPE]: {
            schema: {
              type: 'string',
              contentMediaType: EAR_MEDIA_TYPE,
              contentSchema: reference('AttestationResult'),
            },
          },
        },
      },
      ...problemResponses([...ANYWHERE, ...APPRAISE]),
    },
  };
}

function simple(operationId: string, summary: string, schema: string): JsonObject {
  return {
    operationId,
    summary,
    responses: {
      '200': { description: summary, content: { 'application/json': { schema: reference(schema) } } },
      ...problemResponses(ANYWHERE),
    },
  };
}

function openApiOperation(): JsonObject {
  return {
    operationId: 'openApi',
    summary: 'This document',
    responses: {
      '200': { description: 'OpenAPI 3.1', content: { 'application/json': { schema: { type: 'object' } } } },
      ...problemResponses(ANYWHERE),
    },
  };
}

function problemResponses(codes: readonly ProblemCode[]): JsonObject {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes) byStatus.set(PROBLEMS[code].status, [...(byStatus.get(PROBLEMS[code].status) ?? []), code]);
  return Object.fromEntries(
    [...byStatus].map(([status, same]) => [
      String(status),
      {
        description: same.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' '),
        content: { 'application/problem+json': { schema: reference('Problem') } },
      },
    ]),
  );
}

function schemas(): JsonObject {
  const request = jsonSchema(AppraiseRequest);
  (request['properties'] as JsonObject)['bundle'] = reference('EvidenceBundle');
  return {
    AppraiseRequest: request,
    EvidenceBundle: jsonSchema(EvidenceBundle),
    AttestationResult: jsonSchema(AttestationResult),
    KeySet: jsonSchema(KeySet),
    Health: jsonSchema(Health),
    Readiness: jsonSchema(Readiness),
    Problem: jsonSchema(Problem),
  };
}

function jsonSchema(schema: z.core.$ZodType): JsonObject {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema) as JsonObject;
  return rest;
}

function reference(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` };
}
