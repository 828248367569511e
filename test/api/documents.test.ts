import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { describe, expect, it } from 'vitest';
import { openApiDocument } from '../../src/api/openapi.ts';
import type { Operation } from '../../src/api/operation.ts';
import { OPERATIONS } from '../../src/api/operations.ts';
import { Problem, problem, PROBLEMS, type ProblemCode } from '../../src/api/problems.ts';
import { EvidenceBundle } from '../../src/api/schemas.ts';
import { parseBundle } from '../../src/evidence/bundle.ts';

const CODES = Object.keys(PROBLEMS) as ProblemCode[];

describe('problem documents', () => {
  it.each(CODES)('%s follows its schema', (code) => {
    const document = problem(code, 'detail', '00000000-0000-4000-8000-000000000000', {
      errors: [{ pointer: '/a', detail: 'b' }],
      missing: ['sha256:0'],
      grant: 'g',
    });
    expect(z.safeParse(Problem, document).success).toBe(true);
    expect(document.status).toBeGreaterThanOrEqual(400);
  });
});

describe('the OpenAPI document', () => {
  const document = openApiDocument('1.2.3');
  const text = JSON.stringify(document);

  it('describes exactly the operations there are', () => {
    const paths = Object.entries(document['paths'] as Record<string, Record<string, { operationId: string }>>);
    const described = paths.flatMap(([path, item]) =>
      Object.entries(item).map(([method, { operationId }]) => `${operationId}: ${method} ${path}`),
    );
    const operations = Object.entries<Operation>(OPERATIONS).map(
      ([id, { method, path }]) => `${id}: ${method} ${path}`,
    );
    expect(described.toSorted()).toEqual(operations.toSorted());
  });

  it('names every problem', () => {
    expect(
      CODES.filter((code) => code !== 'route.unknown' && code !== 'route.method' && !text.includes(`\`${code}\``)),
    ).toEqual([]);
  });

  it('refers only to schemas it has', () => {
    const schemas = (document['components'] as { readonly schemas: object }).schemas;
    const used = new Set([...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1]!));
    expect(used).toEqual(new Set(Object.keys(schemas)));
  });
});

const good = {
  schema: 'assay.evidence/1',
  ak: 'AAEC',
  quotes: [{ attest: 'AQ', signature: 'Ag', pcrs: { sha256: { '0': 'ab'.repeat(32), '15': '00'.repeat(32) } } }],
  logs: { firmware: 'AQID', ima: { id: `sha256:${'0'.repeat(64)}` }, systemd: 'HgE' },
  claims: {
    bootId: '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0',
    hostKey: null,
    guests: [],
    hints: `sha256:${'1'.repeat(64)}`,
    firmwareLog: 3,
    imaLog: null,
    systemdLog: 2,
  },
  hints: { hostname: 'a' },
};
const [quote] = good.quotes;

const bundles: readonly (readonly [string, unknown])[] = [
  ['a full one', good],
  ['the least', { schema: 'assay.evidence/1', quotes: [] }],
  ['a log with a tail', { ...good, logs: { ima: { id: `sha256:${'0'.repeat(64)}`, tail: 'AQ' } } }],
  ['claims without a boot id', { ...good, claims: { ...good.claims, bootId: undefined } }],
  ['a claim nobody knows', { ...good, claims: { ...good.claims, nonce: 'AAAA' } }],
  ['a length that is none', { ...good, claims: { ...good.claims, imaLog: -1 } }],
  ['unknown key', { ...good, nonce: 'AAAA' }],
  ['another schema', { ...good, schema: 'assay.evidence/2' }],
  ['no quotes', { schema: 'assay.evidence/1' }],
  ['padded base64', { ...good, ak: 'AQ==' }],
  ['unknown key in a quote', { ...good, quotes: [{ ...quote, ak: 'AA' }] }],
  ['a short digest', { ...good, quotes: [{ ...quote, pcrs: { sha256: { '0': 'ab' } } }] }],
  ['PCR 24', { ...good, quotes: [{ ...quote, pcrs: { sha256: { '24': 'ab'.repeat(32) } } }] }],
  ['PCR 00', { ...good, quotes: [{ ...quote, pcrs: { sha256: { '00': 'ab'.repeat(32) } } }] }],
  ['unknown bank', { ...good, quotes: [{ ...quote, pcrs: { md5: {} } }] }],
  ['nine quotes', { ...good, quotes: Array(9).fill(quote) }],
  ['a log id of another form', { ...good, logs: { ima: { id: 'md5:00' } } }],
  ['a hint that is no string', { ...good, hints: { hostname: 1 } }],
  ['an array', []],
];

describe('the documented bundle', () => {
  it.each(bundles)('is read as documented: %s', (_, value) => {
    const reads = (): boolean => {
      try {
        parseBundle(JSON.stringify(value));
        return true;
      } catch {
        return false;
      }
    };
    expect(z.safeParse(EvidenceBundle, value).success).toBe(reads());
  });

  it('is what the lab captures', () => {
    const captured: unknown = JSON.parse(readFileSync('fixtures/uki/baseline/bundle.json', 'utf8'));
    expect(z.safeParse(EvidenceBundle, captured).error).toBeUndefined();
  });
});
