/** The root hash of dm-verity as it is recomputed here, beside veritysetup(8). */
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bytesSource } from '../../src/images/source.ts';
import { readSuperblock, verityRoot } from '../../src/images/verity.ts';
import { ensureInstalled, run } from './programs.ts';

let folder = '';
beforeAll(async () => {
  await ensureInstalled(['veritysetup']);
  folder = await mkdtemp(join(tmpdir(), 'assay-verity-'));
}, 600_000);
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const SALT = '00112233445566778899aabbccddeeff';

// A hash block of 4096 bytes holds 128 digests, one of 1024 bytes 32: the tree's edges lie there.
test.each([
  { blocks: 1, data: 4096, hash: 4096, salt: SALT },
  { blocks: 2, data: 4096, hash: 4096, salt: '-' },
  { blocks: 128, data: 4096, hash: 4096, salt: SALT },
  { blocks: 129, data: 4096, hash: 4096, salt: 'ab'.repeat(256) },
  { blocks: 32 * 32, data: 512, hash: 1024, salt: SALT },
  { blocks: 32 * 32 + 1, data: 512, hash: 1024, salt: SALT },
  { blocks: 128 * 128 + 1, data: 1024, hash: 4096, salt: SALT },
])('$blocks blocks of $data bytes below hash blocks of $hash', async ({ blocks, data, hash, salt }) => {
  const dataFile = join(folder, 'data');
  const hashFile = join(folder, 'hash');
  const bytes = Buffer.alloc(blocks * data);
  for (let block = 0; block < blocks; block++) bytes.writeUInt32LE(block + 1, block * data);
  await writeFile(dataFile, bytes);
  await rm(hashFile, { force: true });
  const sizes = [`--data-block-size=${data}`, `--hash-block-size=${hash}`];
  const { stdout } = await run('veritysetup', ['format', dataFile, hashFile, ...sizes, `--salt=${salt}`]);
  const theirs = /^Root hash:\s+([0-9a-f]{64})$/m.exec(stdout.toString())?.[1];
  const parameters = readSuperblock(await readFile(hashFile));
  expect(parameters).toMatchObject({ dataBlocks: blocks, dataBlockSize: data, hashBlockSize: hash });
  expect(verityRoot(bytesSource(bytes), parameters)).toBe(theirs);

  // Both notice one changed byte in the last block; before it, veritysetup has nothing to say.
  const verify = ['verify', dataFile, hashFile, theirs!];
  await run('veritysetup', verify);
  const changed = Buffer.from(bytes);
  changed[changed.length - 1]! ^= 1;
  const file = await open(dataFile, 'r+');
  await file.write(changed.subarray(-1), 0, 1, changed.length - 1);
  await file.close();
  const verified = await run('veritysetup', verify, { accept: [1, 2] });
  expect(verified.stderr.toString()).toMatch(/[Vv]erification .*failed/);
  expect(verityRoot(bytesSource(changed), parameters)).not.toBe(theirs);
});
