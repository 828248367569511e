import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { dumpFile, landedDigests, landedMigrations, presentDigests } from './schemas/landed.ts';

it('what has landed is not edited: a database out there was made by it (attack 97)', () => {
  expect(presentDigests()).toEqual(landedDigests());
});

it('every landed schema is kept, for both databases', () => {
  expect(landedMigrations().length).toBeGreaterThan(0);
  const files = landedMigrations().flatMap((name) => [dumpFile(name, 'sqlite'), dumpFile(name, 'postgres')]);
  expect(files.filter((file) => !existsSync(file))).toEqual([]);
});
