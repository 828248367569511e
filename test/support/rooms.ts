/** The room table of `.ci/imports.json` and what it forbids. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Import, Module } from './modules.ts';
import { ROOT } from './repository.ts';

export interface RoomTable {
  /** A room imports itself and rooms before it. */
  readonly order: readonly string[];
  /** Rooms that import less than their place allows: rooms, or files of a room by their path without the ending. */
  readonly only: Readonly<Record<string, readonly string[]>>;
  /** Packages that one folder hides from all others. */
  readonly home: Readonly<Record<string, string>>;
  /** Rooms and packages that a room must not load, by whatever way; imports of types load nothing. */
  readonly without: Readonly<Record<string, readonly string[]>>;
  /** The one barrel, and the last room it may export. */
  readonly barrel: { readonly file: string; readonly through: string };
  /** Rooms without input or output, clock, randomness: the packages they may import, and those of single rooms. */
  readonly pure: {
    readonly through: string;
    readonly packages: readonly string[];
    readonly more: Readonly<Record<string, readonly string[]>>;
  };
}

export function readRoomTable(): RoomTable {
  return JSON.parse(readFileSync(join(ROOT, '.ci/imports.json'), 'utf8')) as RoomTable;
}

/** One sentence per import that the table forbids. */
export function roomViolations(table: RoomTable, modules: readonly Module[]): string[] {
  const known = new Set(modules.map((module) => module.path));
  return modules.flatMap((module) => {
    const room = roomOf(table, module.path);
    if (room === null) return [`${module.path}: is in no room`];
    return module.imports.flatMap((imported) => {
      const problem =
        imported.file === null
          ? (packageProblem(table, room, imported.specifier) ?? homeProblem(table, module.path, imported.specifier))
          : fileProblem(table, room, imported, imported.file, known);
      return problem === null ? [] : [`${module.path}: ${problem}`];
    });
  });
}

/** The room a source lies in; the library's file counts as the last room it may export. */
function roomOf(table: RoomTable, path: string): string | null {
  if (path === table.barrel.file) return table.barrel.through;
  const room = path.includes('/') ? path.slice(0, path.indexOf('/')) : null;
  return room !== null && table.order.includes(room) ? room : null;
}

function fileProblem(
  table: RoomTable,
  room: string,
  { specifier }: Import,
  file: string,
  known: ReadonlySet<string>,
): string | null {
  if (file.startsWith('..')) return `imports ${specifier}, which is outside src`;
  if (!known.has(file)) return `imports ${specifier}, which is not there`;
  if (file === table.barrel.file) return `imports ${specifier}: the library is for others`;
  const target = roomOf(table, file);
  if (target === room || target === null) return null;
  const allowed = table.only[room];
  if (allowed !== undefined) {
    const may = allowed.includes(target) || allowed.includes(file.replace(/\.tsx?$/, ''));
    return may ? null : `imports ${specifier}: ${room} imports ${allowed.join(', ')} only`;
  }
  const above = table.order.indexOf(target) < table.order.indexOf(room);
  return above ? null : `imports ${specifier}: ${target} is not above ${room}`;
}

function packageProblem(table: RoomTable, room: string, specifier: string): string | null {
  const { through, packages, more } = table.pure;
  if (table.order.indexOf(room) > table.order.indexOf(through)) return null;
  const allowed = [...packages, ...(more[room] ?? [])];
  return allowed.includes(specifier)
    ? null
    : `imports ${specifier}: ${room} is pure and imports ${allowed.join(', ')} only`;
}

function homeProblem(table: RoomTable, path: string, specifier: string): string | null {
  const home = table.home[specifier];
  if (home === undefined || path.startsWith(`${home}/`)) return null;
  return `imports ${specifier}: only ${home} does`;
}

/** One sentence per room and per room or package that it loads by some way and must not, with that way. */
export function loadedViolations(table: RoomTable, modules: readonly Module[]): string[] {
  return Object.entries(table.without).flatMap(([room, banned]) => {
    const ways = waysFrom(modules, room);
    return banned.flatMap((name) => {
      const found = [...ways].find(([reached]) => reached === name || reached.startsWith(`${name}/`));
      return found === undefined ? [] : [`${room} loads ${name}: ${found[1].join(' → ')}`];
    });
  });
}

/** Every file and package that the files of a room load, each with one way that leads there. */
function waysFrom(modules: readonly Module[], room: string): ReadonlyMap<string, readonly string[]> {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const ways = new Map<string, readonly string[]>();
  const open = modules.map(({ path }) => path).filter((path) => path.startsWith(`${room}/`));
  for (const path of open) ways.set(path, [path]);
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    for (const { file, specifier, typeOnly } of byPath.get(path)?.imports ?? []) {
      const target = file ?? specifier;
      if (typeOnly || ways.has(target)) continue;
      ways.set(target, [...ways.get(path)!, target]);
      if (file !== null) open.push(file);
    }
  }
  return ways;
}
