import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { canonicalJson } from '../../src/bytes/json.ts';
import { fromHex } from '../../src/bytes/text.ts';
import { appraise } from '../../src/chain/appraise.ts';
import { createCache } from '../../src/chain/cache.ts';
import type { AppraisalInput } from '../../src/chain/model.ts';
import { CATALOGUE } from '../../src/checks/catalogue.ts';
import { parseBundle } from '../../src/evidence/bundle.ts';

function inputOf(folder: string): AppraisalInput {
  const context = JSON.parse(readFileSync(`${folder}/context.json`, 'utf8')) as {
    nonce: string;
    selection: string;
    at: string;
  };
  return {
    evidence: parseBundle(readFileSync(`${folder}/bundle.json`, 'utf8')),
    policy: {
      name: 'test',
      version: '1',
      id: `sha256:${'0'.repeat(64)}`,
      selection: context.selection,
      maxAgeSeconds: 3600,
      manifests: [],
      references: [],
      pins: null,
      plan: CATALOGUE.map((check) => ({ check: check.id, parameters: z.parse(check.parameters, {}) })),
      excluded: {},
    },
    pins: [{ by: 'caller', publicArea: new Uint8Array(readFileSync(`${folder}/ak-ecc.tpm2b`)) }],
    challenge: { nonce: fromHex(context.nonce) },
    at: Date.parse(context.at),
  };
}

const folders = [
  'fixtures/uki/baseline',
  'fixtures/uki/pcr7-extended',
  'fixtures/shim-grub/kexec-new-list',
  'fixtures/uki/event-edited',
];

it('the same input gives the same bytes, with no cache, a cold, a warm and a shared one', () => {
  const shared = createCache();
  for (const folder of folders) {
    const plain = canonicalJson(appraise(inputOf(folder)));
    const cache = createCache();
    expect(canonicalJson(appraise(inputOf(folder)))).toBe(plain);
    expect(canonicalJson(appraise(inputOf(folder), cache))).toBe(plain);
    expect(canonicalJson(appraise(inputOf(folder), cache))).toBe(plain);
    expect(canonicalJson(appraise(inputOf(folder), shared))).toBe(plain);
  }
});

it('a cache of one entry changes nothing', () => {
  const cache = createCache(1);
  for (const folder of [...folders, ...folders]) {
    expect(canonicalJson(appraise(inputOf(folder), cache))).toBe(canonicalJson(appraise(inputOf(folder))));
  }
});
