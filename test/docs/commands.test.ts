/** No command stands in the documentation that nothing runs. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { documents, textOf } from './documents.ts';
import { blocksOf } from './markdown.ts';

/** Programs that a `run` block may start; bash's own words aside. */
const PROGRAMS = ['npx', 'node', 'curl', 'openssl', 'tpm2_createek', 'tpm2_createak', 'tpm2_quote'];
const WORDS = ['nonce=$(', 'kill', 'cat', 'cmp', 'mkdir'];

/** Who runs a block of commands: `run` and `how-to` are the tests named; `by=<file>` is that test or script. */
const RUNNERS: Readonly<Record<string, string>> = {
  run: 'test/e2e/docs-commands.test.ts',
  'how-to': 'test/e2e/docs-how-to.test.ts',
};

describe.each(documents())('%s', (page) => {
  const blocks = blocksOf(textOf(page));
  const commands = blocks.filter(({ language }) => ['sh', 'bash', 'shell', 'console'].includes(language));

  it('says of each block of commands who runs it', () => {
    for (const { info, line } of commands) {
      const runner = RUNNERS[info] ?? /^by=(\S+)$/.exec(info)?.[1];
      expect(runner, `line ${line}: ${info || 'nobody'} runs it`).toBeDefined();
      expect(existsSync(runner!), `line ${line}: ${runner}`).toBe(true);
    }
  });

  it('starts known programs only', () => {
    const lines = commands
      .filter(({ info }) => info === 'run')
      .flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n'))
      .filter((line) => line !== '' && !/^[\s#]/.test(line));
    const known = (line: string): boolean =>
      PROGRAMS.some((name) => line.startsWith(`${name} `)) || WORDS.some((word) => line.startsWith(word));
    expect(lines.filter((line) => !known(line))).toEqual([]);
  });

  it('names scripts of package.json that its runner starts', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    for (const { info, text, line } of commands) {
      const runner = /^by=(\S+)$/.exec(info)?.[1];
      for (const [, name] of text.matchAll(/npm (?:run (?:--silent )?)?([a-z:]+)/g)) {
        if (name === 'ci') continue;
        expect(Object.keys(scripts), `line ${line}`).toContain(name);
        expect(runner !== '.ci/run' || startedByCi(name!, scripts), `line ${line}: ${name}`).toBe(true);
      }
    }
  });

  it('links to files that are there', () => {
    const prose = textOf(page).replaceAll(/^```[\s\S]*?^```$/gm, '');
    const links = [...prose.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map((match) => match[1]!);
    const files = links.filter((link) => !/^https?:/.test(link)).map((link) => normalize(join(dirname(page), link)));
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
  });
});

/** Whether `.ci/run` starts a script, or every script that it is made of. */
function startedByCi(name: string, scripts: Readonly<Record<string, string>>): boolean {
  if (new RegExp(`npm (run )?(--silent )?${name}\\b`).test(readFileSync('.ci/run', 'utf8'))) return true;
  const parts = [...(scripts[name] ?? '').matchAll(/npm run --silent (\w+)/g)].map((match) => match[1]!);
  return parts.length > 1 && parts.every((part) => startedByCi(part, scripts));
}
