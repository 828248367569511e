/** `assay ek-pin`, against a real service. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startTestService, temporaryFolder, tokenOf } from '../service/running.ts';
import { assay, documentOf, type Ended } from './terminal.ts';

const EK = 'ab'.repeat(32);
const NAME = `000b${EK}`;

async function operated(): Promise<(...args: string[]) => Promise<Ended>> {
  const { url, context } = await startTestService();
  const env = { ASSAY_SERVER: url, ASSAY_TOKEN: await tokenOf(context, 'operator') };
  return (...args) => assay(['ek-pin', ...args], { env });
}

function table(text: string): string {
  const path = join(temporaryFolder(), 'pins.csv');
  writeFileSync(path, text);
  return path;
}

const codeOf = (ended: Ended): unknown => documentOf(ended)['code'];
const pinsOf = (ended: Ended): unknown => documentOf(ended)['pins'];

describe('assay ek-pin', () => {
  it('pins an EK, lists it, and removes it', async () => {
    const run = await operated();
    const colons = EK.toUpperCase().replaceAll(/(..)(?!$)/g, '$1:');
    const added = await run('add', colons, '--name', 'hv-1', '--policy', 'kvm-uki', '--reason', 'bought');
    expect(added).toMatchObject({ code: 0, out: expect.stringMatching(/^[0-9a-f-]{36} {2}ek-spki-sha256\n$/) });
    const id = added.out.slice(0, 36);
    expect((await run('list')).out).toContain(`${id}  hv-1  kvm-uki  ek-spki-sha256  ${EK}\n`);
    const named = await run('add', NAME, '--name', 'hv-2', '--policy', 'kvm-uki', '--json');
    expect(documentOf(named)).toMatchObject({ schema: 'assay.ek-pins-added/1', present: 0 });
    expect(await run('remove', id, '--reason', 'sold')).toMatchObject({ code: 0, out: `${id} removed\n` });
    expect(pinsOf(await run('list', '--json'))).toMatchObject([{ kind: 'ek-name', value: NAME, name: 'hv-2' }]);
    expect(codeOf(await run('remove', id, '--json'))).toBe('ek-pin.unknown');
  });

  it('imports a table, again without harm, and a grown one', async () => {
    const run = await operated();
    const first = table(`ek,name,policy\n${EK},hv-1,kvm-uki\n${NAME},"hv-2",kvm-uki\n`);
    expect((await run('import', first)).out).toBe('2 pinned\n');
    expect((await run('import', first)).out).toBe('0 pinned, 2 were pinned already\n');
    const grown = table(`name,ek\nhv-1,${EK}\nhv-3,${'cd'.repeat(32)}\n`);
    const ended = await run('import', grown, '--policy', 'kvm-uki', '--reason', 'rack 8', '--json');
    expect(documentOf(ended)).toMatchObject({ ids: [expect.any(String)], present: 1 });
    expect(pinsOf(await run('list', '--json'))).toHaveLength(3);
  });

  it('imports more than one request may bring', async () => {
    const run = await operated();
    const rows = Array.from({ length: 1001 }, (_, at) => `${at.toString(16).padStart(64, '0')},hv-${at}`);
    const ended = await run('import', table(`ek,name\n${rows.join('\n')}\n`), '--policy', 'kvm-uki');
    expect(ended).toMatchObject({ code: 0, out: '1001 pinned\n', err: '1000 of 1001 pinned\n1001 of 1001 pinned\n' });
    expect(pinsOf(await run('list', '--json'))).toHaveLength(1001);
  });

  it.each([
    ['ek-pin.ek', 'ek,name\nab,hv-1\n'],
    ['ek-pin.ek', 'name\nhv-1\n'],
    ['ek-pin.twice', `ek,name\n${EK},hv-1\n${EK.toUpperCase()},hv-2\n`],
    ['ek-pin.incomplete', `ek,name\n${EK},\n`],
    ['ek-pin.incomplete', `ek\n${EK}\n`],
    ['csv.columns', `ek,hostname\n${EK},hv-1\n`],
    ['ek-pin.exists', `ek,name\n${'cd'.repeat(32)},hv-9\n${NAME},hv-9\n`],
  ])('pins nothing of a table that is wrong: %s', async (code, text) => {
    const run = await operated();
    await run('add', NAME, '--name', 'hv-2', '--policy', 'kvm-uki');
    const ended = await run('import', table(text), '--policy', 'kvm-uki', '--json');
    expect([ended.code, codeOf(ended)]).toEqual([3, code]);
    expect(pinsOf(await run('list', '--json'))).toHaveLength(1);
  });

  it.each([
    ['policy.unknown', [EK, '--name', 'a', '--policy', 'kvm-oki']],
    ['ek-pin.ek', ['ab', '--name', 'a', '--policy', 'kvm-uki']],
    ['request.invalid', [EK, '--name', 'a\u001b', '--policy', 'kvm-uki']],
    ['usage.missingMandatoryOptionValue', [EK, '--policy', 'kvm-uki']],
  ])('adds none where something is wrong: %s', async (code, args) => {
    const run = await operated();
    expect(codeOf(await run('add', ...args, '--json'))).toBe(code);
  });

  it('asks for a policy where the table has none', async () => {
    const run = await operated();
    expect(codeOf(await run('import', table(`ek,name\n${EK},hv-1\n`), '--json'))).toBe('ek-pin.incomplete');
  });
});
