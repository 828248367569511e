import { expect, it } from 'vitest';
import { canonicalJson } from '../../src/bytes/json.ts';
import { appraise } from '../../src/chain/appraise.ts';
import { createCache } from '../../src/chain/cache.ts';
import { bareInput } from '../support/bare-input.ts';

const folders = [
  'fixtures/uki/baseline',
  'fixtures/uki/pcr7-extended',
  'fixtures/shim-grub/kexec-new-list',
  'fixtures/uki/event-edited',
];

it('the same input gives the same bytes, with no cache, a cold, a warm and a shared one', () => {
  const shared = createCache();
  for (const folder of folders) {
    const plain = canonicalJson(appraise(bareInput(folder)));
    const cache = createCache();
    expect(canonicalJson(appraise(bareInput(folder)))).toBe(plain);
    expect(canonicalJson(appraise(bareInput(folder), cache))).toBe(plain);
    expect(canonicalJson(appraise(bareInput(folder), cache))).toBe(plain);
    expect(canonicalJson(appraise(bareInput(folder), shared))).toBe(plain);
  }
});

it('a cache of one entry changes nothing', () => {
  const cache = createCache(1);
  for (const folder of [...folders, ...folders]) {
    expect(canonicalJson(appraise(bareInput(folder), cache))).toBe(canonicalJson(appraise(bareInput(folder))));
  }
});
