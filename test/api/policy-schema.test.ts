import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { policySchema } from '../../src/api/policy-schema.ts';
import { CATALOGUE } from '../../src/checks/catalogue.ts';

describe('the JSON Schema of the policy document', () => {
  it('lies beside the policies as the code generates it (npm run goldens writes it)', () => {
    const file: unknown = JSON.parse(readFileSync('policies/policy.schema.json', 'utf8'));
    expect(file).toEqual(JSON.parse(JSON.stringify(policySchema())));
  });

  it('knows every check and no other', () => {
    const { checks } = policySchema()['properties'] as { readonly checks: { readonly properties: object } };
    expect(Object.keys(checks.properties)).toEqual(CATALOGUE.map((check) => check.id));
    expect(checks).toMatchObject({ additionalProperties: false });
  });
});
