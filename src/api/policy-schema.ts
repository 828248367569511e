/** The JSON Schema of the policy document, for editors and for checks outside of Assay. */

import * as z from 'zod/mini';
import { CATALOGUE } from '../checks/catalogue.ts';
import { INTRINSIC } from '../checks/model.ts';
import { DerivedPolicy, MAX_BRANCHES, PolicyDocument } from '../policy/document.ts';

type JsonObject = { [key: string]: unknown };

/**
 * The schema of `assay.policy/1`, with the parameters of every check of the catalogue: of a policy that stands by itself, or that
 * extends another.
 */
export function policySchema(): JsonObject {
  const { required } = z.toJSONSchema(PolicyDocument);
  const schema = z.toJSONSchema(DerivedPolicy) as JsonObject & { properties: JsonObject };
  return {
    ...schema,
    required: ['schema', 'name', 'version'],
    if: { required: ['extends'] },
    else: { required },
    title: 'Assay policy, assay.policy/1',
    properties: {
      ...schema.properties,
      checks: {
        type: 'object',
        additionalProperties: false,
        properties: Object.fromEntries(CATALOGUE.map((check) => [check.id, parameters(check)])),
      },
    },
  };
}

function parameters(check: (typeof CATALOGUE)[number]): JsonObject {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(check.parameters, { io: 'input' }) as JsonObject;
  if (INTRINSIC.includes(check.link)) return { description: check.question, ...rest };
  const anyOf = { type: 'array', minItems: 1, maxItems: MAX_BRANCHES, items: rest };
  const alternatives = { type: 'object', additionalProperties: false, required: ['anyOf'], properties: { anyOf } };
  return { description: check.question, anyOf: [rest, alternatives] };
}
