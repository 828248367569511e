import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { StateFile, type AgentState } from '../../src/agent/state.ts';
import { temporaryFolder } from '../cli/captured-files.ts';

const STATE: AgentState = {
  unique: Uint8Array.from({ length: 32 }, (_, i) => i),
  ak: null,
  ek: `000b${'ab'.repeat(32)}`,
  membership: {
    server: 'https://verifier.example',
    host: '01890000-0000-7000-8000-000000000001',
    enrolment: null,
  },
};

describe('the state file', () => {
  it('is read as it was written, in a folder that was not there', async () => {
    const file = new StateFile(join(temporaryFolder(), 'assay-agent'));
    expect(await file.read()).toEqual({ is: 'absent' });
    await file.write(STATE);
    expect(await file.read()).toEqual({ is: 'state', state: STATE });
    const ak = { parent: 'ek', type: 'rsa', public: Uint8Array.of(1), private: Uint8Array.of(2, 3) } as const;
    await file.write({ ...STATE, ak });
    expect(await file.read()).toEqual({ is: 'state', state: { ...STATE, ak } });
    const enrolment = '01890000-0000-7000-8000-000000000002';
    const pending = { ...STATE, membership: { server: STATE.membership.server, host: null, enrolment } };
    await file.write(pending);
    expect(await file.read()).toEqual({ is: 'state', state: pending });
  });

  it('is for its owner alone, and nothing is left beside it', async () => {
    const folder = temporaryFolder();
    const file = new StateFile(folder);
    // A run that was cut short, with a careless umask.
    writeFileSync(`${file.path}.new`, 'half', { mode: 0o666 });
    await file.write(STATE);
    expect(statSync(file.path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['state.json']);
  });

  it('stays as it was when it cannot be replaced', async () => {
    const folder = temporaryFolder();
    const file = new StateFile(folder);
    await file.write(STATE);
    const before = readFileSync(file.path);
    mkdirSync(join(`${file.path}.new`, 'in-the-way'), { recursive: true });
    await expect(file.write({ ...STATE, ek: `000b${'cd'.repeat(32)}` })).rejects.toThrow('EISDIR');
    expect(readFileSync(file.path)).toEqual(before);
    expect(await file.writable()).toBe(false);
  });

  it.each([
    ['nothing', ''],
    ['half of it', '{"schema":"assay.agent-state/1","uniq'],
    ['something else', '[1]'],
    ['another version', { schema: 'assay.agent-state/2' }],
    ['a unique field of another length', { unique: 'AAAA' }],
    ['a unique field that is no base64url', { unique: '*'.repeat(43) }],
    ['a host that is no id', { host: '../x' }],
    ['an enrolment that is no id', { enrolment: 'x' }],
    ['a host and an enrolment', { enrolment: '01890000-0000-7000-8000-000000000002' }],
    ['neither host nor enrolment', { host: null }],
    ['no word about an enrolment', { enrolment: undefined }],
    ['no server', { server: 1 }],
    ['an EK that is no name', { ek: 'ab' }],
    ['a key under no known parent', { ak: { parent: 'x', type: 'ecc', public: 'AA', private: 'AA' } }],
    ['a key of no known type', { ak: { parent: 'ek', type: 'x', public: 'AA', private: 'AA' } }],
    ['a key that is no base64url', { ak: { parent: 'ek', type: 'ecc', public: 'AA', private: '*' } }],
    ['no word about the key', { ak: undefined }],
  ])('with %s in it is unreadable', async (_, change) => {
    const file = new StateFile(temporaryFolder());
    await file.write(STATE);
    const good = JSON.parse(readFileSync(file.path, 'utf8')) as object;
    writeFileSync(file.path, typeof change === 'string' ? change : JSON.stringify({ ...good, ...change }));
    expect(await file.read()).toEqual({ is: 'unreadable' });
  });

  it('that is a folder is unreadable', async () => {
    const file = new StateFile(temporaryFolder());
    mkdirSync(file.path);
    expect(await file.read()).toEqual({ is: 'unreadable' });
  });

  it('says whether it can be written, and leaves nothing', async () => {
    const folder = temporaryFolder();
    expect(await new StateFile(folder).writable()).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(join(folder, 'file'), '');
    expect(await new StateFile(join(folder, 'file', 'below')).writable()).toBe(false);
    expect(await new StateFile('/proc/assay-agent').writable()).toBe(false);
  });
});
