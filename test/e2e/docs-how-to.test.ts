/** Each how-to, carried out word by word in a copy of the repository: its files, its changes, its commands. */
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { applyDiff, blocksOf, fileOf, type Block } from '../docs/markdown.ts';
import { ROOT, trackedFiles } from '../support/repository.ts';
import { run } from '../tools/programs.ts';

/** What a change needs beside sources: linked where only read, copied where a how-to writes. */
const LINKED = ['node_modules', 'fixtures', 'policies'];
const COPIED = ['.ci', 'src', 'test', 'docs', 'package.json', 'tsconfig.json', 'vitest.config.ts'];

const HOW_TOS = ['add-an-event-type', 'add-a-check', 'add-a-format'];

let copy: string;
const pages = new Map<string, readonly Block[]>();
const written = new Set<string>();

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'assay-how-to-'));
  const files = (await Promise.all(COPIED.map((path) => trackedFiles(path)))).flat();
  for (const file of files) {
    await mkdir(dirname(join(copy, file)), { recursive: true });
    await cp(join(ROOT, file), join(copy, file));
  }
  for (const path of LINKED) await symlink(join(ROOT, path), join(copy, path));
  for (const name of HOW_TOS) {
    const blocks = blocksOf(await readFile(join(ROOT, 'docs/how-to', `${name}.md`), 'utf8'));
    pages.set(name, blocks);
    for (const block of blocks) await carryOut(block);
  }
});
afterAll(() => rm(copy, { recursive: true, force: true }));

/** Writes or changes the file a block names; a block that names none is shown only, or run below. */
async function carryOut(block: Block): Promise<void> {
  const file = fileOf(block);
  if (file === undefined) return;
  const path = join(copy, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, block.language === 'diff' ? applyDiff(await readFile(path, 'utf8'), block.text) : block.text);
  written.add(file);
}

function commandsOf(name: string): string[] {
  const blocks = pages.get(name)!.filter(({ language, info }) => language === 'sh' && info === 'how-to');
  return blocks.flatMap(({ text }) => text.trimEnd().split('\n'));
}

it('every page has files, a test and the commands to run', () => {
  for (const name of HOW_TOS) {
    const files = pages.get(name)!.flatMap((block) => fileOf(block) ?? []);
    expect(files.filter((file) => file.endsWith('.test.ts'))).toHaveLength(1);
    expect(commandsOf(name)).toContain('npm run types');
    expect(commandsOf(name).some((command) => command.startsWith('npx vitest run'))).toBe(true);
  }
});

// The pages are carried out in one copy, so that its types are checked once.
it('what the pages add is formatted and has no type error', async () => {
  const config = ['--config', join(ROOT, '.prettierrc.json')];
  const prettier = [bin('prettier/bin/prettier.cjs'), '--check', ...config, ...written];
  expect(await run('node', prettier, { cwd: copy })).toMatchObject({ code: 0 });
  expect(await run('node', started('npm run types'), { cwd: copy })).toMatchObject({ code: 0 });
});

it.each(HOW_TOS)('docs/how-to/%s.md: its commands pass', async (name) => {
  const commands = commandsOf(name).filter((command) => command !== 'npm run types');
  for (const command of commands) expect(await run('node', started(command), { cwd: copy })).toMatchObject({ code: 0 });
});

/** The arguments of Node for a command: npm itself is slow and would look for updates. */
function started(command: string): string[] {
  if (command === 'npm run types') return [bin('typescript/bin/tsc'), '-p', 'tsconfig.json', '--noEmit'];
  const [npx, tool, ...rest] = command.split(' ');
  if (npx === 'npx' && tool === 'vitest') return [bin('vitest/vitest.mjs'), ...rest];
  if (npx === 'npx' && tool === 'tsx') return [bin('tsx/dist/cli.mjs'), ...rest];
  throw new Error(`no how-to runs ${command}`);
}

function bin(path: string): string {
  return join(copy, 'node_modules', path);
}
