/**
 * What no digest covers never makes a link better: the type and the PCR of an event, the order of events of different PCRs.
 * The machines here are really other than approved, and their logs are honest: a host would change them to hide that.
 */
import { describe, expect, test } from 'vitest';
import { appraise } from '../../src/chain/appraise.ts';
import { createCache } from '../../src/chain/cache.ts';
import type { AppraisalInput } from '../../src/chain/model.ts';
import { parseTcgLog } from '../../src/logs/tcg/parse.ts';
import { inputOf, statuses } from '../support/fixtures.ts';
import { EVENT_TYPES, improvements, relabelled, seededRandom, swapped, withPart } from '../support/flips.ts';
import { SEED } from '../support/seed.ts';

const MACHINES = [
  'uki/other-cmdline',
  'uki/other-initrd',
  'uki/kvm-module-in-initrd',
  'uki/extra-program',
  'uki/no-lockdown',
  'uki/foreign-loader',
  'uki/pcr7-extended',
  'uki/pcr12-extended',
  'uki-secureboot/secure-boot-disabled',
  'uki-secureboot/setup-mode',
  'uki-secureboot/other-signer',
  'shim-grub/kexec-joined-list',
] as const;

/** Of each machine; test/e2e/every-byte.test.ts tries all. */
const SAMPLE = 25;

/** Appraises the input with another firmware log. */
function judge(input: AppraisalInput) {
  const cache = createCache(8);
  const before = appraise(input, cache);
  const log = input.evidence.firmwareLog!.bytes!;
  const after = (edited: Uint8Array) =>
    appraise({ ...input, evidence: withPart(input.evidence, 'log.firmware', () => edited) }, cache);
  return { before, after, log, events: parseTcgLog(log).untrusted.events };
}

describe.each(MACHINES)('%s', { timeout: 60_000 }, (name) => {
  const { before, after, log, events } = judge(inputOf(name));

  test.each([
    ['type', EVENT_TYPES],
    ['pcr', Array.from({ length: 25 }, (_, pcr) => pcr)],
  ] as const)('another %s of an event makes no link better', (field, values) => {
    const random = seededRandom(SEED);
    const better: string[] = [];
    for (let i = 0; i < SAMPLE; i++) {
      const index = 1 + Math.floor(random() * (events.length - 1));
      const value = values[Math.floor(random() * values.length)]!;
      const found = improvements(before, after(relabelled(log, index, field, value)));
      better.push(...found.map((text) => `event ${index}, ${field} ${value}: ${text}`));
    }
    expect(better).toEqual([]);
  });

  test('the order of events of different PCRs changes no link', () => {
    const pairs = events.slice(1, -1).filter(({ index, pcr }) => events[index + 1]!.pcr !== pcr);
    expect(pairs.length).toBeGreaterThan(5);
    for (const { index } of pairs) expect(statuses(after(swapped(log, index)))).toEqual(statuses(before));
  });
});
