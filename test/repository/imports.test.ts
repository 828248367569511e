import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findCycle, importsOf, readModules, type Module } from '../support/modules.ts';
import { filesBelow, ROOT, trackedFiles } from '../support/repository.ts';
import { loadedViolations, readRoomTable, roomViolations } from '../support/rooms.ts';

const table = readRoomTable();
const SRC = join(ROOT, 'src');
const isSource = (path: string): boolean => /\.tsx?$/.test(path);
const modules = readModules(SRC, filesBelow(SRC).filter(isSource));

describe('the sources', () => {
  it('import only what the room table allows', () => {
    expect(roomViolations(table, modules)).toEqual([]);
  });

  it('load nothing by a way around that their room must not', () => {
    expect(loadedViolations(table, modules)).toEqual([]);
  });

  it('have no import cycle', () => {
    expect(findCycle(modules)).toBeNull();
  });

  it('were all read', async () => {
    const listed = (await trackedFiles('src')).filter(isSource).map((path) => path.slice('src/'.length));
    const read = new Set(modules.map((module) => module.path));
    expect(listed.length).toBeGreaterThan(0);
    expect(listed.filter((path) => !read.has(path))).toEqual([]);
    expect(modules.flatMap((module) => module.imports).length).toBeGreaterThan(modules.length);
  });
});

/** What a small planted source is told about its imports, among a few files that are there. */
function plant(path: string, source: string): string[] {
  const others = ['bytes/text.ts', 'tpm/attest.ts', 'evidence/bundle.ts', 'evidence/input.ts', 'api/client.ts'];
  const there: Module[] = [...others, 'service/app.ts'].map((name) => ({ path: name, imports: [] }));
  return roomViolations(table, [...there, { path, imports: importsOf(path, source) }]);
}

describe('a planted violation is found:', () => {
  it.each([
    ['a room below', 'bytes/planted.ts', `import { x } from '../tpm/attest.ts';`],
    ['a room below, for its types', 'bytes/planted.ts', `import type { X } from '../tpm/attest.ts';`],
    ['a room below, in a type', 'bytes/planted.ts', `export type X = import('../tpm/attest.ts').X;`],
    ['a room below, exported on', 'bytes/planted.ts', `export * from '../tpm/attest.ts';`],
    ['a room below, when it runs', 'bytes/planted.ts', `const x = await import('../tpm/attest.ts');`],
    ['the file system in a pure room', 'tpm/planted.ts', `import { readFileSync } from 'node:fs';`],
    ['a package in a pure room', 'tpm/planted.ts', `import { parse } from 'yaml';`],
    ['a package required in a pure room', 'tpm/planted.ts', `const x = require('fs');`],
    ['a room that the agent may not have', 'agent/planted.ts', `import { x } from '../evidence/input.ts';`],
    ['anything but the client in the user interface', 'ui/planted.ts', `import { toHex } from '../bytes/text.ts';`],
    ['libtss2 outside its room', 'agent/planted.ts', `import koffi from 'koffi';`],
    ['a file outside src', 'cli/planted.ts', `import { x } from '../../test/support/seed.ts';`],
    ['a file that is not there', 'cli/planted.ts', `import { x } from '../bytes/nowhere.ts';`],
    ['a folder that is no room', 'planted/planted.ts', ``],
    ['a file beside the rooms', 'planted.ts', ``],
    ['too much in the library', 'index.ts', `export * from './service/app.ts';`],
  ])('%s', (_what, path, source) => {
    expect(plant(path, source)).toHaveLength(1);
  });

  it('a cycle', () => {
    const cycle: Module[] = [
      { path: 'bytes/a.ts', imports: importsOf('bytes/a.ts', `import './b.ts';`) },
      { path: 'bytes/b.ts', imports: importsOf('bytes/b.ts', `export * from './c.ts';`) },
      { path: 'bytes/c.ts', imports: importsOf('bytes/c.ts', `export const a = () => import('./a.ts');`) },
    ];
    expect(findCycle(cycle)).toEqual(['bytes/a.ts', 'bytes/b.ts', 'bytes/c.ts', 'bytes/a.ts']);
  });

  it('a package by a way around, but not one whose types alone are named', () => {
    const planted = (type: string): string[] =>
      loadedViolations(table, [
        { path: 'agent/a.ts', imports: importsOf('agent/a.ts', `import '../api/client.ts';`) },
        { path: 'api/client.ts', imports: importsOf('api/client.ts', `import ${type}{ x } from './schemas.ts';`) },
        { path: 'api/schemas.ts', imports: importsOf('api/schemas.ts', `import * as z from 'zod/mini';`) },
      ]);
    expect(planted('')).toEqual(['agent loads zod: agent/a.ts → api/client.ts → api/schemas.ts → zod/mini']);
    expect(planted('type ')).toEqual([]);
  });

  it('an import whose name is not a literal', () => {
    expect(() => importsOf('bytes/a.ts', 'await import(name);')).toThrow(/not a literal/);
  });
});

it.each([
  [
    'agent/x.ts',
    `import '../bytes/text.ts'; import '../evidence/bundle.ts'; import '../api/client.ts'; import 'node:fs';`,
  ],
  ['agent/tss2/x.ts', `import koffi from 'koffi'; import '../../bytes/text.ts';`],
  ['ui/x.tsx', `import '../api/client.ts';`],
  ['policy/x.ts', `import { parse } from 'yaml'; import '../evidence/input.ts';`],
  ['cli/x.ts', `import 'node:fs'; import '../service/app.ts'; import './x.ts';`],
  ['index.ts', `export * from './evidence/bundle.ts';`],
])('what the table allows passes: %s', (path, source) => {
  expect(plant(path, source)).toEqual([]);
});
