/** The JSON Schema of the policy document, for editors and for checks outside of Assay. */

import * as z from 'zod/mini';
import { CATALOGUE } from '../checks/catalogue.ts';
import { PolicyDocument } from '../policy/document.ts';

type JsonObject = { [key: string]: unknown };

/** The schema of `assay.policy/1`, with the parameters of every check of the catalogue. */
export function policySchema(): JsonObject {
  const schema = z.toJSONSchema(PolicyDocument) as JsonObject & { properties: JsonObject };
  return {
    ...schema,
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
  return { description: check.question, ...rest };
}
