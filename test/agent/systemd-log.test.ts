import { appendFileSync, chmodSync, copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SystemdLog } from '../../src/agent/systemd-log.ts';
import { parseCelLog } from '../../src/logs/cel/parse.ts';
import { temporaryFolder } from '../cli/captured-files.ts';
import { testEdge } from './edge.ts';

const unavailable = (why: RegExp) =>
  expect.objectContaining({ name: 'LogUnavailable', message: expect.stringMatching(why) });

/** A log as systemd leaves it: mode 0600, and the sticky bit while a record is under way. */
function logOf(text: string, mode = 0o600): string {
  const path = join(temporaryFolder(), 'tpm2-measure.log');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const sent = async (path: string, edge = testEdge()): Promise<string | undefined> => {
  const bytes = await (await SystemdLog.look(path)).read(edge);
  return bytes && Buffer.from(bytes).toString();
};

describe('systemd’s log', () => {
  it('is read whole', async () => {
    const path = join(temporaryFolder(), 'tpm2-measure.log');
    copyFileSync('fixtures/systemd-log/262/tpm2-measure.log', path);
    const log = await SystemdLog.look(path);
    const bytes = (await log.read(testEdge()))!;
    expect([bytes.length, parseCelLog(bytes).untrusted.anomalies]).toEqual([log.length, []]);
  });

  it('is counted before the quote and read after it', async () => {
    const path = logOf('one\n');
    const log = await SystemdLog.look(path);
    appendFileSync(path, 'two\n');
    expect([log.length, Buffer.from((await log.read(testEdge()))!).toString()]).toEqual([4, 'one\ntwo\n']);
  });

  it('that is not there is none, and may begin meanwhile', async () => {
    const path = logOf('');
    rmSync(path);
    const log = await SystemdLog.look(path);
    expect([log.length, await log.read(testEdge())]).toEqual([null, undefined]);
    writeFileSync(path, 'one\n');
    expect([log.length, Buffer.from((await log.read(testEdge()))!).toString()]).toEqual([null, 'one\n']);
  });

  it.each([
    ['while a PCR is extended and its record is not written yet', 'one\n', 0o1600, 'two\n'],
    ['while a record is written', 'one\ntw', 0o600, 'o\n'],
    ['while both are so', 'one\ntw', 0o1600, 'o\n'],
  ])('is waited for %s', async (_, before, mode, after) => {
    const path = logOf(before, mode);
    const edge = testEdge(0, (slept) => {
      if (slept.length < 3) return;
      appendFileSync(path, after);
      chmodSync(path, 0o600);
    });
    expect([await sent(path, edge), edge.slept]).toEqual(['one\ntwo\n', [50, 50, 50, 50]]);
  });

  it.each([
    ['a record under way', 'one\n', 0o1600],
    ['half a record', 'one\ntw', 0o600],
  ])('goes as it is after a second where a writer was killed: %s', async (_, text, mode) => {
    const edge = testEdge();
    expect([await sent(logOf(text, mode), edge), edge.slept]).toEqual([text, Array(20).fill(50)]);
  });

  it('with nothing in it goes with nothing in it', async () => {
    expect(await sent(logOf(''))).toBe('');
  });

  it.each([
    ['below a file', () => join(logOf('x'), 'log'), /not there/],
    ['a folder', () => temporaryFolder(), /directory/],
    ['without end', () => '/dev/zero', /larger than 1048576 bytes/],
  ])('that is %s cannot be had', async (_, path, why) => {
    await expect(SystemdLog.look(path())).rejects.toEqual(unavailable(why));
  });
});
