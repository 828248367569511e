import { expect, test } from 'vitest';
import { PROGRAMS, ProgramError, ensureInstalled, missingPrograms, run, type ProgramName } from './programs.ts';

const names = Object.keys(PROGRAMS) as ProgramName[];

test('every installed program belongs to the Debian package the table names', async () => {
  const missing = new Set(missingPrograms(names));
  const debian = names.filter((name) => PROGRAMS[name].package !== null && !missing.has(name));
  expect(debian.length).toBeGreaterThan(0);
  for (const name of debian) {
    const { path, package: owner } = PROGRAMS[name];
    // Packages older than the merge of /usr list their files below /bin.
    const { stdout } = await run('dpkg-query', ['-S', path, path.replace(/^\/usr/, '')], { accept: [0, 1] });
    const owners = stdout
      .toString()
      .split('\n')
      .map((line) => line.split(':')[0]);
    expect({ path, owners }).toMatchObject({ path, owners: expect.arrayContaining([owner]) as unknown });
  }
});

test('a program that fails is an error that shows what it said', async () => {
  const failing = run('node', ['-e', 'console.error("no such thing"); process.exit(7)']);
  await expect(failing).rejects.toThrow(/exit 7\nno such thing/);
});

test('a program that does not end is killed', async () => {
  const endless = run('node', ['-e', 'setInterval(() => {}, 1000)'], { timeout: 200 });
  await expect(endless).rejects.toBeInstanceOf(ProgramError);
});

test('input reaches the program and its output comes back', async () => {
  const { stdout } = await run('node', ['-e', 'process.stdin.pipe(process.stdout)'], { input: 'a\0b' });
  expect(stdout.toString()).toBe('a\0b');
});

test('nothing is installed where everything is there', async () => {
  await expect(ensureInstalled(['node'])).resolves.toBeUndefined();
});
