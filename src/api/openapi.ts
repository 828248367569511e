/** The OpenAPI 3.1 document, generated from the operations, the schemas that validate, and the table of problems. */

import * as z from 'zod/mini';
import type { Access } from './access.ts';
import { COMPONENTS, type ComponentName } from './components.ts';
import type { Operation, Parameter } from './operation.ts';
import { OPERATIONS } from './operations.ts';
import { PROBLEMS, type ProblemCode } from './problems.ts';

type JsonObject = { [key: string]: unknown };

/** Problems that any operation may answer with. */
const ANYWHERE: readonly ProblemCode[] = [
  'request.malformed',
  'request.timeout',
  'request.headers-too-large',
  'service.rate',
  'service.stopping',
  'service.internal',
];

/** Problems of operations that ask who calls. */
const GUARDED: readonly ProblemCode[] = ['auth.missing', 'auth.invalid', 'auth.role'];

/** The document as plain data. The same input gives the same document. */
export function openApiDocument(version: string): JsonObject {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Assay',
      version,
      description: 'Appraises the TPM evidence of Linux+KVM hosts and returns signed attestation results (EAR).',
    },
    paths: paths(),
    components: {
      schemas: schemas(),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token of the service; its role says what it is for.' },
      },
    },
  };
}

function paths(): JsonObject {
  const byPath = new Map<string, JsonObject>();
  for (const [id, operation] of Object.entries<Operation>(OPERATIONS)) {
    const item = byPath.get(operation.path) ?? {};
    byPath.set(operation.path, { ...item, [operation.method]: describe(id, operation) });
  }
  return Object.fromEntries(byPath);
}

function describe(operationId: string, operation: Operation): JsonObject {
  const { access, summary, description, parameters, request, answer, problems } = operation;
  const guarded = 'public' in access ? [] : GUARDED;
  return {
    operationId,
    summary,
    ...(description !== undefined && { description }),
    ...security(access),
    ...(parameters !== undefined && { parameters: parameters.map(describeParameter) }),
    ...(request !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: reference(request) } } },
    }),
    responses: {
      [String(answer.status)]: {
        description: answer.description,
        ...(answer.body !== undefined && {
          content: {
            [answer.body.type]: {
              schema: typeof answer.body.schema === 'string' ? reference(answer.body.schema) : answer.body.schema,
            },
          },
        }),
      },
      ...problemResponses([...ANYWHERE, ...guarded, ...problems]),
    },
  };
}

/** No requirement at all is written as an empty one (OpenAPI 3.1, security requirement). */
function security(access: Access): JsonObject {
  if ('public' in access) return { security: [], 'x-assay-public': access.public };
  const token = { token: [] };
  if (!('orLocal' in access)) return { security: [token], 'x-assay-role': access.role };
  return { security: [token, {}], 'x-assay-role': access.role, 'x-assay-local': access.orLocal };
}

function describeParameter({ name, in: place, description, schema }: Parameter): JsonObject {
  return { name, in: place, required: place === 'path', description, schema };
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
  const all = Object.entries(COMPONENTS).map(([name, schema]): [string, JsonObject] => [name, jsonSchema(schema)]);
  const document = Object.fromEntries(all);
  const request = document['AppraiseRequest']!['properties'] as JsonObject;
  request['bundle'] = reference('EvidenceBundle');
  return document;
}

function jsonSchema(schema: z.core.$ZodType): JsonObject {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema) as JsonObject;
  return rest;
}

function reference(name: ComponentName): JsonObject {
  return { $ref: `#/components/schemas/${name}` };
}
