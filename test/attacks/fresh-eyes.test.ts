/** Attacks found by looking at the judgement from outside; each was let through once. */
import { describe, expect, test, vi } from 'vitest';
import { digestHex } from '../../src/bytes/hash.ts';
import { parseJson } from '../../src/bytes/json.ts';
import { appraise } from '../../src/chain/appraise.ts';
import type { Appraisal, AppraisalInput } from '../../src/chain/model.ts';
import { argumentsOf } from '../../src/checks/command-line.ts';
import type { LinkId } from '../../src/checks/model.ts';
import { parseBundle } from '../../src/evidence/bundle.ts';
import { parseAsciiList } from '../../src/logs/ima/parse-ascii.ts';
import * as types from '../../src/logs/tcg/event-types.ts';
import type { ReferenceSet, ReferenceSetOf } from '../../src/references/reference-set.ts';
import { evidenceCode } from '../support/evidence-error.ts';
import { inputOf, statuses } from '../support/fixtures.ts';
import { findEvent, forge, type ForgedHost } from '../support/forge.ts';
import { file } from '../support/ima-list-builder.ts';
import { guid, GUIDS, signatureList, variable, type EventSpec } from '../support/tcg-log-builder.ts';
import { oneQuote } from './attack.ts';

const codesOf = (appraisal: Appraisal, link: LinkId): readonly string[] => [
  ...new Set(appraisal.links.find((one) => one.link === link)!.findings.map((finding) => finding.code)),
];
/** Puts an event before the separator of its PCR, where only the firmware measures. */
const beforeSeparator = (event: EventSpec) => (host: ForgedHost) => {
  host.events.splice(findEvent(host, event.pcr, types.EV_SEPARATOR), 0, event);
};
const forged = (event: EventSpec, fixture = 'uki/baseline') => appraise(forge(fixture, beforeSeparator(event)));

describe('four bytes that are no separator', () => {
  // EV_SEPARATOR does not say which value it has, and the type is not hashed: any 4 bytes could be called one.
  const called = (pcr: number): EventSpec => ({ pcr, type: types.EV_SEPARATOR, data: Buffer.from([2, 0, 7, 0]) });

  test.each([
    [0, 'firmware', 'firmware.component-unknown', 'unproven'],
    [2, 'firmware', 'firmware.component-unknown', 'unproven'],
    [3, 'firmware', 'firmware.configuration-unapproved', 'broken'],
    [6, 'firmware', 'firmware.configuration-unapproved', 'broken'],
    [4, 'boot', 'boot.event-unexpected', 'broken'],
    [5, 'boot', 'boot.event-unexpected', 'broken'],
  ] as const)('in PCR %i are judged', (pcr, link, code, status) => {
    const appraisal = forged(called(pcr));
    expect(codesOf(appraisal, link)).toEqual([code]);
    expect(statuses(appraisal)[link]).toBe(status);
  });

  test('in PCR 7 are judged', () => {
    expect(codesOf(forged(called(7), 'uki-secureboot/baseline'), 'secure-boot')).toEqual([
      'secure-boot.event-unexpected',
    ]);
  });
});

describe('a boot order whose four bytes are those of an error separator', () => {
  const order = Buffer.from([1, 0, 0, 0]);
  const event: EventSpec = {
    pcr: 1,
    type: types.EV_EFI_VARIABLE_BOOT,
    data: variable('BootOrder', GUIDS.global, order),
    measured: order,
  };

  test('is a boot order', () => {
    expect(forged(event).verdict).toBe('trusted');
  });

  test('is no separator that may be missing', () => {
    const without = (host: ForgedHost): void => {
      host.events[findEvent(host, 1, types.EV_SEPARATOR)] = event;
    };
    expect(codesOf(appraise(forge('uki/baseline', without)), 'log')).toEqual(['log.separator-missing']);
  });
});

describe('a challenge for a bank that the policy does not name', () => {
  const input = inputOf('uki/baseline');
  const alone = oneQuote(input, 1);
  const asked = (selection: string): AppraisalInput => ({
    ...alone,
    challenge: { nonce: input.challenge!.nonce, selection },
  });

  // Whoever may ask may be the host, and a bank that its firmware leaves alone holds whatever root extends.
  test('is not what the host is judged by', () => {
    const appraisal = appraise(asked('sha384:0-15'));
    expect([appraisal.verdict, appraisal.bank]).toEqual(['untrusted', null]);
    expect(codesOf(appraisal, 'quote')).toEqual(['quote.incomplete-selection']);
  });

  test('is judged in the policy’s bank when it asks for that one too', () => {
    const both = { nonce: input.challenge!.nonce, selection: 'sha256:0-15' };
    const appraisal = appraise({ ...input, challenge: both });
    expect([appraisal.verdict, appraisal.bank]).toEqual(['trusted', 'sha256']);
  });

  test('is judged in that bank when the policy names it', () => {
    const policy = { ...alone.policy, selection: 'sha384:0-15' };
    const appraisal = appraise({ ...asked('sha384:0-15'), policy });
    expect([statuses(appraisal).boot, appraisal.bank]).toEqual(['holds', 'sha384']);
  });
});

