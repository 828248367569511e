import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logEvidence, readFirmwareLog, RuntimeList } from '../../src/agent/logs.ts';
import { contentId } from '../../src/bytes/hash.ts';
import { completeLogs } from '../../src/evidence/complete.ts';
import type { LogEvidence } from '../../src/evidence/bundle.ts';
import { temporaryFolder } from '../cli/captured-files.ts';

const text = (words: string): Uint8Array => new Uint8Array(Buffer.from(words));
const words = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const unavailable = (why: RegExp) =>
  expect.objectContaining({ name: 'LogUnavailable', message: expect.stringMatching(why) });

function logWith(bytes: Uint8Array): string {
  const path = join(temporaryFolder(), 'log');
  writeFileSync(path, bytes);
  return path;
}

function acknowledged(bytes: Uint8Array): { readonly id: string; readonly entries: number; readonly bytes: number } {
  return { id: contentId(bytes), entries: 1, bytes: bytes.length };
}

async function send(list: RuntimeList, whole = false): Promise<LogEvidence> {
  try {
    return await (whole ? list.wholeEvidence() : list.evidence());
  } finally {
    await list.close();
  }
}

describe('the firmware log', () => {
  it('goes whole, and as its id while the service has it', async () => {
    const bytes = text('firmware');
    const read = await readFirmwareLog(logWith(bytes));
    expect(logEvidence(read, null)).toEqual({ id: contentId(bytes), bytes: read });
    expect(Buffer.from(read)).toEqual(Buffer.from(bytes));
    expect(logEvidence(read, contentId(bytes))).toEqual({ id: contentId(bytes) });
    expect(logEvidence(read, contentId(text('another')))).toHaveProperty('bytes');
  });

  it('below securityfs states no size and is read to its end', async () => {
    // A file of the same kind that every Linux has.
    expect((await readFirmwareLog('/proc/self/status')).length).toBeGreaterThan(100);
  });

  it.each([
    ['not there', () => join(temporaryFolder(), 'none'), /not there/],
    ['below a file', () => join(logWith(text('x')), 'log'), /not there/],
    ['a folder', () => temporaryFolder(), /directory/],
    ['empty', () => logWith(text('')), /empty/],
    ['without end', () => '/dev/zero', /larger than 4194304 bytes/],
  ])('that is %s is not sent', async (_, path, why) => {
    await expect(readFirmwareLog(path())).rejects.toEqual(unavailable(why));
  });
});

describe('the runtime list', () => {
  const old = text('acknowledged ');

  it('goes whole the first time, with what was appended since it was opened', async () => {
    const path = logWith(text('one '));
    const list = await RuntimeList.open(path, null);
    expect(list.length).toBe(4);
    appendFileSync(path, 'two');
    const { id, bytes } = await send(list);
    expect(Buffer.from(bytes!).toString()).toBe('one two');
    expect(id).toBe(contentId(text('one two')));
  });

  it('goes as the acknowledged id and a tail that ends behind the quote', async () => {
    const path = logWith(Buffer.concat([old, text('before ')]));
    const list = await RuntimeList.open(path, acknowledged(old));
    expect(list.length).toBe(old.length + 7);
    appendFileSync(path, 'after');
    const evidence = await send(list);
    expect(evidence).toEqual({ id: contentId(old), tail: Buffer.from('before after') });
  });

  it('that did not change goes as its id', async () => {
    expect(await send(await RuntimeList.open(logWith(old), acknowledged(old)))).toEqual({ id: contentId(old) });
  });

  it.each([
    ['begins otherwise, after a resume', text('ACKNOWLEDGED and more'), old],
    ['is shorter, after kexec', text('new'), old],
    ['is empty, whatever was acknowledged', text(''), old],
  ])('that %s goes whole', async (_, now, before) => {
    const list = await RuntimeList.open(logWith(now), acknowledged(before));
    expect(list.length).toBe(now.length);
    const { id, bytes } = await send(list);
    expect([id, words(bytes!)]).toEqual([contentId(now), words(now)]);
  });

  it('goes whole when it is asked for, with what was appended in the meantime', async () => {
    const path = logWith(old);
    const list = await RuntimeList.open(path, acknowledged(old));
    await list.evidence();
    appendFileSync(path, 'more');
    const { bytes } = await send(list, true);
    expect(Buffer.from(bytes!).toString()).toBe('acknowledged more');
  });

  it('that cannot be had is said to be so', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'folder'));
    await expect(RuntimeList.open(join(folder, 'none'), null)).rejects.toEqual(unavailable(/not there/));
    await expect(RuntimeList.open(join(folder, 'folder'), null)).rejects.toEqual(unavailable(/directory/));
    await expect(RuntimeList.open('/dev/zero', null)).rejects.toEqual(unavailable(/larger than/));
  });

  it('is made whole by the service from what it kept, wherever it was cut and however it grew', async () => {
    const bytes = fc.uint8Array({ maxLength: 140_000, size: 'max' });
    await fc.assert(
      fc.asyncProperty(bytes, bytes, fc.double({ min: 0, max: 1, noNaN: true }), async (before, after, cut) => {
        const kept = before.subarray(0, Math.floor(before.length * cut));
        const path = logWith(before);
        const list = await RuntimeList.open(path, acknowledged(kept));
        appendFileSync(path, after);
        const imaLog = await send(list);
        const { bundle, missing } = completeLogs({ quotes: [], hints: new Map(), imaLog }, (id) =>
          id === contentId(kept) ? kept : undefined,
        );
        expect(missing).toEqual([]);
        expect(Buffer.compare(bundle.imaLog!.bytes!, Buffer.concat([before, after]))).toBe(0);
      }),
      { numRuns: 15 },
    );
  });
});
