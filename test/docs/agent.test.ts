import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { agentValues, hostSettings } from '../../src/cli/agent-settings.ts';
import { temporaryFolder } from '../cli/captured-files.ts';
import { textOf } from './documents.ts';
import { blocksOf } from './markdown.ts';

const page = textOf('docs/agent.md');
const rows = [...page.matchAll(/^\| `--([a-z-]+)` \| `(\w+)` \| `(\w+)` \| (?:`(.+)` )?\|$/gm)];

it('docs/agent.md lists every setting with its variable and default', () => {
  const config = join(temporaryFolder(), 'agent.json');
  writeFileSync(config, '{ "unknown": "" }');
  const names = rows.map(([, , , name]) => name).join(', ');
  expect(() => agentValues({ config }, {})).toThrow(
    expect.objectContaining({ remedy: expect.stringContaining(`hold ${names}, each`) }),
  );
  const variables = rows.map(([, , variable]) => variable!);
  const all = agentValues({}, Object.fromEntries(variables.map((name) => [name, `of ${name}`])), '/nowhere');
  expect(all).toEqual(Object.fromEntries(rows.map(([, , variable, name]) => [name!, `of ${variable}`])));
  for (const [, option, , name] of rows) {
    expect(option).toBe(name!.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
  }
  const { tpm, ...paths } = hostSettings({});
  const defaults = { ...paths, akType: tpm.akType, akParent: tpm.akParent };
  const stated = rows.filter(([, , , , value]) => value !== undefined);
  expect(Object.fromEntries(stated.map(([, , , name, value]) => [name!, value!]))).toEqual(defaults);
});

it('docs/agent.md shows a file that is accepted', () => {
  const example = blocksOf(page).find(({ language }) => language === 'json');
  const config = join(temporaryFolder(), 'agent.json');
  writeFileSync(config, example!.text);
  expect(Object.keys(agentValues({ config }, {}))).toEqual(['server', 'ca', 'joinToken']);
});