describe('what an expired reference forbids', () => {
  const EXPIRED = '2001-01-01T00:00:00Z';
  const withSet = (fixture: string, set: (input: AppraisalInput) => ReferenceSet): AppraisalInput => {
    const input = inputOf(fixture);
    return { ...input, policy: { ...input.policy, references: [...input.policy.references, set(input)] } };
  };
  const setOf = <K extends ReferenceSet['kind']>(input: AppraisalInput, kind: K): ReferenceSetOf<K> =>
    input.policy.references.find((set): set is ReferenceSetOf<K> => set.kind === kind)!;

  test('stays forbidden: firmware known to be bad', () => {
    const appraisal = appraise(
      withSet('uki/baseline', (input) => {
        const firmware = setOf(input, 'firmware');
        const { component, digests } = firmware.components[0]!;
        const revoked = [{ component, digests, reason: 'known to be bad' }];
        return { ...firmware, name: 'old', expiresAt: EXPIRED, components: [], revoked };
      }),
    );
    expect(codesOf(appraisal, 'firmware')).toEqual(['firmware.component-revoked']);
  });

  test('stays required: an entry of dbx', () => {
    const appraisal = appraise(
      withSet('uki-secureboot/baseline', (input) => {
        const dbx = setOf(input, 'dbx');
        return { ...dbx, name: 'old', expiresAt: EXPIRED, required: ['ab'.repeat(32)] };
      }),
    );
    expect(codesOf(appraisal, 'secure-boot')).toEqual(['secure-boot.dbx-incomplete']);
  });

  test('answers nothing by itself', () => {
    const input = inputOf('uki-secureboot/baseline');
    const references = input.policy.references.map((set) =>
      set.kind === 'dbx' ? { ...set, expiresAt: EXPIRED } : set,
    );
    const appraisal = appraise({ ...input, policy: { ...input.policy, references } });
    expect(statuses(appraisal)['secure-boot']).toBe('unproven');
    expect(codesOf(appraisal, 'secure-boot')).toEqual(['secure-boot.reference-missing']);
  });
});

describe('a forbidden signature that forbids nothing', () => {
  const bad = Buffer.alloc(32, 0x5a);
  const list = (type: Uint8Array) => signatureList(type, [Buffer.concat([Buffer.alloc(16), bad])]);
  const judged = (type: Uint8Array): Appraisal => {
    const input = forge('uki-secureboot/baseline', (host) => {
      host.events[findEvent(host, 7, types.EV_EFI_VARIABLE_DRIVER_CONFIG, 4)] = {
        pcr: 7,
        type: types.EV_EFI_VARIABLE_DRIVER_CONFIG,
        data: variable('dbx', GUIDS.imageSecurity, list(type)),
      };
    });
    const references = input.policy.references.map((set) =>
      set.kind === 'dbx' ? { ...set, required: [digestHex('sha256', bad)] } : set,
    );
    return appraise({ ...input, policy: { ...input.policy, references } });
  };

  test('counts in a list of hashes', () => {
    expect(codesOf(judged(GUIDS.sha256), 'secure-boot')).toEqual([]);
  });

  test.each([
    ['of a type no firmware looks into', guid('12345678-0000-0000-0000-000000000000')],
    ['of certificates, where it is none', GUIDS.x509],
  ])('does not count in a list %s', (_, type) => {
    expect(codesOf(judged(type), 'secure-boot')).toEqual(['secure-boot.dbx-incomplete']);
  });
});

test('a command line with a quote that does not end is one argument from there on, as for the kernel', () => {
  expect(argumentsOf('quiet note="x lockdown=integrity')).toEqual(['quiet', 'note=x lockdown=integrity']);
});

describe('cost', () => {
  test('a body of a million empty lists is refused before it is read into objects', () => {
    const many = `[${'[],'.repeat(2_000_000)}[]]`;
    expect(evidenceCode(() => parseJson(many))).toBe('json.values');
    expect(evidenceCode(() => parseBundle(`{"schema":"assay.evidence/1","quotes":[${'{},'.repeat(20_000)}{}]}`))).toBe(
      'json.values',
    );
    expect(parseJson(`["${'[],{},'.repeat(100_000)}"]`)).toHaveLength(1);
  });

  test('a line of nothing but spaces is no list of as many words', () => {
    const line = `10 ${'1'.repeat(40)} ima-ng ${' '.repeat(1 << 20)}x\n`;
    const split = vi.spyOn(String.prototype, 'split');
    try {
      evidenceCode(() => parseAsciiList(Buffer.from(line)));
      const words = split.mock.results.map(({ value }) => (value as readonly string[]).length);
      expect(Math.max(0, ...words)).toBeLessThan(100);
    } finally {
      split.mockRestore();
    }
  });

  test('a list of nothing but aggregates does not fill the result', () => {
    const appraisal = appraise(
      forge('uki/baseline', (host) => {
        for (let i = 0; i < 1000; i++) host.entries.push(file('boot_aggregate', { digest: Buffer.alloc(32, i) }));
      }),
    );
    expect(statuses(appraisal).runtime).toBe('broken');
    expect(appraisal.facts.filter((fact) => fact.name === 'ima.boot-aggregate').length).toBeLessThan(20);
  });
});
