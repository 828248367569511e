/** The signing key and its folder (attack 98). */

import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSigningKey, openDataDirectory } from '../../src/service/data-directory.ts';
import { temporaryFolder } from './running.ts';

const modeOf = (path: string): number => lstatSync(path).mode & 0o777;

async function withKey(): Promise<{ folder: string; file: string; kid: string }> {
  const folder = await openDataDirectory(join(temporaryFolder(), 'data'));
  const { kid } = await loadSigningKey(folder);
  return { folder, kid, file: join(folder, 'signing-key.jwk') };
}

const refusal = (code: string) => expect.objectContaining({ name: 'UsageError', code });

describe('the data folder', () => {
  it('is made for its user alone, and so is the key; nothing else is left in it', async () => {
    const { folder, file } = await withKey();
    expect(modeOf(folder)).toBe(0o700);
    expect(modeOf(file)).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['signing-key.jwk']);
  });

  it('keeps the key', async () => {
    const { folder, kid } = await withKey();
    expect((await loadSigningKey(folder)).kid).toBe(kid);
  });

  it('gives one key to two services that start at once', async () => {
    const folder = await openDataDirectory(join(temporaryFolder(), 'data'));
    const keys = await Promise.all([loadSigningKey(folder), loadSigningKey(folder), loadSigningKey(folder)]);
    expect(new Set(keys.map((key) => key.kid)).size).toBe(1);
  });

  it.each([0o755, 0o770, 0o701])('is refused with mode %i', async (mode) => {
    const folder = join(temporaryFolder(), 'data');
    mkdirSync(folder);
    chmodSync(folder, mode);
    await expect(openDataDirectory(folder)).rejects.toThrow(refusal('data.permissions'));
  });

  it('is refused when it is a file or a link', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '', { mode: 0o600 });
    await expect(openDataDirectory(join(folder, 'file'))).rejects.toThrow(refusal('data.not-a-directory'));
    await expect(openDataDirectory(join(folder, 'file', 'data'))).rejects.toThrow(refusal('data.unusable'));
    mkdirSync(join(folder, 'other'), { mode: 0o700 });
    symlinkSync(join(folder, 'other'), join(folder, 'link'));
    await expect(openDataDirectory(join(folder, 'link'))).rejects.toThrow(refusal('data.not-a-directory'));
  });
});

describe('the signing key', () => {
  it.each([0o644, 0o640, 0o602])('is refused with mode %i', async (mode) => {
    const { folder, file } = await withKey();
    chmodSync(file, mode);
    await expect(loadSigningKey(folder)).rejects.toThrow(refusal('data.permissions'));
  });

  it('is refused when it is a link', async () => {
    const { folder, file } = await withKey();
    renameSync(file, join(folder, 'elsewhere'));
    symlinkSync(join(folder, 'elsewhere'), file);
    await expect(loadSigningKey(folder)).rejects.toThrow(refusal('data.permissions'));
  });

  it.each(['', '{}', 'not json', '{"kty":"oct","k":"c2VjcmV0"}', 'x'.repeat(5000)])(
    'is refused, not replaced, when it cannot be used: %j',
    async (text) => {
      const { folder, file } = await withKey();
      writeFileSync(file, text);
      await expect(loadSigningKey(folder)).rejects.toThrow(refusal('data.key'));
      expect(readFileSync(file, 'utf8')).toBe(text);
    },
  );

  it('does not appear in the message about itself (attack 93)', async () => {
    const { folder, file } = await withKey();
    writeFileSync(file, '{"kty":"EC","crv":"P-256","d":"c2VjcmV0LXNlY3JldA"');
    await expect(loadSigningKey(folder)).rejects.toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('c2VjcmV0') as string }),
    );
  });
});
