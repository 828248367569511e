/** Every byte and every label of a machine's evidence, changed one at a time. The unit tests take samples of the same. */
import { expect, test } from 'vitest';
import { appraise } from '../../src/chain/appraise.ts';
import { createCache } from '../../src/chain/cache.ts';
import { parseTcgLog } from '../../src/logs/tcg/parse.ts';
import { inputOf } from '../support/fixtures.ts';
import { EVENT_TYPES, flipBytes, improvements, relabelled, seededRandom, withPart } from '../support/flips.ts';
import { SEED } from '../support/seed.ts';

const MINUTES = 60_000;

test(
  'every byte of the first machine: the coverage map is right about each',
  () => {
    const input = inputOf('uki/baseline', 'bundle-rsa.json');
    const report = flipBytes(input, 1, seededRandom(SEED));
    expect(report.problems).toEqual([]);
    expect(report.tried).toBe(19_431);
  },
  10 * MINUTES,
);

test.each(['uki/other-cmdline', 'uki/no-lockdown', 'uki-secureboot/setup-mode', 'uki-secureboot/other-signer'])(
  '%s: no event under any type makes a link better',
  (name) => {
    const input = inputOf(name, 'bundle-rsa.json');
    const cache = createCache(8);
    const before = appraise(input, cache);
    const log = input.evidence.firmwareLog!.bytes!;
    const better: string[] = [];
    for (const { index } of parseTcgLog(log).untrusted.events.slice(1)) {
      for (const type of EVENT_TYPES) {
        const evidence = withPart(input.evidence, 'log.firmware', () => relabelled(log, index, 'type', type));
        const found = improvements(before, appraise({ ...input, evidence }, cache));
        better.push(...found.map((text) => `event ${index} as 0x${type.toString(16)}: ${text}`));
      }
    }
    expect(better).toEqual([]);
  },
  5 * MINUTES,
);
