import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readFixture } from './derived.ts';
import * as edits from './edits.ts';

let firmware: Buffer;
let ima: Buffer;

beforeAll(async () => {
  const fixture = await readFixture(join(import.meta.dirname, '../../fixtures/uki/baseline'));
  firmware = Buffer.from(fixture.bundles.ecc.logs.firmware, 'base64url');
  ima = Buffer.from(fixture.bundles.ecc.logs.ima, 'base64url');
});

describe('firmware log', () => {
  const count = (log: Buffer): number => edits.eventSpans(log).length;

  test('its events fill the log', () => {
    const spans = edits.eventSpans(firmware);
    expect(spans.at(-1)?.end).toBe(firmware.length);
    expect(spans.length).toBeGreaterThan(30);
  });

  test('each edit leaves a log that parses', () => {
    const before = count(firmware);
    expect(count(edits.eventRemoved(firmware))).toBe(before - 1);
    expect(count(edits.eventAdded(firmware))).toBe(before + 1);
    expect(count(edits.logTruncated(firmware))).toBe(before - 1);
    for (const edit of [edits.eventReordered, edits.eventRelabelled, edits.eventEdited]) {
      const edited = edit(firmware);
      expect(count(edited)).toBe(before);
      expect(edited.length).toBe(firmware.length);
      expect(edited.equals(firmware)).toBe(false);
    }
  });

  test('relabelling and editing touch no digest', () => {
    const changed = (log: Buffer): number[] => [...log.keys()].filter((index) => log[index] !== firmware[index]);
    const relabelled = changed(edits.eventRelabelled(firmware));
    const spans = edits.eventSpans(firmware);
    expect(spans.some((span) => relabelled.every((index) => index >= span.start + 4 && index < span.start + 8))).toBe(
      true,
    );
    const edited = changed(edits.eventEdited(firmware));
    expect(spans.some((span) => edited.every((index) => index >= span.data && index < span.end))).toBe(true);
  });
});

describe('IMA list', () => {
  const paths = (list: Buffer): string[] => edits.imaSpans(list).map((entry) => edits.imaPath(list, entry));

  test('begins with the boot aggregate and names the programs of the hypervisor', () => {
    expect(paths(ima)[0]).toBe('boot_aggregate');
    expect(paths(ima)).toEqual(
      expect.arrayContaining(['/init', '/etc/ima/ima-policy', '/usr/bin/qemu-system-x86_64', '/usr/bin/swtpm']),
    );
  });

  test('each edit leaves a list that parses', () => {
    const before = paths(ima);
    expect(paths(edits.imaEntryRemoved(ima, '/usr/bin/swtpm'))).toEqual(
      before.filter((path) => path !== '/usr/bin/swtpm'),
    );
    expect(paths(edits.imaEntryAdded(ima))).toEqual([...before, before.at(-1)]);
    expect(paths(edits.imaEntriesReordered(ima)).slice(0, 3)).toEqual([before[0], before[2], before[1]]);
    expect(paths(edits.imaTruncated(ima, 5))).toEqual(before.slice(0, 5));
    expect(edits.imaAfterKexec(Buffer.concat([ima, ima])).equals(ima)).toBe(true);
    expect(() => edits.imaAfterKexec(ima)).toThrow('no kexec');
  });
});
